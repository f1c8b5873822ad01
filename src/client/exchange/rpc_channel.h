// A session's requests as calls of EMSMDB over RPC: [MS-OXCRPC] 3.2.
#pragma once

#include "client/exchange/channel.h"
#include "client/exchange/rpc_client.h"

namespace ropewalk::client::exchange {

class RpcChannel final : public Channel {
 public:
  explicit RpcChannel(std::shared_ptr<ChannelState> state) : state_(std::move(state)) {}

  Result<std::vector<u8>, ChannelFailure> post(mapihttp::RequestType type, ByteView body, ByteView rops = {}) override;
  void observe_response(ByteView rops) override;
  void interrupt() override;

 private:
  using Body = Result<std::vector<u8>, ChannelFailure>;
  Result<void, ChannelFailure> ensure_connected();
  Result<void, ChannelFailure> connect_to(RpcOptions options);
  void drop_client();
  Body dispatch(mapihttp::RequestType type, ByteView body);
  Body connect(ByteView body);
  Body execute(ByteView body);
  Body disconnect();
  Body notification_wait();

  struct Last {  // what observe_response() tells
    std::string type;
    u64 number = 0;
    std::vector<u8> body, request_rops;
    std::chrono::microseconds took{};
  };

  std::shared_ptr<ChannelState> state_;
  std::mutex client_mutex_;  // for interrupt()
  bool interrupted_ = false;
  std::unique_ptr<RpcClient> client_;
  Guid async_handle_;  // null: none yet
  Last last_;
};

}  // namespace ropewalk::client::exchange
