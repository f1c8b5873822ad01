#include "protocol/mapihttp/headers.h"

#include <charconv>

#include "mapi/ascii_case.h"

namespace ropewalk::mapihttp {
namespace {

constexpr std::string_view kRequestTypes[] = {
    "Connect",         "Execute",           "Disconnect",  "NotificationWait", "PING",          "Bind",
    "Unbind",          "CompareMIds",       "DNToMId",     "GetMatches",       "GetPropList",   "GetProps",
    "GetSpecialTable", "GetTemplateInfo",   "ModLinkAtt",  "ModProps",         "QueryColumns",  "QueryRows",
    "ResolveNames",    "ResortRestriction", "SeekEntries", "UpdateStat",       "GetMailboxUrl", "GetAddressBookUrl",
};
static_assert(std::size(kRequestTypes) == kRequestTypeCount);
constexpr std::string_view kResponseCodes[] = {"Success",
                                               "Unknown Failure",
                                               "Invalid Verb",
                                               "Invalid Path",
                                               "Invalid Header",
                                               "Invalid Request Type",
                                               "Invalid Context Cookie",
                                               "Missing Header",
                                               "Anonymous Not Allowed",
                                               "Too Large",
                                               "Context Not Found",
                                               "No Privilege",
                                               "Invalid Request Body",
                                               "Missing Cookie",
                                               "Reserved",
                                               "Invalid Sequence",
                                               "Endpoint Disabled",
                                               "Invalid Response",
                                               "Endpoint Shutting Down"};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::optional<SetCookie> parse_pair(std::string_view pair) {
  std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  SetCookie cookie{trim(pair.substr(0, equals)), trim(pair.substr(equals + 1))};
  std::string_view& value = cookie.value;
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return cookie.name.empty() ? std::nullopt : std::optional(cookie);
}

}  // namespace

std::string_view name(RequestType type) { return kRequestTypes[static_cast<std::size_t>(type)]; }

std::optional<RequestType> parse_request_type(std::string_view text) {
  for (std::size_t i = 0; i < std::size(kRequestTypes); ++i)
    if (mapi::equal_ignoring_ascii_case(trim(text), kRequestTypes[i])) return static_cast<RequestType>(i);
  return std::nullopt;
}

std::string_view name(ResponseCode code) {
  auto index = static_cast<std::size_t>(code);
  return index < std::size(kResponseCodes) ? kResponseCodes[index] : "Unknown";
}

std::optional<ResponseCode> parse_response_code(std::string_view text) {
  text = trim(text);
  u32 code = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return static_cast<ResponseCode>(code);
}

std::optional<std::string_view> find_cookie(std::string_view header, std::string_view cookie) {
  while (!header.empty()) {
    std::size_t end = std::min(header.find(';'), header.size());
    if (auto pair = parse_pair(header.substr(0, end)); pair && pair->name == cookie) return pair->value;
    header.remove_prefix(std::min(end + 1, header.size()));
  }
  return std::nullopt;
}

std::optional<SetCookie> parse_set_cookie(std::string_view header) {
  return parse_pair(header.substr(0, header.find(';')));
}

}  // namespace ropewalk::mapihttp
