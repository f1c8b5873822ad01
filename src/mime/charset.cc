#include "mime/charset.h"

#include <unicode/ucnv.h>

#include <memory>
#include <unordered_map>

#include "base/utf16.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

struct CharsetRow {
  std::string_view name;  // the first one of a code page is its preferred MIME name
  u32 code_page;
};

constexpr CharsetRow kCharsets[] = {
    {"utf-8", 65001},
    {"utf8", 65001},
    {"us-ascii", 20127},
    {"ascii", 20127},
    {"ansi_x3.4-1968", 20127},
    {"iso-8859-1", 28591},
    {"iso8859-1", 28591},
    {"latin1", 28591},
    {"iso-8859-2", 28592},
    {"iso-8859-3", 28593},
    {"iso-8859-4", 28594},
    {"iso-8859-5", 28595},
    {"iso-8859-6", 28596},
    {"iso-8859-7", 28597},
    {"iso-8859-8", 28598},
    {"iso-8859-8-i", 38598},
    {"iso-8859-9", 28599},
    {"iso-8859-13", 28603},
    {"iso-8859-15", 28605},
    {"windows-1250", 1250},
    {"cp1250", 1250},
    {"windows-1251", 1251},
    {"cp1251", 1251},
    {"windows-1252", 1252},
    {"cp1252", 1252},
    {"windows-1253", 1253},
    {"windows-1254", 1254},
    {"windows-1255", 1255},
    {"windows-1256", 1256},
    {"windows-1257", 1257},
    {"windows-1258", 1258},
    {"koi8-r", 20866},
    {"koi8-u", 21866},
    {"shift_jis", 932},
    {"sjis", 932},
    {"shift-jis", 932},
    {"x-sjis", 932},
    {"windows-31j", 932},
    {"cp932", 932},
    {"gbk", 936},
    {"gb2312", 936},
    {"cp936", 936},
    {"gb18030", 54936},
    {"big5", 950},
    {"cp950", 950},
    {"euc-kr", 949},
    {"ks_c_5601-1987", 949},
    {"ks_c_5601", 949},
    {"cp949", 949},
    {"iso-2022-jp", 50220},
    {"euc-jp", 51932},
    {"windows-874", 874},
    {"tis-620", 874},
    {"iso-8859-11", 874},
    {"ibm850", 850},
    {"cp850", 850},
    {"ibm437", 437},
    {"cp437", 437},
    {"ibm866", 866},
    {"cp866", 866},
    {"utf-7", 65000},
    {"macintosh", 10000},
};

// What ICU is to read a charset as: a superset where mail in the wild uses one under the name of the smaller one.
std::string converter_name(std::string_view charset) {
  std::string name = ascii_lowered(charset);
  auto code_page = code_page_of_charset(name);
  if (!code_page) return name;
  switch (*code_page) {
    case 20127:
    case 28591:
      return "windows-1252";
    case 936:
      return "gb18030";
    case 932:
      return "windows-31j";
    case 949:
      return "windows-949";
    case 950:
      return "windows-950";
    case 874:
      return "windows-874";
    case 28598:
    case 38598:
      return "iso-8859-8";
    case 28599:
      return "windows-1254";
    default:
      return std::string(charset_of_code_page(*code_page));
  }
}

struct CloseConverter {
  void operator()(UConverter* converter) const { ucnv_close(converter); }
};

void count_and_substitute(const void* count, UConverterToUnicodeArgs* args, const char* units, int32_t length,
                          UConverterCallbackReason reason, UErrorCode* status) {
  if (reason <= UCNV_IRREGULAR) ++*static_cast<std::size_t*>(const_cast<void*>(count));
  UCNV_TO_U_CALLBACK_SUBSTITUTE(nullptr, args, units, length, reason, status);
}

// The thread's converter for a charset; null where ICU has none. Opening one costs more than using it.
UConverter* converter_for(const std::string& name) {
  constexpr std::size_t kMostKept = 64;  // names come from mail: a sender cannot make this grow
  thread_local std::unordered_map<std::string, std::unique_ptr<UConverter, CloseConverter>> open;
  auto at = open.find(name);
  if (at == open.end()) {
    if (open.size() >= kMostKept) open.clear();
    UErrorCode status = U_ZERO_ERROR;
    std::unique_ptr<UConverter, CloseConverter> converter(ucnv_open(name.c_str(), &status));
    if (U_FAILURE(status)) converter.reset();
    at = open.emplace(name, std::move(converter)).first;
  }
  return at->second.get();
}

