#include <algorithm>
#include <array>

#include "mapi/ascii_case.h"
#include "server/addressbook/cells.h"
#include "server/addressbook/entries.h"

namespace ropewalk::server {
namespace {

using directory::Kind;
using directory::Link;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr LinkProperty kLinks[] = {
    {PropTag(tag::PidTagAddressBookManager).id(), Link::manager, false, false},
    {PropTag(tag::PidTagAddressBookIsMemberOfDistributionList).id(), Link::member, true, false},
    {PropTag(tag::PidTagAddressBookMember).id(), Link::member, false, true},
    {PropTag(tag::PidTagAddressBookOwner).id(), Link::owner, false, true},
    {PropTag(tag::PidTagAddressBookReports).id(), Link::manager, true, false},
    {PropTag(tag::PidTagAddressBookPublicDelegates).id(), Link::delegate_of, false, false},
    {PropTag(tag::PidTagAddressBookOwnerBackLink).id(), Link::owner, true, false},
};

// What follows from Object and its links; all else is stored.
constexpr u32 kComputed[] = {
    tag::PidTagInstanceKey,
    tag::PidTagMappingSignature,
    tag::PidTagRecordKey,
    tag::PidTagObjectType,
    tag::PidTagEntryId,
    tag::PidTagDisplayName,
    tag::PidTagAddressType,
    tag::PidTagEmailAddress,
    tag::PidTagSearchKey,
    tag::PidTagContainerFlags,
    tag::PidTagContainerContents,
    tag::PidTagDisplayType,
    tag::PidTagTemplateid,
    tag::PidTagDisplayTypeEx,
    tag::PidTagSmtpAddress,
    kPrintableName.value,
    tag::PidTagTransmittableDisplayName,
    tag::PidTagSendRichInfo,
    tag::PidTagInitialDetailsPane,
    0x8005000D,
    0x8008000D,
    tag::PidTagAddressBookMember,
    tag::PidTagAddressBookOwner,
    tag::PidTagAddressBookReports,
    tag::PidTagAddressBookPublicDelegates,
    tag::PidTagAddressBookOwnerBackLink,
    tag::PidTagAddressBookObjectDistinguishedName,
    tag::PidTagAddressBookObjectGuid,
    tag::PidTagAddressBookPhoneticDisplayName,
    tag::PidTagAddressBookDistributionListMemberCount,
    tag::PidTagAddressBookDistributionListExternalMemberCount,
    tag::PidTagAddressBookContainerId,
};

// [MS-OXOABK] 2.2.3 to 2.2.9, without what is computed.
constexpr u32 kStored[] = {
    tag::PidTagAddressBookRoomCapacity,
    tag::PidTagAddressBookRoomDescription,
    tag::PidTagComment,
    tag::PidTagCreationTime,
    tag::PidTagLastModificationTime,
    tag::PidTagAccount,
    tag::PidTagGivenName,
    tag::PidTagBusinessTelephoneNumber,
    tag::PidTagHomeTelephoneNumber,
    tag::PidTagInitials,
    tag::PidTagSurname,
    tag::PidTagCompanyName,
    tag::PidTagTitle,
    tag::PidTagDepartmentName,
    tag::PidTagOfficeLocation,
    tag::PidTagPrimaryTelephoneNumber,
    tag::PidTagBusiness2TelephoneNumbers,
    tag::PidTagMobileTelephoneNumber,
    tag::PidTagPagerTelephoneNumber,
    tag::PidTagUserCertificate,
    tag::PidTagPrimaryFaxNumber,
    tag::PidTagCountry,
    tag::PidTagLocality,
    tag::PidTagStateOrProvince,
    tag::PidTagStreetAddress,
    tag::PidTagPostalCode,
    tag::PidTagPostOfficeBox,
    tag::PidTagTelexNumber,
    tag::PidTagAssistantTelephoneNumber,
    tag::PidTagHome2TelephoneNumbers,
    tag::PidTagAssistant,
    tag::PidTagHomeAddressStreet,
    tag::PidTagUserX509Certificate,
    tag::PidTagSendInternetEncoding,
    tag::PidTagAddressBookFolderPathname,
    tag::PidTagAddressBookProxyAddresses,
    tag::PidTagAddressBookTargetAddress,
    tag::PidTagAddressBookExtensionAttribute1,
    tag::PidTagAddressBookExtensionAttribute2,
    tag::PidTagAddressBookExtensionAttribute3,
    tag::PidTagAddressBookExtensionAttribute4,
    tag::PidTagAddressBookExtensionAttribute5,
    tag::PidTagAddressBookExtensionAttribute6,
    tag::PidTagAddressBookExtensionAttribute7,
    tag::PidTagAddressBookExtensionAttribute8,
    tag::PidTagAddressBookExtensionAttribute9,
    tag::PidTagAddressBookExtensionAttribute10,
    tag::PidTagAddressBookDeliveryContentLength,
    tag::PidTagAddressBookNetworkAddress,
    tag::PidTagAddressBookExtensionAttribute11,
    tag::PidTagAddressBookExtensionAttribute12,
    tag::PidTagAddressBookExtensionAttribute13,
    tag::PidTagAddressBookExtensionAttribute14,
    tag::PidTagAddressBookExtensionAttribute15,
    tag::PidTagAddressBookX509Certificate,
    tag::PidTagAddressBookPhoneticGivenName,
    tag::PidTagAddressBookPhoneticSurname,
    tag::PidTagAddressBookPhoneticDepartmentName,
    tag::PidTagAddressBookPhoneticCompanyName,
    tag::PidTagThumbnailPhoto,
    tag::PidTagAddressBookSeniorityIndex,
    tag::PidTagAddressBookSenderHintTranslations,
    tag::PidTagAddressBookModerationEnabled,
    tag::PidTagSpokenName,
};

constexpr auto kKnown = [] {
  std::array<PropTag, std::size(kComputed) + std::size(kStored)> all;
  auto at = std::transform(std::begin(kComputed), std::end(kComputed), all.begin(), [](u32 t) { return PropTag(t); });
  std::transform(std::begin(kStored), std::end(kStored), at, [](u32 t) { return PropTag(t); });
  std::sort(all.begin(), all.end());
  return all;
}();

// The computed ones by id.
constexpr auto kComputedTags = [] {
  std::array<PropTag, std::size(kComputed)> tags;
  std::transform(std::begin(kComputed), std::end(kComputed), tags.begin(), [](u32 t) { return PropTag(t); });
  std::sort(tags.begin(), tags.end());
  return tags;
}();

const PropTag* computed_tag(u16 id) {
  const auto* found = std::ranges::lower_bound(kComputedTags, id, {}, &PropTag::id);
  return found == kComputedTags.end() || found->id() != id ? nullptr : found;
}

}  // namespace

const LinkProperty* link_property(u16 id) {
  const auto* found = std::ranges::find(kLinks, id, &LinkProperty::id);
  return found == std::end(kLinks) ? nullptr : found;
}

bool EntryReader::is_stored(u16 id) { return computed_tag(id) == nullptr; }

std::span<const PropTag> EntryReader::known_tags() { return kKnown; }

Outcome<const std::vector<directory::AddressList>*> EntryReader::lists() {
  if (now_.lists == nullptr) {
    ROPEWALK_TRY(now_, source_.lists.now());
  }
  return now_.lists.get();
}

Outcome<std::optional<directory::AddressList>> EntryReader::find_list(u32 id) {
  ROPEWALK_TRY(const auto* all, lists());
  for (const auto& list : *all)
    if (id == 0 ? list.is_global : list.id == id) return std::optional(list);
  return std::optional<directory::AddressList>();
}

// A Minimal Entry ID proves nothing: anybody can count.
bool EntryReader::sees(const directory::Object& object) const {
  if (!object.hidden || (object.user_id != 0 && object.user_id == user_id_)) return true;
  return source_.known.knows(user_id_, object.id);
}

Outcome<std::optional<Entry>> EntryReader::find(u32 id, bool stored) {
  ROPEWALK_TRY(auto found, find_all(std::span(&id, 1), stored));
  return std::move(found.front());
}

Outcome<std::vector<std::optional<Entry>>> EntryReader::find_all(std::span<const u32> ids, bool stored) {
  std::vector<std::optional<Entry>> entries(ids.size());
  ROPEWALK_TRY(auto found, source_.book.find_all(ids, stored));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (found[i] && !sees(found[i]->object)) continue;
    if (found[i]) {
      entries[i].emplace();
      entries[i]->object = std::move(found[i]->object);
      if (stored) entries[i]->stored = std::move(found[i]->properties);
    } else if (ids[i] != 0) {  // 0 is a position here, not the Global Address List
      ROPEWALK_TRY(auto list, find_list(ids[i]));
      if (list) entries[i] = entry_of(*list);
    }
  }
  return entries;
}

