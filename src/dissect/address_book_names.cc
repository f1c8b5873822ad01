#include "dissect/address_book_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/filetime.h"
#include "base/hex.h"
#include "mapi/entry_id.h"
#include "mapi/property_names.h"
#include "mapi/restriction.h"

namespace ropewalk::dissect {

using wire::Node;

namespace {

// [MS-OXNSPI] 2.2.1.8, 2.2.1.9: Minimal Entry IDs below this are positions or how a name was resolved.
constexpr u32 kFirstOfObjects = 0x10;
constexpr std::size_t kTagText = 10;  // characters of "0x800F101F"
constexpr std::size_t kMaxEntryId = 4096;

// Fields that hold one Minimal Entry ID, and those that hold many.
constexpr std::string_view kIdFields[] = {"ContainerID", "CurrentRec", "MId1",       "MId2",
                                          "dwMId",       "MinimalId",  "MinimalId1", "MinimalId2"};
constexpr std::string_view kIdLists[] = {"MinimalIds", "ExplicitTable", "ppOutMIds", "ppMIds",
                                         "pInMIds",    "lpETable",      "pReserved"};

template <std::size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::ranges::find(names, name) != std::end(names);
}
bool has_part(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }
bool is_list(const Node& node) { return node.has_fields && node.type.ends_with("[]"); }
bool is_pointer(const Node& leaf) { return leaf.type.starts_with("pointer"); }

std::optional<u32> number_of(const Node& leaf) {
  if (leaf.has_fields || leaf.length != 4 || !leaf.value.is_number() || is_pointer(leaf)) return std::nullopt;
  return static_cast<u32>(leaf.value.to_number<i64>());
}
std::string text_of(const Node& leaf) {
  return leaf.value.is_string() ? std::string(std::string_view(leaf.value.as_string())) : std::string();
}
// "PidTagDisplayName" of "PidTagDisplayName, PtypString"; empty where no property is known.
std::string_view property_of(const Node& tag) {
  std::string_view name = std::string_view(tag.text).substr(0, tag.text.find(','));
  return name.starts_with("Pid") ? name : std::string_view();
}

// Each Minimal Entry ID in a tree, but those that ContainerID and CurrentRec hold.
template <class N, class F>
void for_each_listed_id(N& node, bool is_in_ids, F&& each) {
  is_in_ids = is_in_ids || is_one_of(node.name, kIdLists);
  for (auto& field : node.fields) {
    if (field.has_fields)
      for_each_listed_id(field, is_in_ids, each);
    else if (is_in_ids && field.name.starts_with('[') && number_of(field))
      each(field);
  }
}

// The entry identifier in a leaf, whose value is in hexadecimal; `bytes` holds what it points into.
std::optional<mapi::EntryId> entry_id_in(const Node& leaf, std::vector<u8>& bytes, Arena& arena) {
  if (leaf.type != "bytes" || leaf.length > kMaxEntryId) return std::nullopt;
  auto read = from_hex(text_of(leaf));
  if (!read || read->size() != leaf.length) return std::nullopt;
  bytes = *std::move(read);
  auto id = wire::decode<mapi::EntryId>(bytes, arena);
  return id.ok() ? std::optional(*id) : std::nullopt;
}

const Node* find_deep(const Node& node, std::string_view name) {
  for (const Node& field : node.fields) {
    if (field.name == name) return &field;
    if (const Node* found = find_deep(field, name)) return found;
  }
  return nullptr;
}

const Node* find_type(const Node& node, std::string_view part) {
  if (has_part(node.type, part)) return &node;
  for (const Node& field : node.fields)
    if (const Node* found = find_type(field, part)) return found;
  return nullptr;
}

// The properties of one row that tell who it is of.
struct Row {
  std::string display_name;
  std::optional<u32> id;

  void read(const Node& node, std::string_view property) {
    const Node* tag = nullptr;
    for (const Node& field : node.fields) {
      if (field.name == "PropertyTag") tag = &field;
      std::string_view own = field.name.starts_with("Pid")                     ? std::string_view(field.name)
                             : tag != nullptr && field.name == "PropertyValue" ? property_of(*tag)
                                                                               : property;
      if (field.has_fields)
        read(field, own);
      else
        value(field, own);
    }
  }

