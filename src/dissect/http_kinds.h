// The kinds mapihttp-request and mapihttp-response: whole HTTP messages with what is in them.
#pragma once

#include "dissect/http_text.h"
#include "dissect/kinds.h"
#include "protocol/mapihttp/headers.h"

namespace ropewalk::dissect {

// Start line, header fields, the body as it travelled (which is what the way back takes), and its content explained.
wire::Tree read_http_kind(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options);
Result<std::vector<u8>> write_http_kind(const Kind& kind, const boost::json::value& node, Arena& arena,
                                        const KindOptions& options);

// The start line and the header fields of a message, as fields of `root`.
void add_http_head(const HttpText& message, wire::Node& root);
// The lines in front of a response's body, as a field of `parent`, and where the body begins; npos where they do not
// end.
std::size_t add_meta_tags(ByteView content, wire::Node& parent);
// The body of a request type; PING has none.
const wire::StructInfo& http_body_info(mapihttp::RequestType type, bool is_response);

}  // namespace ropewalk::dissect
