#include "net/awaitable.h"

#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <thread>

#include "base/types.h"

namespace ropewalk::net {

namespace {

namespace asio = boost::asio;

std::atomic<u64> resuming = 0;  // threads inside resume()

template <class Handler>
struct Waiting final : Resumer::State {
  explicit Waiting(Handler h) : handler(std::move(h)) {}
  void resume() override {
    resuming.fetch_add(1);
    auto executor = asio::get_associated_executor(handler);
    asio::post(executor, std::move(handler));
    resuming.fetch_sub(1);
  }
  Handler handler;
};

}  // namespace

Awaitable<void> suspend(std::function<void(Resumer)> start) {
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
      [&start](auto handler) {
        using State = Waiting<std::decay_t<decltype(handler)>>;
        start(Resumer(std::make_unique<State>(std::move(handler))));
      },
      asio::use_awaitable);
}

void wait_for_resumers() {
  while (resuming.load() != 0) std::this_thread::yield();
}

}  // namespace ropewalk::net
