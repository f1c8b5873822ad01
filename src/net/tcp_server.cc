#include "net/tcp_server.h"

#include <netinet/tcp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <condition_variable>
#include <list>
#include <mutex>
#include <thread>

#include "net/listener.h"
#include "net/transport.h"

namespace ropewalk::net {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::chrono::milliseconds kSweep{500};
// A peer that is gone without a word is noticed after this long: seconds of silence, seconds between probes, probes.
constexpr int kProbeAfter = 120, kProbeEvery = 30, kProbes = 4;

void probe_when_silent(int socket) {
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPIDLE, &kProbeAfter, sizeof kProbeAfter);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPINTVL, &kProbeEvery, sizeof kProbeEvery);
  ::setsockopt(socket, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof kProbes);
}

class Connected;

// A thread and its connections, which no other thread touches.
struct TcpLoop {
  std::list<Connected*> connections;
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  asio::steady_timer sweeper{context};
  std::thread thread;
};

struct Shared {
  TcpServerOptions options;
  std::atomic<std::size_t> open{0};
  std::atomic<bool> stopping{false};
  std::mutex lock;
  std::condition_variable all_closed;

  void log(const std::string& line) const {
    if (options.log) options.log(line);
  }
};

class Connected final : public TcpStream, public std::enable_shared_from_this<Connected> {
 public:
  Connected(Shared& shared, TcpLoop& loop, Socket socket)
      : shared_(shared), loop_(loop), socket_(std::move(socket)), transport_(socket_.native_handle()) {
    boost::system::error_code gone;
    const auto peer = socket_.remote_endpoint(gone);
    if (!gone) peer_ = address_text(peer.address()), peer_port_ = peer.port();
    const auto local = socket_.local_endpoint(gone);
    if (!gone) local_ = address_text(local.address()), local_port_ = local.port();
    place_ = loop_.connections.insert(loop_.connections.end(), this);
  }
  ~Connected() override {
    loop_.connections.erase(place_);
    if (shared_.open.fetch_sub(1) != 1) return;
    std::lock_guard guard(shared_.lock);
    shared_.all_closed.notify_all();
  }

  Awaitable<void> run(const StreamHandler& handler) {
    auto self = shared_from_this();
    try {
      co_await handler(self);
    } catch (const std::exception& thrown) {
      shared_.log(peer_ + ": connection ended: " + thrown.what());
      close();
    }
  }

