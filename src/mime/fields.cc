#include "mime/fields.h"

#include <algorithm>
#include <mutex>

#include "base/utf16.h"
#include "mime/charset.h"
#include "mime/glib.h"
#include "mime/rfc2047.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

// The length of the field name that a line begins with, 0 where it begins with none.
std::size_t name_length(std::string_view line) {
  std::size_t at = 0;
  while (at < line.size() && line[at] > 32 && line[at] < 127 && line[at] != ':') ++at;
  std::size_t end = at;
  while (at < line.size() && is_blank(line[at])) ++at;  // RFC 5322 4.5.8: white space before the colon
  return at < line.size() && line[at] == ':' ? end : 0;
}

bool is_empty_line(std::string_view line) { return without_line_end(line).empty(); }

Field make_field(std::string_view line, std::size_t length) {
  std::size_t colon = line.find(':', length);
  return {line.substr(0, length), without_line_end(line.substr(colon + 1)), line};
}

using Parameters = std::vector<std::pair<std::string, std::string>>;

// Parameters in their plain form, which nearly all have. False where GMime has to read them: RFC 2231 continuations and
// charsets, escapes, encoded words.
bool parse_plain_parameters(std::string_view text, Parameters& out) {
  if (!is_ascii(text) || text.find("=?") != text.npos || text.find_first_of("\\(") != text.npos) return false;
  while (!text.empty()) {
    while (!text.empty() && (is_space(text.front()) || text.front() == ';')) text.remove_prefix(1);
    std::size_t equals = text.find('=');
    if (equals == text.npos) break;
    std::string_view name = trim(text.substr(0, equals));
    if (name.find_first_of("*;\" \t") != name.npos) return false;
    text.remove_prefix(equals + 1);
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    std::string_view value;
    if (text.starts_with('"')) {
      std::size_t quote = text.find('"', 1);
      if (quote == text.npos) return false;
      value = text.substr(1, quote - 1);
      text.remove_prefix(quote + 1);
    } else {
      std::size_t end = std::min(text.find(';'), text.size());
      value = trim(text.substr(0, end));
      text.remove_prefix(end);
    }
    std::string key = ascii_lowered(name);
    if (std::ranges::find(out, key, &Parameters::value_type::first) == out.end())
      out.emplace_back(std::move(key), value);
  }
  return true;
}

Parameters parse_parameters(std::string_view text) {
  constexpr std::size_t kMost = 16u << 10;  // bytes: no field says more about a part
  text = text.substr(0, kMost);
  Parameters out;
  if (parse_plain_parameters(text, out)) return out;
  out.clear();
  start_gmime();
  std::string zero_ended = join_encoded_words(text);
  GlibObject<GMimeParamList> list(g_mime_param_list_parse(nullptr, zero_ended.c_str()));
  if (!list) return out;
  for (int i = 0; i < g_mime_param_list_length(list.get()); ++i) {
    GMimeParam* parameter = g_mime_param_list_get_parameter_at(list.get(), i);
    const char* value = g_mime_param_get_value(parameter);
    std::string key = ascii_lowered(g_mime_param_get_name(parameter));
    if (value != nullptr && std::ranges::find(out, key, &Parameters::value_type::first) == out.end())
      out.emplace_back(std::move(key), value);
  }
  return out;
}

std::string_view find_parameter(const Parameters& parameters, std::string_view wanted) {
  auto at = std::ranges::find(parameters, wanted, &Parameters::value_type::first);
  return at == parameters.end() ? std::string_view() : std::string_view(at->second);
}

}  // namespace

FieldBlock split_fields(std::string_view entity) {
  FieldBlock block;
  std::string_view rest = entity;
  while (!rest.empty()) {
    std::string_view at = rest;
    std::string_view line = take_line(rest);
    if (is_empty_line(line)) {
      block.header = entity.substr(0, entity.size() - at.size());
      block.body = rest;
      return block;
    }
    std::size_t length = name_length(line);
    if (length == 0) {
      block.malformed = true;
      std::string_view next = rest;
      std::string_view next_line = take_line(next);
      bool goes_on = !block.fields.empty() && !next_line.empty() &&
                     (is_empty_line(next_line) || is_blank(next_line.front()) || name_length(next_line) > 0);
      if (goes_on) continue;
      block.header = entity.substr(0, entity.size() - at.size());
      block.body = at;
      return block;
    }
    while (!rest.empty() && is_blank(rest.front())) {
      // A line of white space alone is read as a continuation where a field follows, else as the end of the header.
      std::string_view next = rest;
      std::string_view folded = take_line(next);
      if (trim(folded).empty() && (next.empty() || (!is_blank(next.front()) && name_length(next.substr(0, 1000)) == 0)))
        break;
      line = at.substr(0, line.size() + folded.size());
      rest = next;
    }
    block.fields.push_back(make_field(line, length));
    if (!rest.empty() && is_blank(rest.front())) {  // the line of white space
      block.header = entity.substr(0, entity.size() - rest.size());
      take_line(rest);
      block.body = rest;
      return block;
    }
  }
  block.header = entity;
  return block;
}

