#include "server/rpc/emsmdb_rpc.h"

#include <fmt/format.h>

#include "base/utf16.h"
#include "net/signal.h"
#include "protocol/dcerpc/status.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/emsmdb/methods.h"
#include "server/identity.h"
#include "server/rpc/caller.h"

// As in mapihttp_endpoint.cc, results of co_await are named before they are tested: g++ 12.

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using net::Awaitable;

// A session context handle (CXH). The session ends with it.
class SessionHandle final : public ContextObject {
 public:
  // `told` hears of the end of it, who being named by `who`.
  SessionHandle(EmsmdbService& service, std::shared_ptr<session::Session> opened,
                std::function<void(const std::string&)> told, std::string who)
      : session(std::move(opened)), service_(service), told_(std::move(told)), who_(std::move(who)) {
    ++session->busy;  // it expires with its connection, not with time
  }
  ~SessionHandle() override {
    --session->busy;
    if (service_.disconnect(session->id()))
      told_(who_ + (asked_to_end ? ", EcDoDisconnect: session ended" : ": session ended with its last connection"));
  }
  const std::shared_ptr<session::Session> session;
  std::atomic<bool> asked_to_end{false};

 private:
  EmsmdbService& service_;
  std::function<void(const std::string&)> told_;
  std::string who_;
};

// An asynchronous context handle (ACXH): [MS-OXCRPC] 3.1.4.4.
class WaitHandle final : public ContextObject {
 public:
  explicit WaitHandle(std::shared_ptr<session::Session> of) : session(std::move(of)) {}
  const std::shared_ptr<session::Session> session;
  std::atomic<bool> waiting{false};
};

// [MS-OXCRPC] 3.1.4.1.3.1: three words on the wire, of which the second's high bit says how to read the first.
constexpr u16 kFourPartVersion = 0x8000;
session::ClientVersion version_of(const emsmdb::Version& words) {
  const auto& [first, second, third] = words.items;
  if ((second & kFourPartVersion) == 0) return {first, 0, second, third};
  return {static_cast<u16>(first >> 8), static_cast<u16>(first & 0xFF), static_cast<u16>(second & ~kFourPartVersion),
          third};
}
emsmdb::Version words_of(const session::ClientVersion& version) {
  return {{static_cast<u16>(version.major << 8 | version.minor), static_cast<u16>(version.build | kFourPartVersion),
           version.revision}};
}

}  // namespace

const dcerpc::Interface& EmsmdbRpc::interface() const { return emsmdb::kEmsmdb; }
const dcerpc::Interface& AsyncEmsmdbRpc::interface() const { return emsmdb::kAsyncEmsmdb; }

Awaitable<RpcAnswer> EmsmdbRpc::run(RpcCall& call) {
  if (std::find(kServed.begin(), kServed.end(), call.call.opnum) == kServed.end())
    co_return RpcAnswer{dcerpc::kOpnumOutOfRange, {}};
  switch (call.call.opnum) {
    case 0: {
      auto work = [&] { return connect(call); };
      co_return co_await net::run(parts_.pool, work);
    }
    case 1:
      co_return disconnect(call);
    case 2:
      co_return co_await execute_legacy(call);
    case 4: {
      Arena arena;
      auto in = parameters<emsmdb::EcRRegisterPushNotificationIn>(call.call, arena);
      if (!in) co_return RpcAnswer{dcerpc::kBadStubData, {}};
      // Push notifications by UDP: no client since Outlook 2007 asks for them. [MS-OXCRPC] 3.1.4.5 allows to refuse.
      co_return answer_with(call.call, emsmdb::EcRRegisterPushNotificationOut{in->handle, 0, ErrorCode::not_supported});
    }
    case 6:
      co_return answer_with(call.call, emsmdb::EcDummyRpcOut{ErrorCode::none});
    case 10: {
      auto work = [&] { return connect_ex(call); };
      co_return co_await net::run(parts_.pool, work);
    }
    case 11:
      co_return co_await execute(call);
    case 14:
      co_return async_connect(call);
    default:
      co_return RpcAnswer{dcerpc::kOpnumOutOfRange, {}};
  }
}

// ---- sessions ----

struct EmsmdbRpc::Connecting {
  const emsmdb::ConnectIn& in;
  emsmdb::ConnectOut& out;
  ByteView aux_in;
  ConnectReply reply{};
  ndr::String prefix{}, name{};
};

