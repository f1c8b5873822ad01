#include "server/rpc/rpc_server.h"

#include <fmt/format.h>

#include <array>

#include "directory/ntlm_source.h"
#include "net/tcp_server.h"
#include "protocol/dcerpc/status.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"
#include "protocol/nspi/methods.h"
#include "protocol/rfr/methods.h"
#include "rpc/services.h"
#include "server/own_names.h"
#include "server/rpc/emsmdb_rpc.h"
#include "server/rpc/nspi_rpc.h"
#include "server/rpc/referral_rpc.h"
#include "server/rpc/tcp.h"
#include "server/server_security.h"

namespace ropewalk::server {
namespace {

RpcAnswer taken(rpc::Answer answer) {
  if (answer.ok()) return {0, std::move(*answer)};
  return {answer.error(), {}};
}

class EndpointMapper final : public RpcService {
 public:
  const dcerpc::Interface& interface() const override { return epm::kEndpointMapper; }
  u16 opnums() const override { return 7; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override {
    co_return taken(map.serve(call.call, call.link.local_address));
  }
  rpc::EndpointMap map;
};

// Tells of the endpoint's interfaces, and how to sign in.
class Management final : public RpcService {
 public:
  explicit Management(const rpc::Endpoint& endpoint) : endpoint_(endpoint) {}
  const dcerpc::Interface& interface() const override { return mgmt::kManagement; }
  u16 opnums() const override { return 5; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override {
    auto nobody = [](dcerpc::AuthType) { return std::string(); };
    co_return taken(rpc::serve_management(call.call, endpoint_, nobody));
  }

 private:
  const rpc::Endpoint& endpoint_;
};

// The interfaces at one port of RPC over HTTP. HTTP has told who calls, and TLS protects what he says: binds without
// authentication are taken, as Exchange takes them.
struct HttpHost {
  u16 port = 0;
  RpcHost host{};
  Management management{host.endpoint};
};

constexpr u16 kHttpMapperPort = 593;                        // [MS-RPCH] 1.9
constexpr std::array<u16, 3> kHttpPorts{6001, 6002, 6004};  // [MS-OXCRPC] 2.1, and those of RFR and NSPI

}  // namespace

std::span<const u16> served_rpc_methods(const dcerpc::Interface& interface) {
  if (&interface == &emsmdb::kEmsmdb) return EmsmdbRpc::kServed;
  if (&interface == &emsmdb::kAsyncEmsmdb) return AsyncEmsmdbRpc::kServed;
  if (&interface == &nspi::kNspi) return NspiRpc::kServed;
  if (&interface == &rfr::kRfr) return ReferralRpc::kServed;
  if (&interface == &epm::kEndpointMapper) return rpc::kMapperServed;
  if (&interface == &mgmt::kManagement) return rpc::kManagementServed;
  return {};
}

class RpcServer::Impl {
 public:
  explicit Impl(RpcServerParts parts) : parts_(std::move(parts)) {}
  Status start();

  const RpcHost* over_http(u16 port) const {
    for (const HttpHost& at : http_)
      if (at.port == port) return &at.host;
    return nullptr;
  }

  std::vector<Listening> listening_;

 private:
  void make_security();
  void make_services();
  static void add_services(RpcHost& host, const std::vector<RpcService*>& services, auth::Level least);
  void fill_host(RpcHost& host, const char* transport);
  void make_http_hosts();
  bool serves_http() const { return parts_.config.rpc_http && (parts_.config.https_port || parts_.config.http_port); }
  void register_endpoints(epm::FloorProtocol transport, u16 port);
  void announce(const std::vector<u16>& ports);

  RpcServerParts parts_;
  const Guid instance_ = Guid::random();
  auth::ServerOptions security_;
  rpc::Statistics statistics_;
  ContextHandles handles_;
  EndpointMapper mapper_, http_mapper_;
  rpc::Associations associations_{[this](u32 group) {
    handles_.run_down(group);
    mapper_.map.run_down(group);
    http_mapper_.map.run_down(group);
  }};
  std::optional<EmsmdbRpc> emsmdb_;
  std::optional<AsyncEmsmdbRpc> async_;
  std::optional<NspiRpc> nspi_;
  ReferralRpc rfr_{own_names(parts_.config)};
  RpcHost mapper_host_, host_;
  std::array<HttpHost, kHttpPorts.size() + 1> http_;
  Management mapper_management_{mapper_host_.endpoint}, management_{host_.endpoint};

