// Conversations: [MS-OXOMSG] 2.2.1.1 to 2.2.1.5.
#pragma once

#include "mapi/property_bag.h"

namespace ropewalk::mime {

// Sets PidTagConversationTopic, -Index and -IndexTracking from what the message already has. `thread_index` is the
// Thread-Index field (base64). Without one the index is made of the date and of the first message of the thread
// (References, In-Reply-To, Message-ID), so that all messages of a thread get the same GUID whatever order they come
// in.
void import_conversation(std::string_view thread_index, mapi::MessageContent& content);

// True where PidTagConversationIndex is what would be made without a Thread-Index field.
bool is_computed_conversation(const mapi::PropertyBag& message);

}  // namespace ropewalk::mime
