// vCards of versions 3 [RFC 2426] and 4 [RFC 6350]. What no vCard property means is written as X-ROPEWALK-attribute.
#include <algorithm>
#include <map>
#include <utility>

#include "base/base64.h"
#include "base/utf16.h"
#include "directory/entry_lines.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

constexpr std::string_view kOwn = "X-ROPEWALK-";
constexpr std::size_t kMostParts = 32;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

// How an attribute stands in a vCard, from Attribute::vcard.
struct Place {
  std::string property;
  int part = -1;  // of a structured value
  std::vector<std::string> types;
  const Attribute* attribute = nullptr;
};

Place place_of(const Attribute& attribute) {
  Place place;
  place.attribute = &attribute;
  if (attribute.vcard.empty()) {
    place.property = upper(std::string(kOwn) + std::string(attribute.name));
    return place;
  }
  std::string_view rest = attribute.vcard;
  const auto take = [&] {
    const auto space = std::min(rest.find(' '), rest.size());
    std::string word(rest.substr(0, space));
    rest.remove_prefix(std::min(space + 1, rest.size()));
    return word;
  };
  place.property = take();
  if (const auto dot = place.property.find('.'); dot != place.property.npos) {
    place.part = place.property[dot + 1] - '0';
    place.property.erase(dot);
  }
  while (!rest.empty()) place.types.push_back(take());
  return place;
}

const std::vector<Place>& places() {
  static const auto made = [] {
    std::vector<Place> all;
    for (const Attribute& attribute : attributes()) all.push_back(place_of(attribute));
    return all;
  }();
  return made;
}

struct Property {
  std::string name;                // in capitals, without a group
  std::vector<std::string> types;  // in small letters
  bool is_preferred = false, is_base64 = false;
  std::string value;  // as it stands there
};

// [RFC 6350] 3.3: [group "."] name *(";" param) ":" value
Result<Property> parse_property(const std::string& line) {
  Property read;
  std::string name, parameter;
  std::vector<std::string> parameters;
  bool quoted = false;
  std::size_t i = 0;
  std::string* into = &name;
  for (; i < line.size() && (quoted || line[i] != ':'); ++i) {
    if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ';' && !quoted)
      into = &parameters.emplace_back();
    else
      *into += line[i];
    if (parameters.size() > kMostParts) return Error{"the property has too many parameters"};
  }
  if (i >= line.size() || name.empty()) return Error{"there is no \"NAME:\" at the beginning"};
  read.value = line.substr(i + 1);
  read.name = upper(name.substr(name.find('.') == name.npos ? 0 : name.find('.') + 1));
  for (const std::string& one : parameters) {
    const auto equals = one.find('=');
    const std::string key = upper(one.substr(0, equals));
    std::string values = equals == one.npos ? one : one.substr(equals + 1);  // "TEL;WORK:" as version 2.1 has it
    std::transform(values.begin(), values.end(), values.begin(), mapi::ascii_lower);
    if (key == "ENCODING") read.is_base64 = values == "b" || values == "base64";
    if (key == "PREF") read.is_preferred = true;
    if (key != "TYPE" && equals != one.npos) continue;
    for (std::size_t at = 0; at <= values.size();) {
      const auto comma = std::min(values.find(',', at), values.size());
      std::string type = values.substr(at, comma - at);
      if (type == "pref")
        read.is_preferred = true;
      else if (!type.empty() && read.types.size() < kMostParts)
        read.types.push_back(std::move(type));
      at = comma + 1;
    }
  }
  return read;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size())
      out += text[i];
    else if (const char c = text[++i]; c == 'n' || c == 'N')
      out += '\n';
    else
      out += c;
  }
  return out;
}

