// Trees put together from parts, so that every byte of a buffer stands in exactly one leaf.
#pragma once

#include <vector>

#include "dissect/operation.h"
#include "wire/context.h"
#include "wire/struct_info.h"

namespace ropewalk::dissect {

inline bool is_derived(const wire::Node& node) { return node.type == kDerived; }

// Moves the node and what is below it, but nothing in derived buffers.
void shift(wire::Node& node, std::size_t by);

wire::Node& add_node(wire::Node& parent, std::string_view name, std::string_view type, std::size_t offset,
                     std::size_t length);
// Bytes as they are.
wire::Node& add_bytes(wire::Node& parent, std::string_view name, std::size_t offset, ByteView bytes);

// Text as it stands in the bytes: a string, or {"hex"} where it is none.
boost::json::value text_value(std::string_view text);

// Makes the node cover all of `bytes`, which begin at its offset 0: what no leaf tells becomes leaves called "padding"
// (gaps between fields) and "unknown" (behind the last one).
void cover(wire::Node& node, ByteView bytes);

// A tree and the buffers of its derived nodes, in order.
struct Part {
  wire::Node node;
  std::vector<Buffer> buffers;
  std::string error;  // why it ends early; empty where it does not
  std::size_t consumed = 0;
};
// Reads `info` from the start of `bytes`; the node covers all of them.
Part read_part(const wire::StructInfo& info, ByteView bytes, const wire::Context* context = nullptr);

// Appends `part` to `parent` as derived from `bytes`.
void add_derived(wire::Node& parent, std::vector<Buffer>& buffers, std::string_view name, std::string origin,
                 ByteView bytes, Part part);

// What is wrong with the tree, in words: a byte that no leaf covers, or two do. Empty where nothing is.
std::string check_cover(const Operation& operation);

}  // namespace ropewalk::dissect
