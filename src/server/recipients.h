// Recipients between the store's properties and the rows that ROPs carry, [MS-OXCDATA] 2.8.3.
#pragma once

#include "mapi/recipient_row.h"
#include "protocol/rop/oxcmsg.h"
#include "server/rop_context.h"
#include "store/message.h"

namespace ropewalk::server {

// The properties that rows of this message's recipients carry beside the fixed part: every one that some recipient has.
std::vector<mapi::PropTag> recipient_columns(const store::Message& message, Arena& arena);

// One recipient as a row with these columns; its type (To, Cc, Bcc) stands beside the row. Views point into the arena.
struct RecipientOnWire {
  u8 type = 0;
  mapi::RecipientRow row;
};
RecipientOnWire recipient_on_wire(const store::Recipient& recipient, std::span<const mapi::PropTag> columns,
                                  Arena& arena);

// The inverse: the properties that a row from a client sets. Texts that are not Unicode are in `code_page`.
std::vector<mapi::Property> recipient_properties(u8 type, const mapi::RecipientRow& row,
                                                 std::span<const mapi::PropTag> columns, u32 code_page, Arena& arena);

// What the answer to an opening ROP tells of the message: subject, and as many recipients as it can hold.
// RecipientCount tells of all; a client reads the rest with RopReadRecipients. Returns the columns of the rows.
std::vector<mapi::PropTag> summarize(RopContext& context, const store::Message& message, rop::MessageSummary& summary);

}  // namespace ropewalk::server
