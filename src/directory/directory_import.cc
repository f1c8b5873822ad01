#include "directory/directory_import.h"

#include <algorithm>
#include <map>

#include "directory/address_book.h"
#include "directory/property_texts.h"
#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {

namespace {

namespace tag = mapi::tag;
using mapi::PropTag;

constexpr u64 kBatch = 10'000;                               // entries per transaction: others may write in between
constexpr std::size_t kMostBatched = std::size_t{32} << 20;  // bytes of their values
constexpr std::size_t kLongestValue = std::size_t{8} << 20;

bool same(std::string_view a, std::string_view b) { return mapi::equal_ignoring_ascii_case(a, b); }

// Values by attribute, of the name that says it best: an attribute's own name before others, as they are listed.
struct Merged {
  std::size_t rank = 0;
  std::string name;
  std::vector<std::string> values;
};

std::size_t rank_of(const Attribute& attribute, const std::string& name) {
  if (same(attribute.name, name)) return 0;
  const auto at = attribute.aliases.find(name);
  return at == attribute.aliases.npos ? attribute.aliases.size() + 1 : at + 1;
}

std::map<const Attribute*, Merged> merged(const Entry& entry) {
  std::map<const Attribute*, Merged> all;
  for (const Entry::Value& value : entry.values) {
    const std::size_t rank = rank_of(*value.attribute, value.name);
    auto [at, is_new] = all.try_emplace(value.attribute, Merged{rank, value.name, {}});
    Merged& known = at->second;
    if (!is_new && rank < known.rank) known = {rank, value.name, {}};
    if (rank == known.rank && same(known.name, value.name)) known.values.push_back(value.value);
  }
  return all;
}

void move_on(std::map<const Attribute*, Merged>& all) {
  for (const char* from : {"mail", "telephoneNumber", "homePhone"}) {
    const auto found = all.find(find_attribute(from));
    if (found == all.end() || found->second.values.size() < 2) continue;
    const Overflow overflow = *overflow_of(*found->first);
    auto& values = found->second.values;
    Merged& others = all[overflow.to];
    for (std::size_t i = 1; i < values.size(); ++i) others.values.push_back(std::string(overflow.prefix) + values[i]);
    values.resize(1);
  }
}

std::string called(const Object& object) { return object.address.empty() ? object.name : object.address; }

bool is_account(std::string_view name) { return same(name, "mailbox") || same(name, "user"); }

}  // namespace

struct DirectoryImport::Wanted {
  std::optional<Kind> kind;  // nullopt: nothing for an address book
  bool wants_mailbox = false;
  ObjectChange change;
};

DirectoryImport::DirectoryImport(AddressBook& book, ImportOptions options)
    : book_(book), options_(std::move(options)) {}

void DirectoryImport::reject(u64 line, const std::string& why) {
  ++counts_.rejected;
  options_.reject(line, why);
}

Status DirectoryImport::skip(const Entry& entry, const std::string& why) {
  ++counts_.skipped;
  options_.skip(entry, why);
  return {};
}

Result<DirectoryImport::Wanted> DirectoryImport::read(const Entry& entry) {
  Wanted wanted;
  auto all = merged(entry);
  move_on(all);
  const auto values = [&](std::string_view name) {
    const auto found = all.find(find_attribute(name));
    return found == all.end() ? std::vector<std::string>() : found->second.values;
  };
  const auto kinds = values("ropewalkKind"), classes = values("objectClass");
  if (!kinds.empty()) {
    wanted.kind = is_account(kinds.front()) ? Kind::mailbox : kind_named(kinds.front());
    if (!wanted.kind) return Error{"there is no kind \"" + kinds.front() + "\""};
  } else if (!classes.empty()) {
    wanted.kind = kind_of_classes(classes);
  } else {
    wanted.kind = !values("msExchDynamicDLFilter").empty() ? Kind::dynamic_group
                  : !values("member").empty()              ? Kind::group
                                                           : Kind::contact;
  }
  const bool is_contact = std::ranges::any_of(classes, [](const std::string& one) { return same(one, "contact"); });
  wanted.wants_mailbox = wanted.kind == Kind::contact && kinds.empty() && !is_contact;
  for (const auto& [attribute, merge] : all) {
    if (attribute->field == Field::kind || attribute->field == Field::object_class ||
        attribute->field == Field::object_category || attribute->field == Field::link ||
        attribute->field == Field::back_link) {
      continue;
    }
    auto some = merge.values;
    if (!attribute->is_multiple()) some.resize(1);
    for (const std::string& value : some) {
      if (value.size() > kLongestValue) return Error{std::string(attribute->name) + " is too long"};
    }
    ROPEWALK_CHECK(set_values(*attribute, some, wanted.change));
  }
  if (!wanted.change.name) {
    const auto given = values("givenName"), surname = values("sn");
    std::string name = given.empty() ? "" : given.front();
    if (!surname.empty()) name += (name.empty() ? "" : " ") + surname.front();
    if (!name.empty()) wanted.change.name = name;
  }
  if (!entry.dn.empty()) wanted.change.origin = entry.dn;
  wanted.change.source = options_.source;
  if (options_.source == Source::ldap && wanted.change.guid) wanted.change.origin_id = wanted.change.guid->to_string();
  return wanted;
}

