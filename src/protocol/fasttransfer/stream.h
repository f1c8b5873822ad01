// FastTransfer streams: [MS-OXCFXICS] 2.2.4. Their lexical structure: markers, and properties with their values.
#pragma once

#include "base/filetime.h"
#include "mapi/prop_tag.h"
#include "wire/describe.h"

namespace ropewalk::fasttransfer {

// A marker, or a property's tag (type in the low half, id in the high one).
struct Tag {
  u32 value = 0;
  u16 id() const { return static_cast<u16>(value >> 16); }
  // The type of the value, without the code page that strings may carry in it ([MS-OXCFXICS] 2.2.4.1.1.1).
  mapi::PropType type() const;
  bool is_marker() const;
};
const wire::TypeInfo& wire_type(std::type_identity<Tag>);
// "StartMessage"; empty for what is no marker.
std::string_view marker_name(u32 value);

// MetaTagIdsetGiven says PtypInteger32 and holds bytes all the same: [MS-OXCFXICS] 2.2.1.1.1.
inline constexpr u32 kIdsetGiven = 0x40170003;

struct Value {
  u16 number16{};
  u32 number32{};
  u64 number64{};
  FileTime time{};
  Guid guid{};
  ByteView bytes;  // of variable length
  wire::String16 text;
};

// A marker or a propValue.
struct Element {
  static constexpr std::string_view kName = "element";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.4.1";
  Tag tag;
  Guid property_set;
  u8 kind{};  // of a named property: 0 by LID, 1 by name
  u32 lid{};
  wire::String16 name;
  Value value;
  wire::List<Value> values;  // of a multi-valued property

  static void fields(auto& m, auto& v) {
    v("Tag", m.tag);
    if (m.tag.is_marker()) return;
    if (m.tag.id() >= 0x8000) {
      v("PropertySet", m.property_set);
      v("Kind", m.kind);
      if (m.kind == 0)
        v("LID", m.lid);
      else
        v("Name", m.name);
    }
    mapi::PropType type = m.tag.type();
    if (!mapi::is_multiple(type)) return one("Value", type, m.value, v);
    v("Count", wire::count_of<u32>(m.values));
    v.each("Values", "value", m.values,
           [&](const auto& field, auto& item) { one(field, mapi::base_type(type), item, v); });
  }

  // [MS-OXCFXICS] 2.2.4.1.3: booleans have two bytes here, what varies in length four bytes for it.
  static void one(const auto& name, mapi::PropType type, auto& value, auto& v) {
    switch (type) {
      case mapi::PropType::integer16:
      case mapi::PropType::boolean:
        return v(name, value.number16);
      case mapi::PropType::integer32:
      case mapi::PropType::floating32:
      case mapi::PropType::error_code:
        return v(name, value.number32);
      case mapi::PropType::floating64:
      case mapi::PropType::currency:
      case mapi::PropType::floating_time:
      case mapi::PropType::integer64:
        return v(name, value.number64);
      case mapi::PropType::time:
        return v(name, value.time);
      case mapi::PropType::guid:
        return v(name, value.guid);
      case mapi::PropType::string:
        return v.sized("Length", u32{}, [&] { v(name, value.text); });
      case mapi::PropType::string8:
      case mapi::PropType::binary:
      case mapi::PropType::server_id:
      case mapi::PropType::object:
        return v.sized("Length", u32{}, [&] { v.rest(name, value.bytes); });
      default:
        return v.fail("a property of a type that FastTransfer streams do not have");
    }
  }
};

struct Stream {
  static constexpr std::string_view kName = "FastTransfer stream";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.4";
  wire::List<Element> elements;
  static void fields(auto& m, auto& v) { v.until_end("Elements", m.elements); }
};

}  // namespace ropewalk::fasttransfer