 public:
  std::unique_ptr<net::TcpServer> tcp_;  // ends before all that its connections use
};

void RpcServer::Impl::make_security() {
  security_ = security_options(parts_.config);
  security_.dce_style = true;
  security_.allow_anonymous = true;  // the mapper and management are for everybody; sessions are not
}

void RpcServer::Impl::add_services(RpcHost& host, const std::vector<RpcService*>& services, auth::Level least) {
  for (RpcService* service : services)
    host.endpoint.interfaces.push_back(
        {service->interface().id, service->opnums(), static_cast<dcerpc::AuthLevel>(least), service});
}

void RpcServer::Impl::fill_host(RpcHost& host, const char* transport) {
  host.endpoint.associations = &associations_;
  host.endpoint.statistics = &statistics_;
  host.endpoint.make_security = [this](auth::Mechanism mechanism, const std::string& peer) {
    auth::ServerOptions options = security_;
    options.hashes = directory::ntlm_source(parts_.directory, &parts_.authenticator, peer);
    return auth::make_server(mechanism, options);
  };
  host.endpoint.log = [this](const std::string& line) { parts_.log.warning(line); };
  host.tap = parts_.tap;
  host.patience = parts_.config.rpc_patience;
  host.transport = transport;
}

void RpcServer::Impl::make_services() {
  auto refused = [this](const std::string& line) { parts_.log.warning(line); };
  auto told = [this](const std::string& line) { parts_.log.info(line); };
  emsmdb_.emplace(EmsmdbRpcParts{parts_.emsmdb, parts_.directory, parts_.pool, handles_, refused, told});
  async_.emplace(handles_, std::chrono::seconds(300));
  nspi_.emplace(NspiRpcParts{parts_.address_book, parts_.directory, parts_.pool, handles_, told});
  add_services(host_, {&*emsmdb_, &*async_, &*nspi_, &rfr_}, parts_.config.rpc_level);
  add_services(host_, {&management_}, auth::Level::none);  // it tells everybody, as it does on Windows
  add_services(host_, parts_.more, auth::Level::none);
  add_services(mapper_host_, {&mapper_, &mapper_management_}, auth::Level::none);
  fill_host(host_, "ncacn_ip_tcp");
  fill_host(mapper_host_, "ncacn_ip_tcp");
  mapper_host_.endpoint.offer_ndr64 = false;  // a dozen bytes gain nothing by it
  make_http_hosts();
}

// Every port serves everything, as Exchange's do since 2010: clients differ in which they ask for what.
void RpcServer::Impl::make_http_hosts() {
  for (std::size_t i = 0; i < http_.size(); ++i) {
    HttpHost& at = http_[i];
    at.port = i < kHttpPorts.size() ? kHttpPorts[i] : kHttpMapperPort;
    const bool is_mapper = at.port == kHttpMapperPort;
    if (is_mapper) {
      add_services(at.host, {&http_mapper_}, auth::Level::none);
      at.host.endpoint.offer_ndr64 = false;
    } else {
      add_services(at.host, {&*emsmdb_, &*async_, &*nspi_, &rfr_}, auth::Level::none);
      add_services(at.host, parts_.more, auth::Level::none);
      if (serves_http()) register_endpoints(epm::FloorProtocol::http, at.port);
    }
    add_services(at.host, {&at.management}, auth::Level::none);
    fill_host(at.host, "ncacn_http");
    at.host.endpoint.address = std::to_string(at.port);
  }
}

// With both mappers, over TCP and over HTTP; and each twice: for whoever asks for any object, and for whoever asks for
// this instance of the server, by its UUID.
void RpcServer::Impl::register_endpoints(epm::FloorProtocol transport, u16 port) {
  auto add = [&](const dcerpc::Interface& interface, const char* annotation) {
    epm::Binding binding;
    binding.interface_id = interface.id;
    binding.transfer_syntax = dcerpc::kNdr;
    binding.transport = transport;
    binding.port = port;
    for (EndpointMapper* mapper : {&mapper_, &http_mapper_})
      for (const Guid& object : {Guid(), instance_}) mapper->map.add({binding, object, annotation});
  };
  add(emsmdb_->interface(), "Microsoft Exchange Information Store");
  add(async_->interface(), "Microsoft Exchange Information Store, notifications");
  add(nspi_->interface(), "Microsoft NT Directory NSP Interface");
  add(rfr_.interface(), "MS Exchange Directory RFR Interface");
  for (RpcService* service : parts_.more) add(service->interface(), service->interface().name.data());
}

Status RpcServer::Impl::start() {
  const Config& config = parts_.config;
  make_security();
  make_services();
  if (!config.rpc_port && !config.epm_port) return {};
  net::TcpServerOptions options;
  if (config.rpc_port) options.endpoints.push_back({config.listen, *config.rpc_port, rpc_over_tcp(host_)});
  if (config.epm_port) options.endpoints.push_back({config.listen, *config.epm_port, rpc_over_tcp(mapper_host_)});
  options.threads = config.io_threads;
  options.max_connections = config.max_connections;
  options.log = [this](const std::string& line) { parts_.log.warning("RPC: " + line); };
  options.on_listening = [this](const std::vector<u16>& ports) { announce(ports); };
  ROPEWALK_TRY(tcp_, net::TcpServer::start(std::move(options)));
  return {};
}

// Tells clients (and the caller) of the ports, before the first connection.
void RpcServer::Impl::announce(const std::vector<u16>& ports) {
  const Config& config = parts_.config;
  auto listening = [&](u16 port, RpcHost& host) {
    host.endpoint.address = std::to_string(port);
    listening_.push_back({fmt::format("ncacn_ip_tcp:{}[{}]", config.listen, port), port, &host == &mapper_host_});
  };
  std::size_t next = 0;
  if (config.rpc_port) {
    register_endpoints(epm::FloorProtocol::tcp, ports[next]);
    listening(ports[next++], host_);
  }
  if (config.epm_port) listening(ports[next], mapper_host_);
}

Result<std::unique_ptr<RpcServer>> RpcServer::start(RpcServerParts parts) {
  auto impl = std::make_unique<Impl>(std::move(parts));
  ROPEWALK_CHECK(impl->start());
  return std::unique_ptr<RpcServer>(new RpcServer(std::move(impl)));
}

RpcServer::RpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RpcServer::~RpcServer() { stop(std::chrono::milliseconds(0)); }
const std::vector<RpcServer::Listening>& RpcServer::listening() const { return impl_->listening_; }
const RpcHost* RpcServer::over_http(u16 port) const { return impl_->over_http(port); }
void RpcServer::stop(std::chrono::milliseconds grace) {
  if (impl_->tcp_ != nullptr) impl_->tcp_->stop(grace);
}

}  // namespace ropewalk::server