 private:
  void value(const Node& leaf, std::string_view property) {
    if (property == "PidTagDisplayName" && display_name.empty()) display_name = text_of(leaf);
    if (property == "PidTagAddressBookContainerId" && leaf.length == 4) id = number_of(leaf);
    if (property != "PidTagEntryId") return;
    std::vector<u8> bytes;
    Arena arena(4096, 256);
    const auto entry_id = entry_id_in(leaf, bytes, arena);
    if (!entry_id) return;
    if (const auto* ephemeral = entry_id->as<mapi::EphemeralEntryIdBody>()) id = ephemeral->mid;
  }
};

// "0x800F101F", as a property is called whose id is only known to address books, as its name.
void name_tag(std::string& text) {
  if (!text.starts_with("0x") || text.size() < kTagText) return;
  u32 tag = 0;
  const char* end = text.data() + kTagText;
  if (std::from_chars(text.data() + 2, end, tag, 16).ptr != end) return;
  if (const auto* known = mapi::find_property_tag(tag)) text.replace(0, kTagText, known->name);
}
void name_tags(Node& node) {
  name_tag(node.name);
  name_tag(node.text);
  for (Node& field : node.fields) name_tags(field);
}

// Leaves below a pointer's target that are the value itself.
void rename_values(Node& node, std::string_view property) {
  for (Node& field : node.fields) {
    if (field.has_fields)
      rename_values(field, property);
    else if (field.name == "string" || field.name == "bytes" || field.name == "ab")
      field.name = property;
  }
}

// The fields of a PropertyValue_r behind its switch.
void name_value(Node& value, std::string_view property) {
  if (property.empty()) return;
  for (Node& field : value.fields) {
    if (field.has_fields) {
      rename_values(field, property);
      const Node *low = field.find("dwLowDateTime"), *high = field.find("dwHighDateTime");
      if (low == nullptr || high == nullptr) continue;
      FileTime time{u64{number_of(*high).value_or(0)} << 32 | number_of(*low).value_or(0)};
      field.text = fmt::format("{}, {}", property, time.to_string());
    } else if (field.name == "l" || field.name == "b" || field.name == "i" || field.name == "err") {
      field.name = property;
    }
  }
}

std::string fuzzy_text(u32 level) {
  std::string text;
  auto add = [&](std::string_view word) { text += fmt::format("{}{}", text.empty() ? "" : "|", word); };
  if ((level & 0xFFFF) <= 2) add((const std::string_view[]){"FL_FULLSTRING", "FL_SUBSTRING", "FL_PREFIX"}[level & 3]);
  if ((level >> 16 & mapi::kFuzzyIgnoreCase) != 0) add("FL_IGNORECASE");
  if ((level >> 16 & mapi::kFuzzyIgnoreNonspace) != 0) add("FL_IGNORENONSPACE");
  if ((level >> 16 & mapi::kFuzzyLoose) != 0) add("FL_LOOSE");
  return text;
}

void append(std::string& text, std::string_view more) { text += fmt::format("{}{}", text.empty() ? "" : ", ", more); }

// [MS-OXNSPI] 2.2.1.9
std::string_view resolved_text(u32 id) {
  return id == 0 ? "MID_UNRESOLVED" : id == 1 ? "MID_AMBIGUOUS" : id == 2 ? "MID_RESOLVED" : "";
}

void name_values(Node& tree);

}  // namespace

void name_properties(Node& tree) {
  name_tags(tree);
  name_values(tree);
}

namespace {

void name_values(Node& tree) {
  std::vector<std::string> properties;  // of the list of values in front
  for (Node& field : tree.fields) {
    name_values(field);
    if (field.type == "PropertyValue_r") {
      if (const Node* tag = field.find("ulPropTag")) name_value(field, property_of(*tag));
    } else if (field.type == "PropertyValue_r[]") {
      const bool has_tags = !field.fields.empty() && field.fields.front().find("ulPropTag") != nullptr;
      if (has_tags) properties.clear();
      for (std::size_t i = 0; i < field.fields.size(); ++i) {
        Node& value = field.fields[i];
        const Node* tag = has_tags ? value.find("ulPropTag") : nullptr;
        if (has_tags) properties.emplace_back(tag == nullptr ? std::string_view() : property_of(*tag));
        if (i < properties.size()) name_value(value, properties[i]);
      }
    }
  }
}

}  // namespace

std::string context_handle_in(const Node& parameters) {
  const Node* uuid = find_deep(parameters, "context_handle_uuid");
  std::string text = uuid == nullptr ? std::string() : text_of(*uuid);
  return text == Guid{}.to_string() ? std::string() : text;
}

