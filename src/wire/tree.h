// The field tree of a structure: what the dissector shows, and its JSON.
#pragma once

#include <boost/json/value.hpp>
#include <optional>

#include "base/arena.h"
#include "wire/context.h"
#include "wire/error.h"
#include "wire/struct_info.h"

namespace ropewalk::wire {

// One field: where it stands, what it says. A node has either a value or fields.
struct Node {
  std::string name;
  std::string type;
  std::size_t offset = 0;  // in the buffer it was read from; inside a transformed part, in the plain bytes
  std::size_t length = 0;  // bytes
  boost::json::value value;
  std::string text;
  bool has_fields = false;
  std::vector<Node> fields;

  // The first field of that name, or nullptr.
  const Node* find(std::string_view field) const;
};

// A tree, complete or up to where `error` struck.
struct Tree {
  Node root;
  std::optional<WireError> error;
  std::size_t consumed = 0;
};

// Reads one structure from the start of `bytes`.
Tree read_tree(const StructInfo& info, ByteView bytes, Arena& arena, const Context* context = nullptr);

// {"name","type","offset","length","value","text","fields"}
boost::json::value to_json(const Node& node);

// An indented listing: offset, length, name, value and text, a line a field.
std::string to_text(const Node& node);

}  // namespace ropewalk::wire
