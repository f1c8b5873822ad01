// The offline address book, version 4: [MS-OXOAB] 2.9 (full details) and 2.11 (compressed).
#pragma once

#include <algorithm>

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

// [MS-OXOAB] 2.9.6.1: up to 127 in one byte, else the number of bytes and these.
struct PackedNumber {
  static constexpr std::string_view kName = "packed number";
  u8 lead{};
  std::array<u8, 4> rest{};

  static PackedNumber of(u32 number) {
    PackedNumber packed;
    if (number <= 0x7F) {
      packed.lead = static_cast<u8>(number);
      return packed;
    }
    u8 count = 0;
    for (; number != 0; number >>= 8) packed.rest[count++] = static_cast<u8>(number);
    packed.lead = static_cast<u8>(0x80 | count);
    return packed;
  }
  // Of a lead that fields() refuses: of no more bytes than there are.
  u32 value() const {
    if (lead <= 0x7F) return lead;
    u32 number = 0;
    for (unsigned i = std::min(lead & 0x7Fu, 4u); i-- > 0;) number = number << 8 | rest[i];
    return number;
  }
  static void fields(auto& m, auto& v) {
    v("Lead", m.lead);
    v.expect(m.lead <= 0x7F || (m.lead >= 0x81 && m.lead <= 0x84), "a number of 1 to 4 bytes");
    for (unsigned i = 0; m.lead > 0x80 && m.lead <= 0x84 && i < (m.lead & 0x7Fu); ++i) v("Byte", m.rest[i]);
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
      v("data", value);
    }
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
  static constexpr u32 kLzx = 1;
  u32 flags = kLzx;
  u32 compressed_size{}, size{};
  u32 checksum{};  // of the bytes, uncompressed
  static void fields(auto& m, auto& v) {
    v("ulFlags", m.flags);
    v("ulCompSize", m.compressed_size);
    v("ulUncompSize", m.size);
    v("ulCRC", m.checksum);
  }
};

}  // namespace ropewalk::oab
