#include "net/http_server.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/connection.h"

namespace ropewalk::net {

namespace asio = boost::asio;
using asio::ip::tcp;

class HttpServer::Impl {
 public:
  Impl(HttpServerOptions options, HttpHandler handler) {
    state_.options = std::move(options);
    state_.handler = std::move(handler);
  }
  ~Impl() {
    for (auto& loop : loops_) loop->context.stop();
    join();
    wait_for_resumers();
  }

  Status start();
  void stop(std::chrono::milliseconds grace);
  const std::vector<Listening>& listening() const { return listening_; }
  const ServerState& state() const { return state_; }

 private:
  struct Listener {
    Acceptor acceptor;
    std::shared_ptr<TlsContext> tls;
  };

  Status listen(const HttpEndpoint& endpoint);
  Awaitable<void> accept(Listener& listener);
  void begin(Loop& loop, Socket socket, const std::shared_ptr<TlsContext>& tls);
  void turn_away(Socket& socket, bool is_tls);
  Awaitable<void> sweep(Loop& loop, std::chrono::milliseconds pause);
  template <class Action>
  void everywhere(Action action);
  bool wait_until_empty(std::chrono::milliseconds time);
  void join();

  ServerState state_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<Listening> listening_;
  std::size_t next_loop_ = 0;
  std::size_t last_told_full_ = 0;
  bool over_ = false;
};

Status HttpServer::Impl::start() {
  auto& options = state_.options;
  const std::size_t most = most_connections();
  if (options.max_connections == 0) options.max_connections = most;
  if (options.slowest_rate == 0) options.slowest_rate = 1;
  const unsigned threads = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) loops_.push_back(std::make_unique<Loop>());
  for (const HttpEndpoint& endpoint : options.endpoints) ROPEWALK_CHECK(listen(endpoint));
  for (auto& listener : listeners_) {
    asio::co_spawn(loops_[0]->context, accept(*listener), asio::detached);
  }
  const auto shortest = std::min({options.idle_timeout, options.request_timeout, options.write_timeout});
  const auto pause = std::clamp<std::chrono::milliseconds>(shortest / 4, std::chrono::milliseconds(10),
                                                           std::chrono::milliseconds(500));
  for (auto& loop : loops_) {
    asio::co_spawn(loop->context, sweep(*loop, pause), asio::detached);
    loop->thread = std::thread([context = &loop->context] { context->run(); });
  }
  return {};
}

Status HttpServer::Impl::listen(const HttpEndpoint& endpoint) {
  auto listener = std::make_unique<Listener>(Listener{Acceptor(loops_[0]->context), endpoint.tls});
  Acceptor& acceptor = listener->acceptor;
  ROPEWALK_CHECK(listen_on(acceptor, endpoint.address, endpoint.port));
  boost::system::error_code failed;
  const tcp::endpoint bound = acceptor.local_endpoint(failed);
  listening_.push_back({bound.address().to_string(), bound.port(), endpoint.tls != nullptr});
  listeners_.push_back(std::move(listener));
  return {};
}

