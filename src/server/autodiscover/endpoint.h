// Autodiscover over HTTP: /autodiscover/autodiscover.xml and autodiscover.json. [MS-OXDSCLI] 3.2, [MS-OXDISCO] 3.2.
#pragma once

#include <atomic>

#include "directory/address_book.h"
#include "server/autodiscover/announcement.h"
#include "server/config.h"
#include "server/http_sign_in.h"

namespace ropewalk::server {

// Any thread; one coroutine per request. Outlives the HTTP server.
class AutodiscoverEndpoint {
 public:
  struct Parts {
    directory::Directory& directory;
    directory::AddressBook& book;  // knows people's other addresses and former DNs
    HttpSignIn& sign_in;
    Log& log;
    std::string oab_path{};  // "/OAB/GUID/"; empty: there is no offline address book
  };
  // The server's own GUID is kept in the data folder, and made there where there is none.
  static Result<std::unique_ptr<AutodiscoverEndpoint>> make(Parts parts, const Config& config);

  // Whether a request's path is this endpoint's affair. Letter case does not matter.
  static bool serves(std::string_view path);
  net::Awaitable<void> handle(net::HttpRequest& request, net::HttpResponder& responder);
  // The port of HTTPS as it came to be; unauthenticated requests to plain HTTP are sent there.
  void set_https_port(u16 port) { https_port_ = port; }
  // The endpoint mapper's as it came to be, before the first request.
  void set_mapper_port(u16 port) { mapper_port_ = port; }

 private:
  AutodiscoverEndpoint(Parts parts, const Config& config, const Guid& deployment);
  net::Awaitable<void> answer_xml(net::HttpRequest& request, net::HttpResponder& responder, bool is_served);
  net::Awaitable<void> answer_json(net::HttpRequest& request, net::HttpResponder& responder);
  net::Awaitable<void> redirect_to_tls(net::HttpRequest& request, net::HttpResponder& responder);
  net::Awaitable<void> answer(const autodiscover::Response& what, net::HttpResponder& responder);
  autodiscover::Response response_to(const net::HttpRequest& request, const directory::User& asker);
  autodiscover::Response settings_of(const directory::User& user, const net::HttpRequest& request);
  autodiscover::Response failure(autodiscover::ErrorCode code, const net::HttpRequest& request, std::string_view why);
  struct Sought;
  Result<Sought> find(const autodiscover::RequestPart& wanted);
  std::optional<autodiscover::Response> redirection(const std::string& address) const;
  void add_alternatives(const directory::User& user, autodiscover::Account& account);
  Served served_to(const net::HttpRequest& request);
  std::optional<BaseUrl> internal_url(const net::HttpRequest& request) const;

  Parts parts_;
  Config config_;
  Guid deployment_;
  std::atomic<u16> https_port_{0}, mapper_port_{0};  // 0: there is none
};

}  // namespace ropewalk::server
