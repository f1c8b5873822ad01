// For commands that work on mailbox files themselves, with no server between: whose mailbox, which folder, which
// message.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "mapi/ids.h"
#include "store/mailbox_store.h"

namespace ropewalk::cli {

// The mailbox of the user with this address in the data folder. With `create`, a user's mailbox that has no file yet is
// made.
Result<std::shared_ptr<store::MailboxStore>> open_mailbox(const std::string& data_folder, const std::string& address,
                                                          bool create);

// "Inbox/Ropes": folder names below the top of the information store, any case; "Inbox" is the inbox whatever it is
// called. With `create`, folders that are not there are made.
Result<mapi::FolderId> find_folder(store::MailboxStore& mailbox, const std::string& path, bool create);

// "1-2A", as messages are listed. nullopt where it is no id.
std::optional<mapi::MessageId> parse_message_id(std::string_view text);
std::string message_id_text(mapi::MessageId id);

}  // namespace ropewalk::cli
