#include "client/exchange/http_channel.h"

#include "protocol/mapihttp/response_stream.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using mapihttp::ResponseCode;

namespace {

// The start of an error page, as one line without markup.
std::string first_words(std::string_view html) {
  std::string text;
  bool in_tag = false;
  for (char c : html.substr(0, 2000)) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += static_cast<u8>(c) < 0x20 ? ' ' : c;
    if (c == '>') in_tag = false;
    if (text.size() > 160) break;
  }
  while (!text.empty() && text.back() == ' ') text.pop_back();
  auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? std::string() : text.substr(begin);
}

std::string place(const ChannelOptions& options) {
  return (options.http.tls ? "https://" : "http://") + options.http.host + ":" +
         std::to_string(options.http.port != 0 ? options.http.port
                        : options.http.tls     ? 443
                                               : 80);
}

ChannelFailure refused(const ChannelOptions& options, std::string_view type, int status) {
  std::string what = place(options) + " answered " + std::string(type) + " with HTTP " + std::to_string(status);
  if (status == 401)
    return {{ErrorCode::login_failure,
             place(options) + " does not accept the user \"" + options.user + "\" with this password (HTTP 401)"},
            true};
  if (status == 404)
    return {{ErrorCode::rpc_failed, what + ": there is no MAPI/HTTP endpoint at " + options.target}, true};
  return {{ErrorCode::rpc_failed, what + " " + std::string(net::http_reason(status))}, false};
}

}  // namespace

ErrorCode error_of(ResponseCode code) {
  switch (code) {
    case ResponseCode::anonymous_not_allowed:
    case ResponseCode::no_privilege:
      return ErrorCode::login_failure;
    case ResponseCode::endpoint_shutting_down:
      return ErrorCode::exiting;
    default:
      return ErrorCode::rpc_failed;
  }
}

bool ends_session(ResponseCode code) {
  switch (code) {
    case ResponseCode::invalid_context_cookie:
    case ResponseCode::context_not_found:
    case ResponseCode::missing_cookie:
    case ResponseCode::invalid_sequence:
    case ResponseCode::endpoint_shutting_down:
    case ResponseCode::no_privilege:
      return true;
    default:
      return false;
  }
}

HttpChannel::HttpChannel(std::shared_ptr<ChannelState> state)
    : state_(std::move(state)),
      client_(state_->options().connection),
      sign_in_(state_->options().http_auth, state_->options().user, state_->options().password) {
  if (client_ == nullptr) client_ = std::make_shared<net::HttpClient>(state_->options().http);
}

Result<std::vector<u8>, ChannelFailure> HttpChannel::post(mapihttp::RequestType type, ByteView body, ByteView rops) {
  const ChannelOptions& options = state_->options();
  std::string_view type_name = mapihttp::name(type);
  u64 number = 0;
  std::string id = state_->next_request_id(number), cookies = state_->cookies();
  std::vector<net::HttpHeader> headers{{mapihttp::kContentType, mapihttp::kMediaType},
                                       {"Accept", mapihttp::kMediaType},
                                       {"User-Agent", "Ropewalk/" ROPEWALK_VERSION},
                                       {mapihttp::kRequestType, type_name},
                                       {mapihttp::kRequestId, id},
                                       {mapihttp::kClientInfo, state_->client_info()},
                                       {mapihttp::kClientApplication, options.client_application}};
  if (!cookies.empty()) headers.push_back({mapihttp::kCookie, cookies});
  bool observed = static_cast<bool>(options.observer);
  last_ = {};
  if (observed) {
    Traffic traffic;
    traffic.kind = Traffic::Kind::request;
    traffic.type = type_name;
    traffic.number = number;
    traffic.head = "POST " + options.target + "\r\n";
    for (const auto& header : headers) net::append_header(traffic.head, header.name, header.value);
    traffic.body = body;
    traffic.rops = rops;
    options.observer(traffic);
    last_.type = type_name;
    last_.number = number;
    last_.request_rops.assign(rops.begin(), rops.end());
  }

  auto began = std::chrono::steady_clock::now();
  net::HttpClientRequest request;
  request.method = "POST";
  request.target = options.target;
  request.headers = headers;
  request.body = ropewalk::text_of(body);
  auto answered = sign_in_.request(*client_, request);
  if (!answered.ok()) return ChannelFailure{std::move(answered.error()), false};
  const net::HttpClientResponse& response = *answered;
  // The head of a NotificationWait's answer is as old as the waiting was long; its cookies have been overtaken.
  const bool late = type == mapihttp::RequestType::notification_wait;
  for (std::string_view cookie : response.headers.all(mapihttp::kSetCookie)) state_->take_cookie(cookie, late);
  if (response.status != 200) return refused(options, type_name, response.status);

  auto fail = [&](ResponseCode code, std::string_view page) {
    std::string text = place(options) + " refused " + std::string(type_name) + ": " +
                       std::string(mapihttp::name(code)) + " (X-ResponseCode " +
                       std::to_string(static_cast<u32>(code)) + ")";
    if (std::string words = first_words(page); !words.empty()) text += ": " + words;
    return ChannelFailure{{error_of(code), std::move(text)}, ends_session(code)};
  };
  auto malformed = [&](const std::string& why) {
    return ChannelFailure{{ErrorCode::rpc_failed, place(options) + " answered " + std::string(type_name) +
                                                      " with something that is not MAPI/HTTP: " + why},
                          false};
  };
  if (response.headers.has(mapihttp::kResponseCode)) {
    auto code = mapihttp::parse_response_code(response.headers.get(mapihttp::kResponseCode));
    if (!code) return malformed("X-ResponseCode is no number");
    if (*code != ResponseCode::success) return fail(*code, response.body);
  }
  mapihttp::ResponseStream stream(options.http.max_body);
  if (Status fed = stream.feed(bytes_of(response.body)); !fed.ok()) return malformed(fed.error().text);
  if (Status ended = stream.finish(); !ended.ok()) return malformed(ended.error().text);
  if (stream.response_code() != ResponseCode::success)
    return fail(stream.response_code(), ropewalk::text_of(stream.body()));
  std::vector<u8> content = stream.take_body();
  if (observed) {
    last_.head = "HTTP/1.1 200 OK\r\n";
    for (std::size_t i = 0; i < response.headers.size(); ++i)
      net::append_header(last_.head, response.headers[i].name, response.headers[i].value);
    last_.body = content;
    last_.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  }
  return content;
}

void HttpChannel::observe_response(ByteView rops) {
  const auto& observer = state_->options().observer;
  if (!observer) return;
  Traffic traffic;
  traffic.kind = Traffic::Kind::response;
  traffic.type = last_.type;
  traffic.number = last_.number;
  traffic.head = last_.head;
  traffic.body = last_.body;
  traffic.rops = rops;
  traffic.request_rops = last_.request_rops;
  traffic.took = last_.took;
  observer(traffic);
}

}  // namespace ropewalk::client::exchange
