#include "protocol/oab/compressed.h"

#include <algorithm>
#include <limits>
#include <string>
#include <unordered_map>

#include "protocol/oab/details.h"
#include "protocol/oab/lzx.h"

namespace ropewalk::oab {
namespace {

constexpr std::size_t kBlock = 256 << 10;
// What one block of a patch makes, and reads for it: together what LZX takes at once.
constexpr std::size_t kTargetBlock = 128 << 10, kSourceBlock = kLzxMost - kTargetBlock;
constexpr std::size_t kFileHeader = 12;

std::string_view view(ByteView file, std::size_t from, std::size_t to) {
  return text_of(file.subspan(from, to - from));
}

// Where the metadata, the list's own record and each object begin, and where the last one ends. A file of another form
// is one piece.
std::vector<std::size_t> pieces_of(ByteView file) {
  std::vector<std::size_t> at{0};
  std::size_t next = std::min(kFileHeader, file.size());
  while (next + sizeof(u32) <= file.size()) {
    if (next != 0) at.push_back(next);
    const u32 size = load_le<u32>(file.data() + next);
    if (size < sizeof(u32) || size > file.size() - next) break;
    next += size;
  }
  at.push_back(file.size());
  return at;
}

struct Pair {
  std::size_t target, source;  // offsets behind a piece that both have
};

// The longest row of pieces that stand in both files in the same order.
std::vector<Pair> common_pieces(ByteView source, ByteView target) {
  const auto from = pieces_of(source), to = pieces_of(target);
  std::unordered_map<std::string_view, std::size_t> known;
  for (std::size_t i = 0; i + 1 < from.size(); ++i) known.emplace(view(source, from[i], from[i + 1]), i);
  constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();
  struct Step {
    std::size_t target, source, before;
  };
  std::vector<Step> steps;
  std::vector<std::size_t> ends;  // of a row of that length: the step with the least place in the source
  for (std::size_t i = 0; i + 1 < to.size(); ++i) {
    auto found = known.find(view(target, to[i], to[i + 1]));
    if (found == known.end()) continue;
    const std::size_t place = found->second;
    auto end = std::partition_point(ends.begin(), ends.end(), [&](std::size_t s) { return steps[s].source < place; });
    steps.push_back({i, place, end == ends.begin() ? kNone : *std::prev(end)});
    if (end == ends.end()) {
      ends.push_back(steps.size() - 1);
    } else {
      *end = steps.size() - 1;
    }
  }
  std::vector<Pair> pairs;
  for (std::size_t s = ends.empty() ? kNone : ends.back(); s != kNone; s = steps[s].before)
    pairs.push_back({to[steps[s].target + 1], from[steps[s].source + 1]});
  std::reverse(pairs.begin(), pairs.end());
  if (pairs.empty() || pairs.back().target != target.size() || pairs.back().source != source.size())
    pairs.push_back({target.size(), source.size()});
  return pairs;
}

// The blocks' ends, none too large.
std::optional<std::vector<Pair>> blocks_of(ByteView source, ByteView target) {
  std::vector<Pair> blocks;
  Pair done{0, 0};
  auto fits = [&](const Pair& end) {
    return end.target - done.target <= kTargetBlock && end.source - done.source <= kSourceBlock;
  };
  const std::vector<Pair> pairs = common_pieces(source, target);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (i + 1 < pairs.size() && fits(pairs[i + 1])) continue;
    while (!fits(pairs[i])) {  // much that is new here, or gone
      const std::size_t left = pairs[i].target - done.target, passed = pairs[i].source - done.source;
      if (left <= 1) return std::nullopt;
      done.source += passed > kSourceBlock ? kSourceBlock : 0;
      done.target += left > kTargetBlock ? kTargetBlock : 1;
      blocks.push_back(done);
    }
    if (pairs[i].target == done.target) continue;
    done = pairs[i];
    blocks.push_back(done);
  }
  return blocks;
}

u32 number(std::size_t size) { return static_cast<u32>(size); }

// Of a details file: without its header.
u32 body_checksum(ByteView file) { return checksum(file.subspan(std::min(kFileHeader, file.size()))); }

}  // namespace

std::vector<u8> compress_file(ByteView file) {
  CompressedHeader header;
  header.block_max = number(kBlock);
  header.target_size = number(file.size());
  wire::OutBuffer out;
  wire::encode(header, out);
  for (std::size_t at = 0; at < file.size(); at += kBlock) {
    const ByteView plain = file.subspan(at, std::min(kBlock, file.size() - at));
    const std::vector<u8> packed = lzx_compress(plain);
    CompressedBlock block;
    block.data = packed;
    block.size = number(plain.size());
    block.checksum = checksum(plain);
    wire::encode(block, out);
  }
  return {out.view().begin(), out.view().end()};
}

std::optional<std::vector<u8>> make_patch(ByteView source, ByteView target) {
  const auto ends = blocks_of(source, target);
  if (!ends) return std::nullopt;
  wire::OutBuffer out;
  PatchHeader header;
  header.source_size = number(source.size());
  header.target_size = number(target.size());
  header.source_checksum = body_checksum(source);
  header.target_checksum = body_checksum(target);
  wire::OutBuffer blocks;
  Pair at{0, 0};
  for (const Pair& end : *ends) {
    const ByteView plain = target.subspan(at.target, end.target - at.target);
    const ByteView reference = source.subspan(at.source, end.source - at.source);
    const std::vector<u8> packed = lzx_compress(plain, reference);
    PatchBlock block;
    block.data = packed;
    block.target_size = number(plain.size());
    block.source_size = number(reference.size());
    block.checksum = checksum(plain);
    wire::encode(block, blocks);
    header.block_max = std::max({header.block_max, block.target_size, block.source_size, number(packed.size())});
    at = end;
  }
  wire::encode(header, out);
  out.append(blocks.view());
  return std::vector<u8>(out.view().begin(), out.view().end());
}

}  // namespace ropewalk::oab
