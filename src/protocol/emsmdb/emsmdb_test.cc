#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <random>
#include <sstream>

#include "base/hex.h"
#include "base/test_support.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/direct2.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "wire/generate.h"

namespace ropewalk::emsmdb {
namespace {

std::vector<u8> copy(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<u8> compressed(ByteView plain) {
  wire::OutBuffer out;
  EXPECT_TRUE(compress(plain, plain.size() * 2 + 64, out));
  return copy(out.view());
}

// [MS-XCA] 3.1 prints these two.
TEST(Direct2, ThePublishedExamples) {
  EXPECT_EQ(to_hex(compressed(bytes_of("abcdefghijklmnopqrstuvwxyz"))),
            "3F0000006162636465666768696A6B6C6D6E6F707172737475767778797A");
  std::string abc;
  for (int i = 0; i < 100; ++i) abc += "abc";
  EXPECT_EQ(to_hex(compressed(bytes_of(abc))), "FFFFFF1F61626317000FFF2601");
  std::vector<u8> plain(300);
  ASSERT_TRUE(decompress(*from_hex("FFFFFF1F61626317000FFF2601"), plain));
  EXPECT_EQ(text_of(plain), abc);
}

// Bytes of many shapes: random, repetitive, text-like, of every small length.
std::vector<u8> sample(std::mt19937_64& random, std::size_t size) {
  std::vector<u8> bytes;
  u64 alphabet = 1 + random() % 255;
  while (bytes.size() < size) {
    if (bytes.size() > 4 && random() % 3 != 0) {
      std::size_t from = random() % bytes.size();
      for (std::size_t n = random() % 400; n > 0 && bytes.size() < size; --n) bytes.push_back(bytes[from++]);
    } else {
      bytes.push_back(static_cast<u8>(random() % alphabet));
    }
  }
  return bytes;
}

TEST(Direct2, WhatItPacksItUnpacks) {
  std::mt19937_64 random(3);
  for (std::size_t i = 0; i < 400; ++i) {
    auto plain = sample(random, i < 100 ? i : random() % 60000);
    auto packed = compressed(plain);
    std::vector<u8> back(plain.size());
    ASSERT_TRUE(decompress(packed, back)) << plain.size();
    ASSERT_EQ(back, plain);
    if (plain.empty()) continue;
    std::vector<u8> longer(plain.size() + 1);
    EXPECT_FALSE(decompress(packed, longer));  // says less than announced
  }
}

TEST(Direct2, LongMatches) {
  for (std::size_t size : {66000u, 200000u}) {
    std::vector<u8> plain(size, 'x');
    auto packed = compressed(plain);
    EXPECT_LT(packed.size(), 40u);
    std::vector<u8> back(size);
    EXPECT_TRUE(decompress(packed, back));
    EXPECT_EQ(back, plain);
  }
}

TEST(Direct2, GivesUpWhereThereIsNothingToGain) {
  std::mt19937_64 random(5);
  std::vector<u8> plain(4096);
  for (u8& byte : plain) byte = static_cast<u8>(random());
  wire::OutBuffer out;
  out.append(bytes_of("kept"));
  EXPECT_FALSE(compress(plain, plain.size(), out));
  EXPECT_EQ(text_of(out.view()), "kept");
}

TEST(Direct2, HostileBytesAreRefused) {
  std::vector<u8> plain(100);
  EXPECT_FALSE(decompress({}, plain));
  EXPECT_FALSE(decompress(*from_hex("FFFFFFFF"), plain));                         // a match at once
  EXPECT_FALSE(decompress(*from_hex("FFFFFFFF0000"), plain));                     // that reaches in front of the start
  EXPECT_FALSE(decompress(*from_hex("FFFFFF7F61 0700FFFF0000FFFFFFFF"), plain));  // 4 GiB
  EXPECT_FALSE(decompress(*from_hex("FFFFFF7F61 0700FFFF0500"), plain));          // a length below its own floor
  EXPECT_FALSE(decompress(*from_hex("00000000 616263"), plain));                  // ends early
}

TEST(ExtendedBuffers, PackAndOpen) {
  std::mt19937_64 random(9);
  for (bool compress : {false, true})
    for (bool obfuscate : {false, true}) {
      std::vector<std::vector<u8>> payloads{sample(random, 20000), {}, sample(random, 17)};
      wire::OutBuffer out;
      for (const auto& payload : payloads)
        append_extended_buffer(payload, {compress, obfuscate, &payload == &payloads.back()}, out);
      Arena arena;
      auto opened = open_extended_buffers(out.view(), arena);
      ASSERT_TRUE(opened.ok()) << opened.error().text();
      ASSERT_EQ(opened->size(), payloads.size());
      for (std::size_t i = 0; i < payloads.size(); ++i) EXPECT_EQ(copy((*opened)[i]), payloads[i]);
    }
}

TEST(ExtendedBuffers, SayWhatIsWrong) {
  Arena arena;
  auto error = [&](std::string_view hex) { return open_extended_buffers(*from_hex(hex), arena).error().text(); };
  EXPECT_EQ(error("0000 0400 0500 0500 01"), "RPC_HEADER_EXT.Payload: 5 bytes needed, 1 left at 0x0008");
  EXPECT_EQ(error("0100 0400 0000 0000"), "RPC_HEADER_EXT: Version is not 0 at 0x0000");
  EXPECT_EQ(error("0000 0400 0000 0000 00"),
            "RPC_HEADER_EXT: bytes behind the buffer that is marked as the last at 0x0008");
  EXPECT_EQ(error("0000 0000 0000 0000"), "RPC_HEADER_EXT.Version: 2 bytes needed, 0 left at 0x0008");
  EXPECT_EQ(error("0000 0500 0100 FFFF 00"),
            "RPC_HEADER_EXT: the payload does not decompress to SizeActual bytes at 0x0008");
  EXPECT_TRUE(open_extended_buffers({}, arena)->empty());
}

// What Outlook 2007 sent: an EcDoRpcExt2 request with its payload compressed and its auxiliary blocks obfuscated.
TEST(ExtendedBuffers, ACaptureOfOutlook) {
  auto path = shared_path("captures/openchange-ecdorpcext2-001_Outlook_2007_in_ModifyRecipients_comp.dat");
  if (path.empty()) GTEST_SKIP() << "the shared captures are absent";
  std::ifstream in(path, std::ios::binary);
  std::string file((std::istreambuf_iterator<char>(in)), {});
  ByteView stub = bytes_of(file);
  Arena arena;
  // cxh (20), pulFlags (4), the conformance of rgbIn (4); then rgbIn
  auto payloads = open_extended_buffers(stub.subspan(28, 333), arena);
  ASSERT_TRUE(payloads.ok()) << payloads.error().text();
  ASSERT_EQ(payloads->size(), 1u);
  EXPECT_EQ(payloads->front().size(), 459u);
  EXPECT_EQ(load_le<u16>(payloads->front().data()), 455u);  // RopSize
  wire::OutBuffer again;
  ASSERT_TRUE(compress(payloads->front(), 65536, again));
  EXPECT_LE(again.size(), 325u);
}

TEST(AuxBlocks, ThoseOfTheCapture) {
  auto bytes =
      *from_hex("0000060028002800ADA5A4A4A4A506A5B5A5A4A9E3A5A5A5A5A5A5A507A5A5A5B5A5A4A9EBA5A5A5EBA5A5A507A5A5A5");
  Arena arena;
  auto payloads = open_extended_buffers(bytes, arena);
  ASSERT_TRUE(payloads.ok()) << payloads.error().text();
  auto buffer = wire::decode<AuxBuffer>(payloads->front(), arena);
  ASSERT_TRUE(buffer.ok()) << buffer.error().text();
  ASSERT_EQ(buffer->blocks.size(), 3u);
  auto request = find_aux<AuxPerfRequestId>(*buffer, 0x01, arena);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->request_id, 0xA3);
  auto success = find_aux<AuxPerfDefMdbSuccess>(*buffer, 0x0C, arena);
  ASSERT_TRUE(success);
  EXPECT_EQ(success->time_since_request, 0x46u);
  EXPECT_FALSE(find_aux<AuxExOrgInfo>(*buffer, kAuxExOrgInfo, arena));

  PayloadIs aux{&wire::struct_info<AuxBuffer>};
  wire::Context context = wire::add_context(aux, nullptr);
  wire::Tree tree = wire::read_tree(wire::struct_info<ExtendedBuffer>, bytes, arena, &context);
  ASSERT_FALSE(tree.error) << tree.error->text();
  std::string text = wire::to_text(tree.root);
  EXPECT_NE(text.find("AUX_PERF_REQUESTID"), std::string::npos) << text;
  EXPECT_NE(text.find("RequestID: 163"), std::string::npos) << text;
  EXPECT_NE(text.find("XorMagic|Last"), std::string::npos) << text;
}

TEST(AuxBlocks, TextsAreFoundAtTheirOffsets) {
  // AUX_SERVER_SESSION_INFO with two bytes of padding in front of its text
  auto bytes = *from_hex("1000 01 4B 0800 FFFF 48006900 2E00 0000");
  Arena arena;
  wire::Tree tree = wire::read_tree(wire::struct_info<AuxBlock>, bytes, arena);
  ASSERT_FALSE(tree.error) << tree.error->text();
  EXPECT_NE(wire::to_text(tree.root).find("Text: Hi."), std::string::npos) << wire::to_text(tree.root);
}

TEST(AuxBlocks, EveryTypeGoesThroughEveryReading) {
  wire::Random random{std::mt19937_64(21)};
  for (const AuxType& type : aux_types()) {
    for (int i = 0; i < 20; ++i) {
      Arena arena;
      void* made = wire::generate(*type.info, random, arena);
      ASSERT_NE(made, nullptr) << type.name;
      wire::OutBuffer payload;
      wire::Encoder encoder(payload);
      type.info->encode(encoder, made);
      wire::OutBuffer out;
      ASSERT_TRUE(wire::encode(AuxBlock::of(type.type, payload.view(), type.version), out));
      wire::Tree tree = wire::read_tree(wire::struct_info<AuxBlock>, out.view(), arena);
      ASSERT_FALSE(tree.error) << tree.error->text();
      const wire::Node* block = tree.root.find("Block");
      ASSERT_NE(block, nullptr) << type.name;
      EXPECT_EQ(block->fields.front().name, type.info->name);
      EXPECT_EQ(block->fields.front().length, payload.size());
    }
  }
}

}  // namespace
}  // namespace ropewalk::emsmdb
