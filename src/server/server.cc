#include "server/server.h"

#include <fmt/format.h>
#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "server/addressbook/http_endpoint.h"
#include "server/autodiscover/endpoint.h"
#include "server/ldap_copying.h"
#include "server/mapihttp_endpoint.h"
#include "server/oab/endpoint.h"
#include "server/own_names.h"
#include "server/rop_processor.h"
#include "server/rpc/http.h"
#include "server/rpc/rpc_server.h"
#include "store/mailbox_stores.h"

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

// Certificate and key as configured, or a self-signed pair in the data folder, made where there is none.
struct CertificateFiles {
  std::string certificate, key;
};

Result<CertificateFiles> certificate_files(const Config& config, Log& log) {
  if (!config.certificate.empty()) return CertificateFiles{config.certificate, config.key};
  fs::path folder = fs::path(config.data) / "tls";
  CertificateFiles files{folder / "certificate.pem", folder / "key.pem"};
  if (fs::exists(files.certificate) && fs::exists(files.key)) return files;
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Error{fmt::format("cannot make the folder {}: {}", folder.string(), failed.message())};
  ROPEWALK_CHECK(net::make_self_signed(files.certificate, files.key, own_names(config)));
  log.info(fmt::format("made a self-signed certificate: {}", files.certificate));
  return files;
}

std::string url_of(const net::HttpServer::Listening& at, std::string_view path) {
  bool is_v6 = at.address.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}{}", at.is_tls ? "https" : "http", is_v6 ? "[" : "", at.address, is_v6 ? "]" : "",
                     at.port, path);
}

net::Awaitable<void> not_found(net::HttpRequest& request, net::HttpResponder& responder) {
  net::HttpResponseHead head(404);
  head.add("Content-Type", "text/plain");
  std::string text = "Nothing is served at " + request.path.substr(0, 200) + "\n";
  co_await responder.send(head, text);
}

