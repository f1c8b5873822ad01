#include "client/exchange/rpc_transport.h"

#include <fmt/format.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "client/exchange/http_sign_in.h"
#include "protocol/dcerpc/status.h"
#include "rpc/http/client_tunnel.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using rpc::http::ClientTunnel;
using rpc::http::Direction;
using Clock = std::chrono::steady_clock;

namespace {

class TcpTransport final : public RpcTransport {
 public:
  TcpTransport(std::string host, u16 port, Milliseconds connect_timeout)
      : host_(std::move(host)), port_(port), connect_timeout_(connect_timeout) {}
  Outcome<void> open() override {
    Status connected = client_->connect(host_, port_, connect_timeout_);
    return connected.ok() ? Outcome<void>{} : failure(ErrorCode::rpc_failed, connected.error().text);
  }
  Status send(ByteView pdus, Milliseconds timeout) override { return client_->send(pdus, timeout); }
  Result<ByteView> receive(Milliseconds timeout) override { return client_->receive(timeout); }
  void interrupt() override { client_->interrupt(); }

 private:
  const std::string host_;
  const u16 port_;
  const Milliseconds connect_timeout_;
  const std::unique_ptr<net::TcpClient> client_ = net::TcpClient::make();
};

// The error that a proxy tells in its reason phrase, "RPC Error: 6ba" ([MS-RPCH] 2.1.2.1.3).
std::string rpc_error_in(std::string_view text) {
  constexpr std::string_view kMark = "RPC Error: ";
  const auto at = text.find(kMark);
  if (at == text.npos) return {};
  u32 code = 0;
  const std::string_view digits = text.substr(at + kMark.size());
  if (std::from_chars(digits.data(), digits.data() + digits.size(), code, 16).ec != std::errc()) return {};
  return ": " + dcerpc::fault_text(code);
}

class HttpTransport final : public RpcTransport {
 public:
  explicit HttpTransport(RpcHttpOptions options) : options_(std::move(options)) {
    options_.http.max_body = std::size_t{1} << 40;  // a channel's length is the proxy's affair
  }
  ~HttpTransport() override {
    {
      std::lock_guard guard(stop_lock_);
      stopping_ = true;
    }
    stop_.notify_all();
    if (pinger_.joinable()) pinger_.join();
  }

  Outcome<void> open() override;
  Status send(ByteView pdus, Milliseconds timeout) override;
  Result<ByteView> receive(Milliseconds timeout) override;
  void interrupt() override;

 private:
  struct Leg {
    ClientTunnel::ChannelId channel;
    Direction direction;
    std::unique_ptr<net::HttpClient> http;
    bool answered = false;
  };

  Outcome<void> begin(const ClientTunnel::Request& request);
  Outcome<void> flush();
  Outcome<void> pump(Clock::time_point until);
  Outcome<std::string> take(Leg& leg);
  Failure refused(const Leg& leg, const net::HttpClientResponse& response) const;
  std::string place() const;
  void keep_alive(Milliseconds interval);

  RpcHttpOptions options_;
  std::mutex busy_;  // of all but what follows; held while a call is under way
  std::optional<ClientTunnel> tunnel_;
  std::vector<Leg> legs_;
  std::vector<u8> received_;