Awaitable<void> HttpServer::Impl::accept(Listener& listener) {
  while (!state_.stopping.load()) {
    Loop& loop = *loops_[next_loop_++ % loops_.size()];
    boost::system::error_code failed;
    Socket socket =
        co_await listener.acceptor.async_accept(loop.context, asio::redirect_error(asio::use_awaitable, failed));
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {  // out of files or memory; the queue keeps the clients meanwhile
      state_.log("cannot accept a connection: " + failed.message());
      asio::steady_timer pause(loops_[0]->context, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      continue;
    }
    begin(loop, std::move(socket), listener.tls);
  }
}

void HttpServer::Impl::begin(Loop& loop, Socket socket, const std::shared_ptr<TlsContext>& tls) {
  state_.accepted.fetch_add(1, std::memory_order_relaxed);
  boost::system::error_code failed;
  socket.non_blocking(true, failed);
  if (!failed) socket.set_option(tcp::no_delay(true), failed);
  if (failed) return;  // already gone
  if (state_.open.load() >= state_.options.max_connections) return turn_away(socket, tls != nullptr);
  state_.open.fetch_add(1);
  std::shared_ptr<Connection> connection;
  try {
    connection =
        std::make_shared<Connection>(state_, loop, std::move(socket), tls == nullptr ? nullptr : tls->current());
  } catch (const std::exception& thrown) {
    state_.open.fetch_sub(1);
    return state_.log(std::string("cannot serve a connection: ") + thrown.what());
  }
  asio::co_spawn(
      loop.context, [connection = std::move(connection)] { return connection->run(); }, asio::detached);
}

void HttpServer::Impl::turn_away(Socket& socket, bool is_tls) {
  if (state_.refused.fetch_add(1) - last_told_full_ >= 1000 || last_told_full_ == 0) {
    last_told_full_ = state_.refused.load();
    state_.log("connections turned away: " + std::to_string(state_.options.max_connections) + " are open already");
  }
  if (is_tls) return;
  boost::system::error_code ignored;
  constexpr std::string_view kBusy =
      "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: 5\r\n\r\n";
  socket.write_some(asio::buffer(kBusy.data(), kBusy.size()), ignored);
}

Awaitable<void> HttpServer::Impl::sweep(Loop& loop, std::chrono::milliseconds pause) {
  for (;;) {
    loop.sweeper.expires_after(pause);
    boost::system::error_code cancelled;
    co_await loop.sweeper.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (cancelled) co_return;
    const auto now = Clock::now();
    for (Connection* connection : loop.connections) connection->sweep(now);
  }
}

// Runs `action` for every connection, on its own thread.
template <class Action>
void HttpServer::Impl::everywhere(Action action) {
  for (auto& loop : loops_) {
    asio::post(loop->context, [loop = loop.get(), action] {
      for (Connection* connection : loop->connections) action(*connection);
    });
  }
}

bool HttpServer::Impl::wait_until_empty(std::chrono::milliseconds time) {
  std::unique_lock guard(state_.lock);
  return state_.all_closed.wait_for(guard, time, [this] { return state_.is_empty(); });
}

void HttpServer::Impl::stop(std::chrono::milliseconds grace) {
  if (over_) return;
  over_ = true;
  state_.stopping.store(true);
  asio::post(loops_[0]->context, [this] {
    boost::system::error_code ignored;
    for (auto& listener : listeners_) listener->acceptor.close(ignored);
  });
  everywhere([](Connection& connection) { connection.on_server_stopping(); });
  bool empty = wait_until_empty(grace);
  // A handler may be on a worker or between two waits: it ends at its next step, and nothing it uses goes before.
  for (int round = 0; !empty; ++round) {
    if (round % 50 == 1) state_.log("waiting for requests under way: " + std::to_string(state_.open.load()));
    everywhere([](Connection& connection) { connection.cut(); });
    empty = wait_until_empty(std::chrono::milliseconds(100));
  }
  for (auto& loop : loops_) {
    asio::post(loop->context, [loop = loop.get()] {
      loop->sweeper.cancel();
      loop->work.reset();
      loop->context.stop();
    });
  }
  join();
}

void HttpServer::Impl::join() {
  for (auto& loop : loops_) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerOptions options, HttpHandler handler) {
  auto impl = std::make_unique<Impl>(std::move(options), std::move(handler));
  ROPEWALK_CHECK(impl->start());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { stop(std::chrono::milliseconds(0)); }

const std::vector<HttpServer::Listening>& HttpServer::listening() const { return impl_->listening(); }
void HttpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

HttpServer::Counters HttpServer::counters() const {
  const ServerState& state = impl_->state();
  return {state.open.load(), state.accepted.load(), state.requests.load(), state.refused.load()};
}

}  // namespace ropewalk::net