// Ends the sessions that nobody uses any more.
class Janitor {
 public:
  Janitor(session::Registry& registry, Log& log) : thread_([this, &registry, &log] { work(registry, log); }) {}
  ~Janitor() {
    {
      std::lock_guard guard(lock_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void work(session::Registry& registry, Log& log) {
    using std::chrono::milliseconds;
    milliseconds pause =
        std::clamp<milliseconds>(registry.limits().expiry / 8, milliseconds(100), milliseconds(30'000));
    std::unique_lock guard(lock_);
    while (!wake_.wait_for(guard, pause, [this] { return stopping_; })) {
      for (auto& session : registry.sweep(session::Session::Clock::now())) {
        session->notifications.close();
        log.info(fmt::format("{}: session of {} expired", session->user.address, session->client.application));
      }
    }
  }

  std::mutex lock_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

class Server::Impl {
 public:
  Impl(const Config& config, std::vector<RpcService*> more)
      : config_(config),
        more_(std::move(more)),
        log_(config.log_level),
        registry_({config.session_expiry, config.sessions_per_user, config.sessions}),
        book_sessions_(registry_.limits()) {}
  ~Impl() { stop(); }

  Status start(std::unique_ptr<RopRunner> rops);
  void stop();

  Config config_;
  std::vector<RpcService*> more_;
  Log log_;
  session::Registry registry_;
  session::Registry book_sessions_;  // of the address book over MAPI/HTTP
  std::unique_ptr<directory::Directory> directory_;
  std::unique_ptr<directory::AddressBook> book_;
  std::shared_ptr<net::TlsContext> tls_;
  Tap tap_;
  std::vector<Listening> listening_;

 private:
  Status open_data();
  Status load_certificate();
  Status listen();
  Status start_rpc();
  net::Awaitable<void> handle_tapped(net::HttpRequest& request, net::HttpResponder& responder);
  net::Awaitable<void> handle_plainly(net::HttpRequest& request, net::HttpResponder& responder);
  std::optional<MailboxEntry> find_mailbox(std::string_view legacy_dn);

  std::optional<store::MailboxStores> mailboxes_;
  std::optional<Environment> environment_;
  std::unique_ptr<RopRunner> rops_;
  std::unique_ptr<net::WorkerPool> pool_, sign_in_;
  std::optional<LdapCopying> ldap_;
  std::optional<directory::Authenticator> authenticator_;
  std::optional<EmsmdbService> service_;
  std::optional<AddressBookService> address_book_;
  std::optional<HttpSignIn> http_sign_in_;
  std::optional<MapiHttpEndpoint> endpoint_;
  std::optional<AddressBookEndpoint> book_endpoint_;
  std::unique_ptr<OabPublisher> oab_;
  std::optional<OabEndpoint> oab_endpoint_;
  std::unique_ptr<AutodiscoverEndpoint> autodiscover_;
  std::unique_ptr<RpcServer> rpc_;
  std::optional<RpcHttpEndpoint> rpc_http_;
  std::unique_ptr<net::HttpServer> http_;  // ends before all that its requests use
  std::optional<Janitor> janitor_, book_janitor_;
};

Status Server::Impl::open_data() {
  if (config_.data.empty()) return Error{"no data folder is given (--data DIR, or 'data' in the configuration)"};
  ROPEWALK_TRY(directory_, directory::Directory::open(config_.data, config_.organization));
  ROPEWALK_TRY(book_, directory::AddressBook::open(config_.data, config_.organization));
  mailboxes_.emplace(config_.data);
  return {};
}

Status Server::Impl::load_certificate() {
  if (!config_.https_port && !config_.admin_port) return {};
  ROPEWALK_TRY(CertificateFiles files, certificate_files(config_, log_));
  ROPEWALK_TRY(tls_, net::TlsContext::load(files.certificate, files.key,
                                           [this](const std::string& line) { log_.info("TLS: " + line); }));
  return {};
}

// Takes an address in place of the DN too: a client that did not ask autodiscover knows no DN.
std::optional<MailboxEntry> Server::Impl::find_mailbox(std::string_view legacy_dn) {
  bool is_dn = legacy_dn.starts_with('/');
  auto found = is_dn ? directory_->find_by_dn(legacy_dn) : directory_->find_by_address(legacy_dn);
  if (!found) {
    log_.error("cannot look up a DN: " + found.error().text);
    return std::nullopt;
  }
  if (!*found) return std::nullopt;
  directory::User& user = **found;
  return MailboxEntry{user.id, user.mailbox_guid, user.name, user.address, user.legacy_dn};
}

Status Server::Impl::start(std::unique_ptr<RopRunner> rops) {
  if (!config_.https_port && !config_.http_port && !config_.rpc_port && !config_.epm_port)
    return Error{"neither an HTTPS nor an HTTP nor an RPC port is given"};
  ROPEWALK_CHECK(open_data());
  ROPEWALK_CHECK(load_certificate());
  for (const std::string& line : weak_settings(config_)) log_.warning("weak setting: " + line);

  auto refused = [this](const std::string& line) { log_.warning(line); };
  auto find = [this](std::string_view dn) { return find_mailbox(dn); };
  environment_.emplace(Environment{*mailboxes_, find, refused});
  rops_ = rops != nullptr ? std::move(rops) : std::make_unique<RopProcessor>(*environment_);
  unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  pool_ = std::make_unique<net::WorkerPool>(config_.workers != 0 ? config_.workers : 2 * cores);
  sign_in_ = std::make_unique<net::WorkerPool>(std::max(1u, cores / 2));
  directory::AuthenticatorOptions sign_in_options{.remember = config_.credentials_remembered,
                                                  .account_burst = static_cast<double>(config_.failures_in_a_row)};
  if (!config_.ldap.url.empty()) {
    ldap_.emplace(LdapCopying::Parts{config_.data, *book_, *directory_, *mailboxes_, log_}, config_.ldap);
    sign_in_options.elsewhere = directory::passwords_of(ldap_->source(), *book_);
  }
  authenticator_.emplace(*directory_, sign_in_options);
  auto user_of_dn = [this](std::string_view dn) -> std::optional<i64> {
    auto found = find_mailbox(dn);
    return found ? std::optional(found->user_id) : std::nullopt;
  };
  std::function<void(const std::string&)> debug;
  if (log_.writes(LogLevel::debug)) debug = [this](const std::string& line) { log_.debug(line); };
  service_.emplace(EmsmdbService::Parts{registry_, *rops_, user_of_dn, refused, debug});
  auto failed = [this](const std::string& line) { log_.error(line); };
  address_book_.emplace(AddressBookService::Parts{*book_, config_.organization, refused, failed});
  http_sign_in_.emplace(HttpSignIn::Parts{*directory_, *authenticator_, *sign_in_, log_}, config_);
  endpoint_.emplace(MapiHttpEndpoint::Parts{*service_, *http_sign_in_, *pool_, log_}, config_.mapihttp);
  book_endpoint_.emplace(AddressBookEndpoint::Parts{*address_book_, *http_sign_in_, book_sessions_, *pool_, log_},
                         config_.mapihttp);
  const bool has_http = config_.https_port || config_.http_port;
  if (has_http) {
    ROPEWALK_TRY(oab_, OabPublisher::start(*book_, log_, {config_.data, config_.oab_pause, config_.oab_lists}));
    oab_endpoint_.emplace(*oab_, *http_sign_in_);
    ROPEWALK_TRY(autodiscover_,
                 AutodiscoverEndpoint::make({*directory_, *book_, *http_sign_in_, log_, oab_->path()}, config_));
  }
  if (config_.rpc_port || config_.epm_port || (has_http && config_.rpc_http)) ROPEWALK_CHECK(start_rpc());
  if (rpc_ != nullptr && autodiscover_ != nullptr)
    for (const auto& at : rpc_->listening())
      if (at.is_endpoint_mapper) autodiscover_->set_mapper_port(at.port);
  if (has_http) ROPEWALK_CHECK(listen());
  if (rpc_ != nullptr)
    for (const auto& at : rpc_->listening())
      listening_.push_back({at.binding, config_.listen, at.port, false, at.is_endpoint_mapper});
  janitor_.emplace(registry_, log_);
  book_janitor_.emplace(book_sessions_, log_);
  return {};
}

Status Server::Impl::listen() {
  net::HttpServerOptions options;
  if (config_.https_port) options.endpoints.push_back({config_.listen, *config_.https_port, tls_});
  if (config_.http_port) options.endpoints.push_back({config_.listen, *config_.http_port, nullptr});
  options.threads = config_.io_threads;
  options.max_connections = config_.max_connections;
  options.log = [this](const std::string& line) { log_.warning(line); };
  if (rpc_http_) options.streams = RpcHttpEndpoint::streams;
  auto handler = [this](net::HttpRequest& request, net::HttpResponder& responder) {
    const bool is_rpc = rpc_http_ && RpcHttpEndpoint::serves(request.path);  // whose calls the tap gets one by one
    if (!is_rpc && tap_.is_watched()) return handle_tapped(request, responder);
    if (is_rpc) return rpc_http_->handle(request, responder);
    return handle_plainly(request, responder);
  };
  ROPEWALK_TRY(http_, net::HttpServer::start(std::move(options), handler));
  for (const auto& at : http_->listening()) {
    listening_.push_back({url_of(at, "/mapi/emsmdb/"), at.address, at.port, at.is_tls});
    if (at.is_tls) autodiscover_->set_https_port(at.port);
  }
  if (!rpc_http_) return {};
  for (const auto& at : http_->listening())
    listening_.push_back({url_of(at, "/rpc/rpcproxy.dll"), at.address, at.port, at.is_tls, false, true});
  return {};
}

net::Awaitable<void> Server::Impl::handle_tapped(net::HttpRequest& request, net::HttpResponder& responder) {
  std::shared_ptr<TapWatcher> watcher = tap_.watcher();
  if (watcher == nullptr) {
    co_await handle_plainly(request, responder);
    co_return;
  }
  TapLink link{request.peer, config_.listen, request.peer_port, 0, 0};
  link.server_port = request.is_tls ? config_.https_port.value_or(0) : config_.http_port.value_or(0);
  TappedResponder tapped(responder, std::move(watcher), std::move(link), request);
  co_await handle_plainly(request, tapped);
}

net::Awaitable<void> Server::Impl::handle_plainly(net::HttpRequest& request, net::HttpResponder& responder) {
  if (AddressBookEndpoint::serves(request.path)) return book_endpoint_->handle(request, responder);
  if (MapiHttpEndpoint::serves(request.path)) return endpoint_->handle(request, responder);
  if (AutodiscoverEndpoint::serves(request.path)) return autodiscover_->handle(request, responder);
  if (OabEndpoint::serves(request.path)) return oab_endpoint_->handle(request, responder);
  return not_found(request, responder);
}

Status Server::Impl::start_rpc() {
  auto started =
      RpcServer::start({config_, *service_, *address_book_, *directory_, *authenticator_, *pool_, log_, more_, &tap_});
  if (!started && config_.epm_optional) {
    log_.warning("no endpoint mapper: " + started.error().text);
    config_.epm_port = std::nullopt;
    started = RpcServer::start(
        {config_, *service_, *address_book_, *directory_, *authenticator_, *pool_, log_, more_, &tap_});
  }
  ROPEWALK_TRY(rpc_, std::move(started));
  if (!config_.rpc_http) return {};
  auto host = [rpc = rpc_.get()](u16 port) { return rpc->over_http(port); };
  rpc_http_.emplace(RpcHttpEndpoint::Parts{*http_sign_in_, log_, host, own_names(config_), config_.listen},
                    config_.rpc_over_http);
  return {};
}

void Server::Impl::stop() {
  if (rpc_http_) rpc_http_->stop();
  if (rpc_ != nullptr) rpc_->stop(config_.grace);
  if (http_ != nullptr) http_->stop(config_.grace);
  http_.reset();
  rpc_http_.reset();
  rpc_.reset();
  oab_.reset();
  janitor_.reset();
  book_janitor_.reset();
  ldap_.reset();
  for (session::Registry* registry : {&registry_, &book_sessions_})
    for (auto& session : registry->clear()) session->notifications.close();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const Config& config, std::unique_ptr<RopRunner> rops,
                                              std::vector<RpcService*> more) {
  auto impl = std::make_unique<Impl>(config, std::move(more));
  ROPEWALK_CHECK(impl->start(std::move(rops)));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

const std::vector<Server::Listening>& Server::listening() const { return impl_->listening_; }
directory::Directory& Server::directory() { return *impl_->directory_; }
directory::AddressBook& Server::address_book() { return *impl_->book_; }
session::Registry& Server::sessions() { return impl_->registry_; }
std::shared_ptr<net::TlsContext> Server::tls() { return impl_->tls_; }
Tap& Server::tap() { return impl_->tap_; }
Log& Server::log() { return impl_->log_; }
void Server::stop() { impl_->stop(); }

Status Server::reload_certificate() { return impl_->tls_ == nullptr ? Status{} : impl_->tls_->reload(); }

}  // namespace ropewalk::server
