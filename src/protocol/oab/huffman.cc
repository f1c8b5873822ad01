#include "protocol/oab/huffman.h"

#include <algorithm>
#include <queue>

namespace ropewalk::oab {
namespace {

// The lengths of an optimal code, however long they are.
std::vector<u8> optimal_lengths(std::span<const u32> counts) {
  struct Node {
    u64 count;
    std::size_t index;
  };
  auto is_later = [](const Node& a, const Node& b) {
    return a.count != b.count ? a.count > b.count : a.index > b.index;
  };
  std::priority_queue<Node, std::vector<Node>, decltype(is_later)> rest(is_later);
  std::vector<std::size_t> parent(counts.size() * 2);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) rest.push({counts[i], i});
  std::size_t next = counts.size();
  while (rest.size() > 1) {
    const Node a = rest.top();
    rest.pop();
    const Node b = rest.top();
    rest.pop();
    parent[a.index] = parent[b.index] = next;
    rest.push({a.count + b.count, next++});
  }
  const std::size_t root = next - 1;
  std::vector<u8> depth(next, 0);
  for (std::size_t i = root; i-- > counts.size();) depth[i] = static_cast<u8>(depth[parent[i]] + 1);
  std::vector<u8> lengths(counts.size(), 0);
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) lengths[i] = static_cast<u8>(depth[parent[i]] + 1);
  return lengths;
}

}  // namespace

std::vector<u8> code_lengths(std::span<const u32> given, unsigned limit) {
  std::vector<u32> counts(given.begin(), given.end());
  const auto used = std::count_if(counts.begin(), counts.end(), [](u32 count) { return count != 0; });
  if (used == 0) return std::vector<u8>(counts.size(), 0);
  if (used == 1) counts[counts[0] == 0 ? 0 : 1] = 1;
  while (true) {
    std::vector<u8> lengths = optimal_lengths(counts);
    if (*std::max_element(lengths.begin(), lengths.end()) <= limit) return lengths;
    for (u32& count : counts)  // flatter counts make flatter trees
      if (count != 0) count = count / 2 + 1;
  }
}

std::vector<u16> codes_of(std::span<const u8> lengths) {
  constexpr unsigned kLongest = 16;
  u32 of_length[kLongest + 2] = {};
  for (u8 length : lengths) ++of_length[length];
  of_length[0] = 0;
  u32 next[kLongest + 2] = {};
  for (unsigned length = 1; length <= kLongest; ++length) next[length + 1] = (next[length] + of_length[length]) << 1;
  std::vector<u16> codes(lengths.size(), 0);
  for (std::size_t i = 0; i < lengths.size(); ++i)
    if (lengths[i] != 0) codes[i] = static_cast<u16>(next[lengths[i]]++);
  return codes;
}

}  // namespace ropewalk::oab
