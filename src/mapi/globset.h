// Sets of GLOBCNT values, and how they travel: [MS-OXCFXICS] 2.2.2.6 GLOBSET.
#pragma once

#include <algorithm>
#include <vector>

#include "wire/encoder.h"
#include "wire/values.h"

namespace ropewalk::mapi {

// A set of 48-bit counters, kept as sorted, disjoint ranges that do not touch.
class GlobSet {
 public:
  struct Range {
    u64 low, high;  // both inclusive
    bool operator==(const Range&) const = default;
  };

  bool empty() const { return ranges_.empty(); }
  std::span<const Range> ranges() const { return ranges_; }
  // How many values.
  u64 count() const;
  bool contains(u64 value) const;
  bool contains(const GlobSet& other) const;

  void insert(u64 value) { insert(value, value); }
  void insert(u64 low, u64 high);
  void insert(const GlobSet& other);
  void remove(u64 value) { remove(value, value); }
  void remove(u64 low, u64 high);
  void remove(const GlobSet& other);
  void clear() { ranges_.clear(); }

  // Takes ranges in any order, overlapping or not, at once; faster than inserting them one by one.
  static GlobSet of(std::vector<Range> ranges);

  bool operator==(const GlobSet&) const = default;

 private:
  std::vector<Range> ranges_;
};
GlobSet unite(GlobSet a, const GlobSet& b);
GlobSet subtract(GlobSet a, const GlobSet& b);

// What the commands of a GLOBSET so far have put on the stack of common bytes: one state per reading.
struct GlobsetStack {
  mutable std::array<u8, 6> lengths{};  // of the pushed pieces
  mutable u8 depth = 0;
  mutable u8 bytes = 0;  // together
};

// One command; which fields it has depends on it and on the bytes that are common then.
struct GlobsetCommandCode {
  static constexpr u8 kEnd = 0x00, kBitmask = 0x42, kPop = 0x50, kRange = 0x52;  // 1 to 6: push as many bytes
  u8 value = kEnd;
};
const wire::TypeInfo& wire_type(std::type_identity<GlobsetCommandCode>);

struct GlobsetCommand {
  static constexpr std::string_view kName = "GLOBSETCommand";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.2.6";
  GlobsetCommandCode command;
  ByteView common_bytes;           // push; all six together are a value, and stay on no stack
  u8 starting_value{}, bitmask{};  // bitmask: the last byte of a value, and which of the next eight are there too
  ByteView low_value, high_value;  // range: what is not common

  static void fields(auto& m, auto& v) {
    const GlobsetStack* stack = wire::context<GlobsetStack>(v);
    if (stack == nullptr) return v.fail("a GLOBSET command by itself");
    v("Command", m.command);
    if (!v.ok()) return;
    u8 code = m.command.value;
    if (code >= 1 && code <= 6) return push(code, *stack, m, v);
    switch (code) {
      case GlobsetCommandCode::kEnd:
        return;
      case GlobsetCommandCode::kPop:
        if (stack->depth == 0) return v.fail("Pop without a Push");
        stack->bytes = static_cast<u8>(stack->bytes - stack->lengths[--stack->depth]);
        return;
      case GlobsetCommandCode::kBitmask:
        if (stack->bytes != 5) return v.fail("Bitmask without five common bytes");
        v("StartingValue", m.starting_value);
        v("Bitmask", m.bitmask);
        return;
      case GlobsetCommandCode::kRange:
        v.resize(m.low_value, 6u - stack->bytes);
        v("LowValue", m.low_value);
        v.resize(m.high_value, 6u - stack->bytes);
        v("HighValue", m.high_value);
        return;
    }
    v.fail("a GLOBSET command that is none");
  }

 private:
  static void push(u8 n, const GlobsetStack& stack, auto& m, auto& v) {
    if (stack.bytes + n > 6) return v.fail("more than six common bytes");
    v.resize(m.common_bytes, n);
    v("CommonBytes", m.common_bytes);
    if (stack.bytes + n == 6) return;
    stack.lengths[stack.depth++] = n;
    stack.bytes = static_cast<u8>(stack.bytes + n);
  }
};

// A GLOBSET as its commands, End included.
struct GlobsetCommands {
  static constexpr std::string_view kName = "GLOBSET";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.2.6";
  wire::List<GlobsetCommand> commands;
  static void fields(auto& m, auto& v) {
    GlobsetStack stack;
    v.with(stack,
           [&] { v.until("Commands", m.commands, [](const auto& command) { return command.command.value == 0; }); });
  }
};

// The values that commands name; false where a range runs backwards. Costs as much as the commands took bytes.
bool globset_of(const GlobsetCommands& commands, GlobSet& set);
// Appends the commands, End included: as few bytes as common prefixes, ranges and bitmasks allow without a search.
void append_globset(const GlobSet& set, wire::OutBuffer& out);

}  // namespace ropewalk::mapi
