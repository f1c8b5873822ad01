#include "client/exchange/rpc_client.h"

#include "protocol/dcerpc/pdu.h"
#include "protocol/dcerpc/status.h"
#include "protocol/epm/methods.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;

std::function<void(const PduSeen&)> packet_observer(std::function<void(const Traffic&)> observer) {
  if (!observer) return {};
  return [observer = std::move(observer)](const PduSeen& seen) {
    Traffic traffic;
    traffic.kind = seen.sent ? Traffic::Kind::packet_sent : Traffic::Kind::packet_received;
    traffic.type = dcerpc::packet_name(seen.type);
    if (!seen.interface.empty()) traffic.type.append(" ").append(seen.interface);
    if (!seen.rts.empty()) traffic.type.append(" ").append(seen.rts);
    if (!seen.method.empty()) traffic.type.append(" ").append(seen.method);
    traffic.number = seen.size;
    observer(traffic);
  };
}

RpcOptions rpc_options(const ChannelOptions& channel, u16 http_port) {
  RpcOptions rpc;
  rpc.host = channel.http.host;
  rpc.connect_timeout = channel.http.connect_timeout;
  rpc.timeout = channel.http.timeout;
  rpc.observer = packet_observer(channel.observer);
  rpc.port = channel.rpc_port;
  if (channel.carrier == Carrier::rpc_http) {
    rpc.port = http_port;
    rpc.http.emplace();
    rpc.http->http = channel.http;
    rpc.http->scheme = channel.http_auth;
    rpc.http->user = channel.user;
    rpc.http->password = channel.password;
  }
  return rpc;
}

Result<void, Failure> take_security(const ChannelOptions& channel, RpcOptions& options) {
  auto wrong = [](const std::string& text) { return Failure{ErrorCode::invalid_param, text}; };
  if (channel.rpc_auth == "none") return {};  // whom HTTP signed in is who calls
  if (channel.rpc_auth == "ntlm")
    options.mechanism = auth::Mechanism::ntlm;
  else if (channel.rpc_auth == "kerberos")
    options.mechanism = auth::Mechanism::kerberos;
  else if (channel.rpc_auth == "negotiate")
    options.mechanism = auth::Mechanism::negotiate;
  else
    return wrong("over RPC, auth is ntlm, kerberos, negotiate or none, not \"" + channel.rpc_auth + "\"");
  for (auth::Level level : {auth::Level::connect, auth::Level::packet, auth::Level::integrity, auth::Level::privacy})
    if (auth::level_name(level) == channel.rpc_level) options.level = level;
  if (options.level == auth::Level::none)
    return wrong("level is connect, packet, integrity or privacy, not \"" + channel.rpc_level + "\"");
  options.user = channel.user;
  options.password = channel.password;
  return {};
}

Failure RpcClient::failed(const std::string& what, const std::string& why) const {
  return {ErrorCode::rpc_failed, what + " at " + options_.host + "[" + std::to_string(options_.port) + "]: " + why};
}

Failure RpcClient::malformed(const dcerpc::Interface& interface, const std::string& why) const {
  return failed("the answer of " + std::string(interface.name) + " cannot be read", why);
}

namespace {

std::unique_ptr<RpcTransport> make_transport(const RpcOptions& options) {
  if (!options.http) return over_tcp(options.host, options.port, options.connect_timeout);
  RpcHttpOptions http = *options.http;
  http.server = options.host + ":" + std::to_string(options.port);
  if (options.observer)
    http.seen = [observer = options.observer](bool sent, std::string_view name, std::size_t bytes) {
      observer({sent, dcerpc::PacketType::rts, bytes, {}, {}, name});
    };
  return over_http(std::move(http));
}

}  // namespace