const Field* find_field(const std::vector<Field>& fields, std::string_view name) {
  auto at =
      std::ranges::find_if(fields, [&](const Field& field) { return equal_ignoring_ascii_case(field.name, name); });
  return at == fields.end() ? nullptr : &*at;
}

std::string raw_value(const std::vector<Field>& fields, std::string_view name) {
  const Field* field = find_field(fields, name);
  return field == nullptr ? std::string() : unfold(field->value);
}

std::string unfold(std::string_view value) {
  value = trim(value);
  std::string out;
  out.reserve(value.size());
  for (char c : value) {
    if (c == '\r' || c == '\n') continue;
    out.push_back(c == '\0' ? ' ' : c);
  }
  return out;
}

std::string value_as_utf8(std::string_view value, std::string_view charset) {
  std::string text = unfold(value);
  if (is_utf8(text)) return text;
  if (!charset.empty() && !equal_ignoring_ascii_case(charset, "us-ascii")) {
    Decoded decoded = decode_charset(bytes_of(text), charset);
    if (decoded.known && decoded.errors == 0) return utf16_to_utf8(decoded.utf16);
  }
  return utf16_to_utf8(decode_charset(bytes_of(text), "windows-1252").utf16);
}

std::string value_of_raw_header(std::string_view header) {
  if (is_utf8(header)) return std::string(header);
  return utf16_to_utf8(decode_charset(bytes_of(header), "windows-1252").utf16);
}

std::string decode_text(std::string_view value, std::string_view charset) {
  std::string text = value_as_utf8(value, charset);
  if (text.find("=?") == text.npos) return text;
  return decode_encoded_words(text);
}

std::optional<FileTime> decode_date(std::string_view value) {
  start_gmime();
  std::string text = unfold(value);
  if (text.empty()) return std::nullopt;
  GDateTime* date = g_mime_utils_header_decode_date(text.c_str());
  if (date == nullptr) return std::nullopt;
  i64 seconds = g_date_time_to_unix(date);
  g_date_time_unref(date);
  constexpr i64 kYear10000 = 253'402'300'800;
  if (seconds <= -FileTime::kUnixEpochSeconds || seconds >= kYear10000) return std::nullopt;
  return FileTime::from_unix(seconds);
}

std::string_view MediaType::parameter(std::string_view wanted) const { return find_parameter(parameters, wanted); }
std::string_view Disposition::parameter(std::string_view wanted) const { return find_parameter(parameters, wanted); }

MediaType parse_media_type(std::string_view value) {
  MediaType media;
  std::string text = unfold(value);
  std::size_t semicolon = std::min(text.find(';'), text.size());
  std::string name = ascii_lowered(trim(std::string_view(text).substr(0, semicolon)));
  auto is_token = [](char c) {
    return c > 32 && c < 127 && std::string_view("()<>@,:\\\"[]?=").find(c) == std::string_view::npos;
  };
  std::erase_if(name, is_space);
  name.erase(std::ranges::find_if_not(name, is_token), name.end());
  std::size_t slash = name.find('/');
  if (slash != name.npos && slash > 0 && slash + 1 < name.size()) {
    media.type = name.substr(0, slash);
    media.subtype = name.substr(slash + 1);
    media.declared = true;
  } else if (name == "multipart") {
    media.type = "multipart";
    media.subtype = "mixed";
    media.declared = true;
  }
  if (semicolon < text.size()) media.parameters = parse_parameters(std::string_view(text).substr(semicolon + 1));
  return media;
}

Disposition parse_disposition(std::string_view value) {
  Disposition out;
  std::string text = unfold(value);
  std::size_t semicolon = std::min(text.find(';'), text.size());
  out.kind = ascii_lowered(trim(std::string_view(text).substr(0, semicolon)));
  if (semicolon < text.size()) out.parameters = parse_parameters(std::string_view(text).substr(semicolon + 1));
  return out;
}

void start_gmime() {
  static std::once_flag once;
  std::call_once(once, g_mime_init);
}

}  // namespace ropewalk::mime
