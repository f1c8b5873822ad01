// Profiles: which stores a person has, kept in a TOML file. Passwords are never in it.
#pragma once

#include <string>
#include <vector>

#include "client/provider.h"

namespace ropewalk::client {

/// As a file:
///
///     default = "work"
///     [service.work]
///     provider = "exchange"
///     server = "https://mail.ropewalk.test"
///     user = "user1@ropewalk.test"
///
/// Every key of a service but `provider` is a setting of that provider.
struct Profile {
  std::string default_service;
  std::vector<Service> services;

  const Service* find(std::string_view name) const;
  /// The one called `name`, or with an empty name the default (or only) one; a failure names what there is.
  Outcome<const Service*> choose(std::string_view name) const;

  static Result<Profile> parse(std::string_view toml, const std::string& file_name = "profile");
  std::string to_toml() const;
  /// An absent file is an empty profile.
  static Result<Profile> load(const std::string& path);
  /// Written beside and renamed over, mode 0600; missing folders are made. Settings called password are refused.
  Status save(const std::string& path) const;
  /// $XDG_CONFIG_HOME/ropewalk/profile.toml, else ~/.config/ropewalk/profile.toml.
  static std::string default_path();
};

/// The service of an address alone: autodiscover finds its server when it is opened; at `autodiscover` where that is
/// not empty.
Service service_to_find(const std::string& user, const std::string& autodiscover = {});
/// Whether the profile's default service is one for that address: without a user of its own, or with one of the same
/// domain.
bool knows_server_of(const Profile& profile, std::string_view user);

/// The service that `--server` means: https://HOST[:PORT], http://HOST[:PORT], ncacn_ip_tcp:HOST[PORT] and
/// ncacn_http:HOST[:PORT] are exchange servers, file:///PATH or a path that exists a local store; an error says so of
/// everything else.
Result<Service> service_of_url(const std::string& url, const std::string& user);

}  // namespace ropewalk::client
