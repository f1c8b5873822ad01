#include "client/exchange/rpc_channel.h"

#include "base/utf16.h"
#include "protocol/dcerpc/types.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/mapihttp/bodies.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using mapihttp::RequestType;

namespace {

constexpr u16 kDisconnect = 1, kConnectEx = 10, kRpcExt2 = 11, kAsyncConnectEx = 14, kAsyncWaitEx = 0;
constexpr u16 kMailboxPort = 6001;  // of EMSMDB behind an RPC proxy
// Longer than a server lets EcDoAsyncWaitEx wait, [MS-OXCRPC] 3.3.4.1.
constexpr std::chrono::minutes kLongestWait{6};

std::string_view method_of(RequestType type) {
  switch (type) {
    case RequestType::connect:
      return "EcDoConnectEx";
    case RequestType::execute:
      return "EcDoRpcExt2";
    case RequestType::disconnect:
      return "EcDoDisconnect";
    default:
      return "EcDoAsyncWaitEx";
  }
}

template <class T>
Result<std::vector<u8>, ChannelFailure> encoded(const T& body) {
  wire::OutBuffer out;
  wire::encode(body, out);
  return std::vector<u8>(out.view().begin(), out.view().end());
}

// A connection that failed takes its session with it.
ChannelFailure lost(Failure failed) { return {std::move(failed), true}; }

ndr::ContextHandle handle_of(const Guid& guid) { return {0, guid}; }

}  // namespace

void RpcChannel::interrupt() {
  std::lock_guard lock(client_mutex_);
  interrupted_ = true;
  if (client_ != nullptr) client_->interrupt();
}

Result<void, ChannelFailure> RpcChannel::ensure_connected() {
  {
    std::lock_guard lock(client_mutex_);
    if (client_ != nullptr) return {};
  }
  const ChannelOptions& options = state_->options();
  RpcOptions rpc = rpc_options(options, kMailboxPort);
  if (rpc.port == 0) {
    RpcOptions mapper = rpc;
    mapper.port = options.mapper_port;
    ROPEWALK_CHECK(connect_to(std::move(mapper)));
    auto port = map_endpoint(*client_, emsmdb::kEmsmdb);
    drop_client();
    if (!port.ok()) return ChannelFailure{std::move(port.error()), false};
    rpc.port = *port;
  }
  if (auto taken = take_security(options, rpc); !taken.ok()) return ChannelFailure{std::move(taken.error()), false};
  rpc.association = state_->rpc_session().association;
  return connect_to(std::move(rpc));
}

// interrupt() can reach the client from before it connects.
Result<void, ChannelFailure> RpcChannel::connect_to(RpcOptions options) {
  auto client = RpcClient::make(std::move(options));
  if (!client.ok()) return ChannelFailure{std::move(client.error()), false};
  {
    std::lock_guard lock(client_mutex_);
    if (interrupted_) return ChannelFailure{{ErrorCode::rpc_failed, "interrupted"}, false};
    client_ = std::move(*client);
  }
  auto opened = client_->open();
  if (opened.ok()) return {};
  drop_client();
  return ChannelFailure{std::move(opened.error()), false};
}

void RpcChannel::drop_client() {
  std::lock_guard lock(client_mutex_);
  client_.reset();
}

Result<std::vector<u8>, ChannelFailure> RpcChannel::post(RequestType type, ByteView body, ByteView rops) {
  const auto& observer = state_->options().observer;
  last_ = {};
  if (observer) {
    Traffic traffic;
    traffic.kind = Traffic::Kind::request;
    traffic.type = last_.type = method_of(type);
    traffic.number = last_.number = state_->next_number();
    traffic.body = body;
    traffic.rops = rops;
    observer(traffic);
    last_.request_rops.assign(rops.begin(), rops.end());
  }
  const auto began = std::chrono::steady_clock::now();
  if (type == RequestType::connect) {  // a new session, on a new connection
    drop_client();
    state_->set_rpc_session({});
  }
  ROPEWALK_CHECK(ensure_connected());
  auto answer = dispatch(type, body);
  if (!answer.ok()) {
    drop_client();
    async_handle_ = {};
    return answer;
  }
  last_.body = *answer;
  last_.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
  return answer;
}

RpcChannel::Body RpcChannel::dispatch(RequestType type, ByteView body) {
  switch (type) {
    case RequestType::connect:
      return connect(body);
    case RequestType::execute:
      return execute(body);
    case RequestType::disconnect:
      return disconnect();
    case RequestType::notification_wait:
      return notification_wait();
    default:
      return ChannelFailure{{ErrorCode::not_supported, "RPC has no such request"}, false};
  }
}

