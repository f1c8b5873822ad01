// What MAPI over HTTP says in header fields: [MS-OXCMAPIHTTP] 2.2.3. Names are compared without regard to case.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/types.h"

namespace ropewalk::mapihttp {

// Header names as the specification writes them.
inline constexpr std::string_view kContentType = "Content-Type";
inline constexpr std::string_view kCookie = "Cookie";
inline constexpr std::string_view kSetCookie = "Set-Cookie";
inline constexpr std::string_view kRequestType = "X-RequestType";
inline constexpr std::string_view kRequestId = "X-RequestId";
inline constexpr std::string_view kClientInfo = "X-ClientInfo";
inline constexpr std::string_view kClientApplication = "X-ClientApplication";
inline constexpr std::string_view kServerApplication = "X-ServerApplication";
inline constexpr std::string_view kResponseCode = "X-ResponseCode";
inline constexpr std::string_view kPendingPeriod = "X-PendingPeriod";
inline constexpr std::string_view kExpirationInfo = "X-ExpirationInfo";
inline constexpr std::string_view kTunnelClassification = "X-TunnelClassification";
inline constexpr std::string_view kElapsedTime = "X-ElapsedTime";
inline constexpr std::string_view kStartTime = "X-StartTime";

// The media type of requests and of responses whose X-ResponseCode is 0.
inline constexpr std::string_view kMediaType = "application/mapi-http";

// [MS-OXCMAPIHTTP] 2.2.3.3.1: the mailbox endpoint's, PING of both, and from `bind` on the address book endpoint's.
enum class RequestType : u8 {
  connect,
  execute,
  disconnect,
  notification_wait,
  ping,
  bind,
  unbind,
  compare_min_ids,
  dn_to_min_id,
  get_matches,
  get_prop_list,
  get_props,
  get_special_table,
  get_template_info,
  mod_link_att,
  mod_props,
  query_columns,
  query_rows,
  resolve_names,
  resort_restriction,
  seek_entries,
  update_stat,
  get_mailbox_url,
  get_address_book_url,
};
inline constexpr std::size_t kRequestTypeCount = 24;
constexpr bool is_of_mailbox(RequestType type) { return type <= RequestType::ping; }
constexpr bool is_of_address_book(RequestType type) { return type >= RequestType::ping; }
std::string_view name(RequestType type);  // "NotificationWait"
// By its name, in any case; std::nullopt for others.
std::optional<RequestType> parse_request_type(std::string_view text);

// [MS-OXCMAPIHTTP] 2.2.3.3.3 X-ResponseCode.
enum class ResponseCode : u32 {
  success = 0,
  unknown_failure = 1,
  invalid_verb = 2,
  invalid_path = 3,
  invalid_header = 4,
  invalid_request_type = 5,
  invalid_context_cookie = 6,
  missing_header = 7,
  anonymous_not_allowed = 8,
  too_large = 9,
  context_not_found = 10,
  no_privilege = 11,
  invalid_request_body = 12,
  missing_cookie = 13,
  reserved = 14,
  invalid_sequence = 15,
  endpoint_disabled = 16,
  invalid_response = 17,
  endpoint_shutting_down = 18,
};
std::string_view name(ResponseCode code);  // "Invalid Request Type"; "Unknown" for others
// The header's number; std::nullopt if it is none.
std::optional<ResponseCode> parse_response_code(std::string_view text);

// The value of a cookie in a Cookie header ("a=b; c=d"), or std::nullopt. Cookie names are case-sensitive.
std::optional<std::string_view> find_cookie(std::string_view header, std::string_view cookie);
// Name and value that a Set-Cookie header sets; attributes (path, secure) are left out.
struct SetCookie {
  std::string_view name, value;
};
std::optional<SetCookie> parse_set_cookie(std::string_view header);

}  // namespace ropewalk::mapihttp
