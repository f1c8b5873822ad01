#include "wire/tree.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <cmath>

#include "base/hex.h"
#include "base/utf16.h"
#include "wire/tree_buffers.h"
#include "wire/walker.h"

namespace ropewalk::wire {
namespace {

namespace json = boost::json;

json::value floating_value(const TypeInfo& type, u64 raw) {
  double value = type.width == 4 ? std::bit_cast<float>(static_cast<u32>(raw)) : std::bit_cast<double>(raw);
  if (!std::isfinite(value) || (value == 0 && std::signbit(value)))
    return json::string(hex_number(raw, type.width * 2));
  return value;
}

i64 sign_extend(u64 raw, int width) {
  int shift = 64 - width * 8;
  return static_cast<i64>(raw << shift) >> shift;
}

json::value scalar_value(const TypeInfo& type, u64 raw) {
  switch (type.form) {
    case Form::floating:
      return floating_value(type, raw);
    case Form::filetime:
      return json::string(FileTime{raw}.to_string());
    case Form::signed_number:
      if (type.width < 8) return sign_extend(raw, type.width);
      break;
    case Form::unsigned_number:
      if (type.width < 8) return raw;
      break;
  }
  return json::string(hex_number(raw, 16));
}

json::value hex_value(ByteView bytes) { return json::object{{"hex", to_hex(bytes)}}; }

constexpr std::size_t kMaxSwapped = 1u << 20;

// Reads bytes through a window and grows the tree as fields arrive.
class TreeSink final : public Sink {
 public:
  TreeSink(ByteView bytes, Node& root, std::vector<ByteView>* inside)
      : input_(bytes),
        end_(bytes.size()),
        believable_(bytes.size() + kMaxEmptyElements),
        inside_(inside),
        stack_{&root} {}

  std::optional<WireError> take_error() { return std::move(error_); }
  std::size_t at() const { return at_; }

  bool ok() const override { return !error_; }
  void fail(ErrorKind kind, std::string_view detail) override {
    fail_at(kind, "", kind == ErrorKind::too_many ? announced_ : 0, detail);
  }

