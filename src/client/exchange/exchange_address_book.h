// The address book of an Exchange-compatible server.
#pragma once

#include "client/exchange/nspi_session.h"

namespace ropewalk::client::exchange {

/// Binds, and binds again whenever the session is lost.
Outcome<std::unique_ptr<AddressBook>> open_address_book_at(const ChannelOptions& options);

}  // namespace ropewalk::client::exchange
