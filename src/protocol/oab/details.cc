#include "protocol/oab/details.h"

#include <zlib.h>

#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "protocol/oab/lzx.h"

namespace ropewalk::oab {
namespace {

using mapi::PropTag;
using mapi::PropType;

constexpr u32 kBlock = 256 << 10;
constexpr u32 kNames = PropRec::kAmbiguousNames, kKey = PropRec::kPrimaryKey;

// [MS-OXOAB] 2.9.5.1
const PropRec kHeaderSchema[] = {{PropTag(0x6800001F), 0},   // PidTagOfflineAddressBookName
                                 {PropTag(0x6804001E), 0},   // PidTagOfflineAddressBookDistinguishedName
                                 {PropTag(0x68010003), 0},   // PidTagOfflineAddressBookSequence
                                 {PropTag(0x6802001E), 0}};  // PidTagOfflineAddressBookContainerGuid

const PropRec kObjectSchema[] = {
    {PropTag(0x3003001E), kKey},    // PidTagEmailAddress: the DN
    {PropTag(0x39FE001F), 0},       // PidTagSmtpAddress
    {PropTag(0x3001001F), kNames},  // PidTagDisplayName
    {PropTag(0x8C92001F), 0},       // PidTagAddressBookPhoneticDisplayName
    {PropTag(0x3A00001F), kNames},  // PidTagAccount
    {PropTag(0x3A11001F), kNames},  // PidTagSurname
    {PropTag(0x8C8F001F), 0},       // PidTagAddressBookPhoneticSurname
    {PropTag(0x3A06001F), 0},       // PidTagGivenName
    {PropTag(0x8C8E001F), 0},       // PidTagAddressBookPhoneticGivenName
    {PropTag(0x800F101F), 0},       // PidTagAddressBookProxyAddresses
    {PropTag(0x3A19001F), kNames},  // PidTagOfficeLocation
    {PropTag(0x39000003), 0},       // PidTagDisplayType
    {PropTag(0x39050003), 0},       // PidTagDisplayTypeEx
    {PropTag(0x0FFE0003), 0},       // PidTagObjectType
    {PropTag(0x3A40000B), 0},       // PidTagSendRichInfo
    {PropTag(0x3A08001F), 0},       // PidTagBusinessTelephoneNumber
    {PropTag(0x3A0A001F), 0},       // PidTagInitials
    {PropTag(0x3A29001F), 0},       // PidTagStreetAddress
    {PropTag(0x3A27001F), 0},       // PidTagLocality
    {PropTag(0x3A28001F), 0},       // PidTagStateOrProvince
    {PropTag(0x3A2A001F), 0},       // PidTagPostalCode
    {PropTag(0x3A26001F), 0},       // PidTagCountry
    {PropTag(0x3A17001F), 0},       // PidTagTitle
    {PropTag(0x3A16001F), 0},       // PidTagCompanyName
    {PropTag(0x3A30001F), 0},       // PidTagAssistant
    {PropTag(0x3A18001F), 0},       // PidTagDepartmentName
    {PropTag(0x8011001F), 0},       // PidTagAddressBookTargetAddress
    {PropTag(0x3A09001F), 0},       // PidTagHomeTelephoneNumber
    {PropTag(0x3A1B101F), 0},       // PidTagBusiness2TelephoneNumbers
    {PropTag(0x3A2F101F), 0},       // PidTagHome2TelephoneNumbers
    {PropTag(0x3A23001F), 0},       // PidTagPrimaryFaxNumber
    {PropTag(0x3A1C001F), 0},       // PidTagMobileTelephoneNumber
    {PropTag(0x3A2E001F), 0},       // PidTagAssistantTelephoneNumber
    {PropTag(0x3A21001F), 0},       // PidTagPagerTelephoneNumber
    {PropTag(0x3004001F), 0},       // PidTagComment
    {PropTag(0x3A220102), 0},       // PidTagUserCertificate
    {PropTag(0x8C6A1102), 0},       // PidTagAddressBookX509Certificate
};

// A value as records have it; the texts that are converted live in `texts`.
bool to_item(PropType type, const mapi::Value& value, RecordItem& item, Arena& texts) {
  switch (type) {
    case PropType::integer32:
      item.number = PackedNumber::of(static_cast<u32>(value.number));
      return true;
    case PropType::boolean:
      item.flag = value.boolean() ? 1 : 0;
      return true;
    case PropType::string8:
      item.text.bytes = value.bytes;
      return true;
    case PropType::string: {
      const std::string utf8 = utf16_to_utf8(value.bytes);
      const std::string_view whole = std::string_view(utf8).substr(0, utf8.find('\0'));
      item.text.bytes = texts.copy(bytes_of(whole));
      return true;
    }
    case PropType::binary:
      item.bytes = value.bytes;
      return true;
    default:
      return false;
  }
}

wire::List<PropRec> schema_list(std::span<const PropRec> schema) {
  return wire::List<PropRec>(std::span(const_cast<PropRec*>(schema.data()), schema.size()));  // is only read
}

const mapi::Property* find(std::span<const mapi::Property> properties, PropTag tag) {
  for (const mapi::Property& property : properties)
    if (property.tag == tag) return &property;
  return nullptr;
}

Status append(std::span<const mapi::Property> properties, const Schema& schema, wire::OutBuffer& out) {
  Arena arena;
  std::vector<u8> presence((schema.properties.size() + 7) / 8, 0);
  std::vector<RecordValue> values;
  for (std::size_t i = 0; i < schema.properties.size(); ++i) {
    const PropTag tag = schema.properties[i].tag;
    const mapi::Property* property = find(properties, tag);
    if (property == nullptr) {
      if ((schema.properties[i].flags & kKey) != 0) return Error{"an object of the address book without its DN"};
      continue;
    }
    RecordValue value;
    value.tag = tag;
    if (mapi::is_multiple(tag.type())) {
      auto items = arena.make<RecordItem>(property->value.items.size());
      for (std::size_t j = 0; j < property->value.items.size(); ++j)
        if (!to_item(mapi::base_type(tag.type()), property->value.items[j], items[j], arena)) continue;
      value.several = wire::List<RecordItem>(items);
    } else if (!to_item(tag.type(), property->value, value.single, arena)) {
      continue;
    }
    presence[i / 8] = static_cast<u8>(presence[i / 8] | 0x80 >> (i % 8));
    values.push_back(value);
  }
  Record record;
  record.presence = wire::List<u8>(std::span(presence));
  record.values = wire::List<RecordValue>(std::span(values));
  const wire::Context context = wire::add_context(schema, nullptr);
  if (!wire::encode(record, out, &context)) return Error{"an object of the address book that is too large"};
  return {};
}

}  // namespace

std::span<const PropRec> object_schema() { return kObjectSchema; }

Status DetailsWriter::add(std::span<const mapi::Property> properties) {
  ROPEWALK_CHECK(append(properties, Schema{kObjectSchema}, out_));
  ++count_;
  return {};
}

std::vector<u8> DetailsWriter::finish(const ListIdentity& list) const {
  MetaData meta;
  meta.header.properties = schema_list(kHeaderSchema);
  meta.objects.properties = schema_list(kObjectSchema);
  mapi::PropertyBag said;
  said.set_text(kHeaderSchema[0].tag, list.name);
  said.set_bytes(kHeaderSchema[1].tag, bytes_of(list.dn));
  said.set(kHeaderSchema[2].tag, mapi::Value::of(list.sequence));
  said.set_bytes(kHeaderSchema[3].tag, bytes_of(list.id));
  Header header;
  header.records = count_;
  wire::OutBuffer first;
  wire::encode(header, first);
  const std::size_t behind_header = first.size();
  wire::encode(meta, first);
  (void)append(said.all(), Schema{kHeaderSchema}, first);
  std::vector<u8> file(first.view().begin(), first.view().end());
  file.insert(file.end(), objects().begin(), objects().end());
  header.serial = checksum(ByteView(file).subspan(behind_header));
  wire::OutBuffer again;
  wire::encode(header, again);
  std::copy(again.view().begin(), again.view().end(), file.begin());
  return file;
}

u32 checksum(ByteView bytes) { return ~static_cast<u32>(::crc32_z(0, bytes.data(), bytes.size())); }

std::vector<u8> compress_details(ByteView file) {
  CompressedHeader header;
  header.block_max = kBlock;
  header.target_size = static_cast<u32>(file.size());
  wire::OutBuffer out;
  wire::encode(header, out);
  for (std::size_t at = 0; at < file.size(); at += kBlock) {
    const ByteView plain = file.subspan(at, std::min<std::size_t>(kBlock, file.size() - at));
    const std::vector<u8> packed = lzx_compress(plain);
    CompressedBlock block;
    block.compressed_size = static_cast<u32>(packed.size());
    block.size = static_cast<u32>(plain.size());
    block.checksum = checksum(plain);
    wire::encode(block, out);
    out.append(packed);
  }
  return {out.view().begin(), out.view().end()};
}

Result<DetailsReader> DetailsReader::read(ByteView file, Arena& arena) {
  DetailsReader all;
  std::size_t at = 0;
  // The next structure of the file.
  auto next = [&]<class T>(T& into, const wire::Context* context) -> Status {
    std::size_t taken = 0;
    auto read = wire::decode<T>(file.subspan(at), arena, context, &taken);
    if (!read.ok()) return Error{"at " + std::to_string(at) + ": " + read.error().text()};
    into = *read;
    at += taken;
    return {};
  };
  ROPEWALK_CHECK(next(all.header, nullptr));
  if (all.header.version != Header::kVersion4) return Error{"no offline address book of version 4"};
  if (checksum(file.subspan(at)) != all.header.serial) return Error{"the checksum is wrong"};
  ROPEWALK_CHECK(next(all.meta, nullptr));
  const Schema of_header{all.meta.header.properties}, of_objects{all.meta.objects.properties};
  wire::Context context = wire::add_context(of_header, nullptr);
  ROPEWALK_CHECK(next(all.list, &context));
  context = wire::add_context(of_objects, nullptr);
  for (u32 i = 0; i < all.header.records; ++i) {
    Record record;
    ROPEWALK_CHECK(next(record, &context));
    all.objects.push_back(record);
  }
  if (at != file.size()) return Error{"there are bytes behind the last record"};
  return all;
}

}  // namespace ropewalk::oab
