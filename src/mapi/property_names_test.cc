#include "mapi/property_names.h"

#include <gtest/gtest.h>

#include "mapi/error_code.h"
#include "mapi/property_tags.h"

namespace ropewalk::mapi {
namespace {

std::string_view name_of(const PropertyInfo* property) { return property != nullptr ? property->name : "(none)"; }

TEST(PropertyNames, TagsBothWays) {
  EXPECT_EQ(tag::PidTagSubject, 0x0037001Fu);
  EXPECT_EQ(name_of(find_property_tag(0x0037001F)), "PidTagSubject");
  EXPECT_EQ(find_property("PidTagSubject")->tag(), tag::PidTagSubject);
  EXPECT_EQ(find_property("pr_subject")->tag(), tag::PidTagSubject);
  EXPECT_EQ(find_property("PidTagNoSuchThing"), nullptr);
}

TEST(PropertyNames, TypeChoosesAmongTagsOfOneId) {
  EXPECT_EQ(name_of(find_property_tag(0x0E080003)), "PidTagMessageSize");
  EXPECT_EQ(name_of(find_property_tag(0x0E080014)), "PidTagMessageSizeExtended");
  EXPECT_EQ(name_of(find_property_tag(0x37010102)), "PidTagAttachDataBinary");
  EXPECT_EQ(name_of(find_property_tag(0x3701000D)), "PidTagAttachDataObject");
  EXPECT_EQ(name_of(find_property_tag(0x10130102)), "PidTagHtml");
  EXPECT_EQ(name_of(find_property_tag(0x1013001F)), "PidTagBodyHtml");
}

TEST(PropertyNames, StringsOfEitherWidthErrorsAndInstancesAreFound) {
  EXPECT_EQ(name_of(find_property_tag(0x0037001E)), "PidTagSubject");
  EXPECT_EQ(name_of(find_property_tag(0x0037000A)), "PidTagSubject");
  EXPECT_EQ(name_of(find_property_tag(0x00370000)), "PidTagSubject");
  EXPECT_EQ(name_of(find_property_tag(tag::PidTagHomeTelephoneNumber)), "PidTagHomeTelephoneNumber");
  EXPECT_EQ(name_of(find_property_tag(tag::PidTagHome2TelephoneNumbers | 0x2000)), "PidTagHome2TelephoneNumbers");
  EXPECT_EQ(find_property_tag(0x00370003), nullptr) << "the subject is no number";
  EXPECT_EQ(name_of(find_property_id(0x0037)), "PidTagSubject");
  EXPECT_EQ(find_property_id(0x2FFF), nullptr);
}

TEST(PropertyNames, NamedPropertiesBothWays) {
  const Guid& common = guid_of(PropertySet::PSETID_Common);
  EXPECT_EQ(common.to_string(), "00062008-0000-0000-c000-000000000046");
  EXPECT_EQ(name_of(find_property_lid(common, 0x8503)), "PidLidReminderSet");
  EXPECT_EQ(named::PidLidReminderSet.lid, 0x8503u);
  EXPECT_EQ(find_property_lid(common, 0x7FFFFFFF), nullptr);
  EXPECT_EQ(find_property_lid(Guid{}, 0x8503), nullptr);

  const Guid& strings = guid_of(PropertySet::PS_PUBLIC_STRINGS);
  EXPECT_EQ(name_of(find_property_string_name(strings, "keywords")), "PidNameKeywords");
  EXPECT_EQ(named::PidNameKeywords.name, "Keywords");
  EXPECT_EQ(find_property_string_name(strings, ""), nullptr);
  EXPECT_EQ(find_property_string_name(Guid{}, "Keywords"), nullptr);
}

TEST(PropertyNames, EveryPropertyIsFoundByItsNameAndItsKey) {
  int tags = 0, lids = 0, names = 0;
  for (const PropertyInfo& property : property_catalogue()) {
    ASSERT_NE(find_property(property.name), nullptr) << property.name;
    EXPECT_EQ(find_property(property.name)->name, property.name);
    const PropertyInfo* found = nullptr;
    if (property.kind == PropertyKind::tag) {
      ++tags;
      found = find_property_tag(property.tag());
      ASSERT_NE(found, nullptr) << property.name;
      EXPECT_EQ(found->id, property.id);
    } else if (property.set != PropertySet::none && property.kind == PropertyKind::lid) {
      ++lids;
      found = find_property_lid(guid_of(property.set), property.id);
      ASSERT_NE(found, nullptr) << property.name;
      EXPECT_EQ(found->id, property.id);
    } else if (property.set != PropertySet::none && !property.property_name.empty()) {
      ++names;
      found = find_property_string_name(guid_of(property.set), property.property_name);
      ASSERT_NE(found, nullptr) << property.name;
      EXPECT_EQ(found->set, property.set);
    } else {
      continue;
    }
    EXPECT_GE(found->listed, property.listed) << property.name << " is hidden by " << found->name;
  }
  EXPECT_GT(tags, 1000);
  EXPECT_GT(lids, 400);
  EXPECT_GT(names, 130);
}

TEST(PropertyNames, SetsBothWays) {
  EXPECT_EQ(property_sets().size(), 19u);
  for (const PropertySetInfo& set : property_sets()) {
    EXPECT_EQ(property_set_of(set.guid), set.set) << set.name;
    EXPECT_EQ(guid_of(set.set), set.guid) << set.name;
  }
  EXPECT_TRUE(guid_of(PropertySet::none).is_null());
}

TEST(ErrorCode, NamesAndMeanings) {
  EXPECT_EQ(static_cast<u32>(ErrorCode::none), 0u);
  EXPECT_EQ(static_cast<u32>(ErrorCode::not_found), 0x8004010Fu);
  EXPECT_EQ(name(ErrorCode::not_found), "ecNotFound");
  EXPECT_EQ(name(ErrorCode::null_object), "ecNullObject");
  EXPECT_EQ(name(ErrorCode{0x8004FFFE}), "0x8004FFFE");
  EXPECT_NE(meaning(ErrorCode::not_found).find("found"), std::string_view::npos);
  EXPECT_EQ(meaning(ErrorCode{0x8004FFFE}), "");
}

TEST(ErrorCode, ParsesNamesAndNumbers) {
  EXPECT_EQ(parse_error("ecNotFound"), ErrorCode::not_found);
  EXPECT_EQ(parse_error("MAPI_E_NOT_FOUND"), ErrorCode::not_found);
  EXPECT_EQ(parse_error("0x8004010f"), ErrorCode::not_found);
  EXPECT_EQ(parse_error("0x"), std::nullopt);
  EXPECT_EQ(parse_error("0x1ffffffff"), std::nullopt);
  EXPECT_EQ(parse_error(""), std::nullopt);
  for (const ErrorInfo& error : error_catalogue()) {
    EXPECT_EQ(find_error(error.code), &error);
    EXPECT_EQ(name(error.code), error.name);
  }
}

}  // namespace
}  // namespace ropewalk::mapi
