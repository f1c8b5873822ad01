// MIME to MAPI, [MS-OXCMAIL] 2.2: an Internet message becomes a message that a store takes.
#pragma once

#include "base/result.h"
#include "mapi/property_bag.h"

namespace ropewalk::mime {

// Something about a message that could not be mapped to a property of its own. Nothing is dropped: `text` says where it
// is kept (the raw header, PidTagMimeSkeleton, an attachment with the bytes as they came).
struct Remark {
  std::string part;  // "1.2": the part it is about; empty for the message as a whole
  std::string text;
};

struct ImportOptions {
  // For messages that tell neither a delivery time nor a date; the present time where it is zero.
  FileTime fallback_time;
  // Messages within messages that become embedded messages; deeper ones stay attachments of their bytes.
  int embedded_depth = 16;
};

struct Imported {
  mapi::MessageContent message;
  std::vector<Remark> remarks;
};

// Maps the bytes of one message (RFC 5322, CRLF or LF line ends, perhaps malformed). `raw` is copied where it is kept.
// Fails only where `raw` is too large for a message (2 GiB); whatever cannot be read as MIME becomes the text of a
// message or an attachment of one.
Result<Imported> import_message(ByteView raw, const ImportOptions& options = {});

}  // namespace ropewalk::mime
