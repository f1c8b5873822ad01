// A person, a group, ... of an Exchange-compatible server's address book.
#pragma once

#include "client/exchange/shared_nspi.h"

namespace ropewalk::client::exchange {

/// What rows of people for people have: PidTagEntryId, PidTagDisplayName, PidTagEmailAddress, PidTagAddressType,
/// PidTagSmtpAddress, PidTagDisplayType.
std::span<const mapi::PropTag> name_columns();

/// The Minimal Entry ID that an entry identifier means in this session; 0: nobody has it.
Outcome<u32> id_of(NspiSession& session, ByteView entry_id);

/// The object with this number in this session.
Outcome<std::unique_ptr<AddressEntry>> open_entry(std::shared_ptr<SharedNspi> nspi, NspiSession& session, u32 id);

}  // namespace ropewalk::client::exchange