Outcome<std::optional<directory::Object>> EntryReader::find_object(u32 id) {
  ROPEWALK_TRY(auto object, source_.book.find(id));
  if (object && !sees(*object)) object.reset();
  return object;
}

Outcome<std::optional<directory::Object>> EntryReader::find_object_by_dn(std::string_view dn) {
  ROPEWALK_TRY(auto object, source_.book.find_by_dn(dn));
  if (object && object->hidden) source_.known.learn(user_id_, object->id);
  return object;
}

Outcome<std::optional<u32>> EntryReader::find_dn(std::string_view dn) {
  if (dn.empty()) return std::optional<u32>();
  ROPEWALK_TRY(const auto object, find_object_by_dn(dn));
  if (object) return std::optional(object->id);
  ROPEWALK_TRY(const auto* all, lists());
  for (const auto& list : *all)
    if (mapi::equal_ignoring_ascii_case(dn, list.is_global ? "/" : list.legacy_dn)) return std::optional(list.id);
  return std::optional<u32>();
}

Outcome<std::optional<Property>> EntryReader::member_count(const Entry& entry, u16 id) {
  if (!is_group(entry)) return std::optional<Property>();
  ROPEWALK_TRY(auto members, source_.book.members(entry.object.id, true));
  if (id == PropTag(tag::PidTagAddressBookDistributionListMemberCount).id())
    return std::optional(Property{PropTag(tag::PidTagAddressBookDistributionListMemberCount),
                                  Value::of(static_cast<u32>(members.size()))});
  u32 external = 0;
  ROPEWALK_TRY(auto objects, source_.book.find_all(members, false));
  for (const auto& member : objects)
    if (member && member->object.kind == Kind::contact) ++external;
  return std::optional(
      Property{PropTag(tag::PidTagAddressBookDistributionListExternalMemberCount), Value::of(external)});
}

