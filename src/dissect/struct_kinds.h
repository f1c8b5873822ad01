// Where the kinds come from; see kinds.h.
#pragma once

#include "dissect/kinds.h"

namespace ropewalk::dissect {

// A kind for each described structure, once.
std::vector<Kind> struct_kinds();
// The kinds with names of their own (rop-request, idset, mapihttp-request).
std::vector<Kind> special_kinds();

// A kind that is one structure under another name.
Kind struct_kind(std::string_view name, const wire::StructInfo& info);
// The readings of every plain structure; `kind.info` says which.
wire::Tree read_struct(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options);
Result<std::vector<u8>> write_struct(const Kind& kind, const boost::json::value& node, Arena& arena,
                                     const KindOptions& options);

}  // namespace ropewalk::dissect
