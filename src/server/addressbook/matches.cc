// The methods that find objects: [MS-OXNSPI] 3.1.4.1.10, 3.1.4.1.16, 3.1.4.1.17, 3.1.4.7.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/utf16.h"
#include "directory/folded_text.h"
#include "mapi/ascii_case.h"
#include "mapi/value_fields.h"
#include "server/addressbook/service_impl.h"
#include "store/restriction_eval.h"

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Restriction;
using mapi::RestrictType;
namespace tag = mapi::tag;

constexpr std::size_t kMostOfName = 10'000;  // objects of one ambiguous name in a restriction
constexpr std::size_t kMostForeign = 1'000;  // of them that other lists show, where one list is searched
constexpr std::size_t kEntriesAtOnce = 256;
constexpr std::size_t kMostNameConditions = 64;
constexpr std::size_t kMostNames = 10'000;  // of NspiResolveNames

using Ids = std::unordered_set<u32>;

// Conditions on PidTagAnr, each turned into "exists" of a property that only stands for it.
struct NameConditions {
  static constexpr u16 kFirstId = 0x7C00;  // of no property of the address book
  std::vector<Ids> found;
  static bool is_one(PropTag property) {
    return property.id() >= kFirstId && property.id() < kFirstId + kMostNameConditions;
  }
};

bool asks_for_name(const Restriction& node) {
  return (node.type == RestrictType::property || node.type == RestrictType::content) &&
         node.tag.id() == PropTag(tag::PidTagAnr).id() && node.values.size() == 1 &&
         is_text_type(node.values[0].tag.type());
}

Outcome<void> replace_name_conditions(directory::AddressBook& book, Restriction& node, NameConditions& names) {
  for (Restriction& child : node.children) ROPEWALK_CHECK(replace_name_conditions(book, child, names));
  if (!asks_for_name(node)) return {};
  if (names.found.size() == kMostNameConditions) return Failure{ErrorCode::too_complex, "a restriction of many names"};
  ROPEWALK_TRY(auto ids, book.named(utf16_to_utf8(node.values[0].value.bytes), kMostOfName));
  node.type = RestrictType::exist;
  node.tag = PropTag(static_cast<u16>(NameConditions::kFirstId + names.found.size()), PropType::boolean);
  names.found.emplace_back(ids.begin(), ids.end());
  return {};
}

// The only objects that can satisfy the restriction, where a name says so.
const Ids* only_candidates(const Restriction& node, const NameConditions& names) {
  if (node.type == RestrictType::exist && NameConditions::is_one(node.tag))
    return &names.found[node.tag.id() - NameConditions::kFirstId];
  if (node.type != RestrictType::and_) return nullptr;
  for (const Restriction& child : node.children)
    if (const Ids* ids = only_candidates(child, names)) return ids;
  return nullptr;
}

bool needs_stored(const Restriction& node) {
  switch (node.type) {
    case RestrictType::and_:
    case RestrictType::or_:
    case RestrictType::not_:
    case RestrictType::sub_object:
    case RestrictType::comment:
    case RestrictType::annotation:
      return std::ranges::any_of(node.children, needs_stored);
    case RestrictType::compare_properties:
      return EntryReader::is_stored(node.tag.id()) || EntryReader::is_stored(node.tag2.id());
    case RestrictType::exist:
      return !NameConditions::is_one(node.tag) && EntryReader::is_stored(node.tag.id());
    default:
      return EntryReader::is_stored(node.tag.id());
  }
}

class EntrySource final : public store::PropertySource {
 public:
  EntrySource(EntryReader& reader, const Entry& entry, const NameConditions& names)
      : reader_(reader), entry_(entry), names_(names) {}
  std::optional<Property> property(PropTag property, Arena&) const override {
    if (NameConditions::is_one(property)) {
      const auto& ids = names_.found[property.id() - NameConditions::kFirstId];
      return ids.contains(entry_.object.id) ? std::optional(Property{property, mapi::Value::of(true)}) : std::nullopt;
    }
    auto value = reader_.read(entry_, property.id(), false);
    if (!value) failed = value.error();
    return value ? *value : std::nullopt;
  }
  mutable std::optional<Failure> failed;

 private:
  EntryReader& reader_;
  const Entry& entry_;
  const NameConditions& names_;
};

struct Search {
  const EntryReader& reader;
  const Restriction& restriction;
  const NameConditions& names;
  std::size_t most;
};

