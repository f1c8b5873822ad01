#include "server/mapihttp_endpoint.h"

#include <fmt/format.h>

#include <charconv>

#include "base/utf16.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/response_stream.h"
#include "server/identity.h"

// Results of co_await are named before they are tested, and arguments before they are passed: g++ 12 lays the frames of
// some other forms out wrongly.

namespace ropewalk::server {
namespace {

using mapihttp::RequestType;
using mapihttp::ResponseCode;
using net::Awaitable;

constexpr std::size_t kMaxBody = kMaxRopBuffer + kMaxAuxiliary + 1024;
// A request's sequence number may be this much behind: requests that overlapped bear the same one.
constexpr u64 kSequenceWindow = 8;

// The path without its last '/', in lower case.
std::string plain_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  std::string plain(path);
  for (char& c : plain)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return plain;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return net::same_name(text.substr(0, start.size()), start);
}

std::string escape_html(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '&')
      out += "&amp;";
    else
      out += c;
  }
  return out;
}

bool is_session_id(std::string_view text) {
  return text.size() == 32 && text.find_first_not_of("0123456789ABCDEF") == text.npos;
}

template <class Body>
Result<Body, wire::WireError> read_body(const net::HttpRequest& request, Arena& arena) {
  return wire::decode<Body>(bytes_of(request.body), arena);
}

}  // namespace

MapiHttpEndpoint::MapiHttpEndpoint(Parts parts, MapiHttpSettings settings)
    : parts_(parts), settings_(std::move(settings)) {
  facts_.server_application = server_application();
  facts_.pending_period = settings_.pending_period;
  facts_.expiration = parts_.service.registry().limits().expiry;
}

bool MapiHttpEndpoint::serves(std::string_view path) { return starts_with_ignoring_case(path, "/mapi/"); }

Awaitable<void> MapiHttpEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  Call call(request, responder);
  call.user = co_await parts_.sign_in.user_of(request, responder);
  if (call.user == nullptr) co_return;
  Refusal refusal = examine(call);
  if (!refusal) refusal = find_session(call);
  if (refusal) {
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  switch (call.type) {
    case RequestType::connect:
      co_await connect(call);
      break;
    case RequestType::execute:
      co_await execute(call);
      break;
    case RequestType::disconnect:
      co_await disconnect(call);
      break;
    case RequestType::notification_wait:
      co_await notification_wait(call);
      break;
    default: {  // PING
      wire::OutBuffer nothing;
      co_await answer(call, nothing);
      break;
    }
  }
}

// ---- is it a request ----

Awaitable<void> MapiHttpEndpoint::refuse(Call& call, Refusal refusal) {
  parts_.log.warning(fmt::format("{}: refused with {} ({}): {}", call.who(), static_cast<u32>(refusal.code),
                                 name(refusal.code), refusal.reason));
  net::HttpResponseHead head = mapihttp_head(call, facts_, refusal.code);
  std::string text =
      fmt::format("<html><head><title>{0}</title></head><body><h1>{0} ({1})</h1><p>{2}</p></body></html>\n",
                  name(refusal.code), static_cast<u32>(refusal.code), escape_html(refusal.reason));
  co_await call.responder.send(head, text);
}

Awaitable<void> MapiHttpEndpoint::answer(Call& call, const wire::OutBuffer& body) {
  net::HttpResponseHead head = mapihttp_head(call, facts_, ResponseCode::success);
  std::string lines(mapihttp::kProcessing);
  lines += done_text(call);
  std::string_view rest = text_of(body.view());
  co_await call.responder.send_chunked(head, lines, rest);
}