AddressBookNames::Asked AddressBookNames::asked_by(const Node& request) {
  Asked asked;
  for_each_listed_id(request, false, [&](const Node& id) { asked.ids.push_back(*number_of(id)); });
  if (find_type(request, "DNToMId") != nullptr) {
    auto names = [&](auto& self, const Node& node) -> void {
      for (const Node& field : node.fields) {
        if (field.has_fields)
          self(self, field);
        else if (field.type == "String8")
          asked.names.push_back(text_of(field));
      }
    };
    names(names, request);
  }
  const bool begins_there = find_type(request, "QueryRows") != nullptr || find_type(request, "GetProps") != nullptr;
  const Node *current = find_deep(request, "CurrentRec"), *delta = find_deep(request, "Delta");
  if (asked.ids.empty() && begins_there && current != nullptr && delta != nullptr && number_of(*delta) == 0u)
    if (auto id = number_of(*current); id && *id >= kFirstOfObjects) asked.ids.push_back(*id);
  return asked;
}

void AddressBookNames::name(u32 id, std::string text, u64 at) {
  if (id < kFirstOfObjects || text.empty()) return;
  if (!names_.contains(id) && names_.size() >= kMaxIds) return;
  std::vector<Known>& known = names_[id];
  const bool is_new = known.empty() || known.back().name != text;
  if (is_new && known.size() < kMaxNamesOfOne) known.push_back({at, std::move(text)});
}

const std::string* AddressBookNames::name_of(u32 id, u64 at) const {
  auto found = names_.find(id);
  if (found == names_.end()) return nullptr;
  const std::string* latest = nullptr;
  for (const Known& known : found->second)
    if (known.at <= at) latest = &known.name;
  return latest;
}

void AddressBookNames::learn_row(const Node& row, std::optional<u32> id, u64 at) {
  Row read;
  read.read(row, {});
  if (read.id) id = read.id;
  if (id) name(*id, std::move(read.display_name), at);
}

void AddressBookNames::learn(const Node& response, const Asked& asked, u64 at) {
  std::vector<u32> ids;
  if (find_type(response, "ResolveNames") == nullptr)
    for_each_listed_id(response, false, [&](const Node& id) { ids.push_back(*number_of(id)); });
  if (ids.size() == asked.names.size())
    for (std::size_t i = 0; i < ids.size(); ++i) name(ids[i], asked.names[i], at);
  if (ids.empty()) ids = asked.ids;
  bool has_rows = false;
  auto rows = [&](auto& self, const Node& node) -> void {
    if (is_list(node) && (has_part(node.type, "PropertyRow") || has_part(node.type, "PropertyValueList"))) {
      has_rows = true;
      for (std::size_t i = 0; i < node.fields.size(); ++i)
        learn_row(node.fields[i], ids.size() == node.fields.size() ? std::optional(ids[i]) : std::nullopt, at);
      return;
    }
    for (const Node& field : node.fields) self(self, field);
  };
  rows(rows, response);
  if (!has_rows && ids.size() == 1) learn_row(response, ids.front(), at);
}

void AddressBookNames::explain_id(Node& id, u64 at) const {
  auto number = number_of(id);
  const std::string* known = number ? name_of(*number, at) : nullptr;
  if (known != nullptr) append(id.text, fmt::format("\"{}\"", *known));
}

void AddressBookNames::explain_entry_id(Node& leaf, u64 at) const {
  if (!leaf.text.empty()) return;
  std::vector<u8> bytes;
  Arena arena(4096, 256);
  const auto id = entry_id_in(leaf, bytes, arena);
  if (!id) return;
  if (const auto* permanent = id->as<mapi::AddressBookEntryIdBody>()) {
    leaf.text = fmt::format("permanent entry ID, \"{}\"", permanent->x500_dn.text());
  } else if (const auto* ephemeral = id->as<mapi::EphemeralEntryIdBody>()) {
    leaf.text = fmt::format("ephemeral entry ID, MId {}", ephemeral->mid);
    if (const std::string* known = name_of(ephemeral->mid, at)) append(leaf.text, fmt::format("\"{}\"", *known));
  }
}

void AddressBookNames::explain_fields(Node& node, u64 at) const {
  for (Node& field : node.fields) {
    if (field.has_fields) {
      explain_fields(field, at);
    } else if (is_one_of(field.name, kIdFields)) {
      explain_id(field, at);
    } else if (field.type == "bytes") {
      explain_entry_id(field, at);
    } else if (field.name == "ulFuzzyLevel") {
      field.text = fuzzy_text(number_of(field).value_or(0));
    }
  }
}

void AddressBookNames::explain(Node& tree, u64 at) const {
  explain_fields(tree, at);
  const bool resolves = find_type(tree, "ResolveNames") != nullptr;
  for_each_listed_id(tree, false, [&](Node& id) {
    if (resolves)
      append(id.text, resolved_text(*number_of(id)));
    else
      explain_id(id, at);
  });
}

}  // namespace ropewalk::dissect
