// How names stand in the tables of the address book: [MS-OXNSPI] 2.2.1.6, 3.1.4.3.5.
#pragma once

#include <string>
#include <string_view>

#include "base/types.h"

namespace ropewalk::server {

inline constexpr u32 kDefaultLocale = 0x0409;  // NSPI_DEFAULT_LOCALE

// An order of names: ICU's name of the collation, for as many LCIDs as share it. Case, accents, width and kana type do
// not count; symbols do in NSPI_DEFAULT_LOCALE alone, as the documents have it.
struct NameOrder {
  std::string collation;  // "" is the root's
  bool symbols_count = true;
  auto operator<=>(const NameOrder&) const = default;
};

// The closest to an LCID: the default's where ICU knows none for it.
NameOrder name_order(u32 lcid);

// Bytes (at most 96) whose order is that of the names. Any thread.
std::string name_sort_key(std::string_view utf8, const NameOrder& order);

}  // namespace ropewalk::server
