// The lists of the address book and what they show; the members of groups.
#include <algorithm>
#include <unordered_set>

#include "directory/address_book_state.h"
#include "directory/filter.h"
#include "directory/legacy_dn.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kMostDynamic = 64;  // dynamic groups whose members are kept

bool shows_kind(u32 kinds, Kind kind) { return (kinds >> static_cast<int>(kind) & 1) != 0; }

AddressList list_of(const sql::Statement& row) {
  AddressList list;
  list.id = static_cast<u32>(row.integer(0));
  list.parent = static_cast<u32>(row.integer(1));
  list.guid = rows::guid_of(row.blob(2));
  list.name = row.text(3);
  list.kinds = static_cast<u32>(row.integer(4));
  list.filter = row.text(5);
  list.is_global = row.integer(6) != 0;
  list.legacy_dn = list.is_global ? "/" : list_dn(list.guid);
  return list;
}

Status visit_rows(sql::Database& database, std::string_view sql, const std::function<void(const Object&)>& visit) {
  ROPEWALK_TRY(auto found, database.prepare(sql));
  for (;;) {
    ROPEWALK_TRY(const bool more, found.step());
    if (!more) return {};
    visit(rows::object_of(found));
  }
}

// An object's values as filters ask for them; properties and links are read where they are asked for.
class FilterValues {
 public:
  // `properties` as stored; all have to live as long.
  FilterValues(sql::Database& database, const Object& object, ByteView properties)
      : database_(database), object_(object), stored_(properties) {}

  std::vector<std::string> operator()(const Attribute& attribute) {
    if (attribute.field == Field::link || attribute.field == Field::back_link) return links(attribute);
    if (attribute.field == Field::login) return logins();
    if (attribute.field == Field::property && !bag_) {
      auto read = rows::unpack(stored_);
      bag_ = read.ok() ? std::move(*read) : mapi::PropertyBag();
    }
    static const mapi::PropertyBag kNone;
    return values_of(attribute, object_, bag_ ? *bag_ : kNone);
  }

 private:
  std::vector<std::string> links(const Attribute& attribute) {
    std::vector<std::string> names;
    auto found = database_.prepare(attribute.field == Field::link
                                       ? "SELECT legacy_dn, address, origin FROM object_link JOIN object ON object.id "
                                         "= object_link.target WHERE object_link.source = ? AND link = ?"
                                       : "SELECT legacy_dn, address, origin FROM object_link JOIN object ON object.id "
                                         "= object_link.source WHERE object_link.target = ? AND link = ?");
    if (!found.ok()) return names;
    found->bind_all(object_.id, attribute.link);
    for (auto more = found->step(); more.ok() && *more; more = found->step()) {
      for (int column = 0; column < 3; ++column) {
        if (!found->text(column).empty()) names.emplace_back(found->text(column));
      }
    }
    return names;
  }

  std::vector<std::string> logins() {
    auto found = database_.prepare("SELECT logins FROM object WHERE id = ?");
    if (!found.ok()) return {};
    const auto there = found->bind(1, object_.id).step();
    return there.ok() && *there ? rows::of_lines(found->text(0)) : std::vector<std::string>();
  }

  sql::Database& database_;
  const Object& object_;
  ByteView stored_;
  std::optional<mapi::PropertyBag> bag_;
};

// Every object that the filter matches, hidden or not.
Status visit_matches(sql::Database& database, const std::string& text,
                     const std::function<void(const Object&)>& visit) {
  ROPEWALK_TRY(const Filter filter, Filter::parse(text));
  ROPEWALK_TRY(auto found, database.prepare("SELECT " ROPEWALK_OBJECT_COLUMNS ", properties FROM object ORDER BY id"));
  for (;;) {
    ROPEWALK_TRY(const bool more, found.step());
    if (!more) return {};
    const Object object = rows::object_of(found);
    FilterValues values(database, object, found.blob(rows::kObjectColumnCount));
    if (filter.matches(std::ref(values))) visit(object);
  }
}

}  // namespace

