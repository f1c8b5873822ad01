#include "wire/json_reader.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/hex.h"
#include "base/utf16.h"
#include "wire/walker.h"

namespace ropewalk::wire {
namespace {

namespace json = boost::json;

std::optional<u64> parse_number(std::string_view text) {
  int base = 10;
  if (text.starts_with("0x")) {
    text.remove_prefix(2);
    base = 16;
  }
  u64 value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<u64> floating_bits(const json::value& value, int width) {
  if (value.is_string()) return parse_number(value.as_string());
  if (!value.is_number()) return std::nullopt;
  double number = value.to_number<double>();
  return width == 4 ? u64{std::bit_cast<u32>(static_cast<float>(number))} : std::bit_cast<u64>(number);
}

bool fits(u64 value, bool negative, int width, bool is_signed) {
  if (width == 8) return true;
  if (negative) return is_signed && static_cast<i64>(value) >= -(i64{1} << (width * 8 - 1));
  return value < (u64{1} << (width * 8 - (is_signed ? 1 : 0)));
}

std::optional<u64> scalar_bits(const TypeInfo& type, const json::value& value) {
  if (type.form == Form::floating) return floating_bits(value, type.width);
  if (type.form == Form::filetime) {
    auto time = value.is_string() ? FileTime::parse(value.as_string()) : std::nullopt;
    return time ? std::optional<u64>(time->value) : std::nullopt;
  }
  if (value.is_string()) {
    auto raw = parse_number(value.as_string());
    return raw && fits(*raw, false, type.width, false) ? raw : std::nullopt;
  }
  if (value.is_bool()) return value.as_bool() ? 1 : 0;
  bool is_signed = type.form == Form::signed_number;
  if (value.is_uint64() && fits(value.as_uint64(), false, type.width, is_signed)) return value.as_uint64();
  if (value.is_int64() && fits(static_cast<u64>(value.as_int64()), value.as_int64() < 0, type.width, is_signed))
    return static_cast<u64>(value.as_int64());
  return std::nullopt;
}

// Hands out the fields of nested JSON objects in order.
class JsonSink final : public Sink {
 public:
  JsonSink(Arena& arena, std::string_view root, const json::array& fields) : arena_(arena) {
    levels_.push_back({std::string(root), &fields, 0});
  }

  std::optional<WireError> take_error() { return std::move(error_); }

  bool ok() const override { return !error_; }
  void fail(ErrorKind kind, std::string_view detail) override {
    if (error_) return;
    error_ =
        WireError{kind == ErrorKind::malformed ? ErrorKind::mismatch : kind, 0, 0, 0, path(""), std::string(detail)};
  }
  void scalar(std::string_view name, const TypeInfo& type, u64& raw) override {
    const json::value* value = next_value(name);
    if (value == nullptr) return;
    auto bits = scalar_bits(type, *value);
    if (!bits) return mismatch(name, fmt::format("not a value of type {}", type.name));
    raw = *bits;
  }
  void peek(const TypeInfo& type, u64& raw) override {
    const json::value* value = first_value();
    auto bits = value == nullptr ? std::nullopt : scalar_bits(type, *value);
    if (!bits) return mismatch({}, fmt::format("the next structure does not begin with a value of type {}", type.name));
    raw = *bits;
  }
  void bytes(std::string_view name, ByteView& bytes) override {
    std::size_t wanted = bytes.size();
    rest(name, bytes);
    if (ok() && bytes.size() != wanted)
      mismatch(name, fmt::format("{} bytes expected, {} given", wanted, bytes.size()));
  }
  void rest(std::string_view name, ByteView& bytes) override {
    const json::value* value = next_value(name);
    if (value == nullptr) return;
    auto raw = value->is_string() ? from_hex(std::string_view(value->as_string())) : std::nullopt;
    if (!raw) return mismatch(name, "not hexadecimal text");
    keep(*raw, bytes);
  }
  void guid(std::string_view name, Guid& guid) override {
    const json::value* value = next_value(name);
    if (value == nullptr) return;
    auto parsed = value->is_string() ? Guid::parse(value->as_string()) : std::nullopt;
    if (!parsed) return mismatch(name, "not a GUID");
    guid = *parsed;
  }
  void string8(std::string_view name, ByteView& text) override {
    const json::value* value = next_value(name);
    if (value == nullptr || raw_text(name, *value, text)) return;
    text = bytes_of(arena_.copy(std::string_view(value->as_string())));
    if (text_of(text).find('\0') != std::string_view::npos) mismatch(name, "a NUL inside NUL-terminated text");
  }
  void string16(std::string_view name, ByteView& text) override {
    const json::value* value = next_value(name);
    if (value == nullptr || raw_text(name, *value, text)) return;
    if (std::string_view(value->as_string()).find('\0') != std::string_view::npos)
      return mismatch(name, "a NUL inside NUL-terminated text");
    keep(utf8_to_utf16(value->as_string()), text);
  }
  std::size_t count(std::string_view name, const TypeInfo& type, bool) override {
    u64 raw = 0;
    scalar(name, type, raw);
    return static_cast<std::size_t>(raw);
  }
  // A list cannot be longer than the JSON that holds it; a byte field's length is checked when it comes.
  bool believes(std::size_t n) override { return n <= kMaxElements; }
  void begin(std::string_view name, std::string_view) override { enter(name); }
  void end() override { levels_.pop_back(); }
  void begin_list(std::string_view name, std::string_view) override { enter(name); }
  bool another(std::size_t i) override {
    const Level& level = levels_.back();
    return level.fields != nullptr && i < level.fields->size();
  }
  void begin_sized(std::string_view name, const TypeInfo& type, std::size_t extra) override {
    u64 size = extra;
    scalar(name, type, size);
    sizes_.push_back(size - extra);
  }
  void end_sized() override { sizes_.pop_back(); }
  // Other fields may follow a sized part, so that there its size tells.
  bool tail() override {
    if (!sizes_.empty() && sizes_.back() == 0) return false;
    return levels_.back().fields != nullptr && levels_.back().next < levels_.back().fields->size();
  }
  void deeper(int) override {}

 private:
  static constexpr std::size_t kMaxElements = 1u << 20;
  struct Level {
    std::string name;
    const json::array* fields;
    std::size_t next;
  };

  void mismatch(std::string_view name, std::string detail) {
    if (!error_) error_ = WireError{ErrorKind::mismatch, 0, 0, 0, path(name), std::move(detail)};
  }
  std::string path(std::string_view last) const {
    std::string text;
    for (const Level& level : levels_) {
      if (!text.empty() && !level.name.starts_with('[')) text += '.';
      text += level.name;
    }
    if (!last.empty()) text += (last.front() == '[' ? "" : ".") + std::string(last);
    return text;
  }
  // The value of the first field of the structure that comes next.
  const json::value* first_value() const {
    const Level& level = levels_.back();
    if (level.fields == nullptr || level.next >= level.fields->size()) return nullptr;
    const json::object* node = (*level.fields)[level.next].if_object();
    const json::value* fields = node == nullptr ? nullptr : node->if_contains("fields");
    const json::array* inner = fields == nullptr ? nullptr : fields->if_array();
    const json::object* first = inner == nullptr || inner->empty() ? nullptr : inner->front().if_object();
    return first == nullptr ? nullptr : first->if_contains("value");
  }
  const json::object* next_node(std::string_view name) {
    Level& level = levels_.back();
    for (; level.fields != nullptr && level.next < level.fields->size(); ++level.next) {
      const json::object* node = (*level.fields)[level.next].if_object();
      const json::value* given = node == nullptr ? nullptr : node->if_contains("name");
      if (given == nullptr || !given->is_string() || std::string_view(given->as_string()) != name) continue;
      ++level.next;
      return node;
    }
    mismatch(name, "this field is missing (fields stand in wire order)");
    return nullptr;
  }
  const json::value* next_value(std::string_view name) {
    const json::object* node = next_node(name);
    if (node == nullptr) return nullptr;
    const json::value* value = node->if_contains("value");
    if (value == nullptr) mismatch(name, "the field has no \"value\"");
    return value;
  }
  void enter(std::string_view name) {
    const json::object* node = ok() ? next_node(name) : nullptr;
    const json::value* fields = node == nullptr ? nullptr : node->if_contains("fields");
    if (node != nullptr && (fields == nullptr || !fields->is_array())) mismatch(name, "the field has no \"fields\"");
    levels_.push_back({std::string(name), fields == nullptr ? nullptr : fields->if_array(), 0});
  }
  void keep(ByteView raw, ByteView& out) {
    out = arena_.copy(raw);
    if (out.size() != raw.size()) fail(ErrorKind::over_limit, {});
  }
  // Text that is not valid in its encoding stands as {"hex": "…"}. False if `value` is ordinary text.
  bool raw_text(std::string_view name, const json::value& value, ByteView& text) {
    if (value.is_string()) return false;
    const json::object* object = value.if_object();
    const json::value* hex = object == nullptr ? nullptr : object->if_contains("hex");
    auto raw = hex != nullptr && hex->is_string() ? from_hex(std::string_view(hex->as_string())) : std::nullopt;
    if (raw)
      keep(*raw, text);
    else
      mismatch(name, "neither text nor {\"hex\": …}");
    return true;
  }

  Arena& arena_;
  std::vector<Level> levels_;
  std::vector<u64> sizes_;  // of the sized parts that are open
  std::optional<WireError> error_;
};

}  // namespace

Result<void*, WireError> from_json(const StructInfo& info, const json::value& node, Arena& arena,
                                   const Context* context) {
  const json::object* object = node.if_object();
  const json::value* fields = object == nullptr ? nullptr : object->if_contains("fields");
  if (fields == nullptr || !fields->is_array())
    return WireError{ErrorKind::mismatch, 0, 0, 0, std::string(info.name), "an object with \"fields\" is expected"};
  JsonSink sink(arena, info.name, fields->as_array());
  Walker walker(sink, arena, context);
  void* made = arena.allocate(info.size, info.align);
  if (made == nullptr) return WireError{ErrorKind::over_limit, 0, 0, 0, std::string(info.name), ""};
  info.construct(made);
  info.walk(walker, made);
  if (auto error = sink.take_error()) return *std::move(error);
  return made;
}

}  // namespace ropewalk::wire
