// The offline address book, version 4: [MS-OXOAB] 2.9 (full details), 2.10 (patches) and 2.11 (compressed).
#pragma once

#include <algorithm>
#include <optional>

#include "mapi/value_fields.h"
#include "wire/describe.h"

namespace ropewalk::oab {

// [MS-OXOAB] 2.9.1 OAB_HDR
struct Header {
  static constexpr std::string_view kName = "OAB_HDR";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.9.1";
  static constexpr u32 kVersion4 = 0x20;
  u32 version = kVersion4;
  u32 serial{};   // checksum of all that follows
  u32 records{};  // of address book objects
  static void fields(auto& m, auto& v) {
    v("ulVersion", m.version);
    v("ulSerial", m.serial);
    v("ulTotRecs", m.records);
  }
};

// [MS-OXOAB] 2.9.4 OAB_PROP_REC
struct PropRec {
  static constexpr std::string_view kName = "OAB_PROP_REC";
  static constexpr u32 kAmbiguousNames = 1, kPrimaryKey = 2;
  mapi::PropTag tag;
  u32 flags{};
  static void fields(auto& m, auto& v) {
    v("ulPropId", m.tag);
    v("ulFlags", m.flags);
  }
};

// [MS-OXOAB] 2.9.3 OAB_PROP_TABLE
struct PropTable {
  static constexpr std::string_view kName = "OAB_PROP_TABLE";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.9.3";
  wire::List<PropRec> properties;
  static void fields(auto& m, auto& v) {
    v("cAtts", wire::count_of<u32>(m.properties));
    v("rgProps", m.properties);
  }
};

// [MS-OXOAB] 2.9.2 OAB_META_DATA
struct MetaData {
  static constexpr std::string_view kName = "OAB_META_DATA";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.9.2";
  PropTable header, objects;
  static void fields(auto& m, auto& v) {
    auto tables = [&] {
      v("rgHdrAtts", m.header);
      v("rgOabAtts", m.objects);
    };
    v.sized("cbSize", u32{}, tables, sizeof(u32));
  }
};

// The first byte of a packed number: the number itself, or 0x80 and how many bytes follow.
struct PackedLead {
  u8 value{};
};
const wire::TypeInfo& wire_type(std::type_identity<PackedLead>);

// For trees: a packed number of several bytes as the number it is.
struct PlainNumber {
  static constexpr std::string_view kName = "number";
  u32 value{};
  static void fields(auto& m, auto& v) { v("Value", m.value); }
};

// [MS-OXOAB] 2.9.6.1: up to 127 in one byte, else the number of bytes and these.
struct PackedNumber {
  static constexpr std::string_view kName = "packed number";
  PackedLead lead;
  std::array<u8, 4> rest{};

