// The writing half of the address book.
#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "directory/address_book_state.h"
#include "directory/filter.h"
#include "directory/legacy_dn.h"
#include "directory/property_texts.h"
#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"

namespace ropewalk::directory {

namespace {

namespace tag = mapi::tag;
using mapi::PropTag;

// What follows from Object, the links or the address book as a whole.
constexpr std::array kComputed{tag::PidTagEntryId,
                               tag::PidTagRecordKey,
                               tag::PidTagInstanceKey,
                               tag::PidTagSearchKey,
                               tag::PidTagObjectType,
                               tag::PidTagDisplayType,
                               tag::PidTagDisplayTypeEx,
                               tag::PidTagAddressType,
                               tag::PidTagEmailAddress,
                               tag::PidTagMappingSignature,
                               tag::PidTagAddressBookMember,
                               tag::PidTagAddressBookIsMemberOfDistributionList,
                               tag::PidTagAddressBookOwner,
                               tag::PidTagAddressBookOwnerBackLink,
                               tag::PidTagAddressBookManager,
                               tag::PidTagAddressBookReports,
                               tag::PidTagAddressBookPublicDelegates,
                               tag::PidTagAddressBookObjectGuid,
                               tag::PidTagAddressBookContainerId,
                               tag::PidTagAddressBookParentEntryId,
                               tag::PidTagAddressBookObjectDistinguishedName};

bool is_computed(PropTag tag) {
  return std::ranges::any_of(kComputed, [&](u32 computed) { return PropTag(computed).id() == tag.id(); });
}

bool comes_with_a_user(Kind kind) { return kind == Kind::mailbox || kind == Kind::room || kind == Kind::equipment; }

// The address that a list of proxy addresses calls the primary one.
std::string primary_of(const mapi::PropertyBag& bag) {
  for (const std::string& proxy : texts_of(bag, PropTag(tag::PidTagAddressBookProxyAddresses))) {
    if (proxy.starts_with("SMTP:")) return proxy.substr(5);
  }
  return {};
}

// Properties that are columns.
bool take_column(const mapi::Property& property, const mapi::PropertyBag& bag, Object& object) {
  const PropTag tag = property.tag;
  if (tag.id() == PropTag(tag::PidTagDisplayName).id()) return object.name = bag.text(tag), true;
  if (tag.id() == PropTag(tag::PidTagSmtpAddress).id()) return object.address = bag.text(tag), true;
  if (tag.id() == PropTag(tag::PidTagAddressBookPhoneticDisplayName).id()) {
    return object.phonetic = bag.text(tag), true;
  }
  return false;
}

Status apply(const ObjectChange& change, rows::Row& row) {
  for (PropTag gone : change.removed) row.properties.remove(gone.id());
  const auto properties = change.set.all();
  for (const mapi::Property& property : properties) {
    if (is_computed(property.tag)) {
      return Error{property.tag.to_string() + " cannot be set: it follows from the object itself"};
    }
    if (!take_column(property, change.set, row.object)) row.properties.set(property.tag, property.value);
  }
  Object& object = row.object;
  if (std::string primary = primary_of(change.set); !primary.empty()) object.address = std::move(primary);
  if (change.name) object.name = *change.name;
  if (change.phonetic) object.phonetic = *change.phonetic;
  if (change.address) object.address = *change.address;
  if (change.legacy_dn) object.legacy_dn = *change.legacy_dn;
  if (change.hidden) object.hidden = *change.hidden;
  if (change.source) row.source = *change.source;
  if (change.origin) row.origin = *change.origin;
  if (change.origin_id) row.origin_id = *change.origin_id;
  if (change.logins) row.logins = *change.logins;
  if (change.filter) {
    if (object.kind != Kind::dynamic_group) return Error{"only a dynamic group has a filter"};
    ROPEWALK_CHECK(checked_filter(*change.filter));
    row.filter = *change.filter;
  }
  if (object.kind == Kind::dynamic_group && row.filter.empty()) return Error{"a dynamic group needs a filter"};
  return {};
}

std::string called(const Object& object) { return object.address.empty() ? object.name : object.address; }

Error nobody(u32 id) { return Error{"the address book has no object " + std::to_string(id)}; }

Error failed(std::string_view doing, std::string_view what, const Error& why) {
  return Error{"cannot " + std::string(doing) + " " + std::string(what) + ": " + why.text};
}

}  // namespace

// Whatever can be wrong with a change is found before its first row is written. A savepoint for each would copy every
// page again that it touches: three times the work.
Status AddressBook::State::write(const std::function<Status(sql::Database&)>& work) {
  std::lock_guard guard(writing);
  if (writer.in_transaction()) {
    const auto before = sqlite3_total_changes64(writer.handle());
    Status done = work(writer);
    if (!done.ok() && sqlite3_total_changes64(writer.handle()) != before) is_half_done = true;
    return done;
  }
  ROPEWALK_TRY(auto transaction, sql::Transaction::begin(writer));
  ROPEWALK_CHECK(work(writer));
  return transaction.commit();
}

Status AddressBook::together(const std::function<Status()>& changes) {
  std::lock_guard guard(state_->writing);
  if (state_->writer.in_transaction()) return changes();
  ROPEWALK_TRY(auto transaction, sql::Transaction::begin(state_->writer));
  state_->is_half_done = false;
  state_->writes = std::this_thread::get_id();
  Status done = changes();
  state_->writes = std::thread::id();
  if (!done.ok()) return done;
  if (state_->is_half_done)
    return Error{"a change to the address book was interrupted: none of those with it was made"};
  return transaction.commit();
}

Result<Object> AddressBook::add(Kind kind, const ObjectChange& as) {
  rows::Row row;
  row.object.kind = kind;
  row.object.guid = as.guid.value_or(Guid{});
  Status done = comes_with_a_user(kind)
                    ? Status(Error{"a " + std::string(name_of(kind)) + " comes with a user: add that"})
                    : apply(as, row);
  if (done.ok()) {
    done = state_->write([&](sql::Database& database) { return rows::insert(database, state_->organization, row); });
  }
  if (!done.ok()) return failed("add the " + std::string(name_of(kind)), called(row.object), done.error());
  return row.object;
}

Status AddressBook::change(u32 id, const ObjectChange& change) {
  return state_->write([&](sql::Database& database) -> Status {
    ROPEWALK_TRY(auto row, rows::read(database, id));
    ROPEWALK_TRY(const auto before, rows::read(database, id));
    if (!row) return nobody(id);
    Status done = apply(change, *row);
    if (done.ok()) done = rows::update(database, *before, *row);
    if (!done.ok()) return failed("change", called(before->object), done.error());
    return {};
  });
}

Status AddressBook::set_kind(u32 id, Kind kind) {
  return state_->write([&](sql::Database& database) -> Status {
    ROPEWALK_TRY(const auto row, rows::find(database, id));
    if (!row) return nobody(id);
    if (row->kind == kind) return {};
    const bool may_be = comes_with_a_user(kind) || kind == Kind::contact;
    if (!may_be || row->user_id == 0) {
      return Error{"cannot make a " + std::string(name_of(kind)) + " of " + called(*row) + ", which is a " +
                   std::string(name_of(row->kind))};
    }
    ROPEWALK_CHECK(database.run("UPDATE object SET kind = ? WHERE id = ?", kind, id));
    return rows::note_change(database, id);
  });
}

Status AddressBook::add_link(u32 from, Link link, u32 to) {
  return state_->write([&](sql::Database& database) -> Status {
    ROPEWALK_TRY(const auto source, rows::find(database, from));
    ROPEWALK_TRY(const auto target, rows::find(database, to));
    if (!source) return nobody(from);
    if (!target) return nobody(to);
    if (from == to) return Error{called(*source) + " cannot point at itself"};
    if (link == Link::member && source->kind != Kind::group) {
      return Error{"cannot add a member to " + called(*source) + ", which is a " + std::string(name_of(source->kind)) +
                   " and not a group"};
    }
    if (link == Link::manager || link == Link::owner) {
      ROPEWALK_TRY(const auto former, rows::ids_of(database,
                                                   "SELECT target FROM object_link WHERE source = ? AND link = ? "
                                                   "AND target <> ?",
                                                   from, link, to));
      for (u32 other : former) {
        ROPEWALK_CHECK(
            database.run("DELETE FROM object_link WHERE source = ? AND link = ? AND target = ?", from, link, other));
        ROPEWALK_CHECK(rows::note_change(database, other));
      }
    }
    ROPEWALK_CHECK(
        database.run("INSERT OR IGNORE INTO object_link (source, link, target) VALUES (?, ?, ?)", from, link, to));
    if (database.changes() == 0) return {};
    ROPEWALK_CHECK(rows::note_change(database, from));
    return rows::note_change(database, to);
  });
}

Status AddressBook::remove_link(u32 from, Link link, u32 to) {
  return state_->write([&](sql::Database& database) -> Status {
    ROPEWALK_CHECK(
        database.run("DELETE FROM object_link WHERE source = ? AND link = ? AND target = ?", from, link, to));
    if (database.changes() == 0) {
      return Error{"object " + std::to_string(from) + " does not point at object " + std::to_string(to)};
    }
    ROPEWALK_CHECK(rows::note_change(database, from));
    return rows::note_change(database, to);
  });
}

Status AddressBook::remove(u32 id) {
  return state_->write([&](sql::Database& database) -> Status {
    ROPEWALK_TRY(const auto row, rows::find(database, id));
    if (!row) return nobody(id);
    if (row->user_id != 0) {
      return Error{"cannot remove " + called(*row) + " from the address book alone: remove the user"};
    }
    return rows::erase(database, id);
  });
}

Result<AddressList> AddressBook::add_list(u32 parent, std::string_view name, std::string_view filter) {
  AddressList made;
  made.parent = parent;
  made.guid = Guid::random();
  made.name = name;
  made.filter = filter;
  made.legacy_dn = list_dn(made.guid);
  Status done = state_->write([&](sql::Database& database) -> Status {
    if (name.empty()) return Error{"cannot add an address list without a name"};
    if (!filter.empty()) ROPEWALK_CHECK(checked_filter(filter));
    const auto above = parent == 0 ? std::nullopt : std::optional(parent);
    if (above) {
      ROPEWALK_TRY(const auto is_there, database.integer("SELECT 1 FROM object_list WHERE id = ?", parent));
      if (!is_there) return Error{"cannot add the address list \"" + made.name + "\": there is none to be below"};
    }
    ROPEWALK_TRY(const auto twin,
                 database.integer("SELECT 1 FROM object_list WHERE parent IS ? AND name = ?", above, name));
    if (twin) return Error{"cannot add the address list \"" + made.name + "\": there is one of this name already"};
    ROPEWALK_TRY(made.id, rows::next_id(database));
    ROPEWALK_CHECK(database.run(
        "INSERT INTO object_list (id, parent, guid, name, kinds, filter, is_global) VALUES (?, ?, ?, ?, 0, ?, 0)",
        made.id, above, ByteView(made.guid.bytes), name, filter));
    return rows::note_change(database, made.id);
  });
  if (!done.ok()) return done.error();
  return made;
}

Status AddressBook::change_list(u32 list, const ListChange& change) {
  return state_->write([&](sql::Database& database) -> Status {
    const std::string failure = "cannot change the address list " + std::to_string(list) + ": ";
    ROPEWALK_TRY(const auto is_global, database.integer("SELECT is_global FROM object_list WHERE id = ?", list));
    if (!is_global) return Error{failure + "there is no such list"};
    if (*is_global != 0 && (change.filter || change.hidden.value_or(false)))
      return Error{failure + "the Global Address List shows everybody to everybody"};
    if (change.filter && !change.filter->empty()) ROPEWALK_CHECK(checked_filter(*change.filter));
    if (change.name) {
      if (change.name->empty()) return Error{failure + "it needs a name"};
      ROPEWALK_TRY(const auto twin, database.integer("SELECT 1 FROM object_list AS other JOIN object_list AS this ON "
                                                     "other.parent IS this.parent AND other.id <> this.id "
                                                     "WHERE this.id = ? AND other.name = ?",
                                                     list, *change.name));
      if (twin) return Error{failure + "there is one called \"" + *change.name + "\" beside it"};
      ROPEWALK_CHECK(database.run("UPDATE object_list SET name = ? WHERE id = ?", *change.name, list));
    }
    if (change.filter)
      ROPEWALK_CHECK(database.run("UPDATE object_list SET filter = ? WHERE id = ?", *change.filter, list));
    if (change.hidden)
      ROPEWALK_CHECK(database.run("UPDATE object_list SET hidden = ? WHERE id = ?", *change.hidden, list));
    return rows::note_change(database, list);
  });
}

Status AddressBook::remove_list(u32 list) {
  return state_->write([&](sql::Database& database) -> Status {
    const std::string failure = "cannot remove the address list " + std::to_string(list) + ": ";
    ROPEWALK_TRY(const auto below, database.integer("SELECT 1 FROM object_list WHERE parent = ? LIMIT 1", list));
    if (below) return Error{failure + "there are lists below it"};
    ROPEWALK_CHECK(database.run("DELETE FROM object_list WHERE id = ? AND is_global = 0", list));
    if (database.changes() == 0) return Error{failure + "there is no such list, or it is the global one"};
    return rows::note_change(database, list);
  });
}

}  // namespace ropewalk::directory
