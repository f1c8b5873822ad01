// What every RPC endpoint answers itself: where interfaces are (the endpoint mapper) and what it serves (management).
#pragma once

#include <array>
#include <mutex>

#include "protocol/epm/tower.h"
#include "protocol/ndr/ndr.h"
#include "rpc/server_connection.h"

namespace ropewalk::rpc {

// The opnums of the endpoint mapper and of management that are answered; the mapper's others are for its own host.
inline constexpr std::array<u16, 3> kMapperServed{2, 3, 4};
inline constexpr std::array<u16, 5> kManagementServed{0, 1, 2, 3, 4};

// A stub to answer with, or a fault's status.
using Answer = Result<std::vector<u8>, u32>;

// An interface, and where it is served.
struct Registration {
  epm::Binding binding;    // host empty: where the question came in
  Guid object;             // null: any
  std::string annotation;  // at most 63 bytes
};

// The endpoint mapper's elements and the searches in them: [C706] appendix O, [MS-RPCE] 2.2.1.2. Thread-safe.
class EndpointMap {
 public:
  void add(Registration registration);
  std::vector<Registration> registrations() const;
  // Answers a call on epm::kEndpointMapper. `here`: the address where the client reached this host, for bindings
  // without one.
  Answer serve(const Call& call, const std::string& here);
  // The searches of an association that is gone.
  void run_down(u32 association);

 private:
  struct Search {
    u32 association;
    std::vector<Registration> left;
  };
  static constexpr std::size_t kMaxSearches = 1024;

  template <class Matches>
  std::vector<Registration> begin(const Matches& matches) const;
  // The next `most` of a search; makes, keeps or ends its handle. `ends_short`: a call that finds fewer ends the
  // search, as with Windows' ept_lookup: after a full page clients ask once more, after a short one some take a handle
  // for more elements and the answer that there are none for a failure.
  Result<std::vector<Registration>, u32> next(const Call& call, ndr::ContextHandle& handle,
                                              std::vector<Registration> found, std::size_t most, bool ends_short);
  Answer lookup(const Call& call, const std::string& here);
  Answer map(const Call& call, const std::string& here);
  Answer free_handle(const Call& call);

  mutable std::mutex mutex_;
  std::vector<Registration> registrations_;
  std::map<Guid, Search> searches_;
};

// Answers a call on mgmt::kManagement for an endpoint. `principal`: the server's name for an auth_type; empty: none.
Answer serve_management(const Call& call, const Endpoint& endpoint,
                        const std::function<std::string(dcerpc::AuthType)>& principal);

}  // namespace ropewalk::rpc
