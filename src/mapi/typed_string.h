// A string that says how it is written, [MS-OXCDATA] 2.11.7.
#pragma once

#include "base/arena.h"
#include "wire/scalar.h"
#include "wire/values.h"

namespace ropewalk::mapi {

enum class StringType : u8 {
  none = 0x00,             // no string is present
  empty = 0x01,            // the empty string
  string8 = 0x02,          // 8-bit characters
  reduced_unicode = 0x03,  // UTF-16 whose high bytes are all zero, without these bytes
  unicode = 0x04,          // UTF-16LE
};
const wire::TypeInfo& wire_type(std::type_identity<StringType>);

struct TypedString {
  static constexpr std::string_view kName = "TypedString";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.11.7";
  StringType type{};
  ByteView bytes;  // without terminator, as on the wire

  // The shortest form that says these UTF-16LE bytes; reduced ones are copied into the arena.
  static TypedString of_utf16(ByteView utf16, Arena& arena);
  // As UTF-8; of string8 the characters of `code_page`.
  std::string text(u32 code_page = 1252) const;

  static void fields(auto& m, auto& v) {
    v("StringType", m.type);
    switch (m.type) {
      case StringType::none:
      case StringType::empty:
        return;
      case StringType::string8:
      case StringType::reduced_unicode: {
        wire::String8 text{m.bytes};
        v("String", text);
        v.set(m.bytes, text.bytes);
        return;
      }
      case StringType::unicode: {
        wire::String16 text{m.bytes};
        v("String", text);
        v.set(m.bytes, text.bytes);
        return;
      }
    }
    v.fail("StringType is none of the five");
  }
};

}  // namespace ropewalk::mapi