// The parts of a structured value, unescaped.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t i = 0; i <= text.size() && parts.size() < kMostParts; ++i) {
    if (i < text.size() && text[i] == '\\')
      ++i;
    else if (i == text.size() || text[i] == ';') {
      parts.push_back(unescaped(text.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return parts;
}

// How well a property's types fit a place: 0 not at all. Where and by what means count apart: a mobile phone at work
// is a mobile phone.
int fitness(const Place& place, const Property& property) {
  int fits = 1;
  for (const std::string& type : place.types) {
    if (std::ranges::find(property.types, type) == property.types.end()) return 0;
    fits += type == "work" || type == "home" ? 1 : 2;
  }
  return fits;
}

const Attribute* attribute_of(const Property& property, int part) {
  const Place* best = nullptr;
  int best_fit = 0;
  for (const Place& place : places()) {
    if (place.property != property.name || place.part != part) continue;
    const int fits = fitness(place, property);
    if (fits > best_fit) best = &place, best_fit = fits;
  }
  if (best != nullptr) return best->attribute;
  for (const Place& place : places()) {  // of no type, or of types nobody knows: the first of its name
    if (place.property == property.name && place.part == part) return place.attribute;
  }
  return nullptr;
}

bool is_structured(const std::string& name) { return name == "N" || name == "ADR" || name == "ORG"; }

class VcardReader : public EntryReader {
 public:
  VcardReader(std::istream& input, EntryReaderEvents events)
      : lines_(input), events_(std::move(events)), unknown_(events_) {}

  u64 offset() const override { return lines_.offset(); }

  std::optional<Entry> next() override {
    Entry entry;
    std::string line;
    bool is_good = true;
    int depth = 0;
    while (lines_.next(line)) {
      if (line.empty()) continue;
      auto property = parse_property(line);
      if (lines_.was_cut()) property = Error{"the line is longer than " + std::to_string(kLongestLine) + " bytes"};
      if (depth == 0) {
        if (property.ok() && is(*property, "BEGIN")) {
          entry = {};
          entry.line = lines_.number();
          is_good = true;
          depth = 1;
        } else if (!std::exchange(has_complained_, true)) {  // once for all that stands between two cards
          events_.reject(lines_.number(), "this is no vCard: BEGIN:VCARD is missing");
        }
        continue;
      }
      if (!property.ok()) {
        if (is_good) events_.reject(lines_.number(), property.error().text);
        is_good = false;
      } else if (is(*property, "BEGIN")) {
        ++depth;  // somebody else's card within this one
      } else if (is(*property, "END")) {
        if (--depth > 0) continue;
        has_complained_ = false;
        if (is_good) return entry;
      } else if (is_good && depth == 1) {
        is_good = take(*property, entry);
      }
    }
    if (depth > 0) events_.reject(entry.line, "the file ends within the vCard that begins here");
    return std::nullopt;
  }

 private:
  static bool is(const Property& property, std::string_view name) {
    return property.name == name && mapi::equal_ignoring_ascii_case(property.value, "VCARD");
  }

  bool take(Property& property, Entry& entry) {
    if (property.name == "VERSION") {
      if (property.value == "3.0" || property.value == "4.0") return true;
      events_.reject(lines_.number(), "vCards of version " + property.value.substr(0, 20) +
                                          " cannot be read, only those of 3.0 and 4.0");
      return false;
    }
    if (property.name == "KIND" || property.name == "X-ADDRESSBOOKSERVER-KIND") {
      if (mapi::equal_ignoring_ascii_case(property.value, "group")) {
        entry.add(find_attribute("objectClass"), property.name, "group", lines_.number());
      }
      return true;
    }
    if (property.name == "X-ADDRESSBOOKSERVER-MEMBER") property.name = "MEMBER";
    if (!is_structured(property.name)) return take_value(property, entry);
    const auto parts = parts_of(property.value);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const Attribute* attribute = attribute_of(property, static_cast<int>(i));
      if (attribute != nullptr && !parts[i].empty() && !add(*attribute, property, parts[i], entry)) return false;
    }
    return true;
  }

  bool take_value(const Property& property, Entry& entry) {
    const Attribute* attribute = attribute_of(property, -1);
    if (attribute == nullptr) {
      if (property.name != "PRODID" && property.name != "REV") unknown_.add(property.name);
      return true;
    }
    if (attribute->field == Field::guid) {
      std::string value = property.value;
      if (mapi::equal_ignoring_ascii_case(value.substr(0, 9), "urn:uuid:")) value.erase(0, 9);
      if (!Guid::parse(value)) return true;  // other programs' own numbers
      return add(*attribute, property, value, entry);
    }
    if (!attribute->is_binary()) return add(*attribute, property, unescaped(property.value), entry);
    std::string_view text = property.value;
    bool is_base64 = property.is_base64;
    if (mapi::equal_ignoring_ascii_case(text.substr(0, 5), "data:")) {
      const auto comma = text.find(',');
      is_base64 = comma != text.npos && text.substr(0, comma).ends_with(";base64");
      text.remove_prefix(is_base64 ? comma + 1 : 0);
    }
    if (!is_base64) {
      unknown_.add(property.name + " that stands elsewhere");
      return true;
    }
    auto bytes = from_base64(text);
    if (!bytes) {
      events_.reject(lines_.number(), property.name + " is not base64");
      return false;
    }
    entry.add(attribute, property.name, std::string(bytes->begin(), bytes->end()), lines_.number());
    return true;
  }

  bool add(const Attribute& attribute, const Property& property, std::string value, Entry& entry) {
    if (!is_utf8(value)) {
      events_.reject(lines_.number(), property.name + " is not UTF-8");
      return false;
    }
    if (property.name == "TEL" && value.starts_with("tel:")) value.erase(0, 4);
    if (value.empty()) return true;
    entry.add(&attribute, property.name, std::move(value), lines_.number());
    if (property.is_preferred) {  // before the others of its kind
      std::rotate(entry.values.begin(), entry.values.end() - 1, entry.values.end());
    }
    return true;
  }

  UnfoldingReader lines_;
  EntryReaderEvents events_;
  UnknownNames unknown_;
  bool has_complained_ = false;
};

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\r') continue;
    if (c == '\n')
      out += "\\n";
    else if (c == ',' || c == ';' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return out;
}

// [RFC 6350] 3.2: at most 75 bytes, not within a character.
void append_folded(const std::string& line, std::string& out) {
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t most = at == 0 ? 75 : 74;
    std::size_t end = std::min(at + most, line.size());
    while (end < line.size() && end > at + 1 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) --end;
    if (at != 0) out += ' ';
    out.append(line, at, end - at);
    out += "\r\n";
    at = end;
  }
}

