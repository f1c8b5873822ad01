// Finding the server of a mail address: [MS-OXDISCO] 3.1.5, [MS-OXDSCLI] 3.1.
#pragma once

#include <chrono>
#include <functional>
#include <map>

#include "client/autodiscover/resolver.h"
#include "protocol/autodiscover/messages.h"

namespace ropewalk::client::autodiscover {

using ropewalk::autodiscover::Protocol;
using ropewalk::autodiscover::ResponsePart;

/// One thing that was tried, and what came of it.
struct Step {
  std::string what;    // "SCP", "POST", "GET", "SRV"
  std::string where;   // a URL, or a name in DNS
  std::string result;  // for people
  bool good = false;   // it led on
  std::chrono::microseconds took{};
};

struct SearchOptions {
  std::string address;   // whose mailbox
  std::string login;     // who asks; empty: the address
  std::string password;  // sent over TLS alone, to servers that ask for it
  std::string scheme;    // basic, ntlm, kerberos, negotiate; empty: the first of these that the server offers
  std::string server;    // ask there and nowhere else: a URL, HOST or HOST:PORT; plain HTTP only if the URL says so
  std::string ca_file;
  bool insecure = false;
  bool mapi_http = true;  // ask for MAPI over HTTP (and RPC over HTTP)
  /// "ldaps://HOST[:PORT]", or "ldap://..." with StartTLS: an Active Directory whose service connection points are
  /// tried first; empty: none is asked. `ldap_user`: who signs in there with the password; empty: the login.
  std::string ldap, ldap_user, ldap_base;
  /// "HOST:PORT" or "HOST" -> "ADDRESS" or "ADDRESS:PORT": where to connect to instead of what DNS says.
  std::map<std::string, std::string> hosts;
  /// nullptr: DNS as this machine is configured.
  Resolver* resolver = nullptr;
  /// Asked before credentials go to a host outside the address's domain that unprotected HTTP or DNS has named.
  /// Empty: they do not.
  std::function<bool(const std::string& host)> trusts;
  std::function<void(const Step&)> on_step;
  std::chrono::milliseconds timeout{10'000};  // for each answer
};

struct Found {
  std::string url;      // that answered
  std::string address;  // the mailbox's, which may be another than was asked for
  ResponsePart settings;
};

/// Tries what the Active Directory names, https://DOMAIN, https://autodiscover.DOMAIN, the redirect of
/// http://autodiscover.DOMAIN and the SRV record, in this order; follows up to ten redirects. Fails with
/// `login_failure` where a server refused the password, else with `not_found`; the steps tell the rest.
Outcome<Found> search(const SearchOptions& options, std::vector<Step>* steps = nullptr);

/// The way in that this library prefers: "https://..." (MAPI over HTTP) or "ncacn_http:HOST"; the internal URL before
/// the external one.
std::vector<std::string> ways_in(const ResponsePart& settings);
/// The URL of the address book that belongs to one of those; empty: it is where the mailbox is.
std::string address_book_of(const ResponsePart& settings, std::string_view way);

/// A URL taken apart.
struct Url {
  bool tls = true;
  std::string host;
  u16 port = 443;
  std::string target = "/";

  static std::optional<Url> parse(std::string_view text);
  std::string text() const;
};

}  // namespace ropewalk::client::autodiscover
