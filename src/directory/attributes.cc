#include "directory/attributes.h"

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "base/utf16.h"
#include "directory/property_texts.h"
#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {

namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using mapi::PropType;

constexpr Attribute kAttributes[] = {
    {"displayName", "name,fullName,file as,cn,commonName", "FN", Field::name},
    {"msDS-PhoneticDisplayName", "phonetic,phoneticDisplayName,yomi name", "", Field::phonetic},
    {"mail", "address,email,e-mail address,rfc822Mailbox", "EMAIL", Field::address},
    {"proxyAddresses", "mailAlternateAddress", "", Field::property, tag::PidTagAddressBookProxyAddresses},
    {"mailNickname", "alias,uid,account,sAMAccountName", "", Field::property, tag::PidTagAccount},
    {"legacyExchangeDN", "dn", "", Field::legacy_dn},
    {"msExchHideFromAddressLists", "hidden,private", "", Field::hidden},
    {"objectGUID", "guid,entryUUID", "UID", Field::guid},
    {"ropewalkKind", "kind", "", Field::kind},
    {"userPrincipalName", "upn,krbPrincipalName,signInName", "", Field::login},
    {"objectClass", "", "", Field::object_class},
    {"objectCategory", "", "", Field::object_category},
    {"msExchDynamicDLFilter", "filter,memberURL", "", Field::filter},

    {"sn", "surname,lastName,familyName", "N.0", Field::property, tag::PidTagSurname},
    {"givenName", "firstName,gn", "N.1", Field::property, tag::PidTagGivenName},
    {"middleName", "otherName,additionalName", "N.2", Field::property, tag::PidTagMiddleName},
    {"personalTitle", "prefix,namePrefix,honorificPrefix", "N.3", Field::property, tag::PidTagDisplayNamePrefix},
    {"generationQualifier", "suffix,generation,name suffix", "N.4", Field::property, tag::PidTagGeneration},
    {"initials", "", "X-INITIALS", Field::property, tag::PidTagInitials},
    {"nickname", "mozillaNickname", "NICKNAME", Field::property, tag::PidTagNickname},
    {"msDS-PhoneticFirstName", "phoneticGivenName,given yomi,given name yomi,phonetic first name",
     "X-PHONETIC-FIRST-NAME", Field::property, tag::PidTagAddressBookPhoneticGivenName},
    {"msDS-PhoneticLastName", "phoneticSurname,surname yomi,family name yomi,phonetic last name",
     "X-PHONETIC-LAST-NAME", Field::property, tag::PidTagAddressBookPhoneticSurname},

    {"company", "o,organizationName,organization,organization 1 - name", "ORG.0", Field::property,
     tag::PidTagCompanyName},
    {"department", "ou,departmentNumber,orgUnit,organization department,organization 1 - department", "ORG.1",
     Field::property, tag::PidTagDepartmentName},
    {"msDS-PhoneticCompanyName", "company yomi", "", Field::property, tag::PidTagAddressBookPhoneticCompanyName},
    {"msDS-PhoneticDepartment", "phoneticDepartment", "", Field::property,
     tag::PidTagAddressBookPhoneticDepartmentName},
    {"title", "jobTitle,organization title,organization 1 - title", "TITLE", Field::property, tag::PidTagTitle},
    {"physicalDeliveryOfficeName", "office,officeLocation,roomNumber", "X-OFFICE", Field::property,
     tag::PidTagOfficeLocation},
    {"msExchAssistantName", "assistant,assistant's name", "X-ASSISTANT", Field::property, tag::PidTagAssistant},

    {"telephoneNumber", "phone,business phone,workPhone", "TEL work", Field::property,
     tag::PidTagBusinessTelephoneNumber},
    {"otherTelephone", "business phone 2", "TEL work x-other", Field::property, tag::PidTagBusiness2TelephoneNumbers},
    {"homePhone", "homeTelephoneNumber", "TEL home", Field::property, tag::PidTagHomeTelephoneNumber},
    {"otherHomePhone", "home phone 2", "TEL home x-other", Field::property, tag::PidTagHome2TelephoneNumbers},
    {"mobile", "mobilePhone,cellPhone,mobileTelephoneNumber", "TEL cell", Field::property,
     tag::PidTagMobileTelephoneNumber},
    {"facsimileTelephoneNumber", "fax,business fax,primary fax", "TEL work fax", Field::property,
     tag::PidTagPrimaryFaxNumber},
    {"homeFax", "", "TEL home fax", Field::property, tag::PidTagHomeFaxNumber},
    {"pager", "pagerTelephoneNumber", "TEL pager", Field::property, tag::PidTagPagerTelephoneNumber},
    {"carPhone", "", "TEL car", Field::property, tag::PidTagCarTelephoneNumber},
    {"telephoneAssistant", "assistant's phone", "TEL x-assistant", Field::property,
     tag::PidTagAssistantTelephoneNumber},

    {"streetAddress", "street,business street", "ADR.2 work", Field::property, tag::PidTagStreetAddress},
    {"l", "locality,city,localityName,business city", "ADR.3 work", Field::property, tag::PidTagLocality},
    {"st", "state,stateOrProvinceName,region,business state", "ADR.4 work", Field::property,
     tag::PidTagStateOrProvince},
    {"postalCode", "zip,business postal code", "ADR.5 work", Field::property, tag::PidTagPostalCode},
    {"co", "country,friendlyCountryName,business country/region", "ADR.6 work", Field::property, tag::PidTagCountry},
    {"postalAddress", "", "", Field::property, tag::PidTagPostalAddress},
    {"mozillaHomeStreet", "homeStreet", "ADR.2 home", Field::property, tag::PidTagHomeAddressStreet},
    {"mozillaHomeLocalityName", "homeCity", "ADR.3 home", Field::property, tag::PidTagHomeAddressCity},
    {"mozillaHomeState", "homeState", "ADR.4 home", Field::property, tag::PidTagHomeAddressStateOrProvince},
    {"mozillaHomePostalCode", "homePostalCode", "ADR.5 home", Field::property, tag::PidTagHomeAddressPostalCode},
    {"mozillaHomeCountryName", "homeCountry,home country/region", "ADR.6 home", Field::property,
     tag::PidTagHomeAddressCountry},

    {"info", "notes,comment,description", "NOTE", Field::property, tag::PidTagComment},
    {"wWWHomePage", "web page,url,labeledURI,website 1 - value", "URL", Field::property, tag::PidTagBusinessHomePage},
    {"preferredLanguage", "language", "LANG", Field::property, tag::PidTagLanguage},
    {"thumbnailPhoto", "jpegPhoto,photo", "PHOTO", Field::property, tag::PidTagThumbnailPhoto},
    {"userCertificate", "", "KEY", Field::property, tag::PidTagAddressBookX509Certificate},
    {"userSMIMECertificate", "", "", Field::property, tag::PidTagUserX509Certificate},
    {"msExchResourceCapacity", "capacity", "X-CAPACITY", Field::property, tag::PidTagAddressBookRoomCapacity},
    {"roomDescription", "msExchResourceDisplay", "X-ROOM-DESCRIPTION", Field::property,
     tag::PidTagAddressBookRoomDescription},
    {"msDS-HABSeniorityIndex", "seniority,seniorityIndex", "", Field::property, tag::PidTagAddressBookSeniorityIndex},
    {"mAPIRecipient", "sendRichInfo", "", Field::property, tag::PidTagSendRichInfo},
    {"extensionAttribute1", "custom1,user 1", "", Field::property, tag::PidTagAddressBookExtensionAttribute1},
    {"extensionAttribute2", "custom2,user 2", "", Field::property, tag::PidTagAddressBookExtensionAttribute2},
    {"extensionAttribute3", "custom3,user 3", "", Field::property, tag::PidTagAddressBookExtensionAttribute3},
    {"extensionAttribute4", "custom4,user 4", "", Field::property, tag::PidTagAddressBookExtensionAttribute4},
    {"extensionAttribute5", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute5},
    {"extensionAttribute6", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute6},
    {"extensionAttribute7", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute7},
    {"extensionAttribute8", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute8},
    {"extensionAttribute9", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute9},
    {"extensionAttribute10", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute10},
    {"extensionAttribute11", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute11},
    {"extensionAttribute12", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute12},
    {"extensionAttribute13", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute13},
    {"extensionAttribute14", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute14},
    {"extensionAttribute15", "", "", Field::property, tag::PidTagAddressBookExtensionAttribute15},

    {"manager", "manager's name", "X-MANAGER", Field::link, tag::PidTagAddressBookManager, Link::manager},
    {"member", "members,uniqueMember", "MEMBER", Field::link, tag::PidTagAddressBookMember, Link::member},
    {"managedBy", "owner", "X-OWNER", Field::link, tag::PidTagAddressBookOwner, Link::owner},
    {"publicDelegates", "delegates", "X-DELEGATE", Field::link, tag::PidTagAddressBookPublicDelegates,
     Link::delegate_of},
    {"directReports", "reports", "", Field::back_link, tag::PidTagAddressBookReports, Link::manager},
    {"memberOf", "groups", "", Field::back_link, tag::PidTagAddressBookIsMemberOfDistributionList, Link::member},
    {"managedObjects", "", "", Field::back_link, tag::PidTagAddressBookOwnerBackLink, Link::owner},
};