std::string name_with_types(const Place& place) {
  std::string name = place.property;
  for (std::size_t i = 0; i < place.types.size(); ++i) name += (i == 0 ? ";TYPE=" : ",") + place.types[i];
  return name;
}

std::string media_type(const std::string& bytes) {
  if (bytes.starts_with("\xFF\xD8")) return "image/jpeg";
  if (bytes.starts_with("\x89PNG")) return "image/png";
  return "application/octet-stream";
}

class VcardWriter : public EntryWriter {
 public:
  std::string entry(const Entry& entry) override {
    std::string out = "BEGIN:VCARD\r\nVERSION:4.0\r\n";
    std::map<std::string, std::vector<std::string>> structured;  // by name with types
    bool is_group = false;
    for (const Entry::Value& value : entry.values) {
      if (value.attribute->field == Field::object_class) {
        is_group = is_group || value.value == "group";
        continue;
      }
      const Place& place = places()[static_cast<std::size_t>(value.attribute - attributes().data())];
      if (place.part < 0) {
        append_folded(name_with_types(place) + ":" + text_of(*value.attribute, value.value), out);
        continue;
      }
      auto& parts = structured[name_with_types(place)];
      if (parts.size() <= static_cast<std::size_t>(place.part)) parts.resize(static_cast<std::size_t>(place.part) + 1);
      parts[static_cast<std::size_t>(place.part)] = escaped(value.value);
    }
    for (const auto& [name, parts] : structured) {
      std::string line = name + ":";
      for (std::size_t i = 0; i < parts.size(); ++i) (line += i == 0 ? "" : ";") += parts[i];
      append_folded(line, out);
    }
    if (is_group) out += "KIND:group\r\n";
    return out + "END:VCARD\r\n";
  }

 private:
  static std::string text_of(const Attribute& attribute, const std::string& value) {
    if (attribute.field == Field::guid) return "urn:uuid:" + value;
    if (!attribute.is_binary()) return escaped(value);
    return "data:" + media_type(value) + ";base64," + to_base64(bytes_of(value));
  }
};

}  // namespace

std::unique_ptr<EntryReader> read_vcards(std::istream& input, EntryReaderEvents events) {
  return std::make_unique<VcardReader>(input, std::move(events));
}

std::unique_ptr<EntryWriter> write_vcards() { return std::make_unique<VcardWriter>(); }

}  // namespace ropewalk::directory