Outcome<std::optional<Property>> EntryReader::read(const Entry& entry, u16 id, bool ephemeral) {
  if (link_property(id) != nullptr) return read_link(entry, PropTag(id, PropType::object));
  if (id == PropTag(tag::PidTagAddressBookDistributionListMemberCount).id() ||
      id == PropTag(tag::PidTagAddressBookDistributionListExternalMemberCount).id())
    return member_count(entry, id);
  if (const PropTag* known = computed_tag(id))
    return computed_property(entry, *known, ephemeral ? &source_.server_guid : nullptr, arena_);
  const Property* stored = entry.stored.find_id(id);
  if (stored == nullptr || !is_nspi_type(stored->tag.type())) return std::optional<Property>();
  return std::optional(Property{stored->tag, mapi::copy_value(stored->tag.type(), stored->value, arena_)});
}

Outcome<std::vector<directory::Object>> EntryReader::linked(const Entry& entry, const LinkProperty& property) {
  std::vector<directory::Object> objects;
  if (entry.list || (property.for_groups && !is_group(entry))) return objects;
  const u32 id = entry.object.id;
  const bool members = property.link == Link::member && !property.backwards;
  ROPEWALK_TRY(auto ids, members              ? source_.book.members(id)
                         : property.backwards ? source_.book.linking(id, property.link)
                                              : source_.book.linked(id, property.link));
  ROPEWALK_TRY(auto targets, source_.book.find_all(ids, false));
  for (auto& target : targets)
    if (target && !target->object.hidden) objects.push_back(std::move(target->object));
  return objects;
}

Outcome<std::optional<Property>> EntryReader::read_link(const Entry& entry, PropTag wanted) {
  const LinkProperty* property = link_property(wanted.id());
  if (property == nullptr) return std::optional<Property>();
  ROPEWALK_TRY(auto objects, linked(entry, *property));
  const PropType type = wanted.type() == PropType::unspecified ? PropType::object : wanted.type();
  // A group has a table of members even where it has none.
  if (objects.empty() && !(type == PropType::object && property->for_groups && is_group(entry)))
    return std::optional<Property>();
  if (type == PropType::object) return std::optional(Property{wanted.with_type(type), Value::of(u32{0})});
  if (!is_text_type(mapi::base_type(type))) return std::optional<Property>();
  auto items = arena_.make<Value>(objects.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = Value::of(mapi::utf16_in(arena_, objects[i].legacy_dn));
  return std::optional(Property{wanted.with_type(PropType::multiple_string), Value::of(wire::List<Value>(items))});
}

Outcome<std::vector<PropTag>> EntryReader::tags(const Entry& entry) {
  std::vector<PropTag> there;
  for (u32 known : kComputed) {
    ROPEWALK_TRY(auto value, read(entry, PropTag(known).id(), false));
    if (value) there.push_back(PropTag(known));
  }
  for (const Property& property : entry.stored.all())
    if (is_stored(property.tag.id()) && is_nspi_type(property.tag.type())) there.push_back(property.tag);
  std::ranges::sort(there);
  return there;
}

}  // namespace ropewalk::server