std::string plain(std::string_view name) {
  std::string out;
  for (char c : name.substr(0, name.find(';'))) {
    c = mapi::ascii_lower(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

const std::unordered_map<std::string, const Attribute*>& by_name() {
  static const auto map = [] {
    std::unordered_map<std::string, const Attribute*> made;
    for (const Attribute& attribute : kAttributes) {
      made.emplace(plain(attribute.name), &attribute);
      for (std::string_view rest = attribute.aliases; !rest.empty();) {
        const auto comma = std::min(rest.find(','), rest.size());
        made.emplace(plain(rest.substr(0, comma)), &attribute);
        rest.remove_prefix(std::min(comma + 1, rest.size()));
      }
    }
    return made;
  }();
  return map;
}

std::vector<std::string> classes_of(Kind kind) {
  switch (kind) {
    case Kind::mailbox:
    case Kind::room:
    case Kind::equipment:
      return {"top", "person", "organizationalPerson", "inetOrgPerson", "user"};
    case Kind::contact:
      return {"top", "person", "organizationalPerson", "inetOrgPerson", "contact"};
    case Kind::group:
      return {"top", "group", "groupOfNames"};
    case Kind::dynamic_group:
      return {"top", "msExchDynamicDistributionList"};
    case Kind::public_folder:
      return {"top", "publicFolder"};
  }
  return {};
}

std::string category_of(Kind kind) {
  if (kind == Kind::group) return "group";
  if (kind == Kind::dynamic_group) return "msExchDynamicDistributionList";
  return kind == Kind::public_folder ? "publicFolder" : "person";
}

std::string text_of(bool flag) { return flag ? "TRUE" : "FALSE"; }

std::optional<bool> flag_of(std::string_view text) {
  for (std::string_view yes : {"TRUE", "yes", "1", "on"}) {
    if (mapi::equal_ignoring_ascii_case(text, yes)) return true;
  }
  for (std::string_view no : {"FALSE", "no", "0", "off", ""}) {
    if (mapi::equal_ignoring_ascii_case(text, no)) return false;
  }
  return std::nullopt;
}

// As LDAP tells objectGUID (16 bytes) or as text.
std::optional<Guid> guid_of_text(std::string_view value) {
  if (auto guid = Guid::parse(value)) return guid;
  if (value.size() != 16) return std::nullopt;
  Guid guid;
  std::copy(value.begin(), value.end(), guid.bytes.begin());
  return guid;
}

std::vector<std::string> property_values(PropTag tag, const mapi::PropertyBag& bag) {
  const mapi::Property* property = bag.find_id(tag.id());
  if (property == nullptr) return {};
  const PropType type = property->tag.type();
  const mapi::Value& value = property->value;
  switch (mapi::base_type(type)) {
    case PropType::string:
    case PropType::string8:
      return texts_of(bag, tag);
    case PropType::integer32:
      return {std::to_string(value.integer32())};
    case PropType::boolean:
      return {text_of(value.boolean())};
    case PropType::binary: {
      if (!mapi::is_multiple(type)) return {std::string(ropewalk::text_of(value.bytes))};
      std::vector<std::string> values;
      const auto& items = value.items;
      for (const mapi::Value& item : items) values.emplace_back(ropewalk::text_of(item.bytes));
      return values;
    }
    default:
      return {};
  }
}

Error cannot(const Attribute& attribute, std::string_view why) {
  return Error{std::string(attribute.name) + " " + std::string(why)};
}

// Some call the other addresses by themselves: "user1@ropewalk.test" and not "smtp:user1@ropewalk.test".
std::vector<std::string> typed_proxies(std::vector<std::string> proxies) {
  for (std::string& proxy : proxies) {
    if (proxy.find('@') != proxy.npos && proxy.find(':') == proxy.npos) proxy.insert(0, "smtp:");
  }
  return proxies;
}

Status set_property(const Attribute& attribute, const std::vector<std::string>& values, mapi::PropertyBag& bag) {
  const PropTag tag(attribute.tag);
  const std::string& first = values.front();
  switch (mapi::base_type(tag.type())) {
    case PropType::string:
      set_texts(bag, tag, attribute.tag == tag::PidTagAddressBookProxyAddresses ? typed_proxies(values) : values);
      return {};
    case PropType::integer32: {
      i32 number = 0;
      const auto read = std::from_chars(first.data(), first.data() + first.size(), number);
      if (read.ec != std::errc() || read.ptr != first.data() + first.size()) {
        return cannot(attribute, "is a number, which \"" + first + "\" is not");
      }
      bag.set(tag, mapi::Value::of(number));
      return {};
    }
    case PropType::boolean: {
      const auto flag = flag_of(first);
      if (!flag) return cannot(attribute, "is TRUE or FALSE, not \"" + first + "\"");
      bag.set(tag, mapi::Value::of(*flag));
      return {};
    }
    default: {  // binary
      if (!mapi::is_multiple(tag.type())) return bag.set_bytes(tag, bytes_of(first)), Status();
      std::vector<mapi::Value> items;
      for (const std::string& value : values) items.push_back(mapi::Value::of(bytes_of(value)));
      bag.set(tag, mapi::Value::of(wire::List<mapi::Value>(items)));
      return {};
    }
  }
}

Status check_values(const Attribute& attribute, const std::vector<std::string>& values) {
  if (values.size() > 1 && !attribute.is_multiple()) return cannot(attribute, "can have one value only");
  for (const std::string& value : values) {
    if (attribute.is_binary()) continue;
    if (!is_utf8(value)) return cannot(attribute, "has a value that is not UTF-8");
    if (value.find('\0') != value.npos) return cannot(attribute, "has a value with a NUL in it");
  }
  return {};
}

}  // namespace

bool Attribute::is_multiple() const {
  if (field == Field::link) return link == Link::member || link == Link::delegate_of;
  if (field == Field::login) return true;
  if (field != Field::property) return field == Field::object_class || field == Field::back_link;
  return mapi::is_multiple(PropTag(tag).type());
}

bool Attribute::is_binary() const {
  if (field == Field::guid) return true;
  return field == Field::property && mapi::base_type(PropTag(tag).type()) == PropType::binary;
}

std::span<const Attribute> attributes() { return kAttributes; }

const Attribute* find_attribute(std::string_view name) {
  const auto found = by_name().find(plain(name));
  return found == by_name().end() ? nullptr : found->second;
}

const Attribute* find_attribute(PropTag tag) {
  const auto found = std::ranges::find_if(
      kAttributes, [&](const Attribute& one) { return one.tag != 0 && PropTag(one.tag).id() == tag.id(); });
  return found == std::end(kAttributes) ? nullptr : &*found;
}

std::vector<std::string> values_of(const Attribute& attribute, const Object& object,
                                   const mapi::PropertyBag& properties) {
  const auto text = [](const std::string& value) {
    return value.empty() ? std::vector<std::string>() : std::vector<std::string>{value};
  };
  switch (attribute.field) {
    case Field::property:
      return property_values(PropTag(attribute.tag), properties);
    case Field::name:
      return text(object.name);
    case Field::phonetic:
      return text(object.phonetic);
    case Field::address:
      return text(object.address);
    case Field::legacy_dn:
      return text(object.legacy_dn);
    case Field::hidden:
      return {text_of(object.hidden)};
    case Field::guid:
      return {object.guid.to_string()};
    case Field::kind:
      return {std::string(name_of(object.kind))};
    case Field::object_class:
      return classes_of(object.kind);
    case Field::object_category:
      return {category_of(object.kind)};
    case Field::filter:
    case Field::login:
    case Field::link:
    case Field::back_link:
      break;
  }
  return {};
}

Status set_values(const Attribute& attribute, const std::vector<std::string>& values, ObjectChange& change) {
  ROPEWALK_CHECK(check_values(attribute, values));
  const std::string first = values.empty() ? std::string() : values.front();
  switch (attribute.field) {
    case Field::property:
      if (!values.empty() && !(values.size() == 1 && first.empty())) return set_property(attribute, values, change.set);
      change.removed.push_back(PropTag(attribute.tag));
      return {};
    case Field::name:
      change.name = first;
      return {};
    case Field::phonetic:
      change.phonetic = first;
      return {};
    case Field::address:
      change.address = first;
      return {};
    case Field::legacy_dn:
      change.legacy_dn = first;
      return {};
    case Field::hidden:
      change.hidden = flag_of(first);
      return change.hidden ? Status() : Status(cannot(attribute, "is TRUE or FALSE, not \"" + first + "\""));
    case Field::guid:
      change.guid = guid_of_text(first);
      return change.guid ? Status() : Status(cannot(attribute, "is no GUID"));
    case Field::filter:
      change.filter = first;
      return {};
    case Field::login:
      change.logins = values;
      std::erase(*change.logins, "");
      return {};
    case Field::kind:
    case Field::object_class:
    case Field::object_category:
    case Field::link:
    case Field::back_link:
      break;
  }
  return cannot(attribute, "cannot be set like this");
}

std::optional<Overflow> overflow_of(const Attribute& attribute) {
  if (attribute.name == "mail") return Overflow{find_attribute("proxyAddresses"), "smtp:"};
  if (attribute.name == "telephoneNumber") return Overflow{find_attribute("otherTelephone"), ""};
  if (attribute.name == "homePhone") return Overflow{find_attribute("otherHomePhone"), ""};
  return std::nullopt;
}

std::optional<Kind> kind_of_classes(const std::vector<std::string>& classes) {
  const auto has = [&](std::string_view wanted) {
    return std::ranges::any_of(classes,
                               [&](const std::string& one) { return mapi::equal_ignoring_ascii_case(one, wanted); });
  };
  if (has("msExchDynamicDistributionList")) return Kind::dynamic_group;
  for (std::string_view group : {"group", "groupOfNames", "groupOfUniqueNames", "posixGroup"}) {
    if (has(group)) return Kind::group;
  }
  if (has("publicFolder")) return Kind::public_folder;
  if (has("computer")) return std::nullopt;  // a user too, says Active Directory
  for (std::string_view person : {"person", "inetOrgPerson", "user", "contact", "mozillaAbPersonAlpha"}) {
    if (has(person)) return Kind::contact;
  }
  return std::nullopt;
}

}  // namespace ropewalk::directory