// Those of `ids` that satisfy the restriction, in their order; one more than `most` where there are more.
Outcome<std::vector<u32>> satisfying(const Search& search, std::span<const u32> ids) {
  const bool stored = needs_stored(search.restriction);
  Arena arena;
  std::vector<u32> matches;
  for (std::size_t first = 0; first < ids.size() && matches.size() <= search.most; first += kEntriesAtOnce) {
    arena.reset();
    EntryReader reader = search.reader.with(arena);
    const auto part = ids.subspan(first, std::min(kEntriesAtOnce, ids.size() - first));
    ROPEWALK_TRY(auto entries, reader.find_all(part, stored));
    for (const auto& entry : entries) {
      if (!entry) continue;
      EntrySource source(reader, *entry, search.names);
      const bool fits = store::satisfies(source, search.restriction, arena);
      if (source.failed) return *source.failed;
      if (fits) matches.push_back(entry->object.id);
    }
  }
  if (matches.size() > search.most + 1) matches.resize(search.most + 1);
  return matches;
}

// What GetMatches opens instead of searching: [MS-OXNSPI] 3.1.4.1.10, constraint 9.
PropTag property_to_open(const nspi::Stat& stat, const std::optional<NspiPropertyName>& name) {
  return name ? tag_named(*name) : PropTag(stat.container_id);
}

// A name that can be one object's alone: a DN or an SMTP address.
bool is_dn(std::string_view name) { return mapi::equal_ignoring_ascii_case(name.substr(0, 3), "/o="); }
std::string_view smtp_address_in(std::string_view name) {
  constexpr std::string_view kType = "smtp:";
  if (mapi::equal_ignoring_ascii_case(name.substr(0, kType.size()), kType)) name.remove_prefix(kType.size());
  return name.find('@') == name.npos ? std::string_view() : name;
}

}  // namespace

Outcome<std::vector<u32>> AddressBookService::Impl::search(EntryReader& reader, const nspi::Stat& stat,
                                                           const Restriction& filter, std::size_t most, Arena& arena) {
  if (stat.sort_type != kSortByName && stat.sort_type != kSortByPhoneticName)
    return Failure{ErrorCode::not_supported, fmt::format("a search in a table sorted by {:#x}", stat.sort_type)};
  ROPEWALK_TRY(auto list, container(reader, stat));
  ROPEWALK_CHECK(store::check_restriction(filter));
  Restriction restriction = with_unicode_texts(filter, stat.code_page, arena);
  NameConditions names;
  ROPEWALK_CHECK(replace_name_conditions(parts.book, restriction, names));
  std::vector<u32> ids;
  {
    ROPEWALK_TRY(auto opened, view(reader, list, stat));
    if (const Ids* only = only_candidates(restriction, names)) {
      std::vector<std::pair<std::size_t, u32>> rows;
      for (u32 id : *only)
        if (auto row = opened->row_of(id)) rows.emplace_back(*row, id);
      std::ranges::sort(rows);
      for (const auto& [row, id] : rows) ids.push_back(id);
    } else {
      ids = opened->ids();
    }
  }
  return satisfying({reader, restriction, names, most}, ids);
}

// 3.1.4.1.10, constraints 9 to 14
Outcome<std::vector<u32>> AddressBookService::Impl::open_property(EntryReader& reader, const nspi::Stat& stat,
                                                                  const std::optional<NspiPropertyName>& name) {
  ROPEWALK_TRY(auto entry, reader.find(stat.current_record, false));
  if (!entry) return Failure{ErrorCode::error, fmt::format("there is no object {:#x}", stat.current_record)};
  const PropTag property = property_to_open(stat, name);
  const LinkProperty* link = link_property(property.id());
  if (link == nullptr) return Failure{ErrorCode::not_supported, property.to_string() + " does not name objects"};
  const bool modifiable = is_modifiable_link(*entry, *link);
  if (stat.sort_type == kSortByNameWritable && !modifiable)
    return Failure{ErrorCode::not_supported,
                   fmt::format("{} of {} cannot be changed here", property.to_string(), entry->object.name)};
  ROPEWALK_TRY(auto objects, reader.linked(*entry, *link));
  std::vector<std::pair<std::string, u32>> rows;
  for (const auto& object : objects)
    rows.emplace_back(name_sort_key(object.name, name_order(stat.sort_locale)), object.id);
  std::ranges::sort(rows);
  std::vector<u32> ids;
  for (const auto& [key, id] : rows) ids.push_back(id);
  return ids;
}