  std::mutex legs_lock_;  // for interrupt(), which comes from another thread
  std::vector<net::HttpClient*> to_wake_;
  bool interrupted_ = false;
  std::mutex stop_lock_;
  std::condition_variable stop_;
  bool stopping_ = false;
  std::thread pinger_;
};

std::string HttpTransport::place() const {
  const auto& http = options_.http;
  const u16 port = http.port != 0 ? http.port : http.tls ? 443 : 80;
  return fmt::format("{}://{}:{}", http.tls ? "https" : "http", http.host, port);
}

void HttpTransport::interrupt() {
  std::lock_guard guard(legs_lock_);
  interrupted_ = true;
  for (net::HttpClient* client : to_wake_) client->interrupt();
}

Failure HttpTransport::refused(const Leg& leg, const net::HttpClientResponse& response) const {
  const std::string_view method = leg.direction == Direction::in ? "RPC_IN_DATA" : "RPC_OUT_DATA";
  if (response.status == 401)
    return {ErrorCode::login_failure,
            place() + " does not accept the user \"" + options_.user + "\" with this password (HTTP 401)"};
  std::string text = fmt::format("{} answered {} with HTTP {} {}", place(), method, response.status, response.reason);
  const std::string error = rpc_error_in(response.reason);
  text += error.empty() ? rpc_error_in(response.body) : error;
  if (response.status == 404) text += ": there is no RPC proxy at /rpc/rpcproxy.dll";
  return {ErrorCode::rpc_failed, std::move(text)};
}

// Sends a channel's request, on a connection that has signed in.
Outcome<void> HttpTransport::begin(const ClientTunnel::Request& wanted) {
  legs_.push_back({wanted.channel, wanted.direction, std::make_unique<net::HttpClient>(options_.http)});
  Leg& leg = legs_.back();
  {
    std::lock_guard guard(legs_lock_);
    if (interrupted_) return Failure{ErrorCode::rpc_failed, "interrupted"};
    to_wake_.push_back(leg.http.get());
  }
  const std::string target = "/rpc/rpcproxy.dll?" + options_.server;
  const std::vector<net::HttpHeader> common{{"Accept", "application/rpc"},
                                            {"User-Agent", "MSRPC"},
                                            {"Cache-Control", "no-cache"},
                                            {"Connection", "Keep-Alive"},
                                            {"Pragma", "No-cache"}};
  net::HttpClientRequest request;
  request.method = wanted.direction == Direction::in ? "RPC_IN_DATA" : "RPC_OUT_DATA";
  request.target = target;
  HttpSignIn sign_in(options_.scheme, options_.user, options_.password);
  std::vector<net::HttpHeader> headers = common;
  if (options_.scheme != "basic") {  // an echo request ([MS-RPCH] 2.1.2.1.5) carries the sign-in's legs
    headers.push_back({"Content-Length", "0"});
    request.headers = headers;
    auto echoed = sign_in.request(*leg.http, request);
    if (!echoed.ok()) return echoed.error();
    if (echoed->status != 200) return refused(leg, *echoed);
    headers = common;
  }
  const std::string authorization = sign_in.authorization();
  if (!authorization.empty()) headers.push_back({"Authorization", authorization});
  request.headers = headers;
  const std::vector<u8> body = tunnel_->take_output(wanted.channel, Clock::now());
  request.body = ropewalk::text_of(ByteView(body));
  Status sent = leg.http->begin(request, wanted.content_length);
  if (!sent.ok()) return failure(ErrorCode::rpc_failed, sent.error().text);
  return {};
}

// Writes what the channels have to say, opens those that are wanted and closes those that are done.
Outcome<void> HttpTransport::flush() {
  for (const ClientTunnel::Request& wanted : tunnel_->take_requests()) {
    auto begun = begin(wanted);
    if (begun.ok()) continue;
    tunnel_->closed(wanted.channel, begun.error().text);
    return begun;
  }
  for (Leg& leg : legs_) {
    for (;;) {
      const std::vector<u8> out = tunnel_->take_output(leg.channel, Clock::now());
      if (out.empty()) break;
      if (Status sent = leg.http->send(ropewalk::text_of(ByteView(out))); !sent.ok())
        tunnel_->closed(leg.channel, sent.error().text);
    }
  }
  std::erase_if(legs_, [&](const Leg& leg) {
    if (tunnel_->over() || !tunnel_->is_finished(leg.channel)) return false;
    std::lock_guard guard(legs_lock_);
    std::erase(to_wake_, leg.http.get());
    return true;
  });
  if (tunnel_->over())
    return Failure{ErrorCode::rpc_failed, "the connection to " + place() + " is over: " + tunnel_->why()};
  return {};
}

// What has come of a channel's response; gives why the channel has ended, empty where it has not.
Outcome<std::string> HttpTransport::take(Leg& leg) {
  net::HttpClientResponse response;
  auto arrived = leg.http->take(response);
  if (!arrived.ok()) return arrived.error().text;
  if (!arrived->head) return std::string();
  const bool first = !std::exchange(leg.answered, true);
  if (response.status != 200 && (first || arrived->complete)) return refused(leg, response);
  if (leg.direction == Direction::out) tunnel_->receive(leg.channel, bytes_of(response.body));
  return arrived->complete ? place() + " ended the channel" : std::string();
}

// Waits until something has come, and takes it.
Outcome<void> HttpTransport::pump(Clock::time_point until) {
  ROPEWALK_CHECK(flush());
  std::vector<net::HttpClient*> clients;
  for (const Leg& leg : legs_) clients.push_back(leg.http.get());
  const auto left = std::chrono::ceil<Milliseconds>(until - Clock::now());
  const auto waited =
      net::HttpClient::wait_for_any(clients, std::clamp(left, Milliseconds(0), tunnel_->ping_interval()));
  if (waited == net::HttpClient::Waited::interrupted) return Failure{ErrorCode::rpc_failed, "interrupted"};
  if (waited == net::HttpClient::Waited::timeout && Clock::now() >= until)
    return Failure{ErrorCode::rpc_failed, place() + " is silent for too long"};
  // A server that ends the connection says its last words on the OUT channel before it closes the IN channel: so that
  // none are missed, IN channels are looked at first, and what has ended counts once all have been heard.
  std::vector<std::pair<ClientTunnel::ChannelId, std::string>> ended;
  for (const Direction direction : {Direction::in, Direction::out})
    for (Leg& leg : legs_) {
      if (leg.direction != direction) continue;
      ROPEWALK_TRY(std::string why, take(leg));
      if (!why.empty()) ended.emplace_back(leg.channel, std::move(why));
    }
  for (const auto& [channel, why] : ended) tunnel_->closed(channel, why);
  tunnel_->tick(Clock::now());
  return flush();
}

Outcome<void> HttpTransport::open() {
  std::lock_guard guard(busy_);
  rpc::http::ClientTunnelSettings settings;
  settings.in_lifetime = options_.in_lifetime;
  settings.seen = options_.seen;
  tunnel_.emplace(std::move(settings), Clock::now());
  const auto until = Clock::now() + options_.http.connect_timeout;
  while (!tunnel_->opened()) ROPEWALK_CHECK(pump(until));
  pinger_ = std::thread([this, interval = tunnel_->ping_interval()] { keep_alive(interval); });
  return {};
}

Status HttpTransport::send(ByteView pdus, Milliseconds timeout) {
  std::lock_guard guard(busy_);
  tunnel_->send(pdus);
  const auto until = Clock::now() + timeout;
  auto done = flush();
  while (done.ok() && tunnel_->unsent() > 0) done = pump(until);  // the server's window is full
  if (!done.ok()) return Error{done.error().text};
  return {};
}

Result<ByteView> HttpTransport::receive(Milliseconds timeout) {
  std::lock_guard guard(busy_);
  const auto until = Clock::now() + timeout;
  for (;;) {
    received_ = tunnel_->take_input();
    auto done = received_.empty() ? pump(until) : flush();                   // an acknowledgement may be due
    if (received_.empty() && !done.ok()) received_ = tunnel_->take_input();  // what was said before the end
    if (!received_.empty()) return ByteView(received_);
    if (!done.ok()) return Error{done.error().text};
  }
}

// While nobody calls, nobody else looks at the clock.
void HttpTransport::keep_alive(Milliseconds interval) {
  std::unique_lock guard(stop_lock_);
  while (!stop_.wait_for(guard, interval, [this] { return stopping_; })) {
    guard.unlock();
    if (std::unique_lock idle(busy_, std::try_to_lock); idle) {
      tunnel_->tick(Clock::now());
      (void)flush();  // who calls next learns of it
    }
    guard.lock();
  }
}

}  // namespace

std::unique_ptr<RpcTransport> over_tcp(std::string host, u16 port, RpcTransport::Milliseconds connect_timeout) {
  return std::make_unique<TcpTransport>(std::move(host), port, connect_timeout);
}

std::unique_ptr<RpcTransport> over_http(RpcHttpOptions options) {
  return std::make_unique<HttpTransport>(std::move(options));
}

}  // namespace ropewalk::client::exchange
