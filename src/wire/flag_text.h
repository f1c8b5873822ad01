// Readable text for flags and enumerations: what TypeInfo::text of many scalar types does.
#pragma once

#include "base/hex.h"
#include "base/types.h"

namespace ropewalk::wire {

// A bit (or a value) and the specification's name for it.
struct NamedValue {
  u64 value;
  std::string_view name;
};

// "Compressed|Last"; bits without a name follow as one number. Nothing for zero.
inline void append_flag_names(u64 raw, std::span<const NamedValue> names, std::string& out) {
  std::string_view separator;
  for (const NamedValue& flag : names) {
    if (flag.value == 0 || (raw & flag.value) != flag.value) continue;
    out.append(separator).append(flag.name);
    separator = "|";
    raw &= ~flag.value;
  }
  if (raw != 0 && !separator.empty()) out.append(separator).append(hex_number(raw, 1));
}

// The name of a value, or nothing.
inline void append_value_name(u64 raw, std::span<const NamedValue> names, std::string& out) {
  for (const NamedValue& value : names)
    if (value.value == raw) return void(out.append(value.name));
}

}  // namespace ropewalk::wire
