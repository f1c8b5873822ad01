#include "mapi/code_page.h"

#include <unicode/ucnv.h>

#include <memory>
#include <unordered_map>

#include "base/utf16.h"

namespace ropewalk::mapi {
namespace {

constexpr u32 kUtf8 = 65001;
constexpr u32 kUtf16 = 1200;

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

std::string icu_name(u32 code_page) {
  switch (code_page) {
    case 20127:
      return "us-ascii";
    case 28591:
      return "iso-8859-1";
    case 20866:
      return "koi8-r";
    case 21866:
      return "koi8-u";
    case 50220:
      return "iso-2022-jp";
    case 51932:
      return "euc-jp";
    case 54936:
      return "gb18030";
    default:
      break;
  }
  if (code_page > 28591 && code_page <= 28605) return "iso-8859-" + std::to_string(code_page - 28590);
  return "windows-" + std::to_string(code_page);
}

Converter open_converter(u32 code_page) {
  UErrorCode status = U_ZERO_ERROR;
  Converter converter(ucnv_open(icu_name(code_page).c_str(), &status));
  if (U_SUCCESS(status)) return converter;
  status = U_ZERO_ERROR;
  converter.reset(ucnv_open(("cp" + std::to_string(code_page)).c_str(), &status));
  return U_SUCCESS(status) ? std::move(converter) : nullptr;
}

// The thread's converter for a code page (opening one costs more than using it); 1252's where there is none.
UConverter* converter_for(u32 code_page) {
  thread_local std::unordered_map<u32, Converter> open;
  auto [at, is_new] = open.try_emplace(code_page);
  if (is_new) {
    at->second = open_converter(code_page);
    if (!at->second) at->second = open_converter(1252);
    UErrorCode status = U_ZERO_ERROR;
    if (at->second) ucnv_setSubstChars(at->second.get(), "?", 1, &status);
  }
  return at->second.get();
}

}  // namespace

bool is_known_code_page(u32 code_page) {
  return code_page == kUtf8 || code_page == kUtf16 || open_converter(code_page) != nullptr;
}

std::vector<u8> string8_to_utf16(ByteView text, u32 code_page) {
  if (code_page == kUtf8) return utf8_to_utf16(text_of(text));
  if (code_page == kUtf16) return {text.begin(), text.end()};
  std::vector<u8> out(text.size() * 4 + 8);  // GB18030 and ISO-2022 never make more UTF-16 units than that
  UErrorCode status = U_ZERO_ERROR;
  auto units =
      ucnv_toUChars(converter_for(code_page), reinterpret_cast<UChar*>(out.data()), static_cast<i32>(out.size() / 2),
                    reinterpret_cast<const char*>(text.data()), static_cast<i32>(text.size()), &status);
  out.resize(U_SUCCESS(status) ? static_cast<std::size_t>(units) * 2 : 0);
  return out;
}

std::vector<u8> utf16_to_string8(ByteView utf16le, u32 code_page) {
  if (code_page == kUtf8) {
    auto utf8 = utf16_to_utf8(utf16le);
    return {utf8.begin(), utf8.end()};
  }
  if (code_page == kUtf16) return {utf16le.begin(), utf16le.end()};
  std::u16string units(utf16le.size() / 2, u'\0');
  if (!units.empty()) std::memcpy(units.data(), utf16le.data(), units.size() * 2);
  std::vector<u8> out(units.size() * 8 + 16);
  UErrorCode status = U_ZERO_ERROR;
  auto length = ucnv_fromUChars(converter_for(code_page), reinterpret_cast<char*>(out.data()),
                                static_cast<i32>(out.size()), units.data(), static_cast<i32>(units.size()), &status);
  out.resize(U_SUCCESS(status) ? static_cast<std::size_t>(length) : 0);
  return out;
}

std::string string8_to_utf8(ByteView text, u32 code_page) {
  if (code_page == kUtf8 && is_utf8(text_of(text))) return std::string(text_of(text));
  return utf16_to_utf8(string8_to_utf16(text, code_page));
}

std::vector<u8> utf8_to_string8(std::string_view utf8, u32 code_page) {
  if (code_page == kUtf8) return {utf8.begin(), utf8.end()};
  return utf16_to_string8(utf8_to_utf16(utf8), code_page);
}

}  // namespace ropewalk::mapi
