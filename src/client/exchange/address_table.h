// Rows of an address book: a container's, or those that something picked.
#pragma once

#include <mutex>

#include "client/exchange/nspi_session.h"

namespace ropewalk::client::exchange {

/// A session that its objects share: one call at a time.
struct SharedNspi {
  std::unique_ptr<NspiSession> session;
  std::mutex mutex;
};

/// The objects with these Minimal Entry IDs, or nullopt: all of the container that `stat` names.
std::unique_ptr<Table> make_address_table(std::shared_ptr<SharedNspi> nspi, const nspi::Stat& stat,
                                          std::optional<std::vector<u32>> ids = std::nullopt);

}  // namespace ropewalk::client::exchange
