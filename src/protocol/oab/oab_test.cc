// Offline address books: made here, unpacked by libmspack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mspack.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/guid.h"
#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "protocol/oab/details.h"
#include "protocol/oab/huffman.h"
#include "protocol/oab/lzx.h"
#include "protocol/oab/manifest.h"

namespace ropewalk::oab {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::HasSubstr;

std::vector<u8> bytes(std::string_view text) { return {text.begin(), text.end()}; }

// What another implementation makes of a compressed file; an error of its instead, as text.
std::vector<u8> unpacked(ByteView packed) {
  const auto base = std::filesystem::temp_directory_path() / ("oab-" + Guid::random().to_string());
  const std::string in = base.string() + ".lzx", out = base.string() + ".oab";
  std::ofstream(in, std::ios::binary).write(reinterpret_cast<const char*>(packed.data()), std::ssize(packed));
  msoab_decompressor* decompressor = mspack_create_oab_decompressor(nullptr);
  const int error = decompressor->decompress(decompressor, in.c_str(), out.c_str());
  mspack_destroy_oab_decompressor(decompressor);
  std::vector<u8> plain;
  if (error == MSPACK_ERR_OK) {
    std::ifstream file(out, std::ios::binary);
    plain.assign(std::istreambuf_iterator<char>(file), {});
  } else {
    plain = bytes("libmspack: error " + std::to_string(error));
  }
  std::filesystem::remove(in);
  std::filesystem::remove(out);
  return plain;
}

void expect_same(const std::vector<u8>& plain, const char* what) {
  const std::vector<u8> again = unpacked(compress_details(plain));
  ASSERT_EQ(again.size(), plain.size()) << what << ": "
                                        << std::string(again.begin(),
                                                       again.begin() + std::min<std::ptrdiff_t>(60, std::ssize(again)));
  EXPECT_TRUE(again == plain) << what;
}

TEST(Lzx, AnotherImplementationUnpacksIt) {
  std::mt19937 random(1);
  expect_same(bytes("a"), "a byte");
  expect_same(bytes("ab"), "two bytes");
  expect_same(std::vector<u8>(100, 7), "one byte again and again");
  expect_same(std::vector<u8>(1'000'001, 0), "zeros over blocks");
  for (std::size_t size :
       {1u, 255u, 32767u, 32768u, 32769u, 65537u, 131072u, 131073u, 262143u, 262144u, 262145u, 700'001u}) {
    std::vector<u8> noise(size), text(size), sparse(size);
    for (u8& byte : noise) byte = static_cast<u8>(random());
    for (std::size_t i = 0; i < size; ++i)
      text[i] = static_cast<u8>("user1@ropewalk.test, Rope Walk 7, "[i * (i / 97 + 1) % 34]);
    for (std::size_t i = 0; i < size; ++i) sparse[i] = static_cast<u8>(random() % 50 == 0 ? random() : i / 1000);
    expect_same(noise, "noise");  // frames that are stored
    expect_same(text, "text");
    expect_same(sparse, "sparse");
    std::vector<u8> mixed = noise;
    mixed.insert(mixed.end(), text.begin(), text.end());
    mixed.insert(mixed.end(), noise.begin(), noise.end());
    expect_same(mixed, "noise, text, and the noise again");
  }
}

TEST(Lzx, TextBecomesSmall) {
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += "User " + std::to_string(i) + ", user" + std::to_string(i) + "@ropewalk.test; ";
  const auto packed = lzx_compress(bytes_of(text).first(200'000));
  EXPECT_LT(packed.size(), 50'000u);
  EXPECT_EQ(lzx_window_bits(1), 17u);
  EXPECT_EQ(lzx_window_bits(1 << 17), 17u);
  EXPECT_EQ(lzx_window_bits((1 << 17) + 1), 18u);
}

TEST(Huffman, CodesAreCompleteAndShortEnough) {
  std::mt19937 random(2);
  for (int round = 0; round < 300; ++round) {
    std::vector<u32> counts(2 + random() % 300, 0);
    for (u32& count : counts)
      if (random() % 3 != 0) count = round % 2 == 0 ? static_cast<u32>(random() % 1000) : 1u << random() % 30;
    const unsigned limit = counts.size() <= 100 ? 7 : 16;
    const auto lengths = code_lengths(counts, limit);
    double kraft = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      EXPECT_LE(lengths[i], limit);
      if (counts[i] != 0) {
        EXPECT_NE(lengths[i], 0);
      }
      if (lengths[i] != 0) kraft += 1.0 / (1u << lengths[i]);
    }
    EXPECT_TRUE(kraft == 1.0 || kraft == 0.0) << kraft;
  }
  EXPECT_EQ(code_lengths(std::vector<u32>{0, 0, 5}, 16), (std::vector<u8>{1, 0, 1}));
}

mapi::PropertyBag person(int number) {
  mapi::PropertyBag bag;
  const std::string id = "user" + std::to_string(number);
  bag.set_bytes(PropTag(0x3003001E), bytes_of("/o=Ropewalk/ou=x/cn=Recipients/cn=" + id));
  bag.set_text(PropTag(tag::PidTagSmtpAddress), id + "@ropewalk.test");
  bag.set_text(PropTag(tag::PidTagDisplayName),
               "\xC3\x9C"
               "ser " +
                   id);
  bag.set(PropTag(tag::PidTagDisplayTypeEx), mapi::Value::of(u32{0x40000000}));
  bag.set(PropTag(tag::PidTagObjectType), mapi::Value::of(u32{6}));
  bag.set(PropTag(tag::PidTagSendRichInfo), mapi::Value::of(true));
  bag.set_bytes(PropTag(0x3A220102), std::vector<u8>(300, 9));
  std::vector<u8> first = utf8_to_utf16("SMTP:" + id + "@ropewalk.test"),
                  second = utf8_to_utf16("smtp:x@ropewalk.test");
  mapi::Value items[] = {mapi::Value::of(ByteView(first)), mapi::Value::of(ByteView(second))};
  bag.set(PropTag(0x800F101F), mapi::Value::of(wire::List<mapi::Value>(std::span(items))));
  bag.set_text(PropTag(tag::PidTagBody), "not in the schema");
  return bag;
}

std::vector<u8> book(int people) {
  DetailsWriter writer;
  for (int i = 0; i < people; ++i) {
    auto bag = person(i);
    Status added = writer.add(bag.all());
    EXPECT_TRUE(added.ok());
  }
  return writer.finish({"\\Global Address List", "/", "11111111-2222-3333-4444-555555555555", 300});
}

TEST(OabDetails, SaysWhatTheObjectsSay) {
  const std::vector<u8> file = book(3);
  Arena arena;
  auto read = DetailsReader::read(file, arena);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(read->header.version, 0x20u);
  EXPECT_EQ(read->header.records, 3u);
  EXPECT_EQ(read->list.values[0].single.text.text(), "\\Global Address List");
  EXPECT_EQ(read->list.values[2].single.number.value(), 300u);
  ASSERT_EQ(read->objects.size(), 3u);
  const auto& values = read->objects[2].values;
  auto value = [&](u32 wanted) -> const RecordValue& {
    for (const RecordValue& one : values)
      if (one.tag.value == wanted) return one;
    ADD_FAILURE() << wanted;
    return values[0];
  };
  EXPECT_EQ(value(0x3003001E).single.text.text(), "/o=Ropewalk/ou=x/cn=Recipients/cn=user2");
  EXPECT_EQ(value(0x3001001F).single.text.text(),
            "\xC3\x9C"
            "ser user2");
  EXPECT_EQ(value(0x39050003).single.number.value(), 0x40000000u);
  EXPECT_EQ(value(0x3A40000B).single.flag, 1);
  EXPECT_EQ(value(0x3A220102).single.bytes.size(), 300u);
  ASSERT_EQ(value(0x800F101F).several.size(), 2u);
  EXPECT_EQ(value(0x800F101F).several[1].text.text(), "smtp:x@ropewalk.test");
  EXPECT_EQ(values.size(), 8u);
}

// [MS-OXOAB] 2.9.6.1
TEST(OabDetails, NumbersArePackedAsTheDocumentHasThem) {
  auto packed = [](u32 number) {
    wire::OutBuffer out;
    wire::encode(PackedNumber::of(number), out);
    return to_hex(out.view());
  };
  EXPECT_EQ(packed(0), "00");
  EXPECT_EQ(packed(0x7F), "7F");
  EXPECT_EQ(packed(0x80), "8180");
  EXPECT_EQ(packed(0x1234), "823412");
  EXPECT_EQ(packed(0x123456), "83563412");
  EXPECT_EQ(packed(0x12345678), "8478563412");
  for (u32 number : {0u, 127u, 128u, 255u, 256u, 65535u, 65536u, 0xFFFFFFu, 0x1000000u, 0xFFFFFFFFu})
    EXPECT_EQ(PackedNumber::of(number).value(), number);
}

TEST(OabDetails, ObjectsWithoutAKeyAreRefused) {
  DetailsWriter writer;
  mapi::PropertyBag nobody;
  nobody.set_text(PropTag(tag::PidTagDisplayName), "Nobody");
  EXPECT_THAT(writer.add(nobody.all()).error().text, HasSubstr("without its DN"));
}

TEST(OabDetails, BrokenFilesAreErrors) {
  std::vector<u8> file = book(2);
  Arena arena;
  for (std::size_t size = 0; size < file.size(); size += 7)
    EXPECT_FALSE(DetailsReader::read(ByteView(file).first(size), arena).ok());
  for (std::size_t i = 12; i < file.size(); ++i) {  // with a checksum that is right
    std::vector<u8> broken = file;
    broken[i] = static_cast<u8>(broken[i] ^ 0xFF);
    const u32 sum = checksum(ByteView(broken).subspan(12));
    for (unsigned b = 0; b < 4; ++b) broken[4 + b] = static_cast<u8>(sum >> (8 * b));
    (void)DetailsReader::read(broken, arena);
  }
}

TEST(OabDetails, ALargeBookSurvivesTheWay) {
  const std::vector<u8> file = book(5000);
  const std::vector<u8> packed = compress_details(file);
  EXPECT_LT(packed.size(), file.size() / 3);
  EXPECT_TRUE(unpacked(packed) == file);
}

TEST(OabManifest, BothWays) {
  Manifest manifest;
  ManifestFile full;
  full.sequence = "7";
  full.size = "100";
  full.uncompressed_size = "1000";
  full.sha1 = "AB";
  full.name = "x-data-7.lzx";
  manifest.lists.push_back({"11111111-2222-3333-4444-555555555555", "/", "\\Global Address List", full});
  const std::string text = xml::write_document(manifest);
  EXPECT_THAT(text,
              HasSubstr("<OAL id=\"11111111-2222-3333-4444-555555555555\" dn=\"/\" name=\"\\Global Address List\">"));
  EXPECT_THAT(
      text,
      HasSubstr("<Full seq=\"7\" ver=\"32\" size=\"100\" uncompressedsize=\"1000\" SHA=\"AB\">x-data-7.lzx</Full>"));
  auto read = xml::read_document<Manifest>(text);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->lists.at(0).full->name, "x-data-7.lzx");
}

}  // namespace
}  // namespace ropewalk::oab
