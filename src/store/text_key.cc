#include "store/text_key.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/ucol.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <memory>

#include "base/utf16.h"
#include "mapi/ascii_case.h"
#include "store/restriction_eval.h"

namespace ropewalk::store {
namespace {

struct CloseCollator {
  void operator()(UCollator* collator) const { ucol_close(collator); }
};

// One per thread: collators are not shared. Root locale, case ignored, accents counting, punctuation as characters.
UCollator* collator() {
  thread_local std::unique_ptr<UCollator, CloseCollator> own = [] {
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<UCollator, CloseCollator> made(ucol_open("", &status));
    if (U_FAILURE(status)) return std::unique_ptr<UCollator, CloseCollator>();
    ucol_setStrength(made.get(), UCOL_SECONDARY);
    return made;
  }();
  return own.get();
}

constexpr std::size_t kMostUnits = 255;  // of a text that its sort key looks at

}  // namespace

void append_sort_key(ByteView utf16le, std::vector<u8>& out) {
  char16_t units[kMostUnits];
  const std::size_t count = std::min(utf16le.size() / 2, kMostUnits);
  if (count != 0) std::memcpy(units, utf16le.data(), count * 2);
  u8 key[kMostSortKey];
  UCollator* with = collator();
  if (with == nullptr) {  // no ICU data: order by code units
    const std::size_t size = std::min(count * 2, kMostSortKey);
    out.insert(out.end(), utf16le.data(), utf16le.data() + size);
    return;
  }
  const int needed = ucol_getSortKey(with, units, static_cast<int>(count), key, static_cast<int>(sizeof key));
  std::size_t size = std::min<std::size_t>(static_cast<std::size_t>(std::max(needed, 0)), sizeof key);
  if (size != 0 && size <= sizeof key && key[size - 1] == 0) --size;  // the key's terminator
  out.insert(out.end(), key, key + size);
}

std::string fold_name(std::string_view utf8) {
  if (std::all_of(utf8.begin(), utf8.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
    return mapi::ascii_lowered(utf8);
  }
  std::string folded;
  icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int>(utf8.size())))
      .foldCase()
      .toUTF8String(folded);
  return folded;
}

std::u16string units_of(ByteView utf16le) {
  std::u16string text(utf16le.size() / 2, u'\0');
  if (!text.empty()) std::memcpy(text.data(), utf16le.data(), text.size() * 2);
  return text;
}

std::u16string fold_text(ByteView utf16le) {
  std::u16string text = units_of(utf16le);
  bool ascii = true;
  for (char16_t& unit : text) {
    if (unit >= 0x80) ascii = false;
    if (unit >= u'A' && unit <= u'Z') unit = static_cast<char16_t>(unit + 32);
  }
  if (ascii) return text;
  std::u16string folded(text.size() * 3 + 1, u'\0');  // no character folds to more than three
  UErrorCode status = U_ZERO_ERROR;
  const int length = u_strFoldCase(folded.data(), static_cast<int>(folded.size()), text.data(),
                                   static_cast<int>(text.size()), U_FOLD_CASE_DEFAULT, &status);
  if (U_FAILURE(status)) return text;
  folded.resize(static_cast<std::size_t>(length));
  return folded;
}

std::u16string strip_marks(const std::u16string& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* nfd = icu::Normalizer2::getNFDInstance(status);
  if (U_FAILURE(status)) return text;
  icu::UnicodeString apart = nfd->normalize(icu::UnicodeString(text.data(), static_cast<int>(text.size())), status);
  if (U_FAILURE(status)) return text;
  std::u16string out;
  for (int i = 0; i < apart.length(); ++i) {
    if (u_charType(apart.charAt(i)) != U_NON_SPACING_MARK) out.push_back(apart.charAt(i));
  }
  return out;
}

}  // namespace ropewalk::store
