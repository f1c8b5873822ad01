// Streams put together, whatever order their segments come in; files that are none.
#include <gtest/gtest.h>

#include <random>

#include "capture/test_packets.h"

namespace ropewalk::capture {
namespace {

// What a reader was told, in words.
struct Heard {
  std::string bytes[2];
  u64 missing = 0, again = 0;
  int gaps = 0, ends = 0, readers = 0;
  std::vector<u64> frames;
};

class Listener : public StreamReader {
 public:
  explicit Listener(Heard& heard) : heard_(heard) { ++heard_.readers; }
  void data(Side from, ByteView bytes, const Frame& frame) override {
    heard_.bytes[static_cast<int>(from)] += text_of(bytes);
    heard_.frames.push_back(frame.number);
  }
  void gap(Side, u64 bytes, const Frame&) override {
    heard_.missing += bytes;
    ++heard_.gaps;
  }
  void retransmitted(Side, std::size_t bytes, const Frame&) override { heard_.again += bytes; }
  void end(const Frame&) override { ++heard_.ends; }

 private:
  Heard& heard_;
};

Heard listen(const CaptureWriter& packets, const StreamLimits& limits = {}) {
  Heard heard;
  auto file = PacketFile::of_bytes(packets.file(), "test");
  EXPECT_TRUE(file.ok());
  Network network(file->link_type());
  Streams streams([&](const Connection&) { return std::make_unique<Listener>(heard); }, limits);
  Packet packet;
  while (file->next(packet))
    if (auto segment = network.segment(packet)) streams.add(*segment, packet.frame);
  streams.finish();
  EXPECT_EQ(file->trouble(), "");
  return heard;
}

constexpr u8 kAck = TcpSegment::kAck;

TEST(Streams, InOrder) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  talk.send(out, Side::client, bytes_of("question"), 3);
  talk.send(out, Side::server, bytes_of("answer"));
  talk.close(out);
  Heard heard = listen(out);
  EXPECT_EQ(heard.bytes[0], "question");
  EXPECT_EQ(heard.bytes[1], "answer");
  EXPECT_EQ(heard.ends, 1);
  EXPECT_EQ(heard.gaps, 0);
  EXPECT_EQ(heard.frames, (std::vector<u64>{3, 4, 5, 6}));
}

TEST(Streams, AnyOrderOverlappingAndTwice) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += static_cast<char>('a' + i * 7 % 26);
  std::mt19937 random(5);
  for (int round = 0; round < 50; ++round) {
    CaptureWriter out;
    TestConnection talk;
    talk.sequence[0] = 0xFFFFFE00;  // wraps
    talk.open(out);
    u32 base = talk.sequence[0];
    std::vector<std::pair<u32, u32>> pieces;
    for (u32 at = 0; at < text.size(); at += 50) {
      u32 back = std::min<u32>(at, random() % 30);
      pieces.emplace_back(at - back,
                          std::min<u32>(50 + back + random() % 30, static_cast<u32>(text.size()) - (at - back)));
    }
    for (int i = 0; i < 5; ++i) pieces.push_back(pieces[random() % pieces.size()]);
    std::shuffle(pieces.begin(), pieces.end(), random);
    for (auto [at, size] : pieces)
      out.frame(talk.segment(Side::client, base + at, kAck, bytes_of(std::string_view(text).substr(at, size))));
    Heard heard = listen(out);
    EXPECT_EQ(heard.bytes[0], text);
    EXPECT_EQ(heard.gaps, 0);
  }
}

TEST(Streams, LostSegmentsAreGaps) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  talk.send(out, Side::client, bytes_of("before"));
  talk.sequence[0] += 100;
  for (int i = 0; i < 30; ++i) {
    talk.send(out, Side::client, bytes_of("after"));
    talk.send(out, Side::server, bytes_of("."));  // acknowledges what is missing too
  }
  Heard heard = listen(out);
  EXPECT_EQ(heard.missing, 100u);
  EXPECT_EQ(heard.gaps, 1);
  EXPECT_TRUE(heard.bytes[0].starts_with("beforeafterafter"));
  EXPECT_EQ(heard.bytes[0].size(), 6u + 30 * 5);
}

TEST(Streams, TheRestOfACutPacketIsAGap) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  auto frame = talk.segment(Side::client, talk.sequence[0], kAck, bytes_of("abcdefgh"));
  out.frame(ByteView(frame).first(frame.size() - 3), frame.size());
  talk.sequence[0] += 8;
  talk.send(out, Side::client, bytes_of("next"));
  Heard heard = listen(out);
  EXPECT_EQ(heard.bytes[0], "abcdenext");
  EXPECT_EQ(heard.missing, 3u);
}

TEST(Streams, TheSamePortsOnceMore) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  talk.send(out, Side::client, bytes_of("one"));
  talk.sequence[0] = 0x70000000;
  talk.open(out);
  talk.send(out, Side::client, bytes_of("two"));
  Heard heard = listen(out);
  EXPECT_EQ(heard.readers, 2);
  EXPECT_EQ(heard.ends, 2);
  EXPECT_EQ(heard.bytes[0], "onetwo");
}