// Everything that can be said without the session.
MapiHttpRefusal MapiHttpEndpoint::examine(Call& call) const {
  const net::HttpHeaders& headers = call.request.headers;
  std::string path = plain_path(call.request.path);
  if (path == "/mapi/nspi") return {ResponseCode::endpoint_disabled, "the address book endpoint is not served"};
  if (path != "/mapi/emsmdb") return {ResponseCode::invalid_path, "nothing is served at " + path.substr(0, 200)};
  if (call.request.method != "POST")
    return {ResponseCode::invalid_verb, call.request.method.substr(0, 20) + " where POST is expected"};
  if (!headers.has(mapihttp::kRequestType)) return {ResponseCode::missing_header, "no X-RequestType header"};
  auto type = mapihttp::parse_request_type(headers.get(mapihttp::kRequestType));
  if (!type || !is_of_mailbox(*type))
    return {ResponseCode::invalid_request_type, "X-RequestType is not one of the mailbox endpoint"};
  call.type = *type;
  if (headers.get(mapihttp::kRequestId).empty()) return {ResponseCode::missing_header, "no X-RequestId header"};
  std::string_view media = headers.get(mapihttp::kContentType);
  // The second comes from connectivity tests.
  if (!call.request.body.empty() && !media.empty() && !starts_with_ignoring_case(media, mapihttp::kMediaType) &&
      !starts_with_ignoring_case(media, "application/octet-stream"))
    return {ResponseCode::invalid_header, fmt::format("Content-Type is {}", media.substr(0, 80))};
  if (call.request.body.size() > kMaxBody)
    return {ResponseCode::too_large, fmt::format("a body of {} bytes", call.request.body.size())};
  return {};
}

// Which session it belongs to, and whether it may. [MS-OXCMAPIHTTP] 3.2.5.1, 3.2.5.6.
MapiHttpRefusal MapiHttpEndpoint::find_session(Call& call) const {
  auto cookie = call.cookie(kContextCookie);
  // Connect ends the session that it comes with; connect() sees to that.
  if (call.type == RequestType::connect || (!cookie && call.type == RequestType::ping)) return {};
  if (!cookie) return {ResponseCode::missing_cookie, fmt::format("no {} cookie", kContextCookie)};
  if (!is_session_id(*cookie))
    return {ResponseCode::invalid_context_cookie, fmt::format("the {} cookie is none of ours", kContextCookie)};
  auto session = parts_.service.registry().find(*cookie, Call::Clock::now());
  if (session == nullptr) return {ResponseCode::context_not_found, "the session does not exist, or no more"};
  if (session->user.id != call.user->id)
    return {ResponseCode::context_not_found, "the session is one of " + session->user.address};
  call.join(std::move(session));
  if (call.type != RequestType::execute) return {};

  auto given = call.cookie(kSequenceCookie);
  if (!given) return {ResponseCode::missing_cookie, fmt::format("no {} cookie", kSequenceCookie)};
  u64 number = 0, current = call.session->sequence;
  auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), number);
  if (error != std::errc{} || end != given->data() + given->size() || number > current ||
      number + kSequenceWindow <= current)
    return {ResponseCode::invalid_sequence,
            fmt::format("{} {} where {} is expected", kSequenceCookie, given->substr(0, 20), current)};
  return {};
}

// ---- request types ----