std::vector<u8> widen(std::string_view ascii) {
  std::vector<u8> out(ascii.size() * 2);
  for (std::size_t i = 0; i < ascii.size(); ++i) out[2 * i] = static_cast<u8>(ascii[i]);
  return out;
}

Decoded decode_utf8(std::string_view text) {
  Decoded out;
  if (!is_utf8(text)) out.errors = 1;
  append_utf16(text, out.utf16);
  return out;
}

bool is_stateful(std::string_view converter) { return converter.starts_with("iso-2022") || converter == "utf-7"; }

}  // namespace

std::optional<u32> code_page_of_charset(std::string_view name) {
  for (const CharsetRow& row : kCharsets)
    if (equal_ignoring_ascii_case(row.name, name)) return row.code_page;
  return std::nullopt;
}

std::string_view charset_of_code_page(u32 code_page) {
  for (const CharsetRow& row : kCharsets)
    if (row.code_page == code_page) return row.name;
  return {};
}

Decoded decode_charset(ByteView bytes, std::string_view charset) {
  std::string_view text = text_of(bytes);
  std::string name = converter_name(trim(charset));
  bool wide = name.starts_with("utf-16") || name.starts_with("utf-32") || name.starts_with("ucs");
  if (!wide && !is_stateful(name) && is_ascii(text)) {
    Decoded plain;
    plain.known = name == "utf-8" || converter_for(name) != nullptr;
    if (plain.known) plain.utf16 = widen(text);
    return plain;
  }
  if (name == "utf-8") return decode_utf8(text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text);
  Decoded out;
  UConverter* converter = text.size() > (1u << 30) ? nullptr : converter_for(name);
  if (converter == nullptr) {
    out.known = false;
    return out;
  }
  UErrorCode status = U_ZERO_ERROR;
  ucnv_reset(converter);
  ucnv_setToUCallBack(converter, count_and_substitute, &out.errors, nullptr, nullptr, &status);
  out.utf16.resize(text.size() * 4 + 8);  // no charset makes more UTF-16 units of a byte than two
  int32_t units =
      ucnv_toUChars(converter, reinterpret_cast<UChar*>(out.utf16.data()), static_cast<int32_t>(out.utf16.size() / 2),
                    text.data(), static_cast<int32_t>(text.size()), &status);
  if (U_FAILURE(status)) {
    out.known = false;
    out.utf16.clear();
    return out;
  }
  out.utf16.resize(static_cast<std::size_t>(units) * 2);
  return out;
}

Encoded encode_code_page(ByteView utf16, u32 code_page) {
  Encoded out;
  std::string_view charset = charset_of_code_page(code_page);
  if (code_page == 65001) {
    auto exact = utf16_to_utf8_exact(utf16);
    out.exact = exact.has_value();
    std::string text = exact ? std::move(*exact) : utf16_to_utf8(utf16);
    out.bytes.assign(text.begin(), text.end());
    return out;
  }
  UConverter* converter =
      charset.empty() || utf16.size() > (1u << 30) ? nullptr : converter_for(converter_name(charset));
  if (converter == nullptr) {
    out.exact = false;
    return out;
  }
  std::u16string units(utf16.size() / 2, u'\0');
  if (!units.empty()) std::memcpy(units.data(), utf16.data(), units.size() * 2);
  UErrorCode status = U_ZERO_ERROR;
  ucnv_reset(converter);
  ucnv_setFromUCallBack(converter, UCNV_FROM_U_CALLBACK_STOP, nullptr, nullptr, nullptr, &status);
  out.bytes.resize(units.size() * 8 + 16);
  int32_t length =
      ucnv_fromUChars(converter, reinterpret_cast<char*>(out.bytes.data()), static_cast<int32_t>(out.bytes.size()),
                      units.data(), static_cast<int32_t>(units.size()), &status);
  out.exact = U_SUCCESS(status);
  out.bytes.resize(out.exact ? static_cast<std::size_t>(length) : 0);
  return out;
}

}  // namespace ropewalk::mime
