#include "net/awaitable.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace ropewalk::net {

namespace {

namespace asio = boost::asio;

template <class Handler>
struct Waiting final : Resumer::State {
  explicit Waiting(Handler h) : handler(std::move(h)) {}
  void resume() override {
    auto executor = asio::get_associated_executor(handler);
    asio::post(executor, std::move(handler));
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

}  // namespace ropewalk::net
