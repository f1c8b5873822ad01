// Property values, [MS-OXCDATA] 2.11: the one form in which they stand in messages, the store, the client and the
// server.
#pragma once

#include "base/arena.h"
#include "base/filetime.h"
#include "base/guid.h"
#include "mapi/error_code.h"
#include "mapi/prop_tag.h"
#include "wire/context.h"
#include "wire/scalar.h"
#include "wire/values.h"

namespace ropewalk::mapi {

struct Restriction;
struct RuleActions;

// One value of a type that somebody else tells (a tag beside it). Trivially copyable; bytes, texts and lists are views:
// into a message, a stored record or an arena.
//   integers, booleans, times, floats: `number` (floats as their bits; signed ones sign-extended)
//   string8, string, binary, server_id, object: `bytes` (text without its terminator; string in UTF-16LE)
//   guid: `bytes`, 16 of them
//   multi-valued: `items`
//   restriction, rule_action: `restriction`, `actions`
struct Value {
  union {
    u64 number;
    ByteView bytes{};  // the widest member, so that all of a fresh value is zero
    wire::List<Value> items;
    Restriction* restriction;
    RuleActions* actions;
  };

  Value() {}
  static Value of(u64 number) {
    Value value;
    value.number = number;
    return value;
  }
  static Value of(i32 number) { return of(static_cast<u64>(static_cast<i64>(number))); }
  static Value of(i64 number) { return of(static_cast<u64>(number)); }
  static Value of(u32 number) { return of(u64{number}); }
  static Value of(bool flag) { return of(u64{flag}); }
  static Value of(FileTime time) { return of(time.value); }
  static Value of(double number) { return of(std::bit_cast<u64>(number)); }
  static Value of(ErrorCode code) { return of(u64{static_cast<u32>(code)}); }
  static Value of(ByteView bytes) {
    Value value;
    value.bytes = bytes;
    return value;
  }
  static Value of(wire::List<Value> items) {
    Value value;
    value.items = items;
    return value;
  }

  bool boolean() const { return number != 0; }
  i32 integer32() const { return static_cast<i32>(number); }
  FileTime time() const { return {number}; }
};

// A property with its value. Text helpers take and give UTF-8.
struct Property {
  PropTag tag;
  Value value;
};

// UTF-16LE bytes of UTF-8 text, in the arena.
ByteView utf16_in(Arena& arena, std::string_view utf8);
// The value as UTF-8, for string8 (in `code_page`) and string; empty for other types.
std::string text_of_value(PropType type, const Value& value, u32 code_page = 65001);
// A deep copy: everything the value points at moves into the arena.
Value copy_value(PropType type, const Value& value, Arena& arena);
// Equal in type and content, bit by bit.
bool equal_values(PropType type, const Value& a, const Value& b);

const wire::TypeInfo& wire_type(std::type_identity<ErrorCode>);

// How wide counts are where values stand outside of ROP buffers ([MS-OXCDATA] 2.11.1.1): extended rules and NSPI over
// HTTP count with 32 bits what ROP buffers count with 16.
struct WideCounts {};

}  // namespace ropewalk::mapi
