// MAPI to MIME, [MS-OXCMAIL] 2.1: a message as an Internet message (RFC 5322).
#pragma once

#include "mapi/property_bag.h"

namespace ropewalk::mime {

// The bytes, lines ending in CRLF, 7-bit but for attached messages that came with 8-bit content. Fields of
// PidTagTransportMessageHeaders that still say what the properties say, and those that no property stands for, come
// out as they came in; all others are made of the properties.
std::string export_message(const mapi::MessageContent& message);

}  // namespace ropewalk::mime