// Copied people are who they are by what the source knows them by, whatever they are called by now; whoever has got the
// name or the address of somebody else is not that one. Both together are: the source was loaded anew from a file.
Result<bool> DirectoryImport::is_other(const Object& object, const ObjectChange& change) {
  if (!change.origin_id) return false;
  ROPEWALK_TRY(const auto provenance, book_.provenance(object.id));
  if (provenance.source != Source::ldap || provenance.origin_id.empty()) return false;
  if (same(provenance.origin_id, *change.origin_id)) return false;
  return !same(provenance.origin, change.origin.value_or("")) || !same(object.address, change.address.value_or(""));
}

Result<std::optional<Object>> DirectoryImport::existing(const Entry& entry, const ObjectChange& change) {
  if (change.origin_id) {
    ROPEWALK_TRY(auto found, book_.find_by_origin_id(*change.origin_id));
    if (found) return found;
  }
  ROPEWALK_TRY(auto found, existing_by_name(entry, change));
  if (!found) return found;
  ROPEWALK_TRY(const bool is_somebody_else, is_other(*found, change));
  return is_somebody_else ? std::nullopt : std::move(found);
}

Result<std::optional<Object>> DirectoryImport::existing_by_name(const Entry& entry, const ObjectChange& change) {
  if (change.guid) {
    ROPEWALK_TRY(auto found, book_.find_by_guid(*change.guid));
    if (found) return found;
  }
  if (!entry.dn.empty()) {
    ROPEWALK_TRY(auto found, book_.find_by_origin(entry.dn));
    if (found) return found;
  }
  if (change.legacy_dn) {
    ROPEWALK_TRY(auto found, book_.find_by_dn(*change.legacy_dn));
    if (found) return found;
  }
  if (!change.address || change.address->empty()) return std::optional<Object>();
  return book_.find_by_address(*change.address);
}

bool DirectoryImport::needs_user(const Wanted& wanted, const std::optional<Object>& there) const {
  return !there && (wanted.wants_mailbox || (wanted.kind != Kind::contact && *wanted.kind <= Kind::equipment));
}

// A user is added by another connection, which this one's transaction would keep waiting.
Status DirectoryImport::add_all(std::span<const Entry> entries) {
  std::vector<const Entry*> later;
  if (options_.make_user) later_ = &later;
  const Status done = book_.together([&]() -> Status {
    for (const Entry& entry : entries) ROPEWALK_CHECK(add(entry));
    return {};
  });
  later_ = nullptr;
  ROPEWALK_CHECK(done);
  for (const Entry* entry : later) ROPEWALK_CHECK(add(*entry));
  return {};
}

Status DirectoryImport::add(const Entry& entry) {
  if (entry.change != Entry::Change::put) return change(entry);
  ++counts_.entries;
  auto wanted = read(entry);
  if (!wanted.ok()) return reject(entry.line, wanted.error().text), Status();
  if (!wanted->kind) return skip(entry, "it is neither a person nor a group");
  ROPEWALK_TRY(const auto there, existing(entry, wanted->change));
  const bool makes_user = options_.make_user && needs_user(*wanted, there);
  if (makes_user && wanted->wants_mailbox && wanted->change.address.value_or("").empty()) {
    return skip(entry, "it has no mail address");
  }
  if (makes_user && later_ != nullptr) {
    --counts_.entries;
    later_->push_back(&entry);
    return {};
  }
  auto id = place(*wanted, there);
  if (!id.ok()) return reject(entry.line, id.error().text), Status();
  touched_.insert(*id);
  remember_links(entry, *id);
  return {};
}

