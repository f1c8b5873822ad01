// The kinds mapihttp-request and mapihttp-response: whole HTTP messages with what is in them.
#pragma once

#include "dissect/kinds.h"

namespace ropewalk::dissect {

// Start line, header fields, the body as it travelled (which is what the way back takes), and its content explained.
wire::Tree read_http_kind(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options);
Result<std::vector<u8>> write_http_kind(const Kind& kind, const boost::json::value& node, Arena& arena,
                                        const KindOptions& options);

}  // namespace ropewalk::dissect
