#include "dissect/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "dissect/documents.h"
#include "dissect/kinds.h"
#include "mapi/ascii_case.h"

namespace ropewalk::dissect {
namespace {

struct Catalogue {
  std::vector<CatalogueEntry> entries;
  std::vector<std::string> structures;
};

// What a field is of, in words; a structure met only inside others is cited as they are.
void add_meaning(CatalogueEntry& entry, const wire::FieldInfo& field, std::string_view source) {
  bool is_new = entry.meaning.empty();
  if (!is_new && entry.meaning.find(" " + field.structure + ",") != std::string::npos) return;
  entry.meaning += fmt::format("{}{} {}, {}", is_new ? field.field : "", is_new ? " of" : "; of", field.structure,
                               source.empty() ? "no section" : source);
}

Catalogue make_catalogue() {
  std::map<std::string_view, std::string_view> sources;
  std::set<const wire::StructInfo*> infos;
  for (const Kind& kind : kinds()) {
    if (kind.info == nullptr) continue;
    infos.insert(kind.info);
    sources.emplace(kind.info->name, kind.info->source);
  }
  std::vector<const wire::StructInfo*> ordered(infos.begin(), infos.end());
  std::sort(ordered.begin(), ordered.end(), [](auto* a, auto* b) { return a->name < b->name; });

  std::map<std::pair<std::string, std::string>, CatalogueEntry> entries;
  std::set<std::string> structures;
  for (const wire::StructInfo* info : ordered) {
    for (const wire::FieldInfo& field : wire::list_fields(*info)) {
      std::string structure = "mapi." + filter_name(field.structure);
      std::string name = fmt::format("{}.{}", structure, plain_name(field.field));
      structures.insert(structure);
      CatalogueEntry& entry = entries[{name, field.type}];
      entry.name = name;
      entry.type = field.type;
      entry.form = field.form;
      entry.scalar = field.scalar;
      auto own = sources.find(field.structure);
      add_meaning(entry, field, own != sources.end() ? own->second : info->source);
    }
  }
  for (const wire::FieldInfo& field : document_fields()) {
    std::string structure = "mapi." + filter_name(field.structure);
    std::string name = fmt::format("{}.{}", structure, plain_name(field.field));
    structures.insert(structure);
    CatalogueEntry& entry = entries[{name, field.type}];
    entry.name = name;
    entry.type = field.type;
    entry.form = field.form;
    entry.meaning = fmt::format("{} of {}, in XML or JSON", field.field, field.structure);
  }
  Catalogue made;
  for (auto& [key, entry] : entries) made.entries.push_back(std::move(entry));
  made.structures.assign(structures.begin(), structures.end());
  return made;
}

const Catalogue& the_catalogue() {
  static const Catalogue made = make_catalogue();
  return made;
}

std::size_t edits_between(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      bool same = mapi::ascii_lower(a[i - 1]) == mapi::ascii_lower(b[j - 1]);
      std::size_t next = std::min({row[j] + 1, row[j - 1] + 1, diagonal + (same ? 0 : 1)});
      diagonal = row[j];
      row[j] = next;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const CatalogueEntry> catalogue() { return the_catalogue().entries; }
std::span<const std::string> catalogue_structures() { return the_catalogue().structures; }

std::span<const CatalogueEntry> find_in_catalogue(std::string_view name) {
  const auto& entries = the_catalogue().entries;
  struct ByName {
    bool operator()(const CatalogueEntry& entry, std::string_view sought) const { return entry.name < sought; }
    bool operator()(std::string_view sought, const CatalogueEntry& entry) const { return sought < entry.name; }
  };
  auto [first, last] = std::equal_range(entries.begin(), entries.end(), name, ByName{});
  return {first, last};
}

std::string filter_name(std::string_view structure) {
  if (structure.size() > 3 && structure.starts_with("Rop") && structure[3] >= 'A' && structure[3] <= 'Z')
    structure.remove_prefix(3);
  for (std::string_view ending : {"RequestBody", "ResponseBody", "Request", "Response", "-in", "-out"}) {
    if (structure.size() > ending.size() && structure.ends_with(ending)) {
      structure.remove_suffix(ending.size());
      break;
    }
  }
  return plain_name(structure);
}

std::string plain_name(std::string_view field) {
  std::string name(field);
  for (char& c : name)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  return name;
}

std::vector<std::string_view> similar_names(std::string_view name, std::span<const std::string_view> candidates) {
  std::vector<std::pair<std::size_t, std::string_view>> ranked;
  for (std::string_view candidate : candidates) {
    if (candidate.size() > 2 * name.size() + 8) continue;
    std::size_t edits = edits_between(name, candidate);
    if (edits <= 2 + name.size() / 4) ranked.emplace_back(edits, candidate);
  }
  std::sort(ranked.begin(), ranked.end());
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::min<std::size_t>(ranked.size(), 5); ++i) names.push_back(ranked[i].second);
  return names;
}

}  // namespace ropewalk::dissect