// Fills in everything but the return value, which is the reply's. False: the caller is nobody.
bool EmsmdbRpc::open_session(RpcCall& call, Connecting& connecting) {
  auto user = user_of(call, parts_.directory);
  if (!user) {
    parts_.refused(
        fmt::format("{}: EcDoConnectEx by {}, who is not in the directory", call.link.peer, caller_text(call)));
    return false;
  }
  const emsmdb::ConnectIn& in = connecting.in;
  emsmdb::ConnectOut& out = connecting.out;
  ConnectCall wanted;
  std::string dn(in.user_dn.text.text());
  wanted.user_dn = dn;
  wanted.flags = in.flags;
  wanted.code_page = in.code_page;
  wanted.lcid_sort = in.lcid_sort;
  wanted.lcid_string = in.lcid_string;
  wanted.aux_in = connecting.aux_in;
  wanted.version = version_of(in.client_version);
  wanted.transport = session::Transport::rpc;
  wanted.address = call.link.peer;
  const std::string application = "RPC/" + wanted.version.to_string();
  wanted.application = application;
  ConnectReply& reply = connecting.reply = parts_.service.connect(identity_of(*user), wanted);
  out.polls_max = reply.polls_max;
  out.retry_count = reply.retry_count;
  out.retry_delay = reply.retry_delay;
  out.time_stamp = in.time_stamp;
  out.server_version = words_of(kServerVersion);
  out.best_version = in.client_version;
  if (reply.session == nullptr) return true;
  const std::string who = fmt::format("{} at {}", user->address, call.link.peer);
  auto handle = parts_.handles.add(call.call.association,
                                   std::make_shared<SessionHandle>(parts_.service, reply.session, parts_.told, who));
  if (!handle) {
    parts_.service.disconnect(reply.session->id());
    reply.error = ErrorCode::too_many_sessions;
    return true;
  }
  out.handle.uuid = *handle;
  out.session = static_cast<u16>(std::hash<std::string>{}(reply.session->id()));
  connecting.prefix = ndr::String::of(reply.dn_prefix);
  connecting.name = ndr::String::of(reply.display_name);
  out.dn_prefix = ndr::Pointer<ndr::String>::to(connecting.prefix);
  out.display_name = ndr::Pointer<ndr::String>::to(connecting.name);
  parts_.told(fmt::format("{}, EcDoConnectEx: session opened over {} at level {}, client {}", who, call.transport,
                          auth::level_name(static_cast<auth::Level>(call.call.level)), application));
  return true;
}

RpcAnswer EmsmdbRpc::connect_ex(RpcCall& call) {
  Arena arena;
  auto in = parameters<emsmdb::EcDoConnectExIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  emsmdb::EcDoConnectExOut out;
  Connecting connecting{*in, out, in->aux_in.bytes};
  if (!open_session(call, connecting)) return {dcerpc::kAccessDenied, {}};
  const ByteView aux = connecting.reply.aux_out.view();
  if (aux.size() <= in->aux_out_size) out.aux_out = ndr::VaryingBytes::of(aux);
  out.return_value = connecting.reply.error;
  return answer_with(call.call, out);
}

RpcAnswer EmsmdbRpc::connect(RpcCall& call) {
  Arena arena;
  auto in = parameters<emsmdb::EcDoConnectIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  emsmdb::EcDoConnectOut out;
  Connecting connecting{*in, out, {}};
  if (!open_session(call, connecting)) return {dcerpc::kAccessDenied, {}};
  out.return_value = connecting.reply.error;
  return answer_with(call.call, out);
}

RpcAnswer EmsmdbRpc::disconnect(RpcCall& call) {
  Arena arena;
  auto in = parameters<emsmdb::EcDoDisconnectIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  auto handle = parts_.handles.find<SessionHandle>(call.call.association, in->handle.uuid);
  if (handle == nullptr) return {dcerpc::kContextMismatch, {}};
  handle->asked_to_end = true;
  handle.reset();
  parts_.handles.remove(call.call.association, in->handle.uuid);
  return answer_with(call.call, emsmdb::EcDoDisconnectOut{{}, ErrorCode::none});
}

// ---- ROPs ----

Awaitable<ErrorCode> EmsmdbRpc::run_rops(session::Session& session, const ExecuteCall& wanted, wire::OutBuffer& out) {
  bool entered = session.turns.try_enter();
  if (!entered) {
    net::Signal passed;
    u64 ticket = 0;
    entered = session.turns.enter([passed] { passed.set(); }, ticket);
    while (!entered) entered = co_await passed.wait_for(std::chrono::hours(1));
  }
  session::Turn turn(session.turns);
  session::Registry::touch(session, session::Session::Clock::now());
  if (parts_.service.is_brief(session, wanted)) co_return parts_.service.execute(session, wanted, out);
  auto work = [&] { return parts_.service.execute(session, wanted, out); };
  co_return co_await net::run(parts_.pool, work);
}