  Awaitable<std::string_view> read() override {
    thread_local std::array<char, kReadSize> buffer;
    // Who sends faster than can be read lets the thread's other coroutines run between two reads all the same: theirs,
    // and those that this one started.
    if (std::exchange(has_not_waited_, true)) co_await asio::post(loop_.context, asio::use_awaitable);
    while (!ended_ && !shared_.stopping.load(std::memory_order_relaxed)) {
      std::size_t count = 0;
      const Io state = transport_.read(buffer, count);
      if (state == Io::done) {
        received_.assign(buffer.data(), count);
        co_return std::string_view(received_);
      }
      if (state == Io::closed) {
        gone_ = true;
        break;
      }
      if (received_.capacity() > kKeep) std::string().swap(received_);
      boost::system::error_code failed;
      co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, failed));
      has_not_waited_ = false;
    }
    co_return std::string_view();
  }

  Awaitable<bool> write(std::string_view bytes) override {
    std::array<std::string_view, 1> parts{bytes};
    Io state = gone_ ? Io::closed : transport_.write(parts);
    while (state == Io::wants_write) {
      write_deadline_ = Clock::now() + shared_.options.write_timeout;
      boost::system::error_code failed;
      co_await socket_.async_wait(Socket::wait_write, asio::redirect_error(asio::use_awaitable, failed));
      write_deadline_ = Clock::time_point::max();
      if (gone_) break;
      state = transport_.write(parts);
    }
    if (state == Io::done) co_return true;
    close();
    co_return false;
  }

  void start(std::function<Awaitable<void>()> coroutine) override {
    asio::co_spawn(loop_.context, std::move(coroutine), asio::detached);
  }
  void set_deadline(Clock::time_point deadline) override { deadline_ = deadline; }
  void close_soon() override {
    asio::post(loop_.context, [weak = weak_from_this()] {
      if (auto self = weak.lock()) self->close();
    });
  }
  bool is_gone() const override { return gone_; }
  const std::string& peer() const override { return peer_; }
  u16 peer_port() const override { return peer_port_; }
  const std::string& local_address() const override { return local_; }
  u16 local_port() const override { return local_port_; }

  // On the loop's thread.
  void sweep(Clock::time_point now) {
    if (now >= deadline_) end_reading();
    if (now < write_deadline_) return;
    shared_.log(peer_ + ": closed: the client took nothing for too long");
    close();
  }
  void end_reading() {
    ended_ = true;
    wake();
  }
  void wake() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }
  void close() {
    if (gone_) return;
    gone_ = ended_ = true;
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    wake();
  }

 private:
  static constexpr std::size_t kKeep = 1024;  // bytes of buffer that an idle connection may hold

  Shared& shared_;
  TcpLoop& loop_;
  Socket socket_;
  Transport transport_;
  std::list<Connected*>::iterator place_;
  std::string received_;
  std::string peer_, local_;
  Clock::time_point deadline_ = Clock::time_point::max();
  Clock::time_point write_deadline_ = Clock::time_point::max();
  u16 peer_port_ = 0, local_port_ = 0;
  bool has_not_waited_ = false;  // the last read() did not wait for the socket
  bool ended_ = false;           // nothing more is read
  bool gone_ = false;            // nor written
};

}  // namespace

class TcpServer::Impl {
 public:
  explicit Impl(TcpServerOptions options) { shared_.options = std::move(options); }
  ~Impl() {
    for (auto& loop : loops_) loop->context.stop();
    join();
    wait_for_resumers();
  }

  Status start();
  void stop(std::chrono::milliseconds grace);

  std::vector<u16> ports_;
  Shared shared_;

 private:
  struct Listener {
    Acceptor acceptor;
    StreamHandler handler;
  };

  Awaitable<void> accept(Listener& listener);
  void begin(TcpLoop& loop, Socket socket, const StreamHandler& handler);
  Awaitable<void> sweep(TcpLoop& loop);
  template <class Action>
  void everywhere(Action action);
  bool wait_until_empty(std::chrono::milliseconds time);
  void join();

  std::vector<std::unique_ptr<TcpLoop>> loops_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::size_t next_loop_ = 0;
  bool told_full_ = false, over_ = false;
};

Status TcpServer::Impl::start() {
  auto& options = shared_.options;
  const std::size_t most = most_connections();
  if (options.max_connections == 0) options.max_connections = most;
  const unsigned threads = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  for (unsigned i = 0; i < threads; ++i) loops_.push_back(std::make_unique<TcpLoop>());
  for (TcpEndpoint& endpoint : options.endpoints) {
    auto listener = std::make_unique<Listener>(Listener{Acceptor(loops_[0]->context), endpoint.handler});
    ROPEWALK_CHECK(listen_on(listener->acceptor, endpoint.address, endpoint.port));
    boost::system::error_code failed;
    ports_.push_back(listener->acceptor.local_endpoint(failed).port());
    listeners_.push_back(std::move(listener));
  }
  if (options.on_listening) options.on_listening(ports_);
  for (auto& listener : listeners_) asio::co_spawn(loops_[0]->context, accept(*listener), asio::detached);
  for (auto& loop : loops_) {
    asio::co_spawn(loop->context, sweep(*loop), asio::detached);
    loop->thread = std::thread([context = &loop->context] { context->run(); });
  }
  return {};
}

