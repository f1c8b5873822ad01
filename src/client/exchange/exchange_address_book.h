// The address book of an Exchange-compatible server.
#pragma once

#include "client/exchange/nspi_session.h"

namespace ropewalk::client::exchange {

Outcome<std::unique_ptr<AddressBook>> make_address_book(std::unique_ptr<NspiSession> session);

}  // namespace ropewalk::client::exchange
