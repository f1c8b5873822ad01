// What the steps of one export share. Private to this floor.
#pragma once

#include "mapi/property_bag.h"

namespace ropewalk::mime {

// export_headers.cc: the message's fields but for those of its content (Content-*, MIME-Version).
std::string export_headers(const mapi::MessageContent& message);

// export_parts.cc: MIME entities, each its own fields, an empty line and its body.
std::string make_part(const std::string& fields, std::string_view bytes, bool is_text);
std::string make_multipart(std::string_view subtype, std::string_view parameters,
                           const std::vector<std::string>& entities);

// export_bodies.cc: the text of the message in all its forms, with the attachments that the HTML shows; empty where
// the message has no text. `inlined` gets the places of those attachments.
std::string export_body(const mapi::MessageContent& message, std::vector<bool>& inlined);

// export_attachments.cc
std::string export_attachment(const mapi::AttachmentContent& attachment, bool is_inline);
// A whole entity that was kept verbatim (signed, opaque), with its Content-Type field; null where it is none.
const mapi::Value* verbatim_data(const mapi::AttachmentContent& attachment);

// The message as an entity without its own header fields, recursively.
std::string export_content(const mapi::MessageContent& message);

// The value of a named property of this message; null where absent.
const mapi::Value* find_named(const mapi::MessageContent& message, const mapi::PropertyName& name, mapi::PropType type);

}  // namespace ropewalk::mime