  static PackedNumber of(u32 number) {
    PackedNumber packed;
    if (number <= 0x7F) {
      packed.lead.value = static_cast<u8>(number);
      return packed;
    }
    u8 count = 0;
    for (; number != 0; number >>= 8) packed.rest[count++] = static_cast<u8>(number);
    packed.lead.value = static_cast<u8>(0x80 | count);
    return packed;
  }
  // Of a lead that fields() refuses: of no more bytes than there are.
  u32 value() const {
    if (lead.value <= 0x7F) return lead.value;
    u32 number = 0;
    for (unsigned i = std::min(lead.value & 0x7Fu, 4u); i-- > 0;) number = number << 8 | rest[i];
    return number;
  }
  // Whether no shorter form says the same.
  bool is_shortest() const { return lead.value == of(value()).lead.value; }
  static void fields(auto& m, auto& v) {
    v("Lead", m.lead);
    const u8 lead = m.lead.value;
    v.expect(lead <= 0x7F || (lead >= 0x81 && lead <= 0x84), "a number of 1 to 4 bytes");
    if (lead <= 0x80 || lead > 0x84) return;
    for (unsigned i = 0; i < (lead & 0x7Fu); ++i) v("Byte", m.rest[i]);
    v.template inside<PlainNumber>("Number", [&](Arena& arena) {
      std::array<u8, 4> bytes{};
      for (unsigned i = 0; i < (lead & 0x7Fu); ++i) bytes[i] = m.rest[i];
      return std::optional<ByteView>(arena.copy(ByteView(bytes)));
    });
  }
};

// One value of a record; which member counts is in the tag's type. [MS-OXOAB] 2.9.6
struct RecordItem {
  static constexpr std::string_view kName = "value";
  PackedNumber number;
  u8 flag{};
  wire::String8 text;  // PtypString too: UTF-8
  ByteView bytes;
  static void item(mapi::PropType type, auto& m, auto& v) {
    if (type == mapi::PropType::integer32 || type == mapi::PropType::object) {
      v("Number", m.number);
    } else if (type == mapi::PropType::boolean) {
      v("Flag", m.flag);
    } else if (type == mapi::PropType::string8 || type == mapi::PropType::string) {
      v("Text", m.text);
    } else if (type == mapi::PropType::binary) {
      PackedNumber size = PackedNumber::of(static_cast<u32>(m.bytes.size()));
      v("Size", size);
      v.expect(size.is_shortest(), "a size in its shortest form");
      v.resize(m.bytes, size.value());
      v("Bytes", m.bytes);
    } else {
      v.fail("a type that offline address books do not have");
    }
  }
};
struct RecordValue {
  static constexpr std::string_view kName = "property";
  mapi::PropTag tag;               // not on the wire: the schema says
  RecordItem single;               // of one value
  wire::List<RecordItem> several;  // of many
  static void fields(auto& m, auto& v) {
    const mapi::PropType type = mapi::base_type(m.tag.type());
    if (!mapi::is_multiple(m.tag.type())) return RecordItem::item(type, m.single, v);
    PackedNumber count = PackedNumber::of(static_cast<u32>(m.several.size()));
    v("Count", count);
    v.expect(count.is_shortest(), "a count in its shortest form");
    v.resize(m.several, count.value());
    v.each("Values", "value", m.several,
           [&](auto name, auto& one) { v.group(name, "value", [&] { RecordItem::item(type, one, v); }); });
  }
};

// The properties that records may have, in their order: of wire::Context.
struct Schema {
  std::span<const PropRec> properties;
};

// [MS-OXOAB] 2.9.5 OAB_V4_REC: the header record, or an object.
struct Record {
  static constexpr std::string_view kName = "OAB_V4_REC";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.9.5";
  wire::List<u8> presence;         // a bit per property of the schema, the highest first
  wire::List<RecordValue> values;  // of those that are there
  static void fields(auto& m, auto& v) {
    const Schema* schema = wire::context<Schema>(v);
    if (schema == nullptr) return v.fail("a record without its schema");
    v.sized(
        "cbSize", u32{}, [&] { content(m, *schema, v); }, sizeof(u32));
  }

