#include "protocol/oab/lzx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "protocol/oab/huffman.h"

namespace ropewalk::oab {
namespace {

constexpr unsigned kLeastWindow = 17, kMostWindow = 25;
constexpr std::size_t kLeastMatch = 3, kMostMatch = 256;  // longer ones need an encoding of their own
constexpr std::size_t kLengthHeaders = 8, kLengthSymbols = 249, kPreSymbols = 20;
constexpr unsigned kTreeLimit = 16, kPreLimit = 15;
constexpr unsigned kVerbatim = 1, kUncompressed = 3;  // [MS-PATCH] 2.3.1.1
constexpr unsigned kHashBits = 15;
constexpr int kChain = 24, kReferenceChain = 256;  // candidates looked at

// Bits, the highest first, in words of 16 bits, low byte first. [MS-PATCH] 2.2
class BitWriter {
 public:
  explicit BitWriter(std::vector<u8>& out) : out_(out) {}
  void put(u32 value, unsigned count) {
    bits_ = bits_ << count | value;
    held_ += count;
    while (held_ >= 16) word(static_cast<u16>(bits_ >> (held_ -= 16)));
  }
  void align() {
    if (held_ != 0) put(0, 16 - held_);
  }

 private:
  void word(u16 value) {
    out_.push_back(static_cast<u8>(value));
    out_.push_back(static_cast<u8>(value >> 8));
  }
  std::vector<u8>& out_;
  u64 bits_ = 0;
  unsigned held_ = 0;
};

// A literal, or a match as its symbols.
struct Token {
  u16 main = 0;
  u16 length = kNone;  // symbol of the length tree
  u8 extra_bits = 0;
  u32 extra = 0;
  static constexpr u16 kNone = 0xFFFF;
};

class Compressor {
 public:
  Compressor(ByteView data, ByteView reference)
      : all_(reference.begin(), reference.end()),
        start_(reference.size()),
        window_(std::size_t{1} << lzx_window_bits(data.size(), reference.size())),
        slots_(2 * lzx_window_bits(data.size(), reference.size())),
        chain_(reference.empty() ? kChain : kReferenceChain),
        main_(256 + kLengthHeaders * slots_, 0),
        lengths_(kLengthSymbols, 0),
        heads_(std::size_t{1} << kHashBits, kNowhere),
        links_(reference.size() + data.size(), kNowhere) {
    all_.insert(all_.end(), data.begin(), data.end());
    data_ = all_;
  }

  std::vector<u8> run() {
    for (std::size_t at = 0; at < start_; ++at) remember(at);
    for (std::size_t at = start_; at < data_.size(); at += kLzxFrame) frame(at, std::min(data_.size(), at + kLzxFrame));
    return std::move(out_);
  }

 private:
  static constexpr u32 kNowhere = 0xFFFFFFFF;
  struct Match {
    std::size_t length = 0, offset = 0;
    int repeated = -1;  // which of the last offsets
  };

  void frame(std::size_t begin, std::size_t end);
  void find_tokens(std::size_t begin, std::size_t end);
  Match longest(std::size_t at, std::size_t end) const;
  std::size_t common(std::size_t at, std::size_t offset, std::size_t most) const;
  void remember(std::size_t at);
  void add_literal(std::size_t at) { tokens_.push_back({data_[at], Token::kNone, 0, 0}); }
  void add_match(const Match& match);
  void write_verbatim(BitWriter& bits, std::size_t size);
  void write_stored(std::vector<u8>& chunk, BitWriter& bits, std::size_t begin, std::size_t end) const;
  static void write_lengths(BitWriter& bits, std::span<const u8> before, std::span<const u8> now);
  u32 hash(std::size_t at) const {
    u32 word;
    std::memcpy(&word, data_.data() + at, 4);
    return (word * 2654435761u) >> (32 - kHashBits);
  }

