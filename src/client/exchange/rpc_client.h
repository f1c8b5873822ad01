// Calls over RPC: the endpoint mapper, a connection with its binds, methods and their answers; blocking. [C706],
// [MS-RPCE]
#pragma once

#include <chrono>
#include <functional>
#include <map>

#include "auth/security_context.h"
#include "client/exchange/channel.h"
#include "client/exchange/rpc_transport.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/epm/tower.h"
#include "rpc/client_connection.h"
#include "wire/describe.h"

namespace ropewalk::client::exchange {

/// A PDU as it goes by.
struct PduSeen {
  bool sent = false;
  dcerpc::PacketType type{};
  std::size_t size = 0;                // bytes, of the fragment
  std::string_view interface, method;  // of requests and responses; empty where they are not known
  std::string_view rts;                // an RTS PDU's name
};

struct RpcOptions {
  std::string host;
  u16 port = 0;
  auth::Mechanism mechanism = auth::Mechanism::none;
  auth::Level level = auth::Level::none;
  std::string user, password;
  u32 association = 0;
  std::chrono::milliseconds connect_timeout{10'000}, timeout{60'000};
  std::optional<RpcHttpOptions> http;  // instead of TCP; its `server` and `seen` are made here
  std::function<void(const PduSeen&)> observer;
};

/// Tells `observer`, which may be null, of PDUs.
std::function<void(const PduSeen&)> packet_observer(std::function<void(const Traffic&)> observer);

/// What the options of a channel say of the connection, but for security. `http_port`: which of the ports behind an RPC
/// proxy is meant. Over TCP the port is 0 where the endpoint mapper is to be asked.
RpcOptions rpc_options(const ChannelOptions& channel, u16 http_port);
/// What they say of security.
Result<void, Failure> take_security(const ChannelOptions& channel, RpcOptions& options);

/// A connection to one port. One thread at a time, but for interrupt().
class RpcClient {
 public:
  /// One that is not connected yet, for interrupt() to reach open().
  static Outcome<std::unique_ptr<RpcClient>> make(RpcOptions options);
  Outcome<void> open() { return transport_->open(); }
  /// Both.
  static Outcome<std::unique_ptr<RpcClient>> connect(RpcOptions options);

  /// Offers the interface where that has not been done, and runs one of its methods. Errors: why the connection, the
  /// bind or the call failed. `timeout`: for the whole call, beside the bind's own; 0: the options'.
  template <class Out, class In>
  Outcome<Out> call(const dcerpc::Interface& interface, u16 opnum, const In& in, Arena& arena,
                    std::chrono::milliseconds timeout = {}) {
    fault_ = 0;
    ROPEWALK_TRY(u16 context, bound(interface));
    const ndr::Format format = connection_.format(context);
    wire::Context chain = wire::add_context(format, nullptr);
    wire::OutBuffer stub;
    if (!wire::encode(in, stub, &chain)) return failure(mapi::ErrorCode::invalid_param, "cannot express the request");
    ROPEWALK_TRY(rpc::Reply reply, exchange(interface, context, opnum, stub.view(), timeout));
    wire::Context answered = wire::add_context(reply.format, nullptr);
    reply_ = std::move(reply.stub);
    std::size_t consumed = 0;
    auto out = wire::decode<Out>(reply_, arena, &answered, &consumed);
    if (!out.ok()) return malformed(interface, out.error().text());
    return *out;
  }
  /// The status of the fault that the last call was answered with; 0: it was not.
  u32 fault() const { return fault_; }
  const std::string& host() const { return options_.host; }
  u32 association() const { return connection_.association(); }
  /// Ends what is under way, and whatever is asked for later. Any thread.
  void interrupt() { transport_->interrupt(); }

 private:
  RpcClient(RpcOptions options, std::unique_ptr<RpcTransport> transport, rpc::ClientSettings settings)
      : options_(std::move(options)), transport_(std::move(transport)), connection_(std::move(settings)) {}
  Outcome<u16> bound(const dcerpc::Interface& interface);
  Outcome<rpc::Reply> exchange(const dcerpc::Interface& interface, u16 context, u16 opnum, ByteView stub,
                               std::chrono::milliseconds timeout);
  // Within the time of one call: whoever sends a byte now and then is not waited for longer than whoever is silent.
  struct Deadline {
    explicit Deadline(std::chrono::milliseconds time) : timeout(time) {}
    Result<std::chrono::milliseconds> left() const;
    const std::chrono::milliseconds timeout;
    const std::chrono::steady_clock::time_point until = std::chrono::steady_clock::now() + timeout;
  };
  Status flush(const Deadline& deadline);
  Status pull(const Deadline& deadline);
  void observe(bool sent, ByteView bytes);
  Failure failed(const std::string& what, const std::string& why) const;
  Failure malformed(const dcerpc::Interface& interface, const std::string& why) const;

  RpcOptions options_;
  std::unique_ptr<RpcTransport> transport_;
  rpc::ClientConnection connection_;
  std::map<const dcerpc::Interface*, u16> contexts_;
  std::vector<u8> reply_;
  u32 fault_ = 0;
  std::vector<u8> seen_[2];  // what observe() has not told yet, received and sent
  std::string_view interface_, method_;
};

/// Where a host's endpoint mapper says that interfaces are.
struct MappedEndpoint {
  epm::Binding binding;
  Guid object;
  std::string annotation;
};
Outcome<std::vector<MappedEndpoint>> lookup_endpoints(const RpcOptions& mapper);
/// The port of one interface over TCP, as the mapper that is connected to says.
Outcome<u16> map_endpoint(RpcClient& mapper, const dcerpc::Interface& interface);

}  // namespace ropewalk::client::exchange