Awaitable<void> MapiHttpEndpoint::connect(Call& call) {
  Arena arena;
  auto body = read_body<mapihttp::ConnectRequest>(call.request, arena);
  if (!body.ok()) {
    Refusal refusal{ResponseCode::invalid_request_body, body.error().text()};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  auto open = [&] {
    if (auto former = call.cookie(kContextCookie)) {
      auto session = parts_.service.registry().find(*former, Call::Clock::now());
      if (session != nullptr && session->user.id == call.user->id) parts_.service.disconnect(*former);
    }
    ConnectCall wanted;
    wanted.user_dn = body->user_dn.text();
    wanted.flags = body->flags;
    wanted.code_page = body->default_code_page;
    wanted.lcid_sort = body->lcid_sort;
    wanted.lcid_string = body->lcid_string;
    wanted.aux_in = body->auxiliary_buffer;
    wanted.version = client_version(call.request.headers);
    wanted.application = call.request.headers.get(mapihttp::kClientApplication);
    wanted.info = call.request.headers.get(mapihttp::kClientInfo);
    wanted.address = call.request.peer;
    return parts_.service.connect(identity_of(*call.user), wanted);
  };
  ConnectReply reply = co_await net::run(parts_.pool, open);
  if (reply.session != nullptr) {
    call.join(reply.session);
    parts_.log.info(fmt::format("{}: session opened, client {}", call.who(), reply.session->client.application));
  }
  std::vector<u8> name16 = utf8_to_utf16(reply.display_name);
  mapihttp::ConnectResponse response;
  response.error_code = reply.error;
  response.polls_max = reply.polls_max;
  response.retry_count = reply.retry_count;
  response.retry_delay = reply.retry_delay;
  response.dn_prefix.bytes = bytes_of(reply.dn_prefix);
  response.display_name.bytes = name16;
  response.auxiliary_buffer = reply.aux_out.view();
  wire::OutBuffer out;
  wire::encode(response, out);
  co_await answer(call, out);
}

Awaitable<void> MapiHttpEndpoint::execute(Call& call) {
  Arena arena;
  auto body = read_body<mapihttp::ExecuteRequest>(call.request, arena);
  Refusal refusal;
  if (!body.ok()) {
    refusal = {ResponseCode::invalid_request_body, body.error().text()};
  } else if (body->rop_buffer.size() > kMaxRopBuffer || body->auxiliary_buffer.size() > kMaxAuxiliary) {
    refusal = {ResponseCode::too_large, fmt::format("{} bytes of ROPs and {} auxiliary ones", body->rop_buffer.size(),
                                                    body->auxiliary_buffer.size())};
  }
  if (refusal) {
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  const bool my_turn = co_await take_turn(*call.session);
  if (!my_turn) {
    refusal = {ResponseCode::invalid_sequence, "another Execute of this session is still under way"};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  session::Turn turn(call.session->turns);
  if (call.session->notifications.is_closed()) {
    refusal = {ResponseCode::context_not_found, "the session ended while the request waited"};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  ExecuteCall wanted{body->flags, body->rop_buffer, body->max_rop_out, body->auxiliary_buffer};
  co_await run_rops(call, wanted);
}

// Requests of one session may overlap for a moment; only one that lasts is a violation, [MS-OXCMAPIHTTP] 3.2.5.1.
Awaitable<bool> MapiHttpEndpoint::take_turn(session::Session& session) {
  if (session.turns.try_enter()) co_return true;
  net::Signal passed;
  u64 ticket = 0;
  const bool entered = session.turns.enter([passed] { passed.set(); }, ticket);
  if (entered) co_return true;
  const bool in_time = co_await passed.wait_for(settings_.overlap_wait);
  co_return in_time || !session.turns.give_up(ticket);
}

// What came of an Execute.
struct MapiHttpEndpoint::Executed {
  mapi::ErrorCode error = mapi::ErrorCode::none;
  wire::OutBuffer rops;
  std::string failure;
};

// What is brief runs here: handing it to a worker and back would cost more than the ROPs themselves.
Awaitable<void> MapiHttpEndpoint::run_rops(Call& call, const ExecuteCall& wanted) {
  Executed executed;
  auto run = [&] {
    try {
      executed.error = parts_.service.execute(*call.session, wanted, executed.rops);
    } catch (const std::exception& thrown) {
      executed.failure = thrown.what();
    }
  };
  bool begun = false;
  if (parts_.service.is_brief(*call.session, wanted)) {
    run();
  } else {
    net::Signal done;
    auto run_and_tell = [&run, done] {
      run();
      done.set();
    };
    parts_.pool.post(run_and_tell);
    begun = co_await keep_waiting(call, done);
  }
  ++call.session->sequence;
  co_await answer_execute(call, executed, begun);
}

// Waits for the worker; a client that has to wait long is told that its request is pending. Whether the answer has
// been begun.
Awaitable<bool> MapiHttpEndpoint::keep_waiting(Call& call, const net::Signal& done) {
  bool finished = co_await done.wait_for(settings_.patience);
  if (finished) co_return false;
  net::HttpResponseHead head = mapihttp_head(call, facts_, ResponseCode::success);
  (void)co_await call.responder.begin_chunked(head, mapihttp::kProcessing);
  // Whether the client is still there or not: what has begun is brought to its end.
  for (;;) {
    finished = co_await done.wait_for(settings_.pending_period);
    if (finished) co_return true;
    (void)co_await call.responder.write_chunk(mapihttp::kPending);
  }
}

Awaitable<void> MapiHttpEndpoint::answer_execute(Call& call, const Executed& executed, bool begun) {
  const bool failed = !executed.failure.empty();
  if (failed && !begun) {
    Refusal refusal{ResponseCode::unknown_failure, executed.failure};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  mapihttp::ExecuteResponse response;
  response.error_code = executed.error;
  response.rop_buffer = executed.rops.view();
  wire::OutBuffer out;
  if (!failed) wire::encode(response, out);
  if (!begun) {
    co_await answer(call, out);
    co_return;
  }
  if (failed) parts_.log.error(call.who() + " failed: " + executed.failure);
  std::string lines = done_text(call, failed ? ResponseCode::unknown_failure : ResponseCode::success);
  (void)co_await call.responder.write_chunk(lines);
  std::string_view rest = text_of(out.view());
  (void)co_await call.responder.finish(rest);
}

Awaitable<void> MapiHttpEndpoint::disconnect(Call& call) {
  Arena arena;
  // Some clients send no body at all.
  if (!call.request.body.empty()) {
    auto body = read_body<mapihttp::DisconnectRequest>(call.request, arena);
    if (!body.ok()) {
      Refusal refusal{ResponseCode::invalid_request_body, body.error().text()};
      co_await refuse(call, std::move(refusal));
      co_return;
    }
  }
  auto end = [&] { return parts_.service.disconnect(call.session->id()); };
  const bool ended = co_await net::run(parts_.pool, end);
  if (ended) parts_.log.info(call.who() + ": session ended");
  mapihttp::DisconnectResponse response;
  wire::OutBuffer out;
  wire::encode(response, out);
  co_await answer(call, out);
}

Awaitable<void> MapiHttpEndpoint::notification_wait(Call& call) {
  Arena arena;
  auto body = read_body<mapihttp::NotificationWaitRequest>(call.request, arena);
  if (!body.ok()) {
    Refusal refusal{ResponseCode::invalid_request_body, body.error().text()};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  session::NotificationQueue& queue = call.session->notifications;
  mapihttp::NotificationWaitResponse response;
  wire::OutBuffer out;
  if (queue.pending()) {
    response.event_pending = 1;
    wire::encode(response, out);
    co_await answer(call, out);
    co_return;
  }
  net::Signal wake;
  std::optional<net::Interrupt> interrupted;
  const u64 watcher = queue.watch([wake] { wake.set(); });
  struct Unwatch {
    session::NotificationQueue& queue;
    u64 watcher;
    ~Unwatch() { queue.unwatch(watcher); }
  } unwatch{queue, watcher};
  call.responder.on_interrupt([&interrupted, wake](net::Interrupt why) {
    interrupted = why;
    wake.set();
  });
  net::HttpResponseHead head = mapihttp_head(call, facts_, ResponseCode::success);
  bool there = co_await call.responder.begin_chunked(head, mapihttp::kProcessing);
  const auto until = call.started + settings_.notification_wait;
  while (there && !interrupted && !queue.pending() && !queue.is_closed() && queue.is_watching(watcher)) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Call::Clock::now());
    if (left.count() <= 0) break;
    const bool woken = co_await wake.wait_for(std::min(left, settings_.pending_period));
    if (!woken && left > settings_.pending_period) there = co_await call.responder.write_chunk(mapihttp::kPending);
  }
  if (!there || interrupted == net::Interrupt::client_gone) co_return;
  ResponseCode code = ResponseCode::success;
  if (queue.is_closed()) {
    code = ResponseCode::context_not_found;
  } else {
    response.event_pending = queue.pending() ? 1 : 0;
    wire::encode(response, out);
  }
  std::string lines = done_text(call, code);
  lines += text_of(out.view());
  (void)co_await call.responder.finish(lines);
}

}  // namespace ropewalk::server