Outcome<std::unique_ptr<RpcClient>> RpcClient::make(RpcOptions options) {
  rpc::ClientSettings settings;
  settings.association = options.association;
  if (options.mechanism != auth::Mechanism::none) {
    auth::ClientOptions who;
    // "user1@ropewalk.test": NTLM takes the address as the account, Kerberos its parts.
    who.account = options.user;
    who.password = options.password;
    who.service = "exchangeMDB";
    who.host = options.host;
    who.level = options.level;
    who.dce_style = true;
    auto made = auth::make_client(options.mechanism, who);
    if (!made.ok()) return failure(ErrorCode::login_failure, "cannot sign in: " + made.error().text);
    settings.type = static_cast<dcerpc::AuthType>(options.mechanism);
    settings.level = static_cast<dcerpc::AuthLevel>(options.level);
    settings.security = std::move(*made);
  }
  auto transport = make_transport(options);
  return std::unique_ptr<RpcClient>(new RpcClient(std::move(options), std::move(transport), std::move(settings)));
}

Outcome<std::unique_ptr<RpcClient>> RpcClient::connect(RpcOptions options) {
  ROPEWALK_TRY(auto client, make(std::move(options)));
  ROPEWALK_CHECK(client->open());
  return client;
}

// Cuts what passes into PDUs, for the observer.
void RpcClient::observe(bool sent, ByteView bytes) {
  if (!options_.observer) return;
  std::vector<u8>& seen = seen_[sent ? 1 : 0];
  seen.insert(seen.end(), bytes.begin(), bytes.end());
  std::size_t at = 0;
  while (seen.size() - at >= dcerpc::kHeaderSize) {
    auto start = dcerpc::read_start(std::span<const u8, dcerpc::kHeaderSize>(seen.data() + at, dcerpc::kHeaderSize));
    if (start.frag_length < dcerpc::kHeaderSize || seen.size() - at < start.frag_length) break;
    const bool is_call = start.type == dcerpc::PacketType::request || start.type == dcerpc::PacketType::response ||
                         start.type == dcerpc::PacketType::fault;
    options_.observer({sent, start.type, start.frag_length, interface_, is_call ? method_ : std::string_view(), {}});
    at += start.frag_length;
  }
  seen.erase(seen.begin(), seen.begin() + static_cast<std::ptrdiff_t>(at));
}

Result<std::chrono::milliseconds> RpcClient::Deadline::left() const {
  const auto time = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  if (time.count() <= 0)
    return Error{"there is no whole answer within " + std::to_string(timeout.count() / 1000) + " s"};
  return time;
}

Status RpcClient::flush(const Deadline& deadline) {
  const ByteView out = connection_.output();
  if (out.empty()) return {};
  observe(true, out);
  ROPEWALK_TRY(const auto left, deadline.left());
  ROPEWALK_CHECK(transport_->send(out, left));
  connection_.sent(out.size());
  return {};
}

Status RpcClient::pull(const Deadline& deadline) {
  ROPEWALK_CHECK(flush(deadline));
  ROPEWALK_TRY(const auto left, deadline.left());
  auto received = transport_->receive(left);
  if (!received.ok())
    return connection_.is_ending() ? Error{"the server has asked to end the connection, and ended it"}
                                   : received.error();
  const ByteView bytes = *received;
  observe(false, bytes);
  connection_.receive(bytes);
  ROPEWALK_CHECK(flush(deadline));
  if (!connection_.error().empty()) return Error{connection_.error()};
  return {};
}

Outcome<u16> RpcClient::bound(const dcerpc::Interface& interface) {
  if (auto known = contexts_.find(&interface); known != contexts_.end()) return known->second;
  interface_ = interface.name;
  method_ = {};
  const u16 context = connection_.bind(interface.id);
  const std::string what = "cannot bind to " + std::string(interface.name);
  const Deadline deadline(options_.timeout);
  using State = rpc::ClientConnection::State;
  while (connection_.state(context) == State::asked ||
         (connection_.state(context) == State::accepted && !connection_.bound()))
    if (Status pulled = pull(deadline); !pulled.ok()) return failed(what, pulled.error().text);
  if (connection_.state(context) == State::refused) return failed(what, connection_.refusal(context));
  if (Status sent = flush(deadline); !sent.ok()) return failed(what, sent.error().text);
  contexts_[&interface] = context;
  return context;
}

