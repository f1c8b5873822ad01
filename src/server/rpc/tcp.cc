#include "server/rpc/tcp.h"

#include "net/signal.h"

namespace ropewalk::server {
namespace {

using net::Awaitable;
using net::TcpStream;

// More of either and nothing is read until it is less: a client that does not read its answers stops itself.
constexpr std::size_t kMostCalls = 32;

// A connection. Everything here runs on the stream's thread, but for wake().
class TcpTalk : public std::enable_shared_from_this<TcpTalk> {
 public:
  TcpTalk(const RpcHost& host, std::shared_ptr<TcpStream> stream) : host_(host), stream_(std::move(stream)) {}

  Awaitable<void> run();

 private:
  // Sends what there is. One at a time: whoever comes meanwhile leaves it to the one at work.
  Awaitable<void> flush();
  void wake();
  bool is_full() const { return conversation_->calls_under_way() >= kMostCalls || writing_; }

  const RpcHost& host_;
  std::shared_ptr<TcpStream> stream_;
  std::shared_ptr<RpcConversation> conversation_;
  net::Signal progress_;
  bool writing_ = false;
};

void TcpTalk::wake() {
  stream_->start([self = shared_from_this()]() -> Awaitable<void> {
    co_await self->flush();
    self->progress_.set();
  });
}

Awaitable<void> TcpTalk::flush() {
  if (writing_) co_return;
  writing_ = true;
  for (;;) {
    const std::vector<u8> out = conversation_->take_output();
    if (out.empty()) break;
    const bool sent = co_await stream_->write(text_of(out));
    if (!sent) break;
  }
  writing_ = false;
}

Awaitable<void> TcpTalk::run() {
  auto self = shared_from_this();
  RpcLink link{stream_->peer(), stream_->local_address(), {}, stream_->peer_port(), stream_->local_port()};
  auto poke = [weak = weak_from_this()] {
    if (auto talk = weak.lock()) talk->wake();
  };
  conversation_ = std::make_shared<RpcConversation>(host_, std::move(link), poke);
  while (!conversation_->is_over()) {
    const bool deadline = conversation_->is_waiting_for_more();
    stream_->set_deadline(deadline ? TcpStream::Clock::now() + host_.patience : TcpStream::Clock::time_point::max());
    const std::string_view bytes = co_await stream_->read();
    if (bytes.empty()) break;
    auto calls = conversation_->feed(bytes_of(bytes));
    for (RpcCall& call : calls) {
      auto run = [conversation = conversation_,
                  call = std::make_shared<RpcCall>(std::move(call))]() -> Awaitable<void> {
        co_await conversation->run(std::move(*call));
      };
      stream_->start(std::move(run));
    }
    co_await flush();
    while (is_full()) {
      const bool moved = co_await progress_.wait_for(std::chrono::seconds(1));
      if (!moved && stream_->is_gone()) break;
    }
  }
  stream_->set_deadline(TcpStream::Clock::time_point::max());
  conversation_->give_up();
  // What has begun is brought to its end, while the client is there to hear of it.
  while (!stream_->is_gone() && (conversation_->calls_under_way() > 0 || writing_) && !conversation_->is_over())
    (void)co_await progress_.wait_for(std::chrono::milliseconds(100));
  if (!stream_->is_gone()) conversation_->shut_down();
  co_await flush();
  while (writing_) (void)co_await progress_.wait_for(std::chrono::milliseconds(100));
}

}  // namespace

net::StreamHandler rpc_over_tcp(const RpcHost& host) {
  return [&host](std::shared_ptr<TcpStream> stream) -> Awaitable<void> {
    auto talk = std::make_shared<TcpTalk>(host, std::move(stream));
    co_await talk->run();
  };
}

}  // namespace ropewalk::server
