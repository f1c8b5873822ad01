#include "protocol/oab/details.h"

#include <zlib.h>

#include <set>

#include "base/utf16.h"
#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"

namespace ropewalk::oab {
namespace {

using mapi::PropTag;
using mapi::PropType;

constexpr u32 kNames = PropRec::kAmbiguousNames, kKey = PropRec::kPrimaryKey;

constexpr PropTag kTruncated(0x68051003);  // PidTagOfflineAddressBookTruncatedProperties
// Bytes of a value and of a value of many, above which it is cut or left out: what Exchange sets where nobody sets
// anything else. [MS-OXOAB] 2.9.2.2.1
constexpr std::size_t kStringLimit = 3400, kBinaryLimit = 32768, kMultipleLimit = 65536;

// [MS-OXOAB] 2.9.2.1
const PropRec kHeaderSchema[] = {{PropTag(0x6800001F), 0},   // PidTagOfflineAddressBookName
                                 {PropTag(0x6804001E), 0},   // PidTagOfflineAddressBookDistinguishedName
                                 {PropTag(0x68010003), 0},   // PidTagOfflineAddressBookSequence
                                 {PropTag(0x6802001E), 0}};  // PidTagOfflineAddressBookContainerGuid

// [MS-OXOAB] 2.9.2.2: these two first, and what every client expects; 2.9.4: which of them are keys.
const PropRec kObjectSchema[] = {
    {PropTag(0x3003001E), kKey},    // PidTagEmailAddress: the DN
    {PropTag(0x39FE001F), kKey},    // PidTagSmtpAddress
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
    {PropTag(0x3A701102), 0},       // PidTagUserX509Certificate
    {PropTag(0x8C6A1102), 0},       // PidTagAddressBookX509Certificate
    {kTruncated, 0},
};

std::string_view utf8_prefix(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<u8>(text[most]) & 0xC0) == 0x80) --most;
  return text.substr(0, most);
}

struct AsciiCaseLess {
  bool operator()(std::string_view a, std::string_view b) const {
    return mapi::compare_ignoring_ascii_case(a, b) == std::strong_ordering::less;
  }
};

// What becomes of a value on its way into a record.
enum class Kept : u8 { whole, cut, nothing, dropped };

Kept to_text(std::string_view text, RecordItem& item, Arena& texts) {
  const std::string_view whole = text.substr(0, text.find('\0')), part = utf8_prefix(whole, kStringLimit);
  if (part.empty()) return Kept::nothing;
  item.text.bytes = texts.copy(bytes_of(part));
  return part.size() < whole.size() ? Kept::cut : Kept::whole;
}

// A value as records have it; the texts lie in `texts`.
Kept to_item(PropType type, const mapi::Value& value, RecordItem& item, Arena& texts) {
  switch (type) {
    case PropType::integer32:
      item.number = PackedNumber::of(static_cast<u32>(value.number));
      return Kept::whole;
    case PropType::boolean:
      item.flag = value.boolean() ? 1 : 0;
      return Kept::whole;
    case PropType::string8:
      return to_text(text_of(value.bytes), item, texts);
    case PropType::string:
      return to_text(utf16_to_utf8(value.bytes), item, texts);
    case PropType::binary:
      if (value.bytes.empty()) return Kept::nothing;
      if (value.bytes.size() > kBinaryLimit) return Kept::dropped;
      item.bytes = value.bytes;
      return Kept::whole;
    default:
      return Kept::nothing;
  }
}

// The values of a property with many: each once, none empty, and no more than there is room for.
Kept to_items(PropType type, const mapi::Value& value, wire::List<RecordItem>& into, Arena& texts) {
  auto items = texts.make<RecordItem>(value.items.size());
  std::set<std::string_view, AsciiCaseLess> seen;
  std::size_t count = 0, size = 0;
  Kept all = Kept::nothing;
  for (const mapi::Value& one : value.items) {
    RecordItem& item = items[count];
    const Kept kept = to_item(type, one, item, texts);
    if (kept == Kept::nothing) continue;
    const bool is_text = type == PropType::string || type == PropType::string8;
    if (is_text && !seen.insert(item.text.text()).second) continue;
    size += is_text ? item.text.bytes.size() + 1 : type == PropType::binary ? item.bytes.size() : sizeof(u32);
    if (kept == Kept::dropped || size > kMultipleLimit) {
      all = Kept::cut;
      if (size > kMultipleLimit) break;
      continue;
    }
    if (kept == Kept::cut || all == Kept::nothing) all = kept;
    ++count;
  }
  into = wire::List<RecordItem>(items.first(count));
  return count == 0 && all == Kept::cut ? Kept::dropped : all;
}

Kept to_value(const mapi::Property& property, PropTag tag, RecordValue& into, Arena& texts) {
  into.tag = tag;
  return mapi::is_multiple(tag.type()) ? to_items(mapi::base_type(tag.type()), property.value, into.several, texts)
                                       : to_item(tag.type(), property.value, into.single, texts);
}

wire::List<PropRec> schema_list(std::span<const PropRec> schema) {
  return wire::List<PropRec>(std::span(const_cast<PropRec*>(schema.data()), schema.size()));  // is only read
}

const mapi::Property* find(std::span<const mapi::Property> properties, PropTag tag) {
  for (const mapi::Property& property : properties)
    if (property.tag == tag) return &property;
  return nullptr;
}

// PidTagOfflineAddressBookTruncatedProperties: where the online address book knows more.
RecordValue truncated_value(std::span<const PropTag> tags, Arena& arena) {
  auto items = arena.make<RecordItem>(tags.size());
  for (std::size_t i = 0; i < tags.size(); ++i) items[i].number = PackedNumber::of(tags[i].value);
  RecordValue value;
  value.tag = kTruncated;
  value.several = wire::List<RecordItem>(items);
  return value;
}

Status append(std::span<const mapi::Property> properties, const Schema& schema, wire::OutBuffer& out) {
  Arena arena;
  std::vector<u8> presence((schema.properties.size() + 7) / 8, 0);
  std::vector<RecordValue> values;
  std::vector<PropTag> truncated;
  for (std::size_t i = 0; i < schema.properties.size(); ++i) {
    const auto& [tag, flags] = schema.properties[i];
    RecordValue value;
    Kept kept = Kept::nothing;
    if (tag == kTruncated) {
      if (!truncated.empty()) kept = Kept::whole;
      value = truncated_value(truncated, arena);
    } else if (const mapi::Property* property = find(properties, tag)) {
      kept = to_value(*property, tag, value, arena);
      if (kept == Kept::cut || kept == Kept::dropped) truncated.push_back(tag);
    }
    if (kept == Kept::whole || kept == Kept::cut) {
      presence[i / 8] = static_cast<u8>(presence[i / 8] | 0x80 >> (i % 8));
      values.push_back(value);
    } else if ((flags & kKey) != 0) {
      return Error{i == 0 ? "an object of the address book without its DN"
                          : "an object of the address book without an address"};
    }
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

ByteView objects_in(ByteView file) {
  constexpr std::size_t kFileHeader = 12;
  if (file.size() < kFileHeader) return {};
  file = file.subspan(kFileHeader);
  for (int i = 0; i < 2; ++i) {  // the metadata, the list's own record
    const u32 size = file.size() < sizeof(u32) ? 0 : load_le<u32>(file.data());
    if (size < sizeof(u32) || size > file.size()) return {};
    file = file.subspan(size);
  }
  return file;
}

u32 checksum(ByteView bytes) { return ~static_cast<u32>(::crc32_z(0, bytes.data(), bytes.size())); }

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
