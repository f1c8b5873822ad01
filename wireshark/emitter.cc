#include "wireshark/emitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/filetime.h"
#include "base/guid.h"
#include "dissect/tree_parts.h"
#include "mapi/error_code.h"
#include "wireshark/settings.h"

namespace ropewalk::shark {

using wire::Node;

namespace {

constexpr guint kSpareItems = 64;

bool is_list(const Node& node) { return node.has_fields && node.type.ends_with("[]"); }

std::string_view view(const boost::json::value& value) {
  return {value.get_string().data(), value.get_string().size()};
}

u64 number(const boost::json::value& value) {
  if (value.is_uint64()) return value.get_uint64();
  if (value.is_int64()) return static_cast<u64>(value.get_int64());
  u64 result = 0;
  if (value.is_string())
    for (char c : view(value).substr(std::min<std::size_t>(2, view(value).size())))
      result = result << 4 | static_cast<u64>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  return result;
}

double real(const Node& node) {
  if (node.value.is_double()) return node.value.get_double();
  u64 raw = number(node.value);
  return node.length == 4 ? std::bit_cast<float>(static_cast<u32>(raw)) : std::bit_cast<double>(raw);
}

nstime_t time_of(const Node& node) {
  auto time = node.value.is_string() ? FileTime::parse(view(node.value)) : std::nullopt;
  nstime_t result{};
  if (!time) return result;
  result.secs = static_cast<time_t>(time->value / 10'000'000) - FileTime::kUnixEpochSeconds;
  result.nsecs = static_cast<int>(time->value % 10'000'000) * 100;
  return result;
}

e_guid_t guid_of(const Node& node) {
  auto guid = node.value.is_string() ? Guid::parse(view(node.value)) : std::nullopt;
  e_guid_t result{};
  if (!guid) return result;
  const u8* b = guid->bytes.data();
  result.data1 = load_le<u32>(b);
  result.data2 = load_le<u16>(b + 4);
  result.data3 = load_le<u16>(b + 6);
  std::copy_n(b + 8, 8, result.data4);
  return result;
}

// Text, or the digits of what is none.
std::string text_of(const Node& node) {
  if (node.value.is_string()) return std::string(view(node.value));
  if (const auto* object = node.value.if_object())
    if (const auto* hex = object->if_contains("hex"); hex != nullptr && hex->is_string())
      return std::string(view(*hex));
  return {};
}

// Whether a field tells how an operation went, other than what is found in rows.
bool is_result(const Node& node) {
  return node.value.is_number() &&
         (node.name == "ReturnValue" || node.name == "return" || node.name == "StatusCode" ||
          node.name == "ErrorCode") &&
         node.length == 4;
}

class Emitter {
 public:
  Emitter(packet_info* pinfo, std::span<const dissect::Buffer> buffers) : pinfo_(pinfo), buffers_(buffers) {}

  // What a node stands in.
  struct Place {
    Source source;
    proto_tree* tree;
    std::string_view structure;
    std::string_view list{};                        // the name of the list that it is an element of
    std::string_view property{};                    // what its value is the value of
    std::size_t previous = 0, previous_length = 0;  // where the field in front of it stands
  };

  void node(const Node& node, const Place& place) {
    if (!has_room(place.tree)) return;
    if (settings.depth != 0 && depth_ >= settings.depth) return leave_out(node);
    ++depth_;
    inner(node, place);
    --depth_;
  }

 private:
  void inner(const Node& node, const Place& place) {
    if (dissect::is_derived(node)) return derived(node, place);
    if (is_list(node)) return list(node, place);
    if (node.has_fields) return structure(node, place);
    leaf(node, place);
  }
  // Goes past the buffers of what is not shown.
  void leave_out(const Node& node) {
    if (dissect::is_derived(node)) ++next_;
    for (const Node& field : node.fields) leave_out(field);
  }
  static std::string_view own_name(const Node& node, const Place& place) {
    return node.name.starts_with('[') && !place.list.empty() ? place.list : std::string_view(node.name);
  }
  // The property that it is the value of, or else its own name.
  static std::string_view shown_name(const Node& node, const Place& place) {
    return place.property.empty() ? own_name(node, place) : place.property;
  }
  static Field field(const Node& node, const Place& place) {
    Field found = property_field(shown_name(node, place), node);
    return found.id >= 0 ? found : field_of(place.structure, own_name(node, place), node);
  }

  struct Range {
    int at, length;
  };
  // The node's place, or as much of it as there is.
  static Range range(const Node& node, const Source& source) {
    std::size_t at = std::min(node.offset, source.bytes.size());
    return {static_cast<int>(at), static_cast<int>(std::min(node.length, source.bytes.size() - at))};
  }

