#include "server/mapihttp_endpoint.h"

#include <fmt/format.h>

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

}  // namespace

MapiHttpEndpoint::MapiHttpEndpoint(Parts parts, MapiHttpSettings settings)
    : parts_(parts),
      settings_(std::move(settings)),
      front_({parts.service.registry(), parts.pool, parts.log},
             {"/mapi/emsmdb", "mailbox", mapihttp::is_of_mailbox, kMaxBody}, settings_) {}

bool MapiHttpEndpoint::serves(std::string_view path) { return net::same_name(path.substr(0, 6), "/mapi/"); }

Awaitable<void> MapiHttpEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  Call call(request, responder);
  const bool admitted = co_await front_.admit(call, parts_.sign_in);
  if (!admitted) co_return;
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
    default:  // PING
      co_await front_.answer_ping(call);
      break;
  }
}

Awaitable<void> MapiHttpEndpoint::connect(Call& call) {
  Arena arena;
  auto body = read_mapihttp_body<mapihttp::ConnectRequest>(call.request, arena);
  if (!body.ok()) {
    co_await front_.refuse_body(call, body.error());
    co_return;
  }
  auto open = [&] {
    if (auto former = front_.former_session(call)) parts_.service.disconnect(former->id());
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
  co_await front_.answer_with(call, response);
}

Awaitable<void> MapiHttpEndpoint::execute(Call& call) {
  Arena arena;
  auto body = read_mapihttp_body<mapihttp::ExecuteRequest>(call.request, arena);
  Refusal refusal;
  if (!body.ok()) {
    refusal = {ResponseCode::invalid_request_body, body.error().text()};
  } else if (body->rop_buffer.size() > kMaxRopBuffer || body->auxiliary_buffer.size() > kMaxAuxiliary) {
    refusal = {ResponseCode::too_large, fmt::format("{} bytes of ROPs and {} auxiliary ones", body->rop_buffer.size(),
                                                    body->auxiliary_buffer.size())};
  }
  if (refusal) {
    co_await front_.refuse(call, std::move(refusal));
    co_return;
  }
  ExecuteCall wanted{body->flags, body->rop_buffer, body->max_rop_out, body->auxiliary_buffer};
  MapiHttpWork work;
  work.run = [&](wire::OutBuffer& out) {
    wire::OutBuffer rops;
    mapihttp::ExecuteResponse response;
    response.error_code = parts_.service.execute(*call.session, wanted, rops);
    response.rop_buffer = rops.view();
    wire::encode(response, out);
  };
  work.is_brief = [&] { return parts_.service.is_brief(*call.session, wanted); };
  co_await front_.serve_in_turn(call, work);
}

Awaitable<void> MapiHttpEndpoint::disconnect(Call& call) {
  Arena arena;
  // Some clients send no body at all.
  if (!call.request.body.empty()) {
    auto body = read_mapihttp_body<mapihttp::DisconnectRequest>(call.request, arena);
    if (!body.ok()) {
      co_await front_.refuse_body(call, body.error());
      co_return;
    }
  }
  auto end = [&] { return parts_.service.disconnect(call.session->id()); };
  const bool ended = co_await net::run(parts_.pool, end);
  if (ended) parts_.log.info(call.who() + ": session ended");
  mapihttp::DisconnectResponse response;
  co_await front_.answer_with(call, response);
}

Awaitable<void> MapiHttpEndpoint::notification_wait(Call& call) {
  Arena arena;
  auto body = read_mapihttp_body<mapihttp::NotificationWaitRequest>(call.request, arena);
  if (!body.ok()) {
    co_await front_.refuse_body(call, body.error());
    co_return;
  }
  session::NotificationQueue& queue = call.session->notifications;
  mapihttp::NotificationWaitResponse response;
  wire::OutBuffer out;
  if (queue.pending()) {
    response.event_pending = 1;
    wire::encode(response, out);
    co_await front_.answer(call, out);
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
  net::HttpResponseHead head = front_.head(call);
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
