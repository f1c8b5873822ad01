// One RPC connection at work: its state machine, the calls under way, and what is to be sent.
#pragma once

#include <mutex>

#include "server/rpc/service.h"
#include "server/tap.h"

namespace ropewalk::server {

// What all conversations at one endpoint share; outlives them. The `owner` of each of its interfaces is an RpcService.
struct RpcHost {
  rpc::Endpoint endpoint;
  std::string transport;  // "ncacn_ip_tcp"
  Tap* tap = nullptr;     // null: nobody may watch
  // How long a client may leave unfinished what it has begun: a bind, a fragment, an authentication.
  std::chrono::seconds patience{30};
};

// Bytes come in by feed(), go out by take_output(). Any thread, but one feed() at a time.
class RpcConversation : public std::enable_shared_from_this<RpcConversation> {
 public:
  // `wake`: called from any thread when there is output, or the end is near.
  RpcConversation(const RpcHost& host, RpcLink link, std::function<void()> wake);

  // Calls that have come whole; the transport runs each by run(), on whichever I/O thread it likes.
  std::vector<RpcCall> feed(ByteView bytes);
  net::Awaitable<void> run(RpcCall call);
  std::vector<u8> take_output();

  // Nobody reads or writes any more.
  void give_up();
  // Asks the client to end the connection, where nothing is under way; there is output then.
  void shut_down();
  // Nothing more will be read; to be closed once the output is sent.
  bool is_over() const;
  bool is_waiting_for_more() const;
  // Calls that have not been answered.
  std::size_t calls_under_way() const;

 private:
  TapLink tap_link() const;

  const u64 number_;  // of all of this process
  const RpcHost& host_;
  RpcLink link_;
  std::function<void()> wake_;
  mutable std::mutex lock_;
  rpc::ServerConnection connection_;                   // under lock_
  std::map<u32, std::shared_ptr<GivenUp>> under_way_;  // under lock_; by call id
};

}  // namespace ropewalk::server