 private:
  static void content(auto& m, const Schema& schema, auto& v) {
    v.resize(m.presence, (schema.properties.size() + 7) / 8);
    v("presenceBitArray", m.presence);
    auto is_there = [&](std::size_t i) {
      return i / 8 < m.presence.size() && (m.presence[i / 8] & (0x80 >> (i % 8))) != 0;
    };
    std::size_t count = 0;
    for (std::size_t i = 0; i < schema.properties.size(); ++i) count += is_there(i);
    v.resize(m.values, count);
    std::size_t next = 0;
    for (std::size_t i = 0; i < schema.properties.size(); ++i) {
      if (!is_there(i) || next >= m.values.size()) continue;
      auto& value = m.values[next++];
      v.set(value.tag, schema.properties[i].tag);
      v(mapi::PropertyFieldName{schema.properties[i].tag}, value);
    }
  }
};

// [MS-OXOAB] 2.9: the whole file. Its checksum is DetailsReader's matter.
struct DetailsFile {
  static constexpr std::string_view kName = "OAB Full Details";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.9";
  Header header;
  MetaData meta;
  Record list;
  wire::List<Record> objects;
  static void fields(auto& m, auto& v) {
    v("OAB_HDR", m.header);
    v("OAB_META_DATA", m.meta);
    v.with(Schema{m.meta.header.properties.span()}, [&] { v("OAB header record", m.list); });
    v.with(Schema{m.meta.objects.properties.span()}, [&] { v.until_end("Address Book object records", m.objects); });
  }
};

// [MS-OXOAB] 2.11.1 LZX_HDR
struct CompressedHeader {
  static constexpr std::string_view kName = "LZX_HDR";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.11.1";
  u32 version_high = 3, version_low = 1;
  u32 block_max{};    // bytes of the largest block
  u32 target_size{};  // bytes of the file, uncompressed
  static void fields(auto& m, auto& v) {
    v("ulVersionHi", m.version_high);
    v("ulVersionLo", m.version_low);
    v("ulBlockMax", m.block_max);
    v("ulTargetSize", m.target_size);
  }
};
// [MS-OXOAB] 2.11.2 LZX_BLK
struct CompressedBlock {
  static constexpr std::string_view kName = "LZX_BLK";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.11.2";
  static constexpr u32 kStored = 0, kLzx = 1;
  u32 flags = kLzx;
  u32 size{};      // of the bytes, uncompressed
  u32 checksum{};  // of the same
  ByteView data;
  static void fields(auto& m, auto& v) {
    v("ulFlags", m.flags);
    v("ulCompSize", wire::count_of<u32>(m.data));
    v("ulUncompSize", m.size);
    v("ulCRC", m.checksum);
    v("data", m.data);
  }
};
struct CompressedFile;
// What it holds, where that is a details file of a size that one may want to look at: in the arena.
std::optional<ByteView> details_in(const CompressedFile& file, Arena& arena);
// [MS-OXOAB] 2.11
struct CompressedFile {
  static constexpr std::string_view kName = "OAB Compressed";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.11";
  CompressedHeader header;
  wire::List<CompressedBlock> blocks;
  static void fields(auto& m, auto& v) {
    v("LZX_HDR", m.header);
    v.until_end("LZX_BLK", m.blocks);
    v.template inside<DetailsFile>("Uncompressed", [&](Arena& arena) { return details_in(m, arena); });
  }
};

// [MS-OXOAB] 2.10.1 PATCH_HDR
struct PatchHeader {
  static constexpr std::string_view kName = "PATCH_HDR";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.10.1";
  u32 version_high = 3, version_low = 2;
  u32 block_max{};                           // bytes of the largest block: read, made, or of the patch
  u32 source_size{}, target_size{};          // of the files
  u32 source_checksum{}, target_checksum{};  // of the files without their OAB_HDR
  static void fields(auto& m, auto& v) {
    v("ulVersionHi", m.version_high);
    v("ulVersionLo", m.version_low);
    v("ulBlockMax", m.block_max);
    v("ulSourceSize", m.source_size);
    v("ulTargetSize", m.target_size);
    v("ulSourceCRC", m.source_checksum);
    v("ulTargetCRC", m.target_checksum);
  }
};
// [MS-OXOAB] 2.10.2 PATCH_BLK
struct PatchBlock {
  static constexpr std::string_view kName = "PATCH_BLK";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.10.2";
  u32 target_size{};  // bytes that it makes
  u32 source_size{};  // bytes that it reads of the source, next to what the block before has read
  u32 checksum{};     // of what it makes
  ByteView data;      // LZX DELTA
  static void fields(auto& m, auto& v) {
    v("ulPatchSize", wire::count_of<u32>(m.data));
    v("ulTargetSize", m.target_size);
    v("ulSourceSize", m.source_size);
    v("ulCRC", m.checksum);
    v("data", m.data);
  }
};
// [MS-OXOAB] 2.10
struct PatchFile {
  static constexpr std::string_view kName = "OAB Differential Patch";
  static constexpr std::string_view kSource = "[MS-OXOAB] 2.10";
  PatchHeader header;
  wire::List<PatchBlock> blocks;
  static void fields(auto& m, auto& v) {
    v("PATCH_HDR", m.header);
    v.until_end("PATCH_BLK", m.blocks);
  }
};

}  // namespace ropewalk::oab
