#include "protocol/autodiscover/messages.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace ropewalk::autodiscover {

std::string_view meaning(ErrorCode code) {
  switch (code) {
    case ErrorCode::address_not_found:
      return "The email address cannot be found.";
    case ErrorCode::address_without_configuration:
    case ErrorCode::bad_configuration:
      return "Bad Address";
    case ErrorCode::invalid_request:
      return "Invalid Request";
    case ErrorCode::no_such_schema:
      return "Provider is not available";
    case ErrorCode::internal_error:
      break;
  }
  return "The Autodiscover server threw an internal error.";
}

Response Response::of(User user, Account account) {
  Response made;
  made.response.emplace();
  made.response->xmlns = kOutlookResponseSchema;
  made.response->user = std::move(user);
  made.response->account = std::move(account);
  return made;
}

Response Response::of(ErrorCode code, double seconds, u32 server_id) {
  const auto whole = static_cast<int>(seconds);
  Failure failure;
  failure.time = fmt::format("{:02}:{:02}:{:02}.{:07}", whole / 3600 % 24, whole / 60 % 60, whole % 60,
                             static_cast<u32>(std::floor((seconds - whole) * 1e7)) % 10'000'000);
  failure.id = std::to_string(server_id);
  failure.code = std::to_string(static_cast<u16>(code));
  failure.message = meaning(code);
  failure.debug_data.emplace();
  Response made;
  made.response.emplace();
  made.response->failure = std::move(failure);
  return made;
}

std::string JsonAnswer::to_json() const {
  boost::json::object object;
  if (error_code.empty())
    object = {{"Protocol", protocol}, {"Url", url}};
  else
    object = {{"ErrorCode", error_code}, {"ErrorMessage", xml::writable(message)}};
  return boost::json::serialize(object);
}

Result<JsonAnswer> JsonAnswer::parse(std::string_view text) {
  if (text.size() > 64 << 10) return Error{"a JSON answer of more than 64 KB"};
  boost::system::error_code failed;
  boost::json::parse_options options;
  options.max_depth = 8;
  const boost::json::value parsed = boost::json::parse(text, failed, {}, options);
  const boost::json::object* object = parsed.if_object();
  if (failed || object == nullptr) return Error{"the answer is not a JSON object"};
  auto member = [&](const char* name) {
    const boost::json::value* found = object->if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
  };
  JsonAnswer answer{member("Protocol"), member("Url"), member("ErrorCode"), member("ErrorMessage")};
  if (answer.url.empty() && answer.error_code.empty()) return Error{"the JSON answer has neither Url nor ErrorCode"};
  return answer;
}

}  // namespace ropewalk::autodiscover
