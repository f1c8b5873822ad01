#include "cli/address_details.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "base/utf16.h"
#include "cli/address_card.h"
#include "cli/address_change.h"
#include "cli/json_text.h"
#include "cli/property_text.h"
#include "cli/text_table.h"

namespace ropewalk::cli {
namespace {

using client::DialogControl;
using client::in_unicode;
using client::PropTag;
using mapi::PropType;
namespace tag = mapi::tag;

constexpr std::size_t kMostLinked = 1000;  // entries of one list

std::string words_of(PropType type, const mapi::Value& value) {
  return type == PropType::string ? utf16_to_utf8(value.bytes) : value_text(type, value);
}

// A label names the control behind it.
std::vector<DetailsField> fields_in(const std::vector<DialogControl>& controls) {
  std::vector<DetailsField> fields;
  std::string page, label;
  for (const DialogControl& control : controls) {
    using Kind = DialogControl::Kind;
    if (control.kind == Kind::page) {
      page = control.text;
    } else if (control.kind == Kind::label) {
      label = control.text;
    } else if (control.property.id() != 0 && control.kind != Kind::group_box && control.kind != Kind::button) {
      if (control.kind == Kind::check_box) label = control.text;
      fields.push_back({page, std::move(label), in_unicode(control.property), {}});
      label.clear();
    }
  }
  return fields;
}

client::Outcome<std::vector<std::string>> linked_names(client::AddressEntry& entry, PropTag property) {
  ROPEWALK_TRY(auto table, entry.linked(property));
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName)};
  ROPEWALK_CHECK(table->set_columns(columns));
  const client::SortOrder by_name[] = {{columns[0], false}};
  ROPEWALK_CHECK(table->sort(by_name));
  ROPEWALK_TRY(client::Rows rows, table->read_all(kMostLinked));
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i) names.push_back(client::text_of(rows[i], columns[0]));
  return names;
}

}  // namespace

client::Outcome<std::vector<DetailsField>> details_of(client::AddressEntry& entry) {
  ROPEWALK_TRY(auto controls, entry.details());
  std::vector<DetailsField> fields = fields_in(controls);
  std::vector<PropTag> wanted;
  for (const DetailsField& field : fields)
    if (field.property.type() != PropType::object) wanted.push_back(field.property);
  if (wanted.empty()) return fields;
  ROPEWALK_TRY(mapi::PropertyBag bag, entry.get(wanted));
  for (DetailsField& field : fields) {
    const PropType type = field.property.type();
    if (type == PropType::object) {
      ROPEWALK_TRY(field.values, linked_names(entry, field.property));
    } else if (const mapi::Value* value = bag.find(field.property); value == nullptr) {
      continue;
    } else if (type == PropType::multiple_string) {
      for (const mapi::Value& item : value->items) field.values.push_back(utf16_to_utf8(item.bytes));
    } else {
      field.values.push_back(words_of(type, *value));
    }
  }
  return fields;
}

std::string text_of_details(const std::vector<DetailsField>& fields) {
  std::size_t width = 0;
  for (const DetailsField& field : fields) width = std::max(width, display_width(printable(field.label)));
  std::string out;
  const std::string* page = nullptr;
  for (const DetailsField& field : fields) {
    if (page == nullptr || *page != field.page) {
      if (page != nullptr) out += '\n';
      out += printable(field.page) + "\n";
      page = &field.page;
    }
    std::string label = printable(field.label);
    if (field.values.empty()) out += "  " + label + "\n";
    for (const std::string& value : field.values) {
      const std::size_t room = width + 2 - std::min(width, display_width(label));
      out += fmt::format("  {}{:{}}{}\n", label, "", room, printable(value));
      label.clear();
    }
  }
  return out;
}

std::string json_of_details(const std::vector<DetailsField>& fields) {
  boost::json::array list;
  for (const DetailsField& field : fields) {
    boost::json::array values;
    for (const std::string& value : field.values) values.emplace_back(value);
    list.push_back({{"page", field.page},
                    {"label", field.label},
                    {"property", address_property_name(field.property)},
                    {"values", std::move(values)}});
  }
  return pretty_json(list) + "\n";
}

}  // namespace ropewalk::cli
