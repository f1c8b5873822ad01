// Texts made comparable: sort keys and folded names, through ICU.
#pragma once

#include <string>
#include <vector>

#include "base/types.h"

namespace ropewalk::store {

// The most bytes of a text's sort key that the store keeps: texts that differ only later count as equal in order.
inline constexpr std::size_t kMostSortKey = 96;

// UTF-8 in the form in which two names are one: case folded. What is not letters stays as it is.
std::string fold_name(std::string_view utf8);

// UTF-16LE bytes as UTF-16 units.
std::u16string units_of(ByteView utf16le);

// The same, case folded; invalid surrogates stay.
std::u16string fold_text(ByteView utf16le);

// Without marks of any kind (accents) as well: for the fuzzy level "ignore nonspacing".
std::u16string strip_marks(const std::u16string& text);

}  // namespace ropewalk::store