TEST(Streams, WhatWaitsIsBounded) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  talk.send(out, Side::client, bytes_of("x"));
  talk.sequence[0] += 10;
  std::string block(1000, 'y');
  for (int i = 0; i < 100; ++i) talk.send(out, Side::client, bytes_of(block));
  StreamLimits limits;
  limits.ahead = 20'000;
  Heard heard = listen(out, limits);
  EXPECT_EQ(heard.missing, 10u);
  EXPECT_EQ(heard.bytes[0].size(), 1u + 100'000);
  EXPECT_LT(heard.frames[1], 30u);  // not only at the end
}

TEST(Streams, MoreConnectionsThanAreKept) {
  CaptureWriter out;
  for (u16 port = 1000; port < 1100; ++port) {
    TestConnection talk;
    talk.client_port = port;
    talk.open(out);
    talk.send(out, Side::client, bytes_of("hello"));
  }
  StreamLimits limits;
  limits.connections = 10;
  Heard heard = listen(out, limits);
  EXPECT_EQ(heard.readers, 100);
  EXPECT_EQ(heard.ends, 100);
}

TEST(Network, FragmentsOfADatagram) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  auto tcp = talk.tcp(Side::client, talk.sequence[0], kAck, bytes_of("a datagram in three fragments"));
  ByteView view(tcp);
  auto fragment = [&](std::size_t at, std::size_t size, bool more) {
    out.frame(ipv4_frame(talk.kClient, talk.kServer, view.subspan(at, size),
                         static_cast<u16>((more ? 0x2000 : 0) | at / 8), 77));
  };
  fragment(32, tcp.size() - 32, false);
  fragment(0, 16, true);
  fragment(16, 16, true);
  EXPECT_EQ(listen(out).bytes[0], "a datagram in three fragments");
}

TEST(Network, FragmentsThatNeverEndAreBounded) {
  CaptureWriter out;
  std::string block(1000, 'y');
  for (u16 id = 0; id < 20'000; ++id) out.frame(ipv4_frame(1, 2, bytes_of(block), static_cast<u16>(0x2000 | 10), id));
  Heard heard = listen(out);
  EXPECT_EQ(heard.readers, 0);
}

TEST(PacketFile, SomethingElseIsOneClearMessage) {
  std::vector<u8> jpeg = {0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0};
  auto file = PacketFile::of_bytes(jpeg, "picture.jpg");
  ASSERT_FALSE(file.ok());
  EXPECT_NE(file.error().text.find("picture.jpg is not a capture"), std::string::npos) << file.error().text;
  EXPECT_EQ(file.error().text.find('\n'), std::string::npos);
  EXPECT_FALSE(PacketFile::of_bytes({}, "empty").ok());
  EXPECT_FALSE(PacketFile::open("/nonexistent/x.pcap").ok());
}

TEST(PacketFile, ACaptureCutAtEachByteTellsWhere) {
  CaptureWriter out;
  TestConnection talk;
  talk.open(out);
  talk.send(out, Side::client, bytes_of("hello"));
  for (std::size_t size = 1; size < out.file().size(); ++size) {
    auto file = PacketFile::of_bytes(ByteView(out.file()).first(size), "cut");
    if (!file.ok()) continue;
    Packet packet;
    int frames = 0;
    while (file->next(packet)) ++frames;
    EXPECT_LT(frames, 3);
  }
}

// A pcapng file whose clock ticks in seconds, at the last tick there is: [pcapng] 4.2, if_tsresol.
TEST(PacketFile, TimesThatNoClockShows) {
  EXPECT_EQ(frame_time(1, 2), 1'000'000'002);
  for (i64 seconds : {std::numeric_limits<i64>::min(), i64{-1}, i64{0}, i64{4'294'967'295}, i64{9'223'372'037},
                      std::numeric_limits<i64>::max()})
    for (i64 part : {std::numeric_limits<i64>::min(), i64{999'999'999}, std::numeric_limits<i64>::max()}) {
      EXPECT_GE(frame_time(seconds, part), 0);
      EXPECT_LE(frame_time(seconds, part), 4'600'000'000'000'000'000);
    }
  std::vector<u8> file;
  auto number = [&](u32 value) {
    file.resize(file.size() + 4);
    store_le(file.data() + file.size() - 4, value);
  };
  for (u32 value : {0x0A0D0D0Au, 28u, 0x1A2B3C4Du, 1u, ~0u, ~0u, 28u}) number(value);
  for (u32 value : {1u, 32u, 1u, 0u, 1u << 16 | 9u, 0u, 0u, 32u}) number(value);
  for (u32 value : {6u, 92u, 0u, 0x7FFFFFFFu, ~0u, 60u, 60u}) number(value);
  file.resize(file.size() + 60);
  number(92);
  auto opened = PacketFile::of_bytes(file, "hostile.pcapng");
  ASSERT_TRUE(opened.ok()) << opened.error().text;
  Packet packet;
  ASSERT_TRUE(opened->next(packet)) << opened->trouble();
  EXPECT_GE(packet.frame.time, 0);
}

}  // namespace
}  // namespace ropewalk::capture