NspiMatchesAnswer AddressBookService::get_matches(const NspiCaller& caller, const nspi::Stat& stat,
                                                  const Restriction* filter,
                                                  const std::optional<NspiPropertyName>& name, u32 requested,
                                                  NspiColumns columns, Arena& arena) {
  auto work = [&]() -> Outcome<NspiMatchesAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    auto reader = impl_->reader(caller, arena);
    const std::size_t most = std::min<std::size_t>(requested, kMostRows);
    NspiMatchesAnswer answer{ErrorCode::none, stat, {}, {}};
    ROPEWALK_TRY(answer.ids, filter != nullptr ? impl_->search(reader, stat, *filter, most, arena)
                                               : impl_->open_property(reader, stat, name));
    if (answer.ids.size() > most)
      return Failure{ErrorCode::table_too_big, fmt::format("more than the {} objects asked for", most)};
    answer.stat.container_id = stat.current_record;
    if (!columns) return answer;
    auto rows = query_rows(caller, kEphemeralIds, stat, NspiTable(answer.ids), static_cast<u32>(answer.ids.size()),
                           columns, arena);
    if (rows.error != ErrorCode::none) return Failure{rows.error, "the rows could not be read"};
    answer.rows = std::move(rows.rows);
    return answer;
  };
  return impl_->answer(caller, "NspiGetMatches", work(), NspiMatchesAnswer{{}, stat, {}, {}});
}

// ---- names ----

// Who in the list is called so: nobody, one, or two where there are more.
Outcome<std::vector<u32>> AddressBookService::Impl::called(EntryReader& reader, const directory::AddressList& list,
                                                           std::string_view name) {
  name = directory::trimmed(name);
  std::vector<u32> ids;
  if (name.empty()) return ids;
  std::optional<directory::Object> exact;
  if (is_dn(name)) {
    ROPEWALK_TRY(exact, reader.find_object_by_dn(name));
    // Nobody else's name is like it, and who writes it knows of him.
    if (exact && exact->hidden && list.is_global) return std::vector<u32>{exact->id};
  } else if (const auto address = smtp_address_in(name); !address.empty()) {
    ROPEWALK_TRY(exact, parts.book.find_by_address(address));
  }
  if (exact && !exact->hidden) {
    ROPEWALK_TRY(bool shown, parts.book.shows(list, *exact));
    if (shown) ids.push_back(exact->id);
    return ids;
  }
  ROPEWALK_TRY(auto named, parts.book.named(name, list.is_global ? 2 : kMostForeign));
  if (list.is_global) {  // everybody who can be found by a name is in it
    for (u32 id : named) {
      ROPEWALK_TRY(auto object, parts.book.find(id));
      if (object && !object->hidden) ids.push_back(id);
    }
    return ids;
  }
  // Whom a filter shows, the list's view knows.
  ROPEWALK_TRY(auto opened, views.open(list, false, 0, reader.upto()));
  for (u32 id : named) {
    if (opened->row_of(id)) ids.push_back(id);
    if (ids.size() == 2) break;
  }
  return ids;
}

NspiMatchesAnswer AddressBookService::resolve_names(const NspiCaller& caller, const nspi::Stat& stat,
                                                    NspiColumns columns,
                                                    std::span<const std::optional<std::string>> names, bool unicode,
                                                    Arena& arena) {
  auto work = [&]() -> Outcome<NspiMatchesAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    if (names.size() > kMostNames) return Failure{ErrorCode::table_too_big, fmt::format("{} names", names.size())};
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(auto list, impl_->container(reader, stat));
    NspiMatchesAnswer answer{ErrorCode::none, stat, {}, {}};
    std::vector<u32> resolved;
    for (const auto& name : names) {
      std::vector<u32> ids;
      if (name) {
        ROPEWALK_TRY(ids, impl_->called(reader, list, *name));
      }
      answer.ids.push_back(ids.empty() ? kUnresolved : ids.size() == 1 ? kResolved : kAmbiguous);
      if (ids.size() == 1) resolved.push_back(ids.front());
    }
    // Permanent entry identifiers: clients store what a name was resolved to.
    const RowForm form{columns ? *columns : default_columns(unicode), false, stat.code_page};
    if (form.columns.size() > kMostColumns)
      return Failure{ErrorCode::table_too_big, fmt::format("{} columns", form.columns.size())};
    ROPEWALK_TRY(answer.rows, impl_->rows(reader, resolved, form, arena));
    if (answer.rows->rows.size() != resolved.size())
      return Failure{ErrorCode::table_too_big, "the rows of so many names do not fit into an answer"};
    return answer;
  };
  return impl_->answer(caller, unicode ? "NspiResolveNamesW" : "NspiResolveNames", work(),
                       NspiMatchesAnswer{{}, stat, {}, {}});
}

}  // namespace ropewalk::server
