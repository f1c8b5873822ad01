#include "protocol/emsmdb/direct2.h"

#include <algorithm>
#include <memory>

namespace ropewalk::emsmdb {
namespace {

constexpr std::size_t kWindow = 8192;  // offsets have 13 bits
constexpr std::size_t kMinMatch = 3;
constexpr std::size_t kMaxMatch = 65538;  // what the 16-bit length can say
constexpr int kChain = 24;                // candidates tried per position
constexpr std::size_t kHashSize = 8192;
constexpr u32 kNone = 0xFFFFFFFF;

u32 hash_of(const u8* at) {
  u32 three = u32{at[0]} | u32{at[1]} << 8 | u32{at[2]} << 16;
  return three * 2654435761u >> 19;
}

// Writes the stream: flag words of 32 bits, most significant first, in front of what they speak about.
class Packer {
 public:
  explicit Packer(wire::OutBuffer& out) : out_(out) { open_flags(); }

  void literal(u8 byte) {
    *out_.extend(1) = byte;
    flag(0);
  }
  void match(std::size_t offset, std::size_t length) {
    std::size_t rest = length - kMinMatch;
    u16 head = static_cast<u16>((offset - 1) << 3 | std::min<std::size_t>(rest, 7));
    store_le(out_.extend(2), head);
    if (rest >= 7) long_length(rest);
    flag(1);
  }
  // Unused flags are ones: a match that the end of the bytes cuts off.
  void finish() {
    while (used_ != 0 && used_ < 32) {
      flags_ = flags_ << 1 | 1;
      ++used_;
    }
    if (used_ == 0) flags_ = 0xFFFFFFFF;
    store_le(out_.data() + flags_at_, flags_);
  }

 private:
  void open_flags() {
    flags_at_ = out_.size();
    out_.extend(4);
    flags_ = 0;
    used_ = 0;
  }
  void flag(u32 bit) {
    flags_ = flags_ << 1 | bit;
    if (++used_ == 32) {
      store_le(out_.data() + flags_at_, flags_);
      open_flags();
    }
  }
  // Beyond 7: a nibble (two matches share a byte), then a byte, then 16 bits that hold the whole.
  void long_length(std::size_t rest) {
    std::size_t nibble = std::min<std::size_t>(rest - 7, 15);
    if (nibble_at_ == 0) {
      nibble_at_ = out_.size();
      *out_.extend(1) = static_cast<u8>(nibble);
    } else {
      out_.data()[nibble_at_] |= static_cast<u8>(nibble << 4);
      nibble_at_ = 0;
    }
    if (nibble < 15) return;
    std::size_t byte = std::min<std::size_t>(rest - 7 - 15, 255);
    *out_.extend(1) = static_cast<u8>(byte);
    if (byte == 255) store_le(out_.extend(2), static_cast<u16>(rest));
  }

  wire::OutBuffer& out_;
  std::size_t flags_at_ = 0;
  u32 flags_ = 0;
  int used_ = 0;
  std::size_t nibble_at_ = 0;  // 0: none open (the first flags stand there)
};

// Hash chains over the window.
class Matcher {
 public:
  explicit Matcher(ByteView plain)
      : plain_(plain), heads_(std::make_unique<u32[]>(kHashSize)), links_(std::make_unique<u32[]>(kWindow)) {
    std::fill_n(heads_.get(), kHashSize, kNone);
  }

  void add(std::size_t at) {
    if (at + kMinMatch > plain_.size()) return;
    u32& head = heads_[hash_of(plain_.data() + at)];
    links_[at % kWindow] = head;
    head = static_cast<u32>(at);
  }
  // The longest match for the bytes at `at`; length 0 where there is none worth it.
  std::size_t find(std::size_t at, std::size_t& offset) const {
    if (at + kMinMatch > plain_.size()) return 0;
    std::size_t most = std::min(plain_.size() - at, kMaxMatch);
    std::size_t best = kMinMatch - 1;
    u32 candidate = heads_[hash_of(plain_.data() + at)];
    for (int tries = 0; tries < kChain && candidate != kNone && at - candidate <= kWindow; ++tries) {
      const u8* here = plain_.data() + at;
      const u8* there = plain_.data() + candidate;
      if (there[best] == here[best] || best < kMinMatch) {
        std::size_t n = static_cast<std::size_t>(std::mismatch(here, here + most, there).first - here);
        if (n > best) {
          best = n;
          offset = at - candidate;
          if (n == most) break;
        }
      }
      u32 next = links_[candidate % kWindow];
      if (next == kNone || next >= candidate) break;  // the slot was taken by a later position
      candidate = next;
    }
    return best >= kMinMatch ? best : 0;
  }

