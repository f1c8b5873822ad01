#include "cli/address_card.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/json_text.h"
#include "cli/property_text.h"
#include "cli/text_table.h"
#include "directory/entry_files.h"
#include "mapi/property_names.h"

namespace ropewalk::cli {
namespace {

namespace tag = mapi::tag;

std::string who(std::span<const mapi::Property> entry) {
  std::string name = client::text_of(entry, tag::PidTagDisplayName);
  std::string address = client::text_of(entry, tag::PidTagSmtpAddress);
  return address.empty() ? name : fmt::format("{} <{}>", name, address);
}

boost::json::object who_json(std::span<const mapi::Property> entry) {
  return {{"name", client::text_of(entry, tag::PidTagDisplayName)},
          {"address", client::text_of(entry, tag::PidTagSmtpAddress)}};
}

}  // namespace

std::string address_property_name(mapi::PropTag tag) {
  const mapi::PropertyInfo* info = mapi::find_property_tag(tag.value);
  return info != nullptr ? std::string(info->name) : tag.to_string();
}

std::string text_of_card(const AddressCard& card) {
  std::string out = printable(who(card.properties.all())) + "\n\n";
  TextTable table({{"Property", false, 20, false}, {"Value", false, 20}});
  for (const mapi::Property& property : card.properties.all())
    table.add({address_property_name(property.tag), value_text(property.tag.type(), property.value)});
  out += table.to_text(terminal_width());
  if (!card.members.empty()) out += "\nMembers:\n";
  for (std::size_t i = 0; i < card.members.size(); ++i) out += "  " + printable(who(card.members[i])) + "\n";
  if (!card.managers.empty()) out += "\nReports to:\n";
  std::string indent = "  ";
  for (const mapi::PropertyBag& manager : card.managers) {
    out += indent + printable(who(manager.all())) + "\n";
    indent += "  ";
  }
  for (const AddressCard::Links& links : card.links) {
    if (links.entries.empty()) continue;
    out += "\n" + links.heading + ":\n";
    for (std::size_t i = 0; i < links.entries.size(); ++i) out += "  " + printable(who(links.entries[i])) + "\n";
  }
  return out;
}

std::string json_of_card(const AddressCard& card) {
  boost::json::array properties, members, managers;
  for (const mapi::Property& property : card.properties.all()) {
    const bool is_unknown = property.tag.is_named() && mapi::find_property_tag(property.tag.value) == nullptr;
    properties.push_back(property_json(property, is_unknown ? "" : address_property_name(property.tag)));
  }
  for (std::size_t i = 0; i < card.members.size(); ++i) members.push_back(who_json(card.members[i]));
  for (const mapi::PropertyBag& manager : card.managers) managers.push_back(who_json(manager.all()));
  boost::json::object all = who_json(card.properties.all());
  all["properties"] = std::move(properties);
  all["members"] = std::move(members);
  all["managers"] = std::move(managers);
  for (const AddressCard::Links& links : card.links) {
    boost::json::array entries;
    for (std::size_t i = 0; i < links.entries.size(); ++i) entries.push_back(who_json(links.entries[i]));
    all[links.name] = std::move(entries);
  }
  return pretty_json(all) + "\n";
}

std::string vcard_of(const AddressCard& card) {
  const mapi::PropertyBag& properties = card.properties;
  directory::Object object;
  object.name = client::text_of(properties.all(), tag::PidTagDisplayName);
  object.address = client::text_of(properties.all(), tag::PidTagSmtpAddress);
  object.phonetic = client::text_of(properties.all(), tag::PidTagAddressBookPhoneticDisplayName);
  directory::Entry entry;
  for (const directory::Attribute& attribute : directory::attributes()) {
    using enum directory::Field;
    const bool is_told = attribute.field == property || attribute.field == name || attribute.field == phonetic ||
                         attribute.field == address;
    if (!is_told) continue;
    for (std::string& value : directory::values_of(attribute, object, properties))
      if (!value.empty()) entry.add(&attribute, attribute.name, std::move(value), 0);
  }
  const auto point_at = [&](const char* name, std::span<const mapi::Property> who) {
    const std::string address = client::text_of(who, tag::PidTagSmtpAddress);
    if (!address.empty()) entry.add(directory::find_attribute(name), name, "mailto:" + address, 0);
  };
  if (card.is_group) entry.add(directory::find_attribute("objectClass"), "objectClass", "group", 0);
  for (std::size_t i = 0; i < card.members.size(); ++i) point_at("member", card.members[i]);
  if (!card.managers.empty()) point_at("manager", card.managers.front().all());
  return directory::write_entries(directory::EntryFormat::vcard)->entry(entry);
}

}  // namespace ropewalk::cli