// Whoever was called so before is called otherwise by now, or gone.
Status DirectoryImport::free_origin(const ObjectChange& change) {
  if (!change.origin_id || !change.origin) return {};
  ROPEWALK_TRY(const auto holder, book_.find_by_origin(*change.origin));
  if (!holder) return {};
  ROPEWALK_TRY(const bool is_somebody_else, is_other(*holder, change));
  if (!is_somebody_else) return {};
  ObjectChange nameless;
  nameless.origin = "";
  return book_.change(holder->id, nameless);
}

// The object's id, changed or new; the error is why the entry cannot be taken.
Result<u32> DirectoryImport::place(Wanted& wanted, const std::optional<Object>& there) {
  ROPEWALK_CHECK(free_origin(wanted.change));
  if (needs_user(wanted, there)) {
    if (options_.make_user) return make_mailbox(wanted);
    if (!wanted.wants_mailbox) {
      return Error{wanted.change.address.value_or("it") +
                   " is to have a mailbox, but there is no such user here; "
                   "importing with --mailboxes makes one"};
    }
  }
  if (!there || there->user_id == 0) wanted.change.logins.reset();  // who does not sign in
  if (!there) {
    ROPEWALK_TRY(const Object made, book_.add(*wanted.kind, wanted.change));
    ++counts_.added;
    return made.id;
  }
  const bool is_person = *wanted.kind <= Kind::contact && there->kind <= Kind::contact;
  if (there->kind != *wanted.kind && !is_person) {
    return Error{there->name + " is a " + std::string(name_of(there->kind)) + " and not a " +
                 std::string(name_of(*wanted.kind))};
  }
  ROPEWALK_TRY(const auto provenance, book_.provenance(there->id));
  if (provenance.source == Source::here && options_.source == Source::ldap) {
    return Error{called(*there) + " is here already, and not from there"};
  }
  if (provenance.source == Source::ldap && options_.source == Source::here) {
    wanted.change.source.reset();  // it stays with whom it is copied from
    wanted.change.origin.reset();
    wanted.change.logins.reset();
  }
  ROPEWALK_TRY(const auto before, book_.changes_since(0));
  if (there->user_id != 0 && *wanted.kind <= Kind::equipment) ROPEWALK_CHECK(book_.set_kind(there->id, *wanted.kind));
  ROPEWALK_CHECK(book_.change(there->id, wanted.change));
  ROPEWALK_TRY(const auto after, book_.changes_since(0));
  if (after.upto != before.upto) ++counts_.changed;
  return there->id;
}

Result<u32> DirectoryImport::make_mailbox(Wanted& wanted) {
  if (wanted.change.address.value_or("").empty()) return Error{"it has no mail address"};
  ROPEWALK_TRY(const i64 user, options_.make_user(*wanted.change.address, wanted.change.name.value_or("")));
  ROPEWALK_TRY(const auto object, book_.find_by_user(user));
  if (!object) return Error{"the user " + *wanted.change.address + " is gone again"};
  ++counts_.added;
  if (*wanted.kind <= Kind::equipment) ROPEWALK_CHECK(book_.set_kind(object->id, *wanted.kind));
  wanted.change.guid.reset();
  ROPEWALK_CHECK(book_.change(object->id, wanted.change));
  return object->id;
}

void DirectoryImport::remember_links(const Entry& entry, u32 id) {
  std::map<const Attribute*, LinkSet> sets;
  for (const Entry::Value& value : entry.values) {
    if (value.attribute->field != Field::link) continue;
    LinkSet& set =
        sets.try_emplace(value.attribute, LinkSet{id, value.attribute->link, LinkSet::Op::replace, {}}).first->second;
    if (!value.value.empty()) set.targets.push_back({value.value, value.line});
  }
  for (auto& [attribute, set] : sets) links_.push_back(std::move(set));
}

