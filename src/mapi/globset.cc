#include "mapi/globset.h"

#include "wire/flag_text.h"

namespace ropewalk::mapi {
namespace {

using Range = GlobSet::Range;

u8 byte_of(u64 value, int i) { return static_cast<u8>(value >> (8 * (5 - i))); }

// The number that bytes make behind the common ones.
u64 value_of(std::span<const u8> common, ByteView rest) {
  u64 value = 0;
  for (u8 byte : common) value = value << 8 | byte;
  for (u8 byte : rest) value = value << 8 | byte;
  return value;
}

void add_bitmask(u64 start, u8 mask, std::vector<Range>& ranges) {
  ranges.push_back({start, start});
  for (unsigned i = 0; i < 8; ++i) {
    if ((mask >> i & 1) == 0) continue;
    u64 value = start + 1 + i;
    if (ranges.back().high + 1 == value)
      ranges.back().high = value;
    else
      ranges.push_back({value, value});
  }
}

// Writes ranges that share their first bytes, recursively by what they share.
class Writer {
 public:
  explicit Writer(wire::OutBuffer& out) : out_(out) {}

  void write(std::span<const Range> ranges, int common) {
    int shared = shared_bytes(ranges.front().low, ranges.back().high);
    if (ranges.size() == 1 && ranges[0].low == ranges[0].high) return push(ranges[0].low, common, 6);
    // A range alone: a push and a pop of its own save less than they cost below three bytes.
    if (ranges.size() == 1 && shared - common <= 2) return range(ranges[0], common);
    if (shared > common) {
      push(ranges.front().low, common, shared);
      write_inside(ranges, shared);
      *out_.extend(1) = GlobsetCommandCode::kPop;
    } else {
      write_inside(ranges, common);
    }
  }

 private:
  static int shared_bytes(u64 a, u64 b) {
    int n = 0;
    while (n < 6 && byte_of(a, n) == byte_of(b, n)) ++n;
    return n;
  }
  void write_inside(std::span<const Range> ranges, int common) {
    if (common == 5) return write_last_bytes(ranges);
    while (!ranges.empty()) {
      // those that agree in the next byte too
      std::size_t n = 1;
      u8 byte = byte_of(ranges[0].low, common);
      if (byte_of(ranges[0].high, common) == byte)
        while (n < ranges.size() && byte_of(ranges[n].low, common) == byte && byte_of(ranges[n].high, common) == byte)
          ++n;
      if (n == 1)
        one(ranges[0], common);
      else
        write(ranges.first(n), common);
      ranges = ranges.subspan(n);
    }
  }
  void one(const Range& x, int common) {
    if (x.low != x.high && shared_bytes(x.low, x.high) == common) return range(x, common);
    write(std::span(&x, 1), common);
  }
  // Five bytes are common: singles, ranges, and bitmasks where one covers several.
  void write_last_bytes(std::span<const Range> ranges) {
    while (!ranges.empty()) {
      u64 start = ranges[0].low;
      std::size_t n = 0;
      u8 mask = 0;
      while (n < ranges.size() && ranges[n].high <= start + 8) {
        for (u64 value = std::max(ranges[n].low, start + 1); value <= ranges[n].high; ++value)
          mask = static_cast<u8>(mask | 1u << (value - start - 1));
        ++n;
      }
      if (n >= 2) {
        u8* at = out_.extend(3);
        at[0] = GlobsetCommandCode::kBitmask;
        at[1] = static_cast<u8>(start);
        at[2] = mask;
        ranges = ranges.subspan(n);
        continue;
      }
      if (ranges[0].low == ranges[0].high)
        push(start, 5, 6);
      else
        range(ranges[0], 5);
      ranges = ranges.subspan(1);
    }
  }
  void push(u64 value, int from, int to) {
    *out_.extend(1) = static_cast<u8>(to - from);
    bytes(value, from, to);
  }
  void range(const Range& x, int common) {
    *out_.extend(1) = GlobsetCommandCode::kRange;
    bytes(x.low, common, 6);
    bytes(x.high, common, 6);
  }
  void bytes(u64 value, int from, int to) {
    u8* at = out_.extend(static_cast<std::size_t>(to - from));
    for (int i = from; i < to; ++i) *at++ = byte_of(value, i);
  }

  wire::OutBuffer& out_;
};

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<GlobsetCommandCode>) {
  static constexpr wire::NamedValue kNames[] = {{0x00, "End"},  {0x01, "Push"}, {0x02, "Push"}, {0x03, "Push"},
                                                {0x04, "Push"}, {0x05, "Push"}, {0x06, "Push"}, {0x42, "Bitmask"},
                                                {0x50, "Pop"},  {0x52, "Range"}};
  static constexpr wire::TypeInfo info{"GLOBSETCommand", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) -> u64 {
                                         return random.chance(40) ? 0 : kNames[random.below(std::size(kNames))].value;
                                       }};
  return info;
}