 private:
  ByteView plain_;
  std::unique_ptr<u32[]> heads_;
  std::unique_ptr<u32[]> links_;
};

// Reads what lies behind the flags, within bounds.
struct Reader {
  const u8* at;
  const u8* end;
  const u8* nibble = nullptr;  // the byte whose upper half is still to be used

  std::size_t left() const { return static_cast<std::size_t>(end - at); }
  template <class T>
  bool take(T& x) {
    if (left() < sizeof(T)) return false;
    x = load_le<T>(at);
    at += sizeof(T);
    return true;
  }
  // The length of a match beyond the head's 7, or false.
  bool long_length(std::size_t& length) {
    std::size_t more = 0;
    if (nibble != nullptr) {
      more = *nibble >> 4;
      nibble = nullptr;
    } else {
      if (at == end) return false;
      nibble = at++;
      more = *nibble & 15u;
    }
    length = 7 + more;
    if (more < 15) return true;
    u8 byte = 0;
    if (!take(byte)) return false;
    length += byte;
    if (byte < 255) return true;
    u16 whole = 0;
    u32 wide = 0;
    if (!take(whole)) return false;
    length = whole;
    if (whole == 0) {
      if (!take(wide)) return false;
      length = wide;
    }
    return length >= 7 + 15;
  }
};

// Copies within the output, byte by byte where source and destination overlap.
void copy_match(u8* to, std::size_t offset, std::size_t length) {
  const u8* from = to - offset;
  if (offset >= length) {
    std::memcpy(to, from, length);
    return;
  }
  for (std::size_t i = 0; i < length; ++i) to[i] = from[i];
}

}  // namespace

bool compress(ByteView plain, std::size_t limit, wire::OutBuffer& out) {
  std::size_t start = out.size();
  Packer packer(out);
  Matcher matcher(plain);
  std::size_t at = 0;
  while (at < plain.size()) {
    if (out.size() - start >= limit) break;
    std::size_t offset = 0;
    std::size_t length = matcher.find(at, offset);
    if (length == 0) {
      packer.literal(plain[at]);
      matcher.add(at++);
      continue;
    }
    packer.match(offset, length);
    for (std::size_t end = at + length; at < end; ++at) matcher.add(at);
  }
  packer.finish();
  if (at == plain.size() && out.size() - start < limit) return true;
  out.truncate(start);
  return false;
}

bool decompress(ByteView compressed, std::span<u8> plain) {
  Reader in{compressed.data(), compressed.data() + compressed.size()};
  u8* to = plain.data();
  u8* const end = to + plain.size();
  u32 flags = 0;
  int flags_left = 0;
  while (to != end) {
    if (flags_left == 0) {
      if (!in.take(flags)) return false;
      flags_left = 32;
    }
    bool is_match = (flags >> --flags_left & 1) != 0;
    if (!is_match) {
      if (in.at == in.end) return false;
      *to++ = *in.at++;
      continue;
    }
    u16 head = 0;
    if (!in.take(head)) return false;
    std::size_t offset = (head >> 3) + 1u;
    std::size_t length = head & 7u;
    if (length == 7 && !in.long_length(length)) return false;
    length += kMinMatch;
    if (offset > static_cast<std::size_t>(to - plain.data())) return false;
    if (length > static_cast<std::size_t>(end - to)) return false;
    copy_match(to, offset, length);
    to += length;
  }
  return true;
}

}  // namespace ropewalk::emsmdb
