// The structure of a MIME message (RFC 2046) as views into its bytes: every byte of it lies in exactly one header,
// body, preamble, epilogue or boundary line, so that what a caller cannot map it can keep as it came. (GMime reads the
// fields; its own parser does not tell where parts begin and end, which signatures and verbatim keeping need.)
#pragma once

#include <memory>
#include <vector>

#include "mime/fields.h"
#include "mime/transfer.h"

namespace ropewalk::mime {

struct Part {
  std::string_view entity;  // header, empty line and body
  std::string_view header;
  std::string_view body;  // still encoded; of a multipart with all its parts
  std::vector<Field> fields;
  MediaType media;
  Disposition disposition;
  NamedEncoding encoding;
  std::string place;  // "1.2": where it stands, for remarks; empty for the root

  std::vector<Part> parts;  // of a multipart
  std::string_view preamble, epilogue;
  std::unique_ptr<Part> message;         // of message/rfc822
  std::unique_ptr<std::string> decoded;  // the bytes that `message` views where it came encoded

  const char* defect = nullptr;  // what is wrong with the structure here, in words; null where nothing is

  bool is_multipart() const { return !parts.empty(); }
  // The field's value with folding undone, not decoded.
  std::string value_of(std::string_view field_name) const { return raw_value(fields, field_name); }
  std::string_view charset() const { return media.parameter("charset"); }
};

struct TreeLimits {
  int depth = 48;            // multiparts and messages in each other
  std::size_t parts = 5000;  // in the whole tree
};

// `raw` must outlive the result. A message may begin with an mbox "From " line and with empty lines. What lies deeper
// than the limits allow stays one part with its defect told.
Part parse_tree(std::string_view raw, const TreeLimits& limits = {});

// True for parts that stand for a whole entity to be kept as it is: a multipart that was not taken apart, a fragment
// (message/partial), a body elsewhere (message/external-body).
bool is_opaque(const Part& part);

}  // namespace ropewalk::mime
