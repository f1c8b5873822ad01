// Buffers that lie about their counts, sizes and depth: refused soon, with little memory.
#include <gtest/gtest.h>

#include <chrono>

#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"
#include "wire/generate.h"

namespace ropewalk::rop {
namespace {

// Serves the buffer as a server would, refusing each request; tells how far it came, and holds memory to its limit.
int serve(ByteView buffer) {
  auto parts = split_rop_buffer(buffer);
  if (!parts.ok()) return -1;
  Arena arena(arena_limit(buffer.size()));
  RopReader reader(parts->rops, arena);
  wire::OutBuffer out;
  int served = 0;
  while (!reader.at_end()) {
    RopId id = reader.id();
    const void* request = reader.read_any();
    if (request == nullptr) break;
    encode_failure(id, request, mapi::ErrorCode::not_supported, out);
    ++served;
  }
  EXPECT_LE(arena.used(), arena_limit(buffer.size()));
  return served;
}

std::vector<u8> buffer_of(std::vector<u8> rops) {
  std::vector<u8> buffer(2 + rops.size());
  store_le(buffer.data(), static_cast<u16>(rops.size() + 2));
  std::copy(rops.begin(), rops.end(), buffer.begin() + 2);
  return buffer;
}

// As serve(), with an arena that would take anything: the decoder itself must not ask for more than the bytes are
// worth.
std::size_t memory_of(ByteView buffer) {
  auto parts = split_rop_buffer(buffer);
  Arena arena;
  RopReader reader(parts->rops, arena);
  while (!reader.at_end() && reader.read_any() != nullptr) {
  }
  return arena.used();
}

// RopRestrict whose restriction is `depth` AND nodes, each announcing `announced` children.
std::vector<u8> nested_ands(std::size_t depth, u16 announced) {
  std::vector<u8> rop = {0x14, 0, 0, 0, 0, 0};
  for (std::size_t i = 0; i < depth; ++i) {
    u8 node[3] = {0x00};
    store_le(node + 1, announced);
    rop.insert(rop.end(), node, node + 3);
  }
  rop.resize(rop.size() + 20000, 0xFF);  // null restrictions
  store_le(rop.data() + 4, static_cast<u16>(rop.size() - 6));
  return buffer_of(rop);
}

TEST(Hostile, NestedCountsCostNoMoreThanTheirBytes) {
  auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(serve(nested_ands(60, 20000)), 0);
  EXPECT_EQ(serve(nested_ands(3000, 1)), 0);
  EXPECT_EQ(serve(nested_ands(1, 65535)), 0);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_LT(memory_of(nested_ands(60, 20000)), 100 * 24000u);
  EXPECT_LT(memory_of(nested_ands(3000, 400)), 100 * 34000u);
}

TEST(Hostile, CountsBeyondTheBuffer) {
  EXPECT_EQ(serve(buffer_of({0x12, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4})), 0);           // SetColumns
  EXPECT_EQ(serve(buffer_of({0x0A, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF})), 0);              // SetProperties
  EXPECT_EQ(serve(buffer_of({0x2D, 0, 0, 0xFF, 0xFF, 1})), 0);                       // WriteStream
  EXPECT_EQ(serve(buffer_of({0x0E, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})), 0);  // ModifyRecipients
  // A multi-valued property of 4 294 967 295 strings.
  EXPECT_EQ(serve(buffer_of({0x0A, 0, 0, 0x0A, 0, 1, 0, 0x1F, 0x10, 0x01, 0x80, 0xFF, 0xFF, 0xFF, 0xFF})), 0);
}

TEST(Hostile, ManySmallRopsAreServed) {
  std::vector<u8> rops;
  for (int i = 0; i < 10000; ++i) rops.insert(rops.end(), {0x01, 0, 0});
  EXPECT_EQ(serve(buffer_of(rops)), 10000);
}

TEST(Hostile, RowsWithoutColumnsAreFew) {
  mapi::RowColumns none;
  wire::Context context = wire::add_context(none, nullptr);
  std::vector<u8> bytes = {0x15, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  Arena arena;
  EXPECT_FALSE(wire::decode<QueryRowsResponse>(bytes, arena, &context).ok());
  EXPECT_LT(arena.used(), 1u << 20);
}

// Honest buffers fit their limit, whatever they hold.
TEST(Hostile, TheLimitHoldsHonestBuffers) {
  wire::Random random{std::mt19937_64(41)};
  int drawn = 0;
  while (drawn < 400) {
    Arena source;
    const void* made = wire::generate(wire::struct_info<InputBuffer>, random, source);
    if (made == nullptr) continue;
    wire::OutBuffer out;
    ASSERT_TRUE(wire::encode(*static_cast<const InputBuffer*>(made), out));
    Arena arena(arena_limit(out.size()));
    auto decoded = wire::decode<InputBuffer>(out.view(), arena);
    ASSERT_TRUE(decoded.ok()) << decoded.error().text();
    ++drawn;
  }
}

// Bytes changed here and there: refused or read, never more.
TEST(Hostile, DamagedBuffersAreReadOrRefused) {
  wire::Random random{std::mt19937_64(43)};
  for (int i = 0; i < 1500; ++i) {
    Arena source;
    const void* made = wire::generate(wire::struct_info<InputBuffer>, random, source);
    if (made == nullptr) continue;
    wire::OutBuffer out;
    ASSERT_TRUE(wire::encode(*static_cast<const InputBuffer*>(made), out));
    std::vector<u8> bytes(out.view().begin(), out.view().end());
    for (u64 n = 1 + random.below(4); n > 0; --n) bytes[random.below(bytes.size())] = static_cast<u8>(random.engine());
    serve(bytes);
  }
}

}  // namespace
}  // namespace ropewalk::rop