  void scalar(std::string_view name, const TypeInfo& type, u64& raw) override {
    ByteView taken = take(name, type.width);
    if (!ok()) return;
    raw = 0;
    std::memcpy(&raw, taken.data(), type.width);
    if (big_endian_) raw = __builtin_bswap64(raw) >> (64 - 8 * type.width);
    Node& node = leaf(name, type.name, type.width);
    node.value = scalar_value(type, raw);
    if (type.text != nullptr) type.text(raw, node.text);
  }
  void peek(const TypeInfo& type, u64& raw) override {
    ByteView taken = take({}, type.width);
    if (!ok()) return;
    raw = 0;
    std::memcpy(&raw, taken.data(), type.width);
    at_ -= type.width;
  }
  void bytes(std::string_view name, ByteView& bytes) override {
    ByteView taken = take(name, bytes.size());
    if (!ok()) return;
    bytes = taken;
    leaf(name, "bytes", bytes.size()).value = json::string(to_hex(bytes));
  }
  void rest(std::string_view name, ByteView& bytes) override {
    bytes = input_.subspan(at_, end_ - at_);
    at_ = end_;
    leaf(name, "bytes", bytes.size()).value = json::string(to_hex(bytes));
  }
  void guid(std::string_view name, Guid& guid) override {
    ByteView taken = take(name, 16);
    if (!ok()) return;
    std::memcpy(guid.bytes.data(), taken.data(), 16);
    if (big_endian_) guid = swapped(guid);
    leaf(name, "GUID", 16).value = json::string(guid.to_string());
  }
  void string8(std::string_view name, ByteView& text) override {
    ByteView window = input_.subspan(at_, end_ - at_);
    std::size_t n = 0;
    while (n < window.size() && window[n] != 0) ++n;
    take(name, n + 1);
    if (!ok()) return;
    text = window.first(n);
    Node& node = leaf(name, "String8", n + 1);
    node.value = is_utf8(text_of(text)) ? json::value(json::string(text_of(text))) : hex_value(text);
  }
  void string16(std::string_view name, ByteView& text) override {
    ByteView window = input_.subspan(at_, end_ - at_);
    std::size_t n = 0;
    while (n + 2 <= window.size() && (window[n] != 0 || window[n + 1] != 0)) n += 2;
    take(name, n + 2);
    if (!ok()) return;
    text = window.first(n);
    Node& node = leaf(name, "String16", n + 2);
    Arena scratch(kMaxSwapped);
    ByteView readable = big_endian_ ? swapped_units(text, scratch) : text;
    auto utf8 = readable.size() == text.size() ? utf16_to_utf8_exact(readable) : std::nullopt;
    node.value = utf8 ? json::value(json::string(*utf8)) : hex_value(readable);
  }
  std::size_t count(std::string_view name, const TypeInfo& type, bool) override {
    u64 raw = 0;
    scalar(name, type, raw);
    return static_cast<std::size_t>(raw);
  }
  bool believes(std::size_t n) override {
    announced_ = n;
    if ((n > end_ - at_ && n > kMaxEmptyElements) || n > believable_) return false;
    believable_ -= n;
    return true;
  }
  void begin(std::string_view name, std::string_view type) override { push(name, type); }
  void end() override { pop(); }
  void begin_list(std::string_view name, std::string_view type) override { push(name, std::string(type) + "[]"); }
  bool another(std::size_t i) override {
    if (at_ == end_ || (i != 0 && at_ == last_element_)) return stuck();
    last_element_ = at_;
    return true;
  }
  void begin_sized(std::string_view name, const TypeInfo& type, std::size_t extra) override {
    u64 n = 0;
    scalar(name, type, n);
    if (ok() && n < extra) fail_at(ErrorKind::malformed, name, 0, "the size is smaller than the least possible");
    if (ok()) n -= extra;
    if (ok() && n > end_ - at_) fail_at(ErrorKind::truncated, name, n);
    ends_.push_back(end_);
    if (ok()) end_ = at_ + n;
  }
  void end_sized() override {
    if (ok() && at_ != end_) fail_at(ErrorKind::leftover, "", 0);
    end_ = ends_.back();
    ends_.pop_back();
  }
  void begin_leaving(std::size_t n) override {
    if (n > end_ - at_) fail_at(ErrorKind::truncated, "", n);
    ends_.push_back(end_);
    if (ok()) end_ -= n;
  }
  void end_leaving() override { end_sized(); }
  bool big_endian(bool on) override {
    big_endian_ = on;
    return true;
  }
  std::size_t position() const override { return at_; }
  void align(std::size_t origin, std::size_t n) override { take({}, (n - (at_ - origin) % n) % n); }
  bool tail() override { return at_ != end_; }
  void deeper(int) override {}

  bool wants_inside() const override { return true; }
  void begin_inside(std::string_view name, ByteView plain) override {
    saved_.push_back({input_, at_, end_, last_element_});
    if (inside_ != nullptr) inside_->push_back(plain);
    input_ = plain;
    believable_ += plain.size();
    at_ = 0;
    end_ = plain.size();
    push(name, "plain bytes");
  }
  void end_inside() override {
    if (ok() && at_ != end_) fail_at(ErrorKind::leftover, "", 0);
    if (error_) stack_.back()->text = error_->text();
    error_.reset();  // what is wrong inside does not spoil the rest
    pop();
    input_ = saved_.back().input;
    at_ = saved_.back().at;
    end_ = saved_.back().end;
    last_element_ = saved_.back().last_element;
    saved_.pop_back();
  }

 private:
  struct Saved {
    ByteView input;
    std::size_t at, end, last_element;
  };

  bool stuck() {
    if (at_ != end_) fail_at(ErrorKind::malformed, "", 0, "an element without bytes");
    last_element_ = ~std::size_t{0};
    return false;
  }
  ByteView take(std::string_view name, std::size_t n) {
    if (n > end_ - at_) {
      fail_at(ErrorKind::truncated, name, n);
      return {};
    }
    at_ += n;
    return input_.subspan(at_ - n, n);
  }
  Node& leaf(std::string_view name, std::string_view type, std::size_t length) {
    Node& parent = *stack_.back();
    parent.has_fields = true;
    if (parent.fields.empty()) parent.fields.reserve(4);
    Node& node = parent.fields.emplace_back();
    node.name = name;
    node.type = type;
    node.offset = at_ - length;
    node.length = length;
    return node;
  }
  void push(std::string_view name, std::string_view type) {
    Node& node = leaf(name, type, 0);
    node.has_fields = true;
    stack_.push_back(&node);
  }
  void pop() {
    stack_.back()->length = at_ - stack_.back()->offset;
    stack_.pop_back();
  }
  void fail_at(ErrorKind kind, std::string_view name, std::size_t needed, std::string_view detail = {}) {
    if (error_) return;
    error_ = WireError{kind, at_, needed, end_ - at_, path(name), std::string(detail)};
  }
  std::string path(std::string_view last) const {
    std::string text;
    auto add = [&](std::string_view part) {
      if (part.empty()) return;
      if (!text.empty() && part.front() != '[') text += '.';
      text += part;
    };
    for (const Node* node : stack_) add(node->name);
    add(last);
    return text;
  }