Awaitable<RpcAnswer> EmsmdbRpc::execute(RpcCall& call) {
  const auto started = session::Session::Clock::now();
  Arena arena;
  auto in = parameters<emsmdb::EcDoRpcExt2In>(call.call, arena);
  if (!in) co_return RpcAnswer{dcerpc::kBadStubData, {}};
  auto handle = parts_.handles.find<SessionHandle>(call.call.association, in->handle.uuid);
  if (handle == nullptr) co_return RpcAnswer{dcerpc::kContextMismatch, {}};
  ExecuteCall wanted{in->flags, in->in.bytes, in->out_size, in->aux_in.bytes};
  wire::OutBuffer rops;
  emsmdb::EcDoRpcExt2Out out;
  out.handle = in->handle;
  out.return_value = co_await run_rops(*handle->session, wanted, rops);
  out.out = ndr::VaryingBytes::of(rops.view());
  const auto took = session::Session::Clock::now() - started;
  out.trans_time = static_cast<u32>(std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
  co_return answer_with(call.call, out);
}

// EcDoRpc carries a ROP buffer without RPC_HEADER_EXT, every byte XORed; inside, all is as ever.
Awaitable<RpcAnswer> EmsmdbRpc::execute_legacy(RpcCall& call) {
  constexpr u8 kMagic = 0xA5;
  constexpr std::size_t kHeader = 8;  // of RPC_HEADER_EXT
  Arena arena;
  auto in = parameters<emsmdb::EcDoRpcIn>(call.call, arena);
  if (!in) co_return RpcAnswer{dcerpc::kBadStubData, {}};
  auto handle = parts_.handles.find<SessionHandle>(call.call.association, in->handle.uuid);
  if (handle == nullptr) co_return RpcAnswer{dcerpc::kContextMismatch, {}};
  std::vector<u8> plain(in->rgb.bytes.begin(), in->rgb.bytes.end());
  for (u8& byte : plain) byte ^= kMagic;
  wire::OutBuffer extended, rops;
  emsmdb::append_extended_buffer(plain, {.compress = false, .obfuscate = false}, extended);
  ExecuteCall wanted{kNoCompression | kNoXorMagic, extended.view(), static_cast<u32>(in->max + kHeader), {}};
  emsmdb::EcDoRpcOut out;
  out.handle = in->handle;
  out.return_value = co_await run_rops(*handle->session, wanted, rops);
  std::vector<u8> answer;
  auto payloads = emsmdb::open_extended_buffers(rops.view(), arena);
  if (payloads.ok() && !payloads->empty()) answer.assign(payloads->front().begin(), payloads->front().end());
  for (u8& byte : answer) byte ^= kMagic;
  out.rgb = ndr::VaryingBytes::of(answer);
  co_return answer_with(call.call, out);
}

// ---- waiting for notifications ----

RpcAnswer EmsmdbRpc::async_connect(RpcCall& call) {
  Arena arena;
  auto in = parameters<emsmdb::EcDoAsyncConnectExIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  auto handle = parts_.handles.find<SessionHandle>(call.call.association, in->handle.uuid);
  if (handle == nullptr) return {dcerpc::kContextMismatch, {}};
  emsmdb::EcDoAsyncConnectExOut out;
  auto made = parts_.handles.add(call.call.association, std::make_shared<WaitHandle>(handle->session));
  if (made)
    out.async_handle.uuid = *made;
  else
    out.return_value = ErrorCode::mapi_oom;
  return answer_with(call.call, out);
}

Awaitable<RpcAnswer> AsyncEmsmdbRpc::run(RpcCall& call) {
  if (call.call.opnum != 0) co_return RpcAnswer{dcerpc::kOpnumOutOfRange, {}};
  Arena arena(1u << 16, 256);
  auto in = parameters<emsmdb::EcDoAsyncWaitExIn>(call.call, arena);
  if (!in) co_return RpcAnswer{dcerpc::kBadStubData, {}};
  auto handle = handles_.find<WaitHandle>(call.call.association, in->async_handle.uuid);
  if (handle == nullptr) co_return RpcAnswer{dcerpc::kContextMismatch, {}};
  emsmdb::EcDoAsyncWaitExOut out;
  // One at a time: [MS-OXCRPC] 3.3.4.1.
  if (handle->waiting.exchange(true)) {
    out.return_value = ErrorCode::rejected;
    co_return answer_with(call.call, out);
  }
  session::NotificationQueue& queue = handle->session->notifications;
  net::Signal wake;
  const u64 watcher = queue.watch([wake] { wake.set(); });
  const u64 hook = call.given_up->watch([wake] { wake.set(); });
  const auto until = session::Session::Clock::now() + longest_;
  while (!queue.pending() && !queue.is_closed() && queue.is_watching(watcher) && !call.given_up->is_set()) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(until - session::Session::Clock::now());
    if (left.count() <= 0) break;
    (void)co_await wake.wait_for(left);
  }
  call.given_up->unwatch(hook);
  queue.unwatch(watcher);
  handle->waiting = false;
  if (queue.is_closed()) {
    out.return_value = ErrorCode::rpc_failed;
  } else if (queue.pending()) {
    out.flags = emsmdb::EcDoAsyncWaitExOut::kNotificationPending;
  }
  co_return answer_with(call.call, out);
}

}  // namespace ropewalk::server
