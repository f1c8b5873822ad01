// What autodiscover tells beyond what the server knows by itself: the [autodiscover] section of the configuration.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace ropewalk::server {

// Addresses compare without regard to case; they are kept in lower case here.
struct AutodiscoverSettings {
  std::string internal_url{};    // autodiscover.internal_url: "https://mail.ropewalk.test"; empty: as the client came
  std::string external_url{};    // autodiscover.external_url: for clients outside; empty: nothing is told of it
  std::string public_folders{};  // autodiscover.public_folders: the public folder mailbox's address; empty: none
  std::map<std::string, std::string> redirect_addresses{};  // autodiscover.redirect_address: of addresses that moved
  std::map<std::string, std::string> redirect_urls{};       // autodiscover.redirect_url: of "user@domain" or "@domain"
  // autodiscover.alternatives: the mailboxes that open beside a person's own
  std::map<std::string, std::vector<std::string>> alternatives{};
};

}  // namespace ropewalk::server