RpcChannel::Body RpcChannel::connect(ByteView body) {
  Arena arena;
  auto request = wire::decode<mapihttp::ConnectRequest>(body, arena);
  if (!request.ok()) return ChannelFailure{{ErrorCode::invalid_param, request.error().text()}, false};
  emsmdb::EcDoConnectExIn in;
  in.user_dn = ndr::String::of(request->user_dn.text());
  in.flags = request->flags;
  in.code_page = request->default_code_page;
  in.lcid_sort = request->lcid_sort;
  in.lcid_string = request->lcid_string;
  in.client_version = {{15 << 8, 0x8000 | 4420, 1017}};  // of clients that know every form of ROP answered here
  in.aux_out_size = emsmdb::kSmallRange;
  auto out = client_->call<emsmdb::EcDoConnectExOut>(emsmdb::kEmsmdb, kConnectEx, in, arena);
  if (!out.ok()) return ChannelFailure{std::move(out.error()), false};
  state_->set_rpc_session({client_->association(), out->handle.uuid});
  mapihttp::ConnectResponse response;
  response.error_code = out->return_value;
  response.polls_max = out->polls_max;
  response.retry_count = out->retry_count;
  response.retry_delay = out->retry_delay;
  std::vector<u8> name;
  if (out->display_name) name = utf8_to_utf16(out->display_name->text.text());
  if (out->dn_prefix) response.dn_prefix = out->dn_prefix->text;
  response.display_name.bytes = name;
  return encoded(response);
}

RpcChannel::Body RpcChannel::execute(ByteView body) {
  Arena arena;
  auto request = wire::decode<mapihttp::ExecuteRequest>(body, arena);
  if (!request.ok()) return ChannelFailure{{ErrorCode::invalid_param, request.error().text()}, false};
  emsmdb::EcDoRpcExt2In in;
  in.handle = handle_of(state_->rpc_session().handle);
  in.flags = request->flags;
  in.in.bytes = request->rop_buffer;
  in.out_size = request->max_rop_out;
  in.aux_out_size = emsmdb::kSmallRange;
  auto out = client_->call<emsmdb::EcDoRpcExt2Out>(emsmdb::kEmsmdb, kRpcExt2, in, arena);
  if (!out.ok()) return lost(std::move(out.error()));
  mapihttp::ExecuteResponse response;
  response.error_code = out->return_value;
  response.flags = out->flags;
  response.rop_buffer = out->out.bytes;
  return encoded(response);
}

RpcChannel::Body RpcChannel::disconnect() {
  Arena arena;
  emsmdb::EcDoDisconnectIn in;
  in.handle = handle_of(state_->rpc_session().handle);
  auto out = client_->call<emsmdb::EcDoDisconnectOut>(emsmdb::kEmsmdb, kDisconnect, in, arena);
  if (!out.ok()) return lost(std::move(out.error()));
  mapihttp::DisconnectResponse response;
  response.error_code = out->return_value;
  return encoded(response);
}

// The waiting is done on a connection of its own, which joins the session's association: handles are good in all of it.
RpcChannel::Body RpcChannel::notification_wait() {
  Arena arena;
  if (async_handle_.is_null()) {
    emsmdb::EcDoAsyncConnectExIn in;
    in.handle = handle_of(state_->rpc_session().handle);
    auto out = client_->call<emsmdb::EcDoAsyncConnectExOut>(emsmdb::kEmsmdb, kAsyncConnectEx, in, arena);
    if (!out.ok()) return lost(std::move(out.error()));
    if (out->return_value != ErrorCode::none)
      return ChannelFailure{failure(out->return_value, "the server refused EcDoAsyncConnectEx"), false};
    async_handle_ = out->async_handle.uuid;
  }
  emsmdb::EcDoAsyncWaitExIn in;
  in.async_handle = handle_of(async_handle_);
  auto out = client_->call<emsmdb::EcDoAsyncWaitExOut>(emsmdb::kAsyncEmsmdb, kAsyncWaitEx, in, arena, kLongestWait);
  if (!out.ok()) return lost(std::move(out.error()));
  mapihttp::NotificationWaitResponse response;
  response.error_code = out->return_value;
  response.event_pending = out->flags & emsmdb::EcDoAsyncWaitExOut::kNotificationPending;
  return encoded(response);
}

void RpcChannel::observe_response(ByteView rops) {
  const auto& observer = state_->options().observer;
  if (!observer) return;
  Traffic traffic;
  traffic.kind = Traffic::Kind::response;
  traffic.type = last_.type;
  traffic.number = last_.number;
  traffic.body = last_.body;
  traffic.rops = rops;
  traffic.request_rops = last_.request_rops;
  traffic.took = last_.took;
  observer(traffic);
}

}  // namespace ropewalk::client::exchange