u64 GlobSet::count() const {
  u64 n = 0;
  for (const Range& range : ranges_) n += range.high - range.low + 1;
  return n;
}

bool GlobSet::contains(u64 value) const {
  auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), value, [](u64 x, const Range& range) { return x < range.low; });
  return after != ranges_.begin() && std::prev(after)->high >= value;
}

bool GlobSet::contains(const GlobSet& other) const {
  auto mine = ranges_.begin();
  for (const Range& range : other.ranges_) {
    while (mine != ranges_.end() && mine->high < range.low) ++mine;
    if (mine == ranges_.end() || mine->low > range.low || mine->high < range.high) return false;
  }
  return true;
}

void GlobSet::insert(u64 low, u64 high) {
  if (ranges_.empty() || low > ranges_.back().high + 1) return ranges_.push_back({low, high});  // the common case
  auto first = std::lower_bound(ranges_.begin(), ranges_.end(), low,
                                [](const Range& range, u64 x) { return range.high + 1 < x; });
  auto last = first;
  while (last != ranges_.end() && last->low <= high + 1) {
    low = std::min(low, last->low);
    high = std::max(high, last->high);
    ++last;
  }
  if (first == last) {
    ranges_.insert(first, {low, high});
  } else {
    *first = {low, high};
    ranges_.erase(first + 1, last);
  }
}

void GlobSet::insert(const GlobSet& other) {
  std::vector<Range> all(ranges_);
  all.insert(all.end(), other.ranges_.begin(), other.ranges_.end());
  *this = of(std::move(all));
}

void GlobSet::remove(u64 low, u64 high) {
  GlobSet other;
  other.insert(low, high);
  remove(other);
}

void GlobSet::remove(const GlobSet& other) {
  std::vector<Range> left;
  auto cut = other.ranges_.begin();
  for (Range range : ranges_) {
    while (cut != other.ranges_.end() && cut->high < range.low) ++cut;
    for (auto c = cut; c != other.ranges_.end() && c->low <= range.high; ++c) {
      if (c->low > range.low) left.push_back({range.low, c->low - 1});
      range.low = c->high + 1;
      if (range.low > range.high) break;
    }
    if (range.low <= range.high) left.push_back(range);
  }
  ranges_ = std::move(left);
}

GlobSet GlobSet::of(std::vector<Range> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) { return a.low < b.low; });
  GlobSet set;
  for (const Range& range : ranges) {
    if (!set.ranges_.empty() && range.low <= set.ranges_.back().high + 1)
      set.ranges_.back().high = std::max(set.ranges_.back().high, range.high);
    else
      set.ranges_.push_back(range);
  }
  return set;
}

GlobSet unite(GlobSet a, const GlobSet& b) {
  a.insert(b);
  return a;
}

GlobSet subtract(GlobSet a, const GlobSet& b) {
  a.remove(b);
  return a;
}

bool globset_of(const GlobsetCommands& commands, GlobSet& set) {
  std::vector<Range> ranges;
  std::vector<u8> common;
  std::vector<std::size_t> lengths;
  for (const GlobsetCommand& command : commands.commands) {
    u8 code = command.command.value;
    if (code >= 1 && code <= 6) {
      if (common.size() + code == 6) {
        u64 value = value_of(common, command.common_bytes);
        ranges.push_back({value, value});
        continue;
      }
      common.insert(common.end(), command.common_bytes.begin(), command.common_bytes.end());
      lengths.push_back(code);
    } else if (code == GlobsetCommandCode::kPop) {
      common.resize(common.size() - lengths.back());
      lengths.pop_back();
    } else if (code == GlobsetCommandCode::kBitmask) {
      add_bitmask(value_of(common, {&command.starting_value, 1}), command.bitmask, ranges);
    } else if (code == GlobsetCommandCode::kRange) {
      Range range{value_of(common, command.low_value), value_of(common, command.high_value)};
      if (range.low > range.high) return false;
      ranges.push_back(range);
    }
  }
  set = GlobSet::of(std::move(ranges));
  return true;
}

void append_globset(const GlobSet& set, wire::OutBuffer& out) {
  if (!set.empty()) Writer(out).write(set.ranges(), 0);
  *out.extend(1) = GlobsetCommandCode::kEnd;
}

}  // namespace ropewalk::mapi