Outcome<rpc::Reply> RpcClient::exchange(const dcerpc::Interface& interface, u16 context, u16 opnum, ByteView stub,
                                        std::chrono::milliseconds timeout) {
  const dcerpc::Method* method = interface.method(opnum);
  interface_ = interface.name;
  method_ = method != nullptr ? method->name : std::string_view();
  const std::string what = std::string(method_) + " failed";
  auto id = connection_.call(context, opnum, stub);
  if (!id.ok()) return failed(what, id.error().text);
  const Deadline deadline(timeout.count() != 0 ? timeout : options_.timeout);
  for (;;) {
    if (Status pulled = pull(deadline); !pulled.ok()) return failed(what, pulled.error().text);
    for (rpc::Reply& reply : connection_.take_replies()) {
      if (reply.call_id != *id) continue;
      if (reply.fault == 0) return std::move(reply);
      fault_ = reply.fault;
      Failure refused = failed(what, "the server answers with the fault " + dcerpc::fault_text(reply.fault));
      if (reply.fault == dcerpc::kAccessDenied) {
        refused.code = ErrorCode::login_failure;
        if (options_.mechanism == auth::Mechanism::none)
          refused.text += ": it does not take calls without authentication (auth: none)";
        else
          refused.text += ": it does not accept the user \"" + options_.user + "\" with this password, or asks for a " +
                          "stronger level than " + std::string(auth::level_name(options_.level));
      }
      return refused;
    }
  }
}

// ---- the endpoint mapper ----

Outcome<std::vector<MappedEndpoint>> lookup_endpoints(const RpcOptions& mapper) {
  constexpr u32 kAtOnce = 100;
  constexpr std::size_t kMost = 10'000;
  ROPEWALK_TRY(auto client, RpcClient::connect(mapper));
  std::vector<MappedEndpoint> found;
  epm::LookupIn in;
  in.version_option = epm::kAllVersions;
  in.max_entries = kAtOnce;
  do {
    Arena arena;
    ROPEWALK_TRY(auto out, client->call<epm::LookupOut>(epm::kEndpointMapper, 2, in, arena));
    if (out.status == epm::kNotRegistered) break;
    if (out.status != 0)
      return failure(ErrorCode::rpc_failed, "ept_lookup failed with " + dcerpc::fault_text(out.status));
    for (const epm::Entry& entry : out.entries.items) {
      std::optional<epm::Binding> binding;
      if (entry.tower) binding = epm::read_tower(entry.tower->octets);
      if (binding) found.push_back({*binding, entry.object, std::string(entry.annotation.text.text())});
    }
    in.entry_handle = out.entry_handle;
  } while (!in.entry_handle.is_null() && found.size() < kMost);
  return found;
}

Outcome<u16> map_endpoint(RpcClient& mapper, const dcerpc::Interface& interface) {
  epm::Binding wanted;
  wanted.interface_id = interface.id;
  wanted.transfer_syntax = dcerpc::kNdr;
  wanted.transport = epm::FloorProtocol::tcp;
  const std::vector<u8> tower = epm::make_tower(wanted);
  epm::TowerOctets octets;
  octets.octets = tower;
  Guid any;
  epm::MapIn in;
  in.object = ndr::FullPointer<Guid>::to(any);
  in.map_tower = ndr::FullPointer<epm::TowerOctets>::to(octets);
  in.max_towers = 4;
  Arena arena;
  ROPEWALK_TRY(auto out, mapper.call<epm::MapOut>(epm::kEndpointMapper, 3, in, arena));
  for (const auto& one : out.towers.items) {
    if (!one) continue;
    auto binding = epm::read_tower(one->octets);
    if (binding && binding->transport == epm::FloorProtocol::tcp && binding->port != 0) return binding->port;
  }
  return failure(ErrorCode::rpc_failed, "the endpoint mapper of " + mapper.host() + " knows no endpoint of " +
                                            std::string(interface.name) + " over TCP");
}

}  // namespace ropewalk::client::exchange
