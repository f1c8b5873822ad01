#include "server/mapihttp_front.h"

#include <fmt/format.h>

#include <charconv>

#include "mapi/ascii_case.h"
#include "protocol/mapihttp/response_stream.h"
#include "server/emsmdb_service.h"

// Results of co_await are named before they are tested, and arguments before they are passed: g++ 12 lays the frames of
// some other forms out wrongly.

namespace ropewalk::server {
namespace {

using mapihttp::RequestType;
using mapihttp::ResponseCode;
using net::Awaitable;

// A request's sequence number may be this much behind: requests that overlapped bear the same one.
constexpr u64 kSequenceWindow = 8;

bool begins_session(RequestType type) { return type == RequestType::connect || type == RequestType::bind; }

// Requests that run one after the other in their session, each with the sequence cookie of the one before. The others
// run beside them.
bool is_sequenced(RequestType type) {
  return type == RequestType::execute ||
         (!is_of_mailbox(type) && type != RequestType::bind && type != RequestType::unbind);
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

}  // namespace

std::string plain_mapihttp_path(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return mapi::ascii_lowered(path);
}

MapiHttpFront::MapiHttpFront(Parts parts, Shape shape, const MapiHttpSettings& settings)
    : parts_(parts), shape_(shape), settings_(settings) {
  facts_.server_application = server_application();
  facts_.pending_period = settings_.pending_period;
  facts_.expiration = parts_.registry.limits().expiry;
}

net::HttpResponseHead MapiHttpFront::head(const Call& call) const {
  return mapihttp_head(call, facts_, ResponseCode::success);
}

Awaitable<bool> MapiHttpFront::admit(Call& call, HttpSignIn& sign_in) {
  call.user = co_await sign_in.user_of(call.request, call.responder);
  if (call.user == nullptr) co_return false;
  Refusal refusal = examine(call);
  const bool admitted = !refusal;
  if (!admitted) co_await refuse(call, std::move(refusal));
  co_return admitted;
}

MapiHttpRefusal MapiHttpFront::examine(Call& call) const {
  if (Refusal refusal = examine_headers(call)) return refusal;
  return find_session(call);
}

// Everything that can be said without the session.
MapiHttpRefusal MapiHttpFront::examine_headers(Call& call) const {
  const net::HttpHeaders& headers = call.request.headers;
  std::string path = plain_mapihttp_path(call.request.path);
  if (path != shape_.path) return {ResponseCode::invalid_path, "nothing is served at " + path.substr(0, 200)};
  if (call.request.method != "POST")
    return {ResponseCode::invalid_verb, call.request.method.substr(0, 20) + " where POST is expected"};
  if (!headers.has(mapihttp::kRequestType)) return {ResponseCode::missing_header, "no X-RequestType header"};
  auto type = mapihttp::parse_request_type(headers.get(mapihttp::kRequestType));
  if (!type || !shape_.has(*type))
    return {ResponseCode::invalid_request_type,
            fmt::format("X-RequestType is not one of the {} endpoint", shape_.name)};
  call.type = *type;
  if (headers.get(mapihttp::kRequestId).empty()) return {ResponseCode::missing_header, "no X-RequestId header"};
  std::string_view media = headers.get(mapihttp::kContentType);
  // The second comes from connectivity tests.
  if (!call.request.body.empty() && !media.empty() && !starts_with_ignoring_case(media, mapihttp::kMediaType) &&
      !starts_with_ignoring_case(media, "application/octet-stream"))
    return {ResponseCode::invalid_header, fmt::format("Content-Type is {}", media.substr(0, 80))};
  if (call.request.body.size() > shape_.most_body)
    return {ResponseCode::too_large, fmt::format("a body of {} bytes", call.request.body.size())};
  return {};
}

// Which session it belongs to, and whether it may. [MS-OXCMAPIHTTP] 3.2.5.1, 3.2.5.6.
MapiHttpRefusal MapiHttpFront::find_session(Call& call) const {
  auto cookie = call.cookie(kContextCookie);
  if (begins_session(call.type) || (!cookie && call.type == RequestType::ping)) return {};
  if (!cookie) return {ResponseCode::missing_cookie, fmt::format("no {} cookie", kContextCookie)};
  if (!is_session_id(*cookie))
    return {ResponseCode::invalid_context_cookie, fmt::format("the {} cookie is none of ours", kContextCookie)};
  auto session = parts_.registry.find(*cookie, Call::Clock::now());
  if (session == nullptr) return {ResponseCode::context_not_found, "the session does not exist, or no more"};
  if (session->user.id != call.user->id)
    return {ResponseCode::context_not_found, "the session is one of " + session->user.address};
  call.join(std::move(session));
  if (!is_sequenced(call.type)) return {};

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

std::shared_ptr<session::Session> MapiHttpFront::former_session(const Call& call) const {
  auto former = call.cookie(kContextCookie);
  if (!former) return nullptr;
  auto session = parts_.registry.find(*former, Call::Clock::now());
  return session != nullptr && session->user.id == call.user->id ? session : nullptr;
}

Awaitable<void> MapiHttpFront::refuse(Call& call, Refusal refusal) {
  parts_.log.warning(fmt::format("{}: refused with {} ({}): {}", call.who(), static_cast<u32>(refusal.code),
                                 name(refusal.code), refusal.reason));
  net::HttpResponseHead refused = mapihttp_head(call, facts_, refusal.code);
  std::string text =
      fmt::format("<html><head><title>{0}</title></head><body><h1>{0} ({1})</h1><p>{2}</p></body></html>\n",
                  name(refusal.code), static_cast<u32>(refusal.code), escape_html(refusal.reason));
  co_await call.responder.send(refused, text);
}

Awaitable<void> MapiHttpFront::refuse_body(Call& call, const wire::WireError& error) {
  return refuse(call, {ResponseCode::invalid_request_body, error.text()});
}

Awaitable<void> MapiHttpFront::answer_ping(Call& call) {
  wire::OutBuffer nothing;
  co_await answer(call, nothing);
}

Awaitable<void> MapiHttpFront::answer(Call& call, const wire::OutBuffer& body) {
  net::HttpResponseHead whole = head(call);
  std::string lines(mapihttp::kProcessing);
  lines += done_text(call);
  std::string_view rest = text_of(body.view());
  co_await call.responder.send_chunked(whole, lines, rest);
}

Awaitable<void> MapiHttpFront::serve_in_turn(Call& call, const MapiHttpWork& work) {
  const bool my_turn = co_await take_turn(*call.session);
  Refusal refusal;
  if (!my_turn) {
    refusal = {ResponseCode::invalid_sequence, "another request of this session is still under way"};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  session::Turn turn(call.session->turns);
  if (call.session->notifications.is_closed()) {
    refusal = {ResponseCode::context_not_found, "the session ended while the request waited"};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  co_await run(call, work);
}

// Requests of one session may overlap for a moment; only one that lasts is a violation, [MS-OXCMAPIHTTP] 3.2.5.1.
Awaitable<bool> MapiHttpFront::take_turn(session::Session& session) {
  if (session.turns.try_enter()) co_return true;
  net::Signal passed;
  u64 ticket = 0;
  const bool entered = session.turns.enter([passed] { passed.set(); }, ticket);
  if (entered) co_return true;
  const bool in_time = co_await passed.wait_for(settings_.overlap_wait);
  co_return in_time || !session.turns.give_up(ticket);
}

// What is brief runs here: handing it to a worker and back would cost more than itself.
Awaitable<void> MapiHttpFront::run(Call& call, const MapiHttpWork& work) {
  wire::OutBuffer out;
  std::string failure;
  auto run_here = [&] {
    try {
      work.run(out);
    } catch (const std::exception& thrown) {
      failure = thrown.what();
    }
  };
  bool begun = false;
  if (work.is_brief && work.is_brief()) {
    run_here();
  } else {
    net::Signal done;
    auto run_and_tell = [&run_here, done] {
      run_here();
      done.set();
    };
    parts_.pool.post(run_and_tell);
    begun = co_await keep_waiting(call, done);
  }
  ++call.session->sequence;
  co_await conclude(call, failure, out, begun);
}

// Waits for the worker; a client that has to wait long is told that its request is pending. Whether the answer has
// been begun.
Awaitable<bool> MapiHttpFront::keep_waiting(Call& call, const net::Signal& done) {
  bool finished = co_await done.wait_for(settings_.patience);
  if (finished) co_return false;
  net::HttpResponseHead whole = head(call);
  (void)co_await call.responder.begin_chunked(whole, mapihttp::kProcessing);
  // Whether the client is still there or not: what has begun is brought to its end.
  for (;;) {
    finished = co_await done.wait_for(settings_.pending_period);
    if (finished) co_return true;
    (void)co_await call.responder.write_chunk(mapihttp::kPending);
  }
}

Awaitable<void> MapiHttpFront::conclude(Call& call, const std::string& failure, const wire::OutBuffer& body,
                                        bool begun) {
  const bool failed = !failure.empty();
  if (failed && !begun) {
    Refusal refusal{ResponseCode::unknown_failure, failure};
    co_await refuse(call, std::move(refusal));
    co_return;
  }
  if (!begun) {
    co_await answer(call, body);
    co_return;
  }
  if (failed) parts_.log.error(call.who() + " failed: " + failure);
  std::string lines = done_text(call, failed ? ResponseCode::unknown_failure : ResponseCode::success);
  (void)co_await call.responder.write_chunk(lines);
  std::string_view rest = failed ? std::string_view() : text_of(body.view());
  (void)co_await call.responder.finish(rest);
}

}  // namespace ropewalk::server
