// Recipients as properties and as RecipientRows, [MS-OXCDATA] 2.8.3.2.
#pragma once

#include <vector>

#include "mapi/property_bag.h"
#include "mapi/recipient_row.h"

namespace ropewalk::client::exchange {

/// The properties that a row says, with those of its own fields and of its columns.
mapi::PropertyBag bag_of_row(const mapi::RecipientRow& row, u8 recipient_type, u32 row_id);

/// The columns that all of these need beyond a row's own fields.
std::vector<mapi::PropTag> recipient_columns(std::span<const mapi::PropertyBag> recipients);

/// A row that says a recipient's properties; what it points at is the bag's or in the arena.
mapi::RecipientRow row_of_bag(const mapi::PropertyBag& recipient, std::span<const mapi::PropTag> columns, Arena& arena);

/// A deep copy.
mapi::PropertyBag copy_of(const mapi::PropertyBag& bag);

}  // namespace ropewalk::client::exchange
