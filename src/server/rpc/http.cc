#include "server/rpc/http.h"

#include <fmt/format.h>

#include <charconv>

#include "mapi/ascii_case.h"

// As in mapihttp_endpoint.cc, results of co_await are named before they are tested: g++ 12.

namespace ropewalk::server {
namespace {

using net::Awaitable;
using rpc::http::Direction;
using rpc::http::Opening;

constexpr std::string_view kMediaType = "application/rpc";
constexpr u64 kLongestEcho = 0x10;  // [MS-RPCH] 2.1.2.1.5
constexpr std::size_t kLongestOpening = 1024;

// Windows error codes, [MS-ERREF] 2.2.
constexpr u32 kAccessDenied = 5, kServerUnavailable = 0x6BA, kProtocolError = 0x6C0;

std::string_view without_port(std::string_view host) {
  const auto colon = host.rfind(':');
  if (colon == host.npos || host.find(']', colon) != host.npos) return host;
  return host.substr(0, colon);
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The pragma MinConnTimeout, in seconds: [MS-RPCH] 2.1.2.1.2.
std::optional<std::chrono::milliseconds> longest_silence(const net::HttpRequest& request) {
  constexpr std::string_view kName = "MinConnTimeout=";
  for (std::string_view pragma : request.headers.all("Pragma")) {
    const auto at = pragma.find(kName);
    if (at == pragma.npos) continue;
    pragma.remove_prefix(at + kName.size());
    const auto seconds = number<u32>(pragma.substr(0, pragma.find_first_not_of("0123456789")));
    if (seconds && *seconds >= 120 && *seconds <= 14'400) return std::chrono::seconds(*seconds);
  }
  return std::nullopt;
}

}  // namespace

// One request.
struct RpcHttpEndpoint::Call {
  net::HttpRequest& request;
  net::HttpResponder& responder;
  std::shared_ptr<const directory::User> user{};
  const RpcHost* host = nullptr;
  Opening opening{};
  std::vector<u8> rest{};  // of the body, behind the opening

  std::string who() const {
    return fmt::format("{} at {}, {} {}", user == nullptr ? "nobody" : user->address, request.peer,
                       request.method.substr(0, 20), request.query.substr(0, 200));
  }
};

// The time within which a request's first PDU must come.
class RpcHttpEndpoint::Deadline {
 public:
  Deadline(RpcHttpEndpoint& endpoint, net::HttpResponder& responder) : endpoint_(endpoint) {
    std::lock_guard guard(endpoint_.lock_);
    name_ = ++endpoint_.last_waiting_;
    const auto until = std::chrono::steady_clock::now() + endpoint_.settings_.tunnel.setup_timeout;
    endpoint_.waiting_.emplace(name_, Patience{until, responder.cutter()});
  }
  ~Deadline() {
    std::lock_guard guard(endpoint_.lock_);
    endpoint_.waiting_.erase(name_);
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

 private:
  RpcHttpEndpoint& endpoint_;
  u64 name_;
};

RpcHttpEndpoint::RpcHttpEndpoint(Parts parts, RpcHttpSettings settings)
    : parts_(std::move(parts)), settings_(settings), sweeper_([this] { keep_sweeping(); }) {
  for (std::string& name : parts_.names) name = mapi::ascii_lowered(name);
}

RpcHttpEndpoint::~RpcHttpEndpoint() {
  stop();
  sweeper_.join();
}

bool RpcHttpEndpoint::serves(std::string_view path) {
  return net::same_name(path, "/rpc/rpcproxy.dll") || net::same_name(path, "/rpcwithcert/rpcproxy.dll");
}

bool RpcHttpEndpoint::streams(std::string_view method) { return method == "RPC_IN_DATA" || method == "RPC_OUT_DATA"; }

std::size_t RpcHttpEndpoint::tunnels() const {
  std::lock_guard guard(lock_);
  return tunnels_.size();
}

Awaitable<void> RpcHttpEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  Call call{request, responder};
  call.user = co_await parts_.sign_in.user_of(request, responder);
  if (call.user == nullptr) co_return;
  const auto length = number<u64>(request.headers.get("Content-Length"));
  if (!streams(request.method) || (length && *length <= kLongestEcho)) {
    co_await echo(call);
    co_return;
  }
  std::string reason;
  call.host = target(request, reason);
  if (call.host == nullptr) {
    co_await refuse(call, kServerUnavailable, reason);
    co_return;
  }
  auto opening = co_await first_pdu(call);
  if (!opening.ok()) {
    co_await refuse(call, kProtocolError, opening.error().text);
    co_return;
  }
  call.opening = *opening;
  auto found = find_tunnel(call);
  if (!found.ok()) {
    co_await refuse(call, kAccessDenied, found.error().text);
    co_return;
  }
  Tunnel tunnel = *found;
  co_await serve(call, std::move(tunnel));
}

// ---- what is asked for ----

// [MS-RPCH] 2.2.2. Null, and why: nothing is served there.
const RpcHost* RpcHttpEndpoint::target(const net::HttpRequest& request, std::string& reason) const {
  const std::string_view query = request.query;
  const auto colon = query.rfind(':');
  const auto port = colon == query.npos ? std::nullopt : number<u16>(query.substr(colon + 1));
  if (!port) {
    reason = "the query is not HOST:PORT";
    return nullptr;
  }
  const std::string host = mapi::ascii_lowered(query.substr(0, colon));
  // A mailbox's own name, GUID@DOMAIN, is what autodiscover may tell of.
  bool known = host.find('@') != host.npos || host == mapi::ascii_lowered(without_port(request.headers.get("Host")));
  for (const std::string& name : parts_.names) known = known || host == name || host == name.substr(0, name.find('.'));
  if (!known) {
    reason = "this server is not called " + host.substr(0, 100);
    return nullptr;
  }
  const RpcHost* found = parts_.host(*port);
  if (found == nullptr) reason = fmt::format("nothing is served at port {}", *port);
  return found;
}

Awaitable<Result<Opening>> RpcHttpEndpoint::first_pdu(Call& call) {
  const Direction direction = call.request.method == "RPC_IN_DATA" ? Direction::in : Direction::out;
  Deadline deadline(*this, call.responder);
  std::vector<u8> bytes;
  for (;;) {
    const std::string_view came = co_await call.responder.read_body();
    if (came.empty()) co_return Error{"the request ended before its first PDU"};
    const ByteView more = bytes_of(came);
    bytes.insert(bytes.end(), more.begin(), more.end());
    const auto size = rpc::http::pdu_length(bytes);
    if (!size || *size > kLongestOpening) co_return Error{"the request does not begin with an RTS PDU"};
    if (*size == 0 || *size > bytes.size()) continue;
    auto opening = rpc::http::read_opening(direction, ByteView(bytes).first(*size));
    call.rest.assign(bytes.begin() + static_cast<std::ptrdiff_t>(*size), bytes.end());
    co_return opening;
  }
}

// The virtual connection that the request is of; a first one makes it.
Result<RpcHttpEndpoint::Tunnel> RpcHttpEndpoint::find_tunnel(const Call& call) {
  std::lock_guard guard(lock_);
  if (stopping_) return Error{"the server is stopping"};
  const Guid& connection = call.opening.connection;
  auto found = tunnels_.find(connection);
  if (found != tunnels_.end()) {
    if (found->second->user().id != call.user->id) return Error{"the virtual connection is somebody else's"};
    if (&found->second->host() != call.host) return Error{"the virtual connection leads to another port"};
    return found->second;
  }
  if (call.opening.is_successor) return Error{"there is no such virtual connection to take a channel over from"};
  RpcLink link{call.request.peer, parts_.address, call.user};
  auto made = std::make_shared<HttpTunnel>(*call.host, std::move(link), settings_.tunnel);
  tunnels_.emplace(connection, made);
  return made;
}

// ---- answers ----

// [MS-RPCH] 3.2.3.5.11
Awaitable<void> RpcHttpEndpoint::refuse(Call& call, u32 error, const std::string& reason) {
  parts_.log.warning(fmt::format("{}: refused with RPC error {:#x}: {}", call.who(), error, reason));
  net::HttpResponseHead head(503, fmt::format("RPC Error: {:x}", error));
  co_await call.responder.send(head, {});
}

// [MS-RPCH] 2.1.2.1.6. The same for everything else that a client may try, to see whether the endpoint is there.
Awaitable<void> RpcHttpEndpoint::echo(Call& call) {
  std::string_view body = "x";
  while (!body.empty() && streams(call.request.method)) body = co_await call.responder.read_body();
  std::vector<u8> pdu;
  if (call.request.method.starts_with("RPC_")) rpc::http::append_rts("Echo", {}, pdu);
  net::HttpResponseHead head(200, "Success");
  head.add("Content-Type", kMediaType);
  const std::string_view text = text_of(pdu);
  co_await call.responder.send(head, text);
}

// ---- channels ----

// A request as one end of a virtual connection, for as long as it is served, however that ends.
class RpcHttpEndpoint::Attached {
 public:
  Attached(RpcHttpEndpoint& endpoint, Call& call, HttpTunnel& tunnel, u64 channel)
      : endpoint_(endpoint), call_(call), tunnel_(tunnel), channel_(channel) {}
  ~Attached() {
    call_.responder.on_interrupt({});
    call_.responder.abandon();
    tunnel_.detach(channel_);
    if (!tunnel_.over()) return;
    endpoint_.tell_end(call_, tunnel_);
    endpoint_.forget(call_.opening.connection, &tunnel_);
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  RpcHttpEndpoint& endpoint_;
  Call& call_;
  HttpTunnel& tunnel_;
  u64 channel_;
};

Awaitable<void> RpcHttpEndpoint::serve(Call& call, Tunnel tunnel) {
  net::Signal wake;
  const u64 channel = tunnel->attach(call.opening, call.responder, wake, longest_silence(call.request));
  if (channel == 0) {
    const std::string why = tunnel->take_why();
    forget(call.opening.connection, tunnel.get());
    co_await refuse(call, kProtocolError, why.empty() ? "the virtual connection is over" : why);
    co_return;
  }
  const Attached attached(*this, call, *tunnel, channel);
  if (!call.rest.empty()) tunnel->receive(channel, call.rest);
  if (call.opening.direction == Direction::in)
    co_await serve_in(call, *tunnel, channel, wake);
  else
    co_await serve_out(call, *tunnel, channel, wake);
}

Awaitable<void> RpcHttpEndpoint::serve_in(Call& call, HttpTunnel& tunnel, u64 channel, net::Signal wake) {
  tunnel.set_reading(channel, true);
  while (!tunnel.is_finished(channel)) {
    if (!tunnel.may_read(channel)) {
      (void)co_await wake.wait_for(settings_.tick);
      continue;
    }
    const std::string_view bytes = co_await call.responder.read_body();
    if (bytes.empty()) co_return;
    tunnel.receive(channel, bytes_of(bytes));
  }
}

Awaitable<void> RpcHttpEndpoint::serve_out(Call& call, HttpTunnel& tunnel, u64 channel, net::Signal wake) {
  if (call.opening.is_successor) {  // OUT_R2/C1 is still to come
    tunnel.set_reading(channel, true);
    std::string_view bytes = co_await call.responder.read_body();
    while (!bytes.empty()) {
      tunnel.receive(channel, bytes_of(bytes));
      bytes = co_await call.responder.read_body();
    }
    tunnel.set_reading(channel, false);
  }
  auto is_gone = std::make_shared<bool>(false);
  const bool& gone = *is_gone;
  call.responder.on_interrupt([is_gone, wake](net::Interrupt why) {
    if (why == net::Interrupt::client_gone) *is_gone = true;
    wake.set();
  });
  while (!gone && !tunnel.may_answer(channel) && !tunnel.is_finished(channel))
    (void)co_await wake.wait_for(settings_.tunnel.setup_timeout);
  net::HttpResponseHead head(200, "Success");
  head.add("Content-Type", kMediaType);
  bool there = !gone && !tunnel.is_finished(channel);
  if (there) there = co_await call.responder.begin_sized(head, tunnel.lifetime());
  while (there && !gone) {
    const std::vector<u8> out = tunnel.take_output(channel);
    if (!out.empty()) {
      const std::string_view piece = text_of(out);
      there = co_await call.responder.write_piece(piece);
      continue;
    }
    if (tunnel.is_finished(channel)) break;
    (void)co_await wake.wait_for(std::chrono::hours(1));
  }
}

// ---- the end ----

void RpcHttpEndpoint::tell_end(const Call& call, HttpTunnel& tunnel) {
  const std::string why = tunnel.take_why();
  if (!why.empty()) parts_.log.warning(call.who() + ": the virtual connection ended: " + why);
}

void RpcHttpEndpoint::forget(const Guid& connection, const HttpTunnel* tunnel) {
  std::lock_guard guard(lock_);
  auto found = tunnels_.find(connection);
  if (found != tunnels_.end() && found->second.get() == tunnel) tunnels_.erase(found);
}

void RpcHttpEndpoint::keep_sweeping() {
  std::unique_lock guard(lock_);
  while (!wake_.wait_for(guard, settings_.tick, [this] { return stopping_; })) {
    const auto now = std::chrono::steady_clock::now();
    for (auto& [name, patience] : waiting_)
      if (now >= patience.until) patience.cut();
    std::vector<Tunnel> all;
    for (auto& [cookie, tunnel] : tunnels_) all.push_back(tunnel);
    guard.unlock();
    for (const Tunnel& tunnel : all) tunnel->tick();
    all.clear();
    guard.lock();
  }
}

void RpcHttpEndpoint::stop() {
  std::vector<Tunnel> all;
  {
    std::lock_guard guard(lock_);
    stopping_ = true;
    for (auto& [cookie, tunnel] : tunnels_) all.push_back(tunnel);
  }
  wake_.notify_all();
  for (const Tunnel& tunnel : all) tunnel->drain();
}

}  // namespace ropewalk::server