  // An item without a value; with a field where there is one.
  proto_tree* branch(int field_id, const std::string& label, std::string_view kind, const Node& node,
                     const Place& place) {
    Range r = range(node, place.source);
    if (field_id < 0)
      return proto_tree_add_subtree(place.tree, place.source.tvb, r.at, r.length, subtree(kind), nullptr,
                                    label.c_str());
    proto_item* item = proto_tree_add_item(place.tree, field_id, place.source.tvb, r.at, r.length, ENC_NA);
    proto_item_set_text(item, "%s", label.c_str());
    return proto_item_add_subtree(item, subtree(kind));
  }

  void list(const Node& list, const Place& place) {
    std::string label = fmt::format("{}: {}", list.name, list.fields.size());
    proto_tree* tree = branch(field_of(place.structure, list.name, list).id, label, list.name, list, place);
    fields(list, {place.source, tree, place.structure, own_name(list, place)});
  }

  void structure(const Node& node, const Place& place) {
    bool is_named = node.name == node.type;
    bool is_element = node.name.starts_with('[');
    std::string label = is_named ? node.name : fmt::format("{}{} {}", node.name, is_element ? "" : ":", node.type);
    if (!node.text.empty()) label += fmt::format(" ({})", node.text);
    int own_field = structure_field(node.type);
    proto_tree* tree = branch(own_field, label, node.type, node, place);
    if (own_field < 0 || !is_element) value(node, place, own_field >= 0);
    // The elements of a property of many values are its values.
    bool is_multiple = node.type.starts_with("Ptyp");
    fields(node, {place.source, tree, node.type, is_multiple ? shown_name(node, place) : std::string_view()});
  }

  // A hidden item for a field or property that is a structure: its bytes where it is a counted value.
  void value(const Node& node, const Place& place, bool only_field) {
    const Node* bytes = node.find("Bytes");
    if (bytes != nullptr && !bytes->has_fields) {
      Field known = property_field(shown_name(node, place), node);
      if (known.id >= 0 && bytes->offset + bytes->length <= place.source.bytes.size())
        hide(proto_tree_add_item(place.tree, known.id, place.source.tvb, static_cast<int>(bytes->offset),
                                 static_cast<int>(bytes->length), ENC_NA));
    }
    if (!only_field) return;
    Field known = field_of(place.structure, own_name(node, place), node);
    Range r = range(node, place.source);
    if (known.id >= 0 && known.shape == Shape::none)
      hide(proto_tree_add_item(place.tree, known.id, place.source.tvb, r.at, r.length, ENC_NA));
  }
  static void hide(proto_item* item) { proto_item_set_hidden(item); }

  void derived(const Node& node, const Place& place) {
    if (next_ >= buffers_.size()) return;
    const dissect::Buffer& buffer = buffers_[next_++];
    Source source = source_of(buffer, place);
    bool in_place = source.bytes.data() >= place.source.bytes.data() &&
                    source.bytes.data() <= place.source.bytes.data() + place.source.bytes.size();
    std::string label = fmt::format("{}: {} bytes{}", node.name, buffer.bytes.size(),
                                    in_place ? "" : " without obfuscation and compression");
    proto_item* item = nullptr;
    proto_tree* tree = proto_tree_add_subtree(place.tree, source.tvb, 0, -1, subtree(node.name), &item, label.c_str());
    if (!node.text.empty() && node.text != buffer.origin)
      expert_add_info_format(pinfo_, item, &expert.malformed, "%s", node.text.c_str());
    fields(node, {source, tree, place.structure, {}});
  }

  // Bytes that stand in the outer ones as they are, in or behind the field in front, are shown there.
  Source source_of(const dissect::Buffer& buffer, const Place& place) {
    ByteView bytes(buffer.bytes);
    ByteView outer = place.source.bytes;
    std::size_t begin = std::min(place.previous, outer.size());
    std::size_t end = std::min(begin + place.previous_length, outer.size());
    auto found = std::search(outer.begin() + static_cast<std::ptrdiff_t>(begin),
                             outer.begin() + static_cast<std::ptrdiff_t>(end), bytes.begin(), bytes.end());
    auto at = static_cast<std::size_t>(found - outer.begin());
    if (at + bytes.size() <= end)
      return {tvb_new_subset_length(place.source.tvb, static_cast<int>(at), static_cast<int>(bytes.size())),
              outer.subspan(at, bytes.size())};
    return add_source(bytes, "ROP buffer without obfuscation and compression", place.source.tvb, pinfo_);
  }

  void fields(const Node& parent, Place place) {
    const Node* tag = nullptr;
    for (const Node& child : parent.fields) {
      if (child.name == "PropertyTag" && !child.has_fields) tag = &child;
      Place inner = place;
      if (tag != nullptr && child.name == "PropertyValue")
        inner.property = std::string_view(tag->text).substr(0, tag->text.find(','));
      node(child, inner);
      if (dissect::is_derived(child)) continue;
      place.previous = child.offset;
      place.previous_length = child.length;
    }
  }