  std::vector<u8> all_;  // reference and data
  ByteView data_;
  std::size_t start_;  // where the data begin
  std::size_t window_, slots_;
  int chain_;
  std::vector<u8> main_, lengths_;  // of the block before: code lengths
  std::vector<u32> heads_, links_;
  std::array<u32, 3> last_{1, 1, 1};  // offsets
  std::vector<Token> tokens_;
  std::vector<u8> out_;
};

// ---- matches ----

std::size_t Compressor::common(std::size_t at, std::size_t offset, std::size_t most) const {
  const u8* here = data_.data() + at;
  const u8* there = here - offset;
  std::size_t n = 0;
  while (n < most && here[n] == there[n]) ++n;
  return n;
}

void Compressor::remember(std::size_t at) {
  if (at + 4 > data_.size()) return;
  u32& head = heads_[hash(at)];
  links_[at] = head;
  head = static_cast<u32>(at);
}

Compressor::Match Compressor::longest(std::size_t at, std::size_t end) const {
  Match best;
  const std::size_t most = std::min(kMostMatch, end - at);
  if (most < kLeastMatch) return best;
  for (int i = 0; i < 3; ++i) {
    const std::size_t offset = last_[static_cast<std::size_t>(i)];
    if (offset > at) continue;
    const std::size_t length = common(at, offset, most);
    if (length > best.length) best = {length, offset, i};
  }
  if (at + 4 > data_.size()) return best;
  u32 candidate = heads_[hash(at)];
  for (int i = 0; i < chain_ && candidate != kNowhere && best.length < most; ++i, candidate = links_[candidate]) {
    const std::size_t offset = at - candidate;
    if (offset > window_ - 3) break;
    const std::size_t length = common(at, offset, most);
    // An offset of its own costs some two bytes.
    if (length >= 4 && length > best.length + (best.repeated >= 0 ? 1 : 0)) best = {length, offset, -1};
  }
  return best;
}

void Compressor::add_match(const Match& match) {
  Token token;
  std::size_t slot;
  if (match.repeated >= 0) {
    slot = static_cast<std::size_t>(match.repeated);
    std::swap(last_[0], last_[slot]);
  } else {
    const u32 formatted = static_cast<u32>(match.offset) + 2;
    const unsigned log = static_cast<unsigned>(std::bit_width(formatted)) - 1;
    slot = formatted < 4 ? formatted : 2 * log + ((formatted >> (log - 1)) & 1);
    token.extra_bits = static_cast<u8>(formatted < 4 ? 0 : log - 1);
    token.extra = formatted & ((1u << token.extra_bits) - 1);
    last_ = {static_cast<u32>(match.offset), last_[0], last_[1]};
  }
  const std::size_t beyond = match.length - 2;
  const std::size_t header = std::min<std::size_t>(beyond, kLengthHeaders - 1);
  token.main = static_cast<u16>(256 + slot * kLengthHeaders + header);
  if (header == kLengthHeaders - 1) token.length = static_cast<u16>(beyond - header);
  tokens_.push_back(token);
}

// Takes the longest match, or a literal where the next position has a longer one.
void Compressor::find_tokens(std::size_t begin, std::size_t end) {
  tokens_.clear();
  std::size_t at = begin;
  while (at < end) {
    Match match = longest(at, end);
    remember(at);
    if (match.length < kLeastMatch) {
      add_literal(at++);
      continue;
    }
    if (match.length < 32 && at + 1 < end && longest(at + 1, end).length > match.length + 1) {
      add_literal(at++);
      continue;
    }
    add_match(match);
    for (std::size_t i = 1; i < match.length; ++i) remember(at + i);
    at += match.length;
  }
}

// ---- blocks ----

// [MS-PATCH] 2.6: lengths as differences to those of the block before, themselves in a prefix code.
void Compressor::write_lengths(BitWriter& bits, std::span<const u8> before, std::span<const u8> now) {
  struct Symbol {
    u8 symbol, extra, extra_bits;
  };
  std::vector<Symbol> symbols;
  u32 counts[kPreSymbols] = {};
  auto difference = [&](std::size_t i) { return static_cast<u8>((before[i] + 17 - now[i]) % 17); };
  for (std::size_t i = 0; i < now.size();) {
    std::size_t run = 1;
    while (i + run < now.size() && now[i + run] == now[i]) ++run;
    if (now[i] == 0 && run >= 20) {
      run = std::min<std::size_t>(run, 51);
      symbols.push_back({18, static_cast<u8>(run - 20), 5});
    } else if (now[i] == 0 && run >= 4) {
      run = std::min<std::size_t>(run, 19);
      symbols.push_back({17, static_cast<u8>(run - 4), 4});
    } else if (run >= 4) {
      run = std::min<std::size_t>(run, 5);
      symbols.push_back({19, static_cast<u8>(run - 4), 1});
      symbols.push_back({difference(i), 0, 0});
    } else {
      run = 1;
      symbols.push_back({difference(i), 0, 0});
    }
    i += run;
  }
  for (const Symbol& one : symbols) ++counts[one.symbol];
  const std::vector<u8> lengths = code_lengths(counts, kPreLimit);
  const std::vector<u16> codes = codes_of(lengths);
  for (u8 length : lengths) bits.put(length, 4);
  for (const Symbol& one : symbols) {
    bits.put(codes[one.symbol], lengths[one.symbol]);
    if (one.extra_bits != 0) bits.put(one.extra, one.extra_bits);
  }
}

void Compressor::write_verbatim(BitWriter& bits, std::size_t size) {
  std::vector<u32> main_counts(main_.size(), 0), length_counts(kLengthSymbols, 0);
  for (const Token& token : tokens_) {
    ++main_counts[token.main];
    if (token.length != Token::kNone) ++length_counts[token.length];
  }
  const std::vector<u8> main = code_lengths(main_counts, kTreeLimit), length = code_lengths(length_counts, kTreeLimit);
  const std::vector<u16> main_codes = codes_of(main), length_codes = codes_of(length);
  bits.put(kVerbatim, 3);
  bits.put(static_cast<u32>(size), 24);
  const std::span<const u8> before(main_), now(main);
  write_lengths(bits, before.first(256), now.first(256));
  write_lengths(bits, before.subspan(256), now.subspan(256));
  write_lengths(bits, lengths_, length);
  for (const Token& token : tokens_) {
    bits.put(main_codes[token.main], main[token.main]);
    if (token.length != Token::kNone) bits.put(length_codes[token.length], length[token.length]);
    if (token.extra_bits != 0) bits.put(token.extra, token.extra_bits);
  }
  main_ = main;
  lengths_ = length;
}

void Compressor::write_stored(std::vector<u8>& chunk, BitWriter& bits, std::size_t begin, std::size_t end) const {
  bits.put(kUncompressed, 3);
  bits.put(static_cast<u32>(end - begin), 24);
  bits.align();  // neither 27 nor 28 bits are a multiple of 16: there is always a gap, as there has to be
  for (u32 offset : last_)
    for (unsigned shift : {0u, 8u, 16u, 24u}) chunk.push_back(static_cast<u8>(offset >> shift));
  chunk.insert(chunk.end(), data_.begin() + static_cast<std::ptrdiff_t>(begin),
               data_.begin() + static_cast<std::ptrdiff_t>(end));
  if ((end - begin) % 2 != 0) chunk.push_back(0);
}

void Compressor::frame(std::size_t begin, std::size_t end) {
  const auto last = last_;
  const auto main = main_, lengths = lengths_;
  find_tokens(begin, end);
  auto start = [&](BitWriter& bits) {
    if (begin == start_) bits.put(0, 1);  // jumps of machine code are left alone
  };
  std::vector<u8> chunk;
  {
    BitWriter bits(chunk);
    start(bits);
    write_verbatim(bits, end - begin);
    bits.align();
  }
  if (chunk.size() >= end - begin + 16) {
    last_ = last;
    main_ = main;
    lengths_ = lengths;
    chunk.clear();
    BitWriter bits(chunk);
    start(bits);
    write_stored(chunk, bits, begin, end);
  }
  out_.push_back(static_cast<u8>(chunk.size()));
  out_.push_back(static_cast<u8>(chunk.size() >> 8));
  out_.insert(out_.end(), chunk.begin(), chunk.end());
}

}  // namespace

unsigned lzx_window_bits(std::size_t size, std::size_t reference) {
  const std::size_t together = size + (reference + kLzxFrame - 1) / kLzxFrame * kLzxFrame;
  unsigned bits = kLeastWindow;
  while (bits < kMostWindow && (std::size_t{1} << bits) < together) ++bits;
  return bits;
}

std::vector<u8> lzx_compress(ByteView data, ByteView reference) {
  return data.empty() ? std::vector<u8>() : Compressor(data, reference).run();
}

}  // namespace ropewalk::oab
