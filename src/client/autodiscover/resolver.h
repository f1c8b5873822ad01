// Service records of DNS ([RFC2782]), asked with the system's resolver library.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/failure.h"

namespace ropewalk::client::autodiscover {

struct ServiceHost {
  std::string host;
  u16 port = 0, priority = 0, weight = 0;
};

/// Any thread.
class Resolver {
 public:
  virtual ~Resolver() = default;
  /// The hosts behind a name like "_autodiscover._tcp.ropewalk.test", the preferred one first; none is not an error.
  virtual Result<std::vector<ServiceHost>> service(const std::string& name) = 0;
};

/// Asks the servers that this machine is configured with, or the one at `server`: "ADDRESS" or "ADDRESS:PORT", IPv4.
class DnsResolver final : public Resolver {
 public:
  explicit DnsResolver(std::string server = {}) : server_(std::move(server)) {}
  Result<std::vector<ServiceHost>> service(const std::string& name) override;

 private:
  std::string server_;
};

/// The SRV records in an answer, the preferred one first: lower priority, then higher weight. Records that name no host
/// (".") are left out.
Result<std::vector<ServiceHost>> service_hosts_in(ByteView answer);

}  // namespace ropewalk::client::autodiscover