  ByteView input_;
  std::size_t at_ = 0;
  std::size_t end_;
  std::size_t last_element_ = ~std::size_t{0};
  std::size_t announced_ = 0;  // by the last count
  bool big_endian_ = false;
  std::size_t believable_;         // elements that counts may still announce, as in the Decoder
  std::vector<ByteView>* inside_;  // may be null
  std::vector<std::size_t> ends_;
  std::vector<Saved> saved_;
  std::vector<Node*> stack_;  // a parent's `fields` does not grow while a child is open
  std::optional<WireError> error_;
};

void append_padded(std::string& out, std::string_view text, std::size_t width, char fill) {
  if (text.size() < width) out.append(width - text.size(), fill);
  out += text;
}

// A line per field. Put together by hand: for whole captures this is most of what a listing costs.
void append_text(const Node& node, int indent, std::string& out) {
  constexpr std::size_t kWidest = 96;
  char digits[24];
  auto number = [&](std::size_t value, int base) {
    char* end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
    for (char* at = digits; at != end; ++at)
      if (*at >= 'a') *at = static_cast<char>(*at - 'a' + 'A');
    return std::string_view(digits, static_cast<std::size_t>(end - digits));
  };
  append_padded(out, number(node.offset, 16), 6, '0');
  out += ' ';
  append_padded(out, number(node.length, 10), 5, ' ');
  out.append(1 + static_cast<std::size_t>(indent) * 2, ' ');
  out += node.name;
  out += ": ";
  if (node.has_fields) {
    out += node.type;
  } else if (const json::string* text = node.value.if_string()) {
    bool too_wide = text->size() > kWidest;
    out.append(text->data(), too_wide ? kWidest - 3 : text->size());
    if (too_wide) out += "...";
  } else if (const u64* value = node.value.if_uint64()) {
    out += number(*value, 10);
  } else if (!node.value.is_null()) {
    out += json::serialize(node.value);
  }
  if (!node.text.empty()) {
    out += " (";
    out += node.text;
    out += ')';
  }
  out += '\n';
  for (const Node& field : node.fields) append_text(field, indent + 1, out);
}

}  // namespace

const Node* Node::find(std::string_view field) const {
  for (const Node& node : fields)
    if (node.name == field) return &node;
  return nullptr;
}

namespace {

Tree read(const StructInfo& info, ByteView bytes, Arena& arena, const Context* context, std::vector<ByteView>* inside) {
  Tree tree;
  tree.root.name = tree.root.type = info.name;
  tree.root.has_fields = true;
  TreeSink sink(bytes, tree.root, inside);
  Walker walker(sink, arena, context);
  void* object = arena.allocate(info.size, info.align);
  if (object == nullptr) {
    sink.fail(ErrorKind::over_limit, {});
  } else {
    info.construct(object);
    info.walk(walker, object);
  }
  tree.consumed = sink.at();
  tree.root.length = sink.at();
  tree.error = sink.take_error();
  return tree;
}

}  // namespace

Tree read_tree(const StructInfo& info, ByteView bytes, Arena& arena, const Context* context) {
  return read(info, bytes, arena, context, nullptr);
}

Tree read_tree(const StructInfo& info, ByteView bytes, Arena& arena, const Context* context,
               std::vector<ByteView>& inside) {
  return read(info, bytes, arena, context, &inside);
}

json::value to_json(const Node& node) {
  json::object object;
  object["name"] = node.name;
  object["type"] = node.type;
  object["offset"] = node.offset;
  object["length"] = node.length;
  object["value"] = node.has_fields ? json::value(nullptr) : node.value;
  object["text"] = node.text;
  json::array fields;
  fields.reserve(node.fields.size());
  for (const Node& field : node.fields) fields.push_back(to_json(field));
  if (node.has_fields)
    object["fields"] = std::move(fields);
  else
    object["fields"] = nullptr;
  return object;
}

std::string to_text(const Node& node) {
  std::string out;
  append_text(node, 0, out);
  return out;
}

}  // namespace ropewalk::wire