// Whom a file means: an LDAP DN, a legacy DN, an address, a GUID, or an alias that only one has.
Result<std::optional<u32>> DirectoryImport::resolve(const std::string& name) {
  const auto id_of = [](const std::optional<Object>& object) {
    return object ? std::optional(object->id) : std::nullopt;
  };
  std::string_view text = name;
  for (std::string_view prefix : {"urn:uuid:", "mailto:", "smtp:"}) {
    if (same(text.substr(0, prefix.size()), prefix)) text.remove_prefix(prefix.size());
  }
  if (const auto guid = Guid::parse(text)) {
    ROPEWALK_TRY(const auto found, book_.find_by_guid(*guid));
    if (found) return id_of(found);
  }
  if (text.starts_with('/')) {
    ROPEWALK_TRY(const auto found, book_.find_by_dn(text));
    return id_of(found);
  }
  if (text.find('=') != text.npos) {
    ROPEWALK_TRY(const auto found, find_called(plain_dn(text)));
    if (found) return id_of(found);
  }
  if (text.find('@') != text.npos) {
    ROPEWALK_TRY(const auto found, book_.find_by_address(text));
    return id_of(found);
  }
  ROPEWALK_TRY(const auto ids, book_.named("=" + std::string(text), 2));
  return ids.size() == 1 ? std::optional(ids.front()) : std::nullopt;
}

Status DirectoryImport::settle(const LinkSet& links) {
  using Op = LinkSet::Op;
  std::vector<u32> wanted;
  for (const Target& target : links.targets) {
    auto id = target.id;
    if (!id) {
      ROPEWALK_TRY(id, resolve(target.name));
    }
    if (id && *id != links.from)
      wanted.push_back(*id);
    else if (!id)
      reject(target.line, "there is nobody called " + target.name + " to point at");
  }
  ROPEWALK_TRY(const auto before, book_.linked(links.from, links.link));
  const auto is_among = [](const std::vector<u32>& ids, u32 id) { return std::ranges::find(ids, id) != ids.end(); };
  for (u32 there : before) {
    const bool goes = links.op == Op::replace  ? !is_among(wanted, there)
                      : links.op == Op::remove ? links.targets.empty() || is_among(wanted, there)
                                               : false;
    if (goes) ROPEWALK_CHECK(book_.remove_link(links.from, links.link, there));
  }
  if (links.op == Op::remove) return {};
  for (u32 id : wanted) {
    if (is_among(before, id)) continue;
    Status added = book_.add_link(links.from, links.link, id);
    if (!added.ok()) reject(links.targets.front().line, added.error().text);
  }
  return {};
}

Status DirectoryImport::finish() {
  for (std::size_t at = 0; at < links_.size();) {
    const Status done = book_.together([&]() -> Status {
      for (const std::size_t end = std::min(at + kBatch, links_.size()); at < end; ++at) {
        ROPEWALK_CHECK(settle(links_[at]));
      }
      return {};
    });
    if (!done.ok()) return done;
  }
  links_.clear();
  return {};
}

Result<ImportCounts> import_file(AddressBook& book, EntryFormat format, std::istream& input, ImportOptions options) {
  DirectoryImport import(book, options);
  EntryReaderEvents events;
  events.reject = [&](u64 line, const std::string& why) {
    ++import.counts().rejected;
    options.reject(line, why);
  };
  events.unknown = [&](const std::string& name) { import.counts().unknown.insert(name); };
  const auto reader = read_entries(format, input, events);
  std::vector<Entry> batch;
  for (bool is_more = true; is_more;) {
    batch.clear();
    for (std::size_t bytes = 0; is_more && batch.size() < kBatch && bytes < kMostBatched;) {
      auto entry = reader->next();
      is_more = entry.has_value();
      if (!is_more) break;
      for (const Entry::Value& value : entry->values) bytes += value.value.size();
      batch.push_back(std::move(*entry));
    }
    ROPEWALK_CHECK(import.add_all(batch));
    options.progress(reader->offset(), import.counts());
  }
  ROPEWALK_CHECK(import.finish());
  options.progress(reader->offset(), import.counts());
  return import.counts();
}

}  // namespace ropewalk::directory
