// A person at work: a profile, and the stores and address books opened from it.
#pragma once

#include <map>
#include <memory>

#include "client/profile.h"

namespace ropewalk::client {

/// Opens what a profile names, through whichever providers it names, and knows nothing more about them. The host must
/// outlive it.
class Session {
 public:
  Session(Profile profile, Host& host) : profile_(std::move(profile)), host_(&host) {}

  const Profile& profile() const { return profile_; }
  /// By the service's name; empty: the default one. The caller owns it.
  Outcome<std::unique_ptr<MessageStore>> open_store(std::string_view service = {});
  Outcome<std::unique_ptr<AddressBook>> open_address_book(std::string_view service = {});

 private:
  Profile profile_;
  Host* host_;
};

/// A host that knows one password for everything, and shows traffic to one observer.
class SimpleHost : public Host {
 public:
  explicit SimpleHost(std::string password, std::function<void(const Traffic&)> observer = {})
      : password_(std::move(password)), observer_(std::move(observer)) {}
  Outcome<std::string> password(const Service&) override { return password_; }
  std::function<void(const Traffic&)> observer() override { return observer_; }

 private:
  std::string password_;
  std::function<void(const Traffic&)> observer_;
};

}  // namespace ropewalk::client