  void leaf(const Node& node, const Place& place) {
    Range r = range(node, place.source);
    if (node.type == "meta-tag" || node.type == "header") return line(node, place, r);
    Field known = field(node, place);
    proto_item* item = add(known, node, place, r);
    if (item == nullptr && place.tree != nullptr) return;  // without a tree there is still what experts are told
    std::string_view shown = proto_registrar_get_name(known.id);
    if (node.name.starts_with('['))
      proto_item_prepend_text(item, "%s ", node.name.c_str());
    else if (shown == "Value")
      rename(item, node, known);
    if (!node.text.empty()) proto_item_append_text(item, " (%s)", node.text.c_str());
    if (node.name == "unknown" && node.type == "bytes") expert_add_info(pinfo_, item, &expert.undecoded);
    const bool unbinds = place.structure.starts_with("NspiUnbind");  // its 1 is success
    if (is_result(node) && number(node.value) != 0 && !unbinds) {
      std::string name = mapi::name(mapi::ErrorCode{static_cast<u32>(number(node.value))});
      expert_add_info_format(pinfo_, item, &expert.failed, "%.*s: %s", static_cast<int>(place.structure.size()),
                             place.structure.data(), name.c_str());
    }
  }

  // An item of a field for any value is called as the node is.
  static void rename(proto_item* item, const Node& node, const Field& known) {
    std::string value = known.shape == Shape::bytes ? fmt::format("{} bytes", node.length) : text_of(node);
    if (node.value.is_number()) value = std::to_string(number(node.value));
    proto_item_set_text(item, "%s: %s", node.name.c_str(), value.c_str());
  }

  // A line of HTTP's.
  void line(const Node& node, const Place& place, Range r) {
    std::string value = text_of(node);
    bool is_tag = node.type == "meta-tag";
    std::string text = is_tag ? node.name : fmt::format("{}: {}", node.name, value);
    proto_item* item = proto_tree_add_string(place.tree, is_tag ? own.tags : own.header, place.source.tvb, r.at,
                                             r.length, text.c_str());
    if (!node.text.empty()) proto_item_append_text(item, " (%s)", node.text.c_str());
  }

  proto_item* add(const Field& known, const Node& node, const Place& place, Range r) {
    proto_tree* tree = place.tree;
    tvbuff_t* tvb = place.source.tvb;
    switch (known.shape) {
      case Shape::unsigned32:
        return proto_tree_add_uint(tree, known.id, tvb, r.at, r.length, static_cast<guint32>(number(node.value)));
      case Shape::unsigned64:
        return proto_tree_add_uint64(tree, known.id, tvb, r.at, r.length, number(node.value));
      case Shape::signed32:
        return proto_tree_add_int(tree, known.id, tvb, r.at, r.length, static_cast<gint32>(number(node.value)));
      case Shape::signed64:
        return proto_tree_add_int64(tree, known.id, tvb, r.at, r.length, static_cast<gint64>(number(node.value)));
      case Shape::real:
        return proto_tree_add_double(tree, known.id, tvb, r.at, r.length, real(node));
      case Shape::time: {
        nstime_t time = time_of(node);
        return proto_tree_add_time(tree, known.id, tvb, r.at, r.length, &time);
      }
      case Shape::guid: {
        e_guid_t guid = guid_of(node);
        return proto_tree_add_guid(tree, known.id, tvb, r.at, r.length, &guid);
      }
      case Shape::text:
        return proto_tree_add_string(tree, known.id, tvb, r.at, r.length, text_of(node).c_str());
      case Shape::bytes:
        return proto_tree_add_item(tree, known.id, tvb, r.at, r.length, ENC_NA);
      case Shape::none:
        break;
    }
    proto_tree_add_subtree(tree, tvb, r.at, r.length, subtree(node.name), nullptr, node.name.c_str());
    return nullptr;
  }

  packet_info* pinfo_;
  std::span<const dissect::Buffer> buffers_;
  std::size_t next_ = 0;
  guint depth_ = 0;
};

}  // namespace

bool has_room(proto_tree* tree) {
  return tree == nullptr || PTREE_DATA(tree)->count + kSpareItems < prefs.gui_max_tree_items;
}

Source add_source(ByteView bytes, const char* name, tvbuff_t* parent, packet_info* pinfo) {
  auto length = static_cast<guint>(bytes.size());
  auto* copy = static_cast<u8*>(wmem_alloc(pinfo->pool, length + 1));
  std::copy(bytes.begin(), bytes.end(), copy);
  tvbuff_t* tvb = tvb_new_child_real_data(parent, copy, length, static_cast<gint>(length));
  add_new_data_source(pinfo, tvb, name);
  return {tvb, {copy, length}};
}

void emit(const Node& node, Source source, std::span<const dissect::Buffer> buffers, packet_info* pinfo,
          proto_tree* tree) {
  Emitter(pinfo, buffers).node(node, {source, tree, node.type});
}

}  // namespace ropewalk::shark
