#include "dissect/tree_parts.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "base/hex.h"
#include "base/utf16.h"
#include "wire/tree_buffers.h"

namespace ropewalk::dissect {

using wire::Node;

namespace {

constexpr std::size_t kArenaLimit = 256u << 20;

Node bytes_leaf(std::string_view name, std::size_t offset, ByteView bytes) {
  Node leaf;
  leaf.name = name;
  leaf.type = "bytes";
  leaf.offset = offset;
  leaf.length = bytes.size();
  leaf.value = boost::json::string(to_hex(bytes));
  return leaf;
}

bool has_gap(const Node& node) {
  std::size_t at = node.offset;
  for (const Node& field : node.fields) {
    if (is_derived(field)) continue;
    if (field.offset != at) return true;
    at += field.length;
  }
  return at != node.offset + node.length;
}

// Fills the gaps of a node in the bytes that its offsets count in.
void fill(Node& node, ByteView bytes, bool is_root) {
  if (!node.has_fields) return;
  for (Node& field : node.fields)
    if (!is_derived(field)) fill(field, bytes, false);
  if (!has_gap(node)) return;
  std::vector<Node> whole;
  whole.reserve(node.fields.size() + 2);
  std::size_t at = node.offset;
  for (Node& field : node.fields) {
    if (!is_derived(field) && field.offset > at && field.offset <= bytes.size())
      whole.push_back(bytes_leaf("padding", at, bytes.subspan(at, field.offset - at)));
    if (!is_derived(field)) at = field.offset + field.length;
    whole.push_back(std::move(field));
  }
  std::size_t end = node.offset + node.length;
  if (at < end && end <= bytes.size())
    whole.push_back(bytes_leaf(is_root && end - at >= 4 ? "unknown" : "padding", at, bytes.subspan(at, end - at)));
  node.fields = std::move(whole);
}

// How what descriptions call so was made.
std::string origin_of(std::string_view name) {
  if (name == "PlainPayload") return "without obfuscation and compression";
  return "as it travelled";
}

// Derived nodes below `node`, in the order of a listing, each with its own bytes filled.
void fill_derived(Node& node, std::vector<Buffer>& buffers, std::size_t& next) {
  for (Node& field : node.fields) {
    if (is_derived(field) && next < buffers.size()) {
      Buffer& buffer = buffers[next++];
      buffer.name = field.name;
      buffer.origin = origin_of(field.name);
      cover(field, buffer.bytes);
    }
    fill_derived(field, buffers, next);
  }
}

class Checker {
 public:
  explicit Checker(const Operation& operation) : operation_(operation) {}
  std::string run() {
    if (operation_.buffers.empty()) return "no buffers";
    check(operation_.tree, 0);
    if (wrong_.empty() && next_ != operation_.buffers.size())
      wrong_ = fmt::format("{} buffers, {} of them in the tree", operation_.buffers.size(), next_);
    return wrong_;
  }

 private:
  void check(const Node& root, std::size_t buffer) {
    std::size_t size = operation_.buffers[buffer].bytes.size();
    if (root.offset != 0 || root.length != size)
      wrong_ = fmt::format("{} covers {} to {} of {} bytes", root.name, root.offset, root.offset + root.length, size);
    inside(root, buffer);
  }
  void inside(const Node& node, std::size_t buffer) {
    std::size_t at = node.offset;
    for (const Node& field : node.fields) {
      if (!wrong_.empty()) return;
      if (is_derived(field)) {
        if (next_ >= operation_.buffers.size()) {
          wrong_ = "a derived node without a buffer: " + field.name;
          return;
        }
        check(field, next_++);
        continue;
      }
      if (field.offset != at)
        wrong_ =
            fmt::format("{}.{} begins at {} of buffer {}, not at {}", node.name, field.name, field.offset, buffer, at);
      at = field.offset + field.length;
      inside(field, buffer);
    }
    if (wrong_.empty() && !node.fields.empty() && !node.has_fields) wrong_ = node.name + " hides its fields";
    if (wrong_.empty() && node.has_fields && at != node.offset + node.length)
      wrong_ =
          fmt::format("{} ends at {} of buffer {}, its fields at {}", node.name, node.offset + node.length, buffer, at);
  }

  const Operation& operation_;
  std::size_t next_ = 1;
  std::string wrong_;
};

}  // namespace

void shift(Node& node, std::size_t by) {
  node.offset += by;
  for (Node& field : node.fields)
    if (!is_derived(field)) shift(field, by);
}

Node& add_node(Node& parent, std::string_view name, std::string_view type, std::size_t offset, std::size_t length) {
  parent.has_fields = true;
  Node& node = parent.fields.emplace_back();
  node.name = name;
  node.type = type;
  node.offset = offset;
  node.length = length;
  return node;
}

Node& add_bytes(Node& parent, std::string_view name, std::size_t offset, ByteView bytes) {
  parent.has_fields = true;
  return parent.fields.emplace_back(bytes_leaf(name, offset, bytes));
}

boost::json::value text_value(std::string_view text) {
  if (is_utf8(text)) return boost::json::string(text);
  return boost::json::object{{"hex", to_hex(bytes_of(text))}};
}

void cover(Node& node, ByteView bytes) {
  node.offset = 0;
  node.length = bytes.size();
  node.has_fields = true;
  fill(node, bytes, true);
}

Part read_part(const wire::StructInfo& info, ByteView bytes, const wire::Context* context) {
  Part part;
  Arena arena(kArenaLimit);
  std::vector<ByteView> inside;
  wire::Tree tree = wire::read_tree(info, bytes, arena, context, inside);
  part.node = std::move(tree.root);
  part.consumed = tree.consumed;
  if (tree.error) part.error = tree.error->text();
  part.buffers.reserve(inside.size());
  for (ByteView plain : inside) part.buffers.push_back({"", "", {plain.begin(), plain.end()}});
  cover(part.node, bytes);
  std::size_t next = 0;
  fill_derived(part.node, part.buffers, next);
  part.buffers.resize(next);
  return part;
}

void add_derived(Node& parent, std::vector<Buffer>& buffers, std::string_view name, std::string origin, ByteView bytes,
                 Part part) {
  Node& node = add_node(parent, name, kDerived, 0, bytes.size());
  node.has_fields = true;
  node.text = origin;
  node.has_fields = true;
  if (!part.error.empty()) part.node.text += part.node.text.empty() ? part.error : "; " + part.error;
  node.fields.push_back(std::move(part.node));
  buffers.push_back({std::string(name), std::move(origin), {bytes.begin(), bytes.end()}});
  for (Buffer& buffer : part.buffers) buffers.push_back(std::move(buffer));
}

std::string check_cover(const Operation& operation) { return Checker(operation).run(); }

}  // namespace ropewalk::dissect