Awaitable<void> TcpServer::Impl::accept(Listener& listener) {
  while (!shared_.stopping.load()) {
    TcpLoop& loop = *loops_[next_loop_++ % loops_.size()];
    boost::system::error_code failed;
    Socket socket =
        co_await listener.acceptor.async_accept(loop.context, asio::redirect_error(asio::use_awaitable, failed));
    if (failed == asio::error::operation_aborted) co_return;
    if (failed) {  // out of files or memory; the queue keeps the clients meanwhile
      shared_.log("cannot accept a connection: " + failed.message());
      asio::steady_timer pause(loops_[0]->context, std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, failed));
      continue;
    }
    begin(loop, std::move(socket), listener.handler);
  }
}

void TcpServer::Impl::begin(TcpLoop& loop, Socket socket, const StreamHandler& handler) {
  boost::system::error_code failed;
  socket.non_blocking(true, failed);
  if (!failed) socket.set_option(tcp::no_delay(true), failed);
  if (!failed) socket.set_option(asio::socket_base::keep_alive(true), failed);
  if (!failed) probe_when_silent(socket.native_handle());
  if (failed) return;  // already gone
  if (shared_.open.load() >= shared_.options.max_connections) {
    if (!std::exchange(told_full_, true))
      shared_.log("connections turned away: " + std::to_string(shared_.options.max_connections) + " are open already");
    return;
  }
  shared_.open.fetch_add(1);
  auto run = [this, &loop, &handler, socket = std::move(socket)]() mutable -> Awaitable<void> {
    auto connected = std::make_shared<Connected>(shared_, loop, std::move(socket));
    co_await connected->run(handler);
  };
  asio::co_spawn(loop.context, std::move(run), asio::detached);
}

Awaitable<void> TcpServer::Impl::sweep(TcpLoop& loop) {
  for (;;) {
    loop.sweeper.expires_after(kSweep);
    boost::system::error_code cancelled;
    co_await loop.sweeper.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (cancelled) co_return;
    const auto now = TcpStream::Clock::now();
    for (Connected* connection : loop.connections) connection->sweep(now);
  }
}

// Runs `action` for every connection, on its own thread.
template <class Action>
void TcpServer::Impl::everywhere(Action action) {
  for (auto& loop : loops_) {
    asio::post(loop->context, [loop = loop.get(), action] {
      for (Connected* connection : loop->connections) action(*connection);
    });
  }
}

bool TcpServer::Impl::wait_until_empty(std::chrono::milliseconds time) {
  std::unique_lock guard(shared_.lock);
  return shared_.all_closed.wait_for(guard, time, [this] { return shared_.open.load() == 0; });
}

void TcpServer::Impl::stop(std::chrono::milliseconds grace) {
  if (over_) return;
  over_ = true;
  shared_.stopping.store(true);
  asio::post(loops_[0]->context, [this] {
    boost::system::error_code ignored;
    for (auto& listener : listeners_) listener->acceptor.close(ignored);
  });
  everywhere([](Connected& connection) { connection.end_reading(); });
  bool empty = wait_until_empty(grace);
  // A handler may be on a worker: it ends at its next step, and nothing it uses goes before.
  for (int round = 0; !empty; ++round) {
    if (round % 50 == 1) shared_.log("waiting for connections under way: " + std::to_string(shared_.open.load()));
    everywhere([](Connected& connection) { connection.close(); });
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

void TcpServer::Impl::join() {
  for (auto& loop : loops_) {
    if (loop->thread.joinable()) loop->thread.join();
  }
}

Result<std::unique_ptr<TcpServer>> TcpServer::start(TcpServerOptions options) {
  auto impl = std::make_unique<Impl>(std::move(options));
  ROPEWALK_CHECK(impl->start());
  return std::unique_ptr<TcpServer>(new TcpServer(std::move(impl)));
}

TcpServer::TcpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TcpServer::~TcpServer() { stop(std::chrono::milliseconds(0)); }

const std::vector<u16>& TcpServer::ports() const { return impl_->ports_; }
std::size_t TcpServer::connections() const { return impl_->shared_.open.load(); }
void TcpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace ropewalk::net
