// The lists of the address book and what they show; the members of groups.
#include <algorithm>
#include <unordered_set>

#include "directory/address_book_state.h"
#include "directory/filtered_objects.h"
#include "directory/legacy_dn.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kMostDynamic = 64;    // dynamic groups whose members are kept
constexpr std::size_t kMostJudged = 2'000;  // objects, one by one

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
  list.hidden = row.integer(7) != 0;
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

}  // namespace

Result<std::vector<AddressList>> AddressBook::lists() {
  std::vector<AddressList> found, ordered;
  {
    ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
    ROPEWALK_TRY(auto row, reading.database().prepare("SELECT id, parent, guid, name, kinds, filter, is_global, hidden "
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
    ROPEWALK_TRY(const Filter filter, Filter::parse(wanted->filter));
    return visit_matches(reading.database(), filter, [&](const Object& object) {
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
  ROPEWALK_TRY(const auto found, match_of(reading.database(), filter, object.id));
  return found.has_value();
}

Result<ObjectChanges> AddressBook::changes_for(const AddressList& list, i64 change) {
  ROPEWALK_TRY(auto changes, changes_since(change));
  if (list.filter.empty() || changes.all || changes.ids.empty()) return changes;
  ROPEWALK_TRY(const Filter filter, Filter::parse(list.filter));
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  ROPEWALK_TRY(changes.ids, judged_anew(reading.database(), filter, std::move(changes.ids)));
  return changes;
}

namespace {

bool is_dynamic_member(const Object& object, u32 group) { return object.id != group && !object.address.empty(); }

// Puts those who may have come or gone since into `members`, which are sorted; false: that is more work than all anew.
Result<bool> judge_anew(sql::Database& database, const Filter& filter, u32 group, const ObjectChanges& since,
                        std::vector<u32>& members) {
  if (since.all || std::ranges::find(since.ids, group) != since.ids.end()) return false;
  ROPEWALK_TRY(const auto ids, judged_anew(database, filter, since.ids));
  if (ids.size() > kMostJudged) return false;
  for (u32 id : ids) {
    ROPEWALK_TRY(const auto object, match_of(database, filter, id));
    const auto place = std::ranges::lower_bound(members, id);
    const bool was = place != members.end() && *place == id, is = object && is_dynamic_member(*object, group);
    if (was && !is) members.erase(place);
    if (!was && is) members.insert(place, id);
  }
  return true;
}

}  // namespace

// Whom a dynamic group means is kept. When something changed, only that is judged anew. What a thread sees of its own
// changes before they are done is not kept.
Result<std::vector<u32>> AddressBook::State::dynamic_members(u32 group) {
  ROPEWALK_TRY(auto reading, Reading::begin(*this));
  sql::Database& database = reading.database();
  ROPEWALK_TRY(const i64 now, rows::last_change(database));
  const bool is_settled = writes.load() != std::this_thread::get_id();
  DynamicMembers found;
  if (is_settled) {
    std::lock_guard guard(lock);
    if (const auto known = dynamic.find(group); known != dynamic.end()) found = known->second;
    if (found.upto == now) return found.members;
  }
  ROPEWALK_TRY(const auto row, rows::read(database, group));
  if (!row || row->filter.empty()) return std::vector<u32>();
  ROPEWALK_TRY(const Filter filter, Filter::parse(row->filter));
  bool current = false;
  if (found.upto != 0) {
    ROPEWALK_TRY(const auto since, changes(database, found.upto));
    ROPEWALK_TRY(current, judge_anew(database, filter, group, since, found.members));
  }
  if (!current) {
    found.members.clear();
    ROPEWALK_CHECK(visit_matches(database, filter, [&](const Object& object) {
      if (is_dynamic_member(object, group)) found.members.push_back(object.id);
    }));
  }
  found.upto = now;  // what came meanwhile is judged again next time
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
