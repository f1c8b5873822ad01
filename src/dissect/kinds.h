// Everything that can be taken apart by name: each described structure, and the kinds that need more than one.
#pragma once

#include <boost/json/value.hpp>
#include <vector>

#include "base/result.h"
#include "mapi/prop_tag.h"
#include "wire/tree.h"

namespace ropewalk::dissect {

// What a reading needs beside the bytes themselves.
struct KindOptions {
  // What an earlier RopSetColumns named; shapes rows.
  std::vector<mapi::PropTag> columns;
  // The requests that responses answer, back to back; the last one is the answered one, a RopSetColumns among them
  // gives the columns.
  std::vector<u8> requests;
  // Counts of 32 bits where ROP buffers have 16: extended rules ([MS-OXCDATA] 2.11.1.1).
  bool wide_counts = false;
  // How a stub is laid out: [MS-RPCE] 2.2.5 instead of [C706] 14, and the byte order of [C706] 14.1.
  bool ndr64 = false, big_endian = false;
};

// A kind of bytes: "rop-request", "RopSetColumnsRequest".
struct Kind {
  std::string_view name;
  std::string_view source;                 // the section, or what the kind is for
  const wire::StructInfo* info = nullptr;  // of a plain structure, else null
  wire::Tree (*read)(const Kind&, ByteView, Arena&, const KindOptions&) = nullptr;
  Result<std::vector<u8>> (*write)(const Kind&, const boost::json::value&, Arena&, const KindOptions&) = nullptr;
};

// All of them: first the kinds with names of their own, then the structures; both by name.
std::span<const Kind> kinds();
// By name, in any case; null where there is none.
const Kind* find_kind(std::string_view name);
// Names that a person may have meant; at most five.
std::vector<std::string_view> similar_kinds(std::string_view name);

// Reads one of that kind, which takes all the bytes; the tree goes up to where an error struck.
wire::Tree read_kind(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options);
// The inverse: bytes from the JSON of a tree. The error names the field.
Result<std::vector<u8>> write_kind(const Kind& kind, const boost::json::value& node, Arena& arena,
                                   const KindOptions& options);

// Property tags as people write them: names (PidTagSubject, PR_SUBJECT) and numbers (0x0037001F), separated by commas
// or spaces.
Result<std::vector<mapi::PropTag>> parse_columns(std::string_view text);

}  // namespace ropewalk::dissect
