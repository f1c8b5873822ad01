// Header fields of one MIME entity (RFC 5322 2.2, RFC 2045 3) as views into its bytes.
#pragma once

#include <optional>
#include <vector>

#include "base/filetime.h"
#include "base/types.h"

namespace ropewalk::mime {

struct Field {
  std::string_view name;   // as written
  std::string_view value;  // after the colon, folded as it came, without the last line end
  std::string_view line;   // all of it, with its line ends
};

struct FieldBlock {
  std::vector<Field> fields;
  std::string_view header;  // without the empty line
  std::string_view body;    // after the empty line
  bool malformed = false;   // a line that is no field, or no empty line before the body
};

// Splits an entity into its header and its body. Lines that are no fields are stepped over where the header goes on
// after them; an entity that does not begin with a field is all body.
FieldBlock split_fields(std::string_view entity);

// The first field of that name, in any case; null where there is none.
const Field* find_field(const std::vector<Field>& fields, std::string_view name);
// Its value, unfolded and trimmed, not decoded; empty where there is none.
std::string raw_value(const std::vector<Field>& fields, std::string_view name);

// Folding undone (RFC 5322 2.2.3), trimmed.
std::string unfold(std::string_view value);

// A value as UTF-8 text: unfolded, raw 8-bit bytes read as UTF-8, else in `charset` where that fits, else as code page
// 1252; no encoded words decoded.
std::string value_as_utf8(std::string_view value, std::string_view charset);
// The same with RFC 2047 encoded words decoded.
std::string decode_text(std::string_view value, std::string_view charset);

// A whole raw header block as UTF-8: as it is where it is UTF-8, else read as code page 1252.
std::string value_of_raw_header(std::string_view header);

// An RFC 5322 date, as leniently as GMime reads it.
std::optional<FileTime> decode_date(std::string_view value);

// Content-Type (RFC 2045 5.1) with RFC 2231 parameters decoded to UTF-8.
struct MediaType {
  std::string type = "text";  // lower case
  std::string subtype = "plain";
  std::vector<std::pair<std::string, std::string>> parameters;  // names in lower case
  bool declared = false;                                        // there was a readable field

  std::string name() const { return type + "/" + subtype; }
  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return type == wanted_type && subtype == wanted_subtype;
  }
  // Empty where absent.
  std::string_view parameter(std::string_view wanted) const;
};
MediaType parse_media_type(std::string_view value);

// Content-Disposition, RFC 2183.
struct Disposition {
  std::string kind;  // lower case: "attachment", "inline"; empty where absent
  std::vector<std::pair<std::string, std::string>> parameters;
  std::string_view parameter(std::string_view wanted) const;
};
Disposition parse_disposition(std::string_view value);

// Makes GMime ready; every use of it here calls this first.
void start_gmime();

}  // namespace ropewalk::mime
