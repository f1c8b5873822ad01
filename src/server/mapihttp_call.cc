#include "server/mapihttp_call.h"

#include <fmt/format.h>

#include <charconv>

#include "protocol/mapihttp/response_stream.h"

namespace ropewalk::server {
namespace {

using mapihttp::ResponseCode;

constexpr std::size_t kLongestEcho = 256;  // of what the client says and gets back

void add_number(net::HttpResponseHead& head, std::string_view name, i64 number) {
  char digits[20];
  auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  head.add(name, {digits, end});
}

// [RFC 9110] 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(std::time_t time) {
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[48];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

session::ClientVersion parse_version(std::string_view text) {
  session::ClientVersion version;
  u16* parts[] = {&version.major, &version.minor, &version.build, &version.revision};
  for (u16* part : parts) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *part);
    if (error != std::errc{}) break;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty() || text.front() != '.') break;
    text.remove_prefix(1);
  }
  return version;
}

}  // namespace

MapiHttpCall::~MapiHttpCall() {
  if (session == nullptr) return;
  session::Registry::touch(*session, Clock::now());
  --session->busy;
}

void MapiHttpCall::join(std::shared_ptr<session::Session> found) {
  session = std::move(found);
  ++session->busy;
}

std::optional<std::string_view> MapiHttpCall::cookie(std::string_view name) const {
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    net::HttpHeader header = request.headers[i];
    if (!net::same_name(header.name, mapihttp::kCookie)) continue;
    if (auto value = mapihttp::find_cookie(header.value, name)) return value;
  }
  return std::nullopt;
}

u64 MapiHttpCall::elapsed_milliseconds() const {
  return static_cast<u64>(std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - started).count());
}

std::string MapiHttpCall::who() const {
  return fmt::format("{} at {}, {}", user == nullptr ? "nobody" : user->address, request.peer,
                     request.headers.get(mapihttp::kRequestType).substr(0, 40));
}

net::HttpResponseHead mapihttp_head(const MapiHttpCall& call, const MapiHttpFacts& facts, ResponseCode code) {
  const net::HttpHeaders& asked = call.request.headers;
  net::HttpResponseHead head;
  head.add(mapihttp::kContentType, code == ResponseCode::success ? mapihttp::kMediaType : "text/html; charset=utf-8");
  head.add("Cache-Control", "private");
  head.add(mapihttp::kRequestType, asked.get(mapihttp::kRequestType).substr(0, kLongestEcho));
  add_number(head, mapihttp::kResponseCode, static_cast<u32>(code));
  head.add(mapihttp::kRequestId, asked.get(mapihttp::kRequestId).substr(0, kLongestEcho));
  if (std::string_view info = asked.get(mapihttp::kClientInfo); !info.empty())
    head.add(mapihttp::kClientInfo, info.substr(0, kLongestEcho));
  head.add(mapihttp::kServerApplication, facts.server_application);
  add_number(head, mapihttp::kPendingPeriod, facts.pending_period.count());
  add_number(head, mapihttp::kExpirationInfo, facts.expiration.count());
  if (call.session != nullptr) {
    std::string cookie(kContextCookie);
    head.add(mapihttp::kSetCookie, (cookie += '=') += call.session->id());
    cookie.assign(kSequenceCookie).append("=").append(std::to_string(call.session->sequence.load()));
    head.add(mapihttp::kSetCookie, cookie);
  }
  return head;
}

std::string done_text(const MapiHttpCall& call, ResponseCode code) {
  std::string date = http_date(call.start_time);
  return mapihttp::done_lines({code, call.elapsed_milliseconds(), date});
}

session::ClientVersion client_version(const net::HttpHeaders& headers) {
  std::string_view application = headers.get(mapihttp::kClientApplication);
  if (std::size_t slash = application.find('/'); slash != application.npos)
    return parse_version(application.substr(slash + 1));
  constexpr std::string_view kMapi = "MAPI ";
  std::string_view agent = headers.get("User-Agent");
  if (std::size_t at = agent.find(kMapi); at != agent.npos) return parse_version(agent.substr(at + kMapi.size()));
  return {};
}

}  // namespace ropewalk::server