Result<std::vector<AddressList>> AddressBook::lists() {
  std::vector<AddressList> found, ordered;
  {
    ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
    ROPEWALK_TRY(auto row, reading.database().prepare("SELECT id, parent, guid, name, kinds, filter, is_global "
                                                      "FROM object_list ORDER BY is_global DESC, id"));
    for (;;) {
      ROPEWALK_TRY(const bool more, row.step());
      if (!more) break;
      found.push_back(list_of(row));
    }
  }
  const std::function<void(u32)> add_below = [&](u32 parent) {
    for (const AddressList& list : found) {
      if (list.parent != parent) continue;
      ordered.push_back(list);
      add_below(list.id);
    }
  };
  add_below(0);
  return ordered;
}

Status AddressBook::for_all(const std::function<void(const Object&)>& visit) {
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  return visit_rows(reading.database(), "SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object ORDER BY id", visit);
}

Status AddressBook::for_each(u32 list, const std::function<void(const Object&)>& visit) {
  ROPEWALK_TRY(const auto all, lists());
  const auto wanted = std::ranges::find(all, list, &AddressList::id);
  if (wanted == all.end()) return Error{"there is no address list " + std::to_string(list)};
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  if (!wanted->filter.empty()) {
    return visit_matches(reading.database(), wanted->filter, [&](const Object& object) {
      if (!object.hidden) visit(object);
    });
  }
  return visit_rows(reading.database(), "SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE hidden = 0 ORDER BY id",
                    [&](const Object& object) {
                      if (shows_kind(wanted->kinds, object.kind)) visit(object);
                    });
}

Result<bool> AddressBook::shows(const AddressList& list, const Object& object) {
  if (object.hidden) return false;
  if (list.filter.empty()) return shows_kind(list.kinds, object.kind);
  ROPEWALK_TRY(const Filter filter, Filter::parse(list.filter));
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  ROPEWALK_TRY(auto found, reading.database().prepare("SELECT properties FROM object WHERE id = ?"));
  ROPEWALK_TRY(const bool there, found.bind(1, object.id).step());
  if (!there) return false;
  FilterValues values(reading.database(), object, found.blob(0));
  return filter.matches(std::ref(values));
}

// Whom a dynamic group means is kept until anything changes.
Result<std::vector<u32>> AddressBook::State::dynamic_members(u32 group) {
  ROPEWALK_TRY(auto reading, Reading::begin(*this));
  ROPEWALK_TRY(const i64 now, rows::last_change(reading.database()));
  const bool is_settled = writes.load() != std::this_thread::get_id();
  if (is_settled) {
    std::lock_guard guard(lock);
    const auto known = dynamic.find(group);
    if (known != dynamic.end() && known->second.upto == now) return known->second.members;
  }
  ROPEWALK_TRY(const auto row, rows::read(reading.database(), group));
  DynamicMembers found{now, {}};
  if (row && !row->filter.empty()) {
    ROPEWALK_CHECK(visit_matches(reading.database(), row->filter, [&](const Object& object) {
      if (object.id != group && !object.address.empty()) found.members.push_back(object.id);
    }));
  }
  std::lock_guard guard(lock);
  if (dynamic.size() >= kMostDynamic) dynamic.clear();
  if (is_settled) dynamic[group] = found;
  return found.members;
}

Result<std::vector<u32>> AddressBook::members(u32 group, bool deep) {
  ROPEWALK_TRY(const auto itself, find(group));
  if (!itself) return std::vector<u32>();
  ROPEWALK_TRY(auto direct,
               itself->kind == Kind::dynamic_group ? state_->dynamic_members(group) : linked(group, Link::member));
  if (!deep) return direct;
  std::vector<u32> all;
  std::unordered_set<u32> seen{group};
  std::vector<u32> open(direct.rbegin(), direct.rend());  // the next one last
  while (!open.empty()) {
    const u32 id = open.back();
    open.pop_back();
    if (!seen.insert(id).second) continue;
    ROPEWALK_TRY(const auto object, find(id));
    if (!object) continue;
    if (object->kind != Kind::group && object->kind != Kind::dynamic_group) {
      all.push_back(id);
      continue;
    }
    ROPEWALK_TRY(const auto inner, members(id));
    open.insert(open.end(), inner.rbegin(), inner.rend());
  }
  return all;
}

}  // namespace ropewalk::directory
