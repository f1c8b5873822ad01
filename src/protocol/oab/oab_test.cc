// Offline address books: made here, unpacked by libmspack.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "protocol/oab/compressed.h"
#include "protocol/oab/details.h"
#include "protocol/oab/huffman.h"
#include "protocol/oab/lzx.h"
#include "protocol/oab/manifest.h"
#include "wire/test_round_trip.h"

namespace ropewalk::oab {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using testing::HasSubstr;

std::vector<u8> bytes(std::string_view text) { return {text.begin(), text.end()}; }

// What another implementation, libmspack, makes of a compressed file; an error of its instead, as text.
std::vector<u8> unpacked(ByteView packed) {
  auto plain = unpack_file(packed, 64 << 20);
  return plain.ok() ? *std::move(plain) : bytes("libmspack: " + plain.error().text);
}

void expect_same(const std::vector<u8>& plain, const char* what) {
  const std::vector<u8> again = unpacked(compress_file(plain));
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

// [MS-PATCH] 3: "abc", whose prefix codes would be longer than itself.
TEST(Lzx, StoresWhatTheDocumentStores) {
  EXPECT_EQ(to_hex(lzx_compress(bytes("abc"))), "14000030300001000000010000000100000061626300");
}

// Frames of 32 KB, the window that follows from the block, and LZX for every block however little it helps.
TEST(Lzx, ComesInTheOnlyFormThatOutlookTakes) {
  std::mt19937 random(3);
  std::vector<u8> noise(600'000);
  for (u8& byte : noise) byte = static_cast<u8>(random());
  const std::vector<u8> packed = compress_file(noise);
  Arena arena;
  auto file = wire::decode<CompressedFile>(packed, arena);
  ASSERT_TRUE(file.ok()) << file.error().text();
  EXPECT_EQ(file->header.version_high, 3u);
  EXPECT_EQ(file->header.version_low, 1u);
  EXPECT_EQ(file->header.block_max, 256u << 10);
  ASSERT_EQ(file->blocks.size(), 3u);
  std::size_t whole = 0;
  for (const CompressedBlock& block : file->blocks) {
    EXPECT_EQ(block.flags, CompressedBlock::kLzx);
    EXPECT_EQ(lzx_window_bits(block.size), block.size > 1u << 17 ? 18u : 17u);
    std::size_t frames = 0;
    for (std::size_t at = 0; at + 2 <= block.data.size(); ++frames) at += 2 + load_le<u16>(block.data.data() + at);
    EXPECT_EQ(frames, (block.size + kLzxFrame - 1) / kLzxFrame);
    whole += block.size;
  }
  EXPECT_EQ(whole, noise.size());
}

TEST(Lzx, TakesMatchesFromItsReference) {
  std::mt19937 random(4);
  std::vector<u8> reference(100'000);
  for (u8& byte : reference) byte = static_cast<u8>(random());
  std::vector<u8> data(reference.begin() + 5000, reference.begin() + 90'000);
  EXPECT_LT(lzx_compress(data, reference).size(), data.size() / 50);
  EXPECT_EQ(lzx_window_bits(85'000, 100'000), 18u);  // 85,000 and four frames
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
  nobody.set_bytes(PropTag(0x3003001E), bytes_of("/o=Ropewalk/cn=nobody"));
  EXPECT_THAT(writer.add(nobody.all()).error().text, HasSubstr("without an address"));
  EXPECT_EQ(writer.count(), 0u);
}

// The one record of a file with one object.
std::map<u32, RecordValue> values_of(const mapi::PropertyBag& bag, std::vector<u8>& file, Arena& arena) {
  DetailsWriter writer;
  Status added = writer.add(bag.all());
  EXPECT_TRUE(added.ok());
  file = writer.finish({});
  auto read = DetailsReader::read(file, arena);
  EXPECT_TRUE(read.ok() && read->objects.size() == 1);
  std::map<u32, RecordValue> values;
  if (read.ok())
    for (const RecordValue& value : read->objects[0].values) values[value.tag.value] = value;
  return values;
}

// [MS-OXOAB] 2.9.6.3, 2.9.6.4, 2.9.6.7, 2.9.6.8
TEST(OabDetails, EmptyTextsAreNotThereAndOfManyNoneIsThereTwice) {
  auto bag = person(1);
  bag.set_text(PropTag(tag::PidTagTitle), "");
  const std::vector<u8> texts[] = {utf8_to_utf16(""), utf8_to_utf16("smtp:A@ropewalk.test"),
                                   utf8_to_utf16("SMTP:a@ropewalk.test"), utf8_to_utf16("smtp:b@ropewalk.test")};
  std::vector<mapi::Value> items;
  for (const auto& text : texts) items.push_back(mapi::Value::of(ByteView(text)));
  bag.set(PropTag(0x800F101F), mapi::Value::of(wire::List<mapi::Value>(std::span(items))));
  items.resize(1);
  bag.set(PropTag(0x3A1B101F), mapi::Value::of(wire::List<mapi::Value>(std::span(items))));
  std::vector<u8> file;
  Arena arena;
  auto values = values_of(bag, file, arena);
  EXPECT_FALSE(values.contains(0x3A17001F));
  EXPECT_FALSE(values.contains(0x3A1B101F));
  ASSERT_EQ(values[0x800F101F].several.size(), 2u);
  EXPECT_EQ(values[0x800F101F].several[1].text.text(), "smtp:b@ropewalk.test");
  EXPECT_FALSE(values.contains(0x68051003));
}

// [MS-OXOAB] 2.9.2.2.1
TEST(OabDetails, WhatIsTooLongIsCutAndTheRecordSaysSo) {
  auto bag = person(1);
  std::string comment = "x";
  for (int i = 0; i < 3000; ++i) comment += "\xC3\xA9";  // 6001 bytes; the limit falls inside a letter
  bag.set_text(PropTag(tag::PidTagComment), comment);
  bag.set_bytes(PropTag(0x3A220102), std::vector<u8>(32769, 1));
  const std::vector<u8> large(30000, 2);
  std::vector<mapi::Value> many(4, mapi::Value::of(ByteView(large)));
  bag.set(PropTag(0x8C6A1102), mapi::Value::of(wire::List<mapi::Value>(std::span(many))));
  std::vector<u8> file;
  Arena arena;
  auto values = values_of(bag, file, arena);
  EXPECT_EQ(values[0x3004001F].single.text.text().size(), 3399u);
  EXPECT_EQ(values[0x3004001F].single.text.text(), comment.substr(0, 3399));
  EXPECT_FALSE(values.contains(0x3A220102));
  EXPECT_EQ(values[0x8C6A1102].several.size(), 2u);
  std::vector<u32> truncated;
  for (const RecordItem& item : values[0x68051003].several) truncated.push_back(item.number.value());
  EXPECT_THAT(truncated, testing::ElementsAre(0x3004001Fu, 0x3A220102u, 0x8C6A1102u));
}

// [MS-OXOAB] 2.9.2.2 and 2.9.4: which stand first, which are keys, of which types all are.
TEST(OabDetails, TheSchemaIsAsClientsExpectIt) {
  const auto schema = object_schema();
  EXPECT_EQ(schema[0].tag.value, 0x3003001Eu);
  EXPECT_EQ(schema[1].tag.value, 0x39FE001Fu);
  std::set<u32> seen;
  for (const PropRec& one : schema) {
    EXPECT_TRUE(seen.insert(one.tag.value).second);
    EXPECT_THAT(one.tag.value & 0xFFFF,
                testing::AnyOf(0x0003, 0x000B, 0x000D, 0x001E, 0x001F, 0x0102, 0x1003, 0x101E, 0x101F, 0x1102));
    EXPECT_EQ((one.flags & PropRec::kPrimaryKey) != 0, seen.size() <= 2);
    EXPECT_EQ(one.flags & ~3u, 0u);
  }
  for (u32 wanted :
       {0x3001001Fu, 0x3A00001Fu, 0x3A11001Fu, 0x3A06001Fu, 0x800F101Fu, 0x3A19001Fu, 0x39000003u, 0x0FFE0003u,
        0x3A40000Bu, 0x3A08001Fu, 0x3A0A001Fu, 0x3A29001Fu, 0x3A27001Fu, 0x3A28001Fu, 0x3A2A001Fu, 0x3A26001Fu,
        0x3A17001Fu, 0x3A16001Fu, 0x3A30001Fu, 0x3A18001Fu, 0x8011001Fu, 0x3A09001Fu, 0x3A1B101Fu, 0x3A2F101Fu,
        0x3A23001Fu, 0x3A1C001Fu, 0x3A2E001Fu, 0x3A21001Fu, 0x3004001Fu, 0x3A220102u})
    EXPECT_TRUE(seen.contains(wanted)) << wanted;
}

TEST(OabStructures, GoThroughEveryReadingUnchanged) {
  for (const wire::StructInfo* info :
       {&wire::struct_info<Header>, &wire::struct_info<PropTable>, &wire::struct_info<MetaData>,
        &wire::struct_info<PackedNumber>, &wire::struct_info<CompressedHeader>, &wire::struct_info<CompressedBlock>,
        &wire::struct_info<CompressedFile>, &wire::struct_info<PatchHeader>, &wire::struct_info<PatchBlock>,
        &wire::struct_info<PatchFile>})
    EXPECT_EQ(wire::check_round_trips(*info, nullptr, 100), "");
  const Schema schema{object_schema()};
  const wire::Context context = wire::add_context(schema, nullptr);
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<Record>, &context, 100), "");
}

TEST(OabStructures, AWholeFileIsOneStructure) {
  const std::vector<u8> file = book(3);
  EXPECT_EQ(wire::check_bytes(wire::struct_info<DetailsFile>, file, nullptr), "");
  for (std::size_t n = 0; n < file.size(); n += 5)
    EXPECT_EQ(wire::check_bytes(wire::struct_info<DetailsFile>, ByteView(file).first(n), nullptr), "") << n;
  const std::vector<u8> packed = compress_file(file);
  Arena arena;
  const auto tree = wire::read_tree(wire::struct_info<CompressedFile>, packed, arena, nullptr);
  EXPECT_FALSE(tree.error);
  EXPECT_THAT(wire::to_text(tree.root),
              testing::AllOf(HasSubstr("LZX_BLK"), HasSubstr("PidTagSmtpAddress"), HasSubstr("user2@ropewalk.test"),
                             HasSubstr("Value: 1073741824")));
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
  const std::vector<u8> packed = compress_file(file);
  EXPECT_LT(packed.size(), file.size() / 3);
  EXPECT_TRUE(unpacked(packed) == file);
}

// ---- patches ----

std::vector<u8> book_of(const std::vector<int>& people, u32 sequence) {
  DetailsWriter writer;
  for (int number : people) {
    auto bag = person(number);
    EXPECT_TRUE(writer.add(bag.all()).ok());
  }
  return writer.finish({"\\Global Address List", "/", "11111111-2222-3333-4444-555555555555", sequence});
}

void expect_patch(const std::vector<u8>& source, const std::vector<u8>& target, std::size_t most, const char* what) {
  const auto patch = make_patch(source, target);
  ASSERT_TRUE(patch) << what;
  EXPECT_LT(patch->size(), most) << what;
  auto made = apply_patch(source, *patch, 64 << 20);
  ASSERT_TRUE(made.ok()) << what << ": " << made.error().text;
  EXPECT_TRUE(*made == target) << what;
  Arena arena;
  auto file = wire::decode<PatchFile>(*patch, arena);
  ASSERT_TRUE(file.ok()) << what << ": " << file.error().text();
  u64 read = 0, written = 0;
  for (const PatchBlock& block : file->blocks) {
    EXPECT_NE(block.target_size, 0u);
    for (std::size_t size : {std::size_t{block.source_size}, std::size_t{block.target_size}, block.data.size()})
      EXPECT_LE(size, file->header.block_max);
    read += block.source_size;
    written += block.target_size;
  }
  EXPECT_LE(read, source.size()) << what;
  EXPECT_EQ(written, target.size()) << what;
}

TEST(OabPatch, AnotherImplementationMakesTheNextGenerationOfIt) {
  std::vector<int> people(3000);
  for (int i = 0; i < 3000; ++i) people[static_cast<std::size_t>(i)] = i;
  const std::vector<u8> first = book_of(people, 1);
  auto changed = people;
  expect_patch(first, book_of(changed, 2), 30'000, "nothing but the number");
  changed.erase(changed.begin() + 100);
  changed.insert(changed.begin() + 1500, 7777);
  changed.push_back(8888);
  expect_patch(first, book_of(changed, 2), 30'000, "one gone, two new");
  changed.erase(changed.begin() + 500, changed.begin() + 2500);
  expect_patch(first, book_of(changed, 2), 60'000, "most are gone");
  expect_patch(book_of(changed, 1), first, 200'000, "many are new");
  EXPECT_FALSE(make_patch(first, book_of({1, 2, 3}, 2)));  // the whole file is less than passing over the others
  expect_patch(book_of({1}, 1), book_of({2}, 2), 2'000, "another one");
}

TEST(OabPatch, IsForOneFileAlone) {
  const auto first = book_of({1, 2, 3}, 1), second = book_of({1, 2}, 2);
  const auto patch = make_patch(first, second);
  ASSERT_TRUE(patch);
  EXPECT_THAT(apply_patch(second, *patch, 1 << 20).error().text, HasSubstr("another file"));
  auto broken = *patch;
  broken.back() ^= 0xFF;
  EXPECT_FALSE(apply_patch(first, broken, 1 << 20).ok());
  for (std::size_t n = 0; n < patch->size(); n += 3)
    EXPECT_FALSE(apply_patch(first, ByteView(*patch).first(n), 1 << 20).ok()) << n;
  EXPECT_THAT(apply_patch(first, *patch, 100).error().text, HasSubstr("larger than 100"));
}

TEST(OabCompressed, SaysWhatIsWrong) {
  const std::vector<u8> packed = compress_file(book(50));
  EXPECT_THAT(unpack_file(ByteView(packed).first(10), 1 << 20).error().text, HasSubstr("cut off"));
  EXPECT_THAT(unpack_file(packed, 1000).error().text, HasSubstr("larger than 1000"));
  auto broken = packed;
  broken[0] = 9;
  EXPECT_THAT(unpack_file(broken, 1 << 20).error().text, HasSubstr("version"));
  broken = packed;
  broken[16 + 12] ^= 1;
  EXPECT_THAT(unpack_file(broken, 1 << 20).error().text, HasSubstr("checksum"));
}

// The form of [MS-OXWOAB] 4: names between line ends, templates, differences.
TEST(OabManifest, ReadsTheDocumentsForm) {
  auto read = xml::read_document<Manifest>(R"(<?xml version="1.0" encoding="UTF-8"?>
<OAB>
  <OAL id='11111111-2222-3333-4444-555555555555' dn='/guid=00112233445566778899AABBCCDDEEFF' name='\All Rooms'>
    <Full seq='2' ver='32' size='554' uncompressedsize='1165' SHA='d0'>
      a-data-2.lzx
    </Full>
    <Template seq='2' ver='7' size='9' uncompressedsize='99' SHA='d1' langid='0409' type='windows'>
      a-lng0409-2.lzx
    </Template>
    <Diff seq='2' ver='32' size='132' uncompressedsize='1165' SHA='d2'>
      a-binpatch-2.lzx
    </Diff>
  </OAL>
</OAB>)");
  ASSERT_TRUE(read.ok()) << read.error().text;
  const ManifestList& list = read->lists.at(0);
  EXPECT_EQ(list.dn, "/guid=00112233445566778899AABBCCDDEEFF");
  EXPECT_EQ(list.full->file_name(), "a-data-2.lzx");
  EXPECT_EQ(list.templates.at(0).language, "0409");
  EXPECT_EQ(list.templates.at(0).type, "windows");
  EXPECT_EQ(list.differences.at(0).file_name(), "a-binpatch-2.lzx");
  EXPECT_EQ(list.differences.at(0).uncompressed_size, "1165");
}

TEST(OabManifest, BothWays) {
  Manifest manifest;
  ManifestFile full;
  full.sequence = "7";
  full.size = "100";
  full.uncompressed_size = "1000";
  full.sha1 = "AB";
  full.name = "x-data-7.lzx";
  manifest.lists.push_back({"11111111-2222-3333-4444-555555555555", "/", "\\Global Address List", full, {}, {}});
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
