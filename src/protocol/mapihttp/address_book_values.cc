#include "protocol/mapihttp/address_book_values.h"

namespace ropewalk::mapihttp {
namespace {

using mapi::PropType;

// Their addresses tell absent values from empty ones.
const u8 kNothing[1] = {};
mapi::Value no_items[1];

}  // namespace

// A column of single values of many has the base type: [MS-OXCDATA] 2.11.1.
bool is_list(PropType type) {
  return mapi::is_multiple(type) && (static_cast<u16>(type) & mapi::kMultiValueInstance) == 0;
}

bool is_marked(PropType type) {
  const PropType one = mapi::base_type(type);
  return is_list(type) || one == PropType::string || one == PropType::string8 || one == PropType::binary;
}

mapi::Value absent_value(PropType type) {
  if (is_list(type)) return mapi::Value::of(wire::List<mapi::Value>(std::span<mapi::Value>(no_items, 0)));
  return mapi::Value::of(ByteView(kNothing, 0));
}

bool is_absent(PropType type, const mapi::Value& value) {
  return is_list(type) ? value.items.first == no_items : value.bytes.data() == kNothing;
}

const wire::TypeInfo& wire_type(std::type_identity<HasValue>) {
  static constexpr wire::TypeInfo info{"HasValue", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) {
                                         out += raw == 0xFF ? "TRUE" : raw == 0 ? "FALSE" : "";
                                       },
                                       [](wire::Random& random) -> u64 { return random.chance(80) ? 0xFF : 0; }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<Presence>) {
  static constexpr wire::TypeInfo info{"Boolean", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { out += raw == 0 ? "FALSE" : "TRUE"; },
                                       [](wire::Random& random) -> u64 {
                                         constexpr u8 kValues[] = {0x00, 0x01, 0xFF, 0xFF};
                                         return kValues[random.below(std::size(kValues))];
                                       }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<RowFlags>) {
  static constexpr wire::TypeInfo info{"Flags", 1, wire::Form::unsigned_number, nullptr,
                                       [](wire::Random& random) -> u64 { return random.below(2); }};
  return info;
}

}  // namespace ropewalk::mapihttp
