#include "directory/csv_columns.h"

#include <algorithm>

#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

std::string plain(std::string_view name) {
  std::string out;
  for (char c : name) {
    c = mapi::ascii_lower(c);
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

// "phone", "3" and "value" of "phone3value": Google numbers what there are several of.
struct Numbered {
  std::string family, number, part;
};
std::optional<Numbered> numbered(const std::string& name) {
  for (const char* family : {"email", "phone", "address"}) {
    if (!name.starts_with(family)) continue;
    const std::size_t begin = std::string_view(family).size();
    const std::size_t end = std::min(name.find_first_not_of("0123456789", begin), name.size());
    if (end != begin) return Numbered{family, name.substr(begin, end - begin), name.substr(end)};
  }
  return std::nullopt;
}

struct Place {
  std::string_view family, part, label, attribute;
};
// The first whose label the cell's contains; an empty label is for all others.
constexpr Place kPlaces[] = {
    {"phone", "value", "homefax", "homeFax"},
    {"phone", "value", "fax", "facsimileTelephoneNumber"},
    {"phone", "value", "mobile", "mobile"},
    {"phone", "value", "pager", "pager"},
    {"phone", "value", "home", "homePhone"},
    {"phone", "value", "", "telephoneNumber"},
    {"address", "street", "home", "mozillaHomeStreet"},
    {"address", "street", "", "streetAddress"},
    {"address", "city", "home", "mozillaHomeLocalityName"},
    {"address", "city", "", "l"},
    {"address", "region", "home", "mozillaHomeState"},
    {"address", "region", "", "st"},
    {"address", "postalcode", "home", "mozillaHomePostalCode"},
    {"address", "postalcode", "", "postalCode"},
    {"address", "country", "home", "mozillaHomeCountryName"},
    {"address", "country", "", "co"},
};

bool is_label(const std::string& part) { return part == "type" || part == "label"; }

bool has_place(const Numbered& column) {
  return std::ranges::any_of(
      kPlaces, [&](const Place& place) { return place.family == column.family && place.part == column.part; });
}

void under_own_name(std::string_view attribute, CsvColumn& column) {
  column.attribute = find_attribute(attribute);
  column.name = attribute;
}

// Several columns of one attribute are values of one name. False: the column is none of those.
bool is_one_of_many(const std::string& name, const std::vector<std::string>& names, CsvColumn& column) {
  if (name == "email" || name == "emailaddress" || name == "email2address" || name == "email3address") {
    return under_own_name("mail", column), true;
  }
  if (name == "businessstreet2" || name == "businessstreet3") {
    column.continues = true;
    return under_own_name("streetAddress", column), true;
  }
  if (name == "homestreet2" || name == "homestreet3") {
    column.continues = true;
    return under_own_name("mozillaHomeStreet", column), true;
  }
  const auto parts = numbered(name);
  if (!parts) return false;
  if (parts->family == "email" && parts->part == "value") return under_own_name("mail", column), true;
  if (is_label(parts->part)) return true;  // read with its value
  if (!has_place(*parts)) return false;
  column.family = parts->family;
  column.part = parts->part;
  for (const char* label : {"type", "label"}) {
    const auto found = std::ranges::find(names, parts->family + parts->number + label);
    if (found != names.end()) column.label = static_cast<std::size_t>(found - names.begin());
  }
  return true;
}

}  // namespace

std::vector<CsvColumn> csv_columns(const std::vector<std::string>& header,
                                   const std::function<void(const std::string& name)>& unknown) {
  std::vector<std::string> names;
  for (const std::string& cell : header) names.push_back(plain(cell));
  const auto has = [&](const char* name) { return std::ranges::find(names, name) != names.end(); };
  // Outlook's title is "Dr."; what one does is the job title.
  const bool title_is_prefix = has("jobtitle");
  std::vector<CsvColumn> columns;
  for (std::size_t i = 0; i < header.size(); ++i) {
    CsvColumn& column = columns.emplace_back(CsvColumn{header[i]});
    if (is_one_of_many(names[i], names, column)) continue;
    if (title_is_prefix && names[i] == "title")
      under_own_name("personalTitle", column);
    else
      column.attribute = find_attribute(header[i]);
    if (column.attribute == nullptr && !header[i].empty()) unknown(header[i]);
  }
  return columns;
}

const Attribute* labelled(const CsvColumn& column, std::string_view label) {
  const std::string text = plain(label);
  for (const Place& place : kPlaces) {
    if (place.family == column.family && place.part == column.part && text.find(place.label) != text.npos) {
      return find_attribute(place.attribute);
    }
  }
  return nullptr;
}

}  // namespace ropewalk::directory
