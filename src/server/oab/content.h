// What stands in an offline address book: the objects of an address list, as they are for everybody.
#pragma once

#include "directory/address_book.h"
#include "protocol/oab/details.h"

namespace ropewalk::server {

// Those that the list shows and that can be written to: records need a DN and an address ([MS-OXOAB] 2.9.4). An error
// where `gives_up` becomes true on the way; it may be empty.
Result<oab::DetailsWriter> collect_objects(directory::AddressBook& book, u32 list,
                                           const std::function<bool()>& gives_up = {});

}  // namespace ropewalk::server
