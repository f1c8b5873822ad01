#include "net/http_message.h"

#include <algorithm>

#include "mapi/ascii_case.h"

namespace ropewalk::net {

bool same_name(std::string_view a, std::string_view b) { return mapi::equal_ignoring_ascii_case(a, b); }

void append_header(std::string& lines, std::string_view name, std::string_view value) {
  const std::size_t start = lines.size();
  lines.append(name).append(": ").append(value);
  for (std::size_t i = start; i < lines.size(); ++i) {
    const auto c = static_cast<unsigned char>(lines[i]);
    if ((c < 0x20 && c != '\t') || c == 0x7f) lines[i] = ' ';
  }
  lines += "\r\n";
}

void HttpHeaders::add(std::string_view name, std::string_view value) {
  const auto at = static_cast<u32>(text_.size());
  text_.append(name).append(value);
  fields_.push_back(
      {at, static_cast<u32>(name.size()), at + static_cast<u32>(name.size()), static_cast<u32>(value.size())});
}

const HttpHeaders::Field* HttpHeaders::find(std::string_view name) const {
  for (const Field& field : fields_) {
    if (same_name({text_.data() + field.name, field.name_size}, name)) return &field;
  }
  return nullptr;
}

std::string_view HttpHeaders::get(std::string_view name) const {
  const Field* field = find(name);
  return field == nullptr ? std::string_view() : std::string_view(text_.data() + field->value, field->value_size);
}

bool HttpHeaders::has(std::string_view name) const { return find(name) != nullptr; }

std::vector<std::string_view> HttpHeaders::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (std::size_t i = 0; i < fields_.size(); ++i) {
    const HttpHeader field = (*this)[i];
    if (same_name(field.name, name)) values.push_back(field.value);
  }
  return values;
}

HttpHeader HttpHeaders::operator[](std::size_t index) const {
  const Field& field = fields_[index];
  return {{text_.data() + field.name, field.name_size}, {text_.data() + field.value, field.value_size}};
}

void HttpHeaders::clear() {
  text_.clear();
  fields_.clear();
}

void HttpHeaders::shrink() {
  clear();
  if (text_.capacity() > 1024) text_.shrink_to_fit();
  if (fields_.capacity() > 32) fields_.shrink_to_fit();
}

HttpResponseHead::HttpResponseHead(int status, std::string reason) : status_(status), reason_(std::move(reason)) {
  for (char& c : reason_)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
}

HttpResponseHead& HttpResponseHead::add(std::string_view name, std::string_view value) {
  if (lines_.empty()) lines_.reserve(512);
  append_header(lines_, name, value);
  return *this;
}

std::string_view http_reason(int status) {
  switch (status) {
    case 100:
      return "Continue";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 440:
      return "Login Timeout";
    case 449:
      return "Retry With";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace ropewalk::net
