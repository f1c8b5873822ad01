#include "server/addressbook/name_order.h"

#include <unicode/ucol.h>
#include <unicode/uloc.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <map>
#include <memory>

namespace ropewalk::server {
namespace {

struct CloseCollator {
  void operator()(UCollator* collator) const { ucol_close(collator); }
};
using Collator = std::unique_ptr<UCollator, CloseCollator>;

Collator make_collator(const NameOrder& order) {
  UErrorCode status = U_ZERO_ERROR;
  Collator made(ucol_open(order.collation.c_str(), &status));
  if (U_FAILURE(status)) return nullptr;
  ucol_setStrength(made.get(), UCOL_PRIMARY);
  ucol_setAttribute(made.get(), UCOL_ALTERNATE_HANDLING, order.symbols_count ? UCOL_NON_IGNORABLE : UCOL_SHIFTED,
                    &status);
  return U_SUCCESS(status) ? std::move(made) : nullptr;
}

// Collators are not shared between threads; there are about a hundred collations.
UCollator* collator(const NameOrder& order) {
  thread_local std::map<NameOrder, Collator> own;
  auto found = own.find(order);
  if (found == own.end()) found = own.emplace(order, make_collator(order)).first;
  return found->second.get();
}

constexpr std::size_t kMostKey = 96;
constexpr int kMostUnits = 255;

}  // namespace

NameOrder name_order(u32 lcid) {
  if (lcid == 0 || lcid == kDefaultLocale) return {};
  char locale[ULOC_FULLNAME_CAPACITY] = {}, same_as[ULOC_FULLNAME_CAPACITY] = {};
  UErrorCode status = U_ZERO_ERROR;
  uloc_getLocaleForLCID(lcid, locale, sizeof locale, &status);
  if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING) return {};
  UBool available = false;
  ucol_getFunctionalEquivalent(same_as, sizeof same_as, "collation", locale, &available, &status);
  if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING) return {};
  const std::string_view name = same_as;
  return {name == "root" ? std::string() : std::string(name), false};
}

std::string name_sort_key(std::string_view utf8, const NameOrder& order) {
  const auto text = icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int>(utf8.size())));
  UCollator* with = collator(order);
  if (with == nullptr) return std::string(utf8.substr(0, kMostKey));  // no ICU data
  u8 key[kMostKey];
  const int needed =
      ucol_getSortKey(with, text.getBuffer(), std::min(text.length(), kMostUnits), key, static_cast<int>(kMostKey));
  std::size_t size = std::min(static_cast<std::size_t>(std::max(needed, 0)), kMostKey);
  if (size != 0 && key[size - 1] == 0) --size;  // the key's terminator
  return std::string(reinterpret_cast<const char*>(key), size);
}

}  // namespace ropewalk::server
