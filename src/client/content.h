// Whole messages between a store and memory: what uploads and exports are made of.
#pragma once

#include "client/objects.h"

namespace ropewalk::client {

/// Writes everything of `content` to a message just created: properties (large ones through streams, named ones under
/// the store's own ids), recipients, attachments and messages in them. The caller saves the message.
Outcome<void> write_content(MessageStore& store, Message& message, const mapi::MessageContent& content);

/// The inverse. A property that cannot be read is left out. `most` bounds each property and stream, in bytes; messages
/// nested deeper than 32 are left out with their attachment kept.
Outcome<mapi::MessageContent> read_content(MessageStore& store, Message& message,
                                           std::size_t most = std::size_t{1} << 30);

}  // namespace ropewalk::client
