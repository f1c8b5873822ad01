// The lists of the address book and what they show; the members of groups.
#include <algorithm>
#include <unordered_set>

#include "directory/address_book_state.h"
#include "directory/legacy_dn.h"

namespace ropewalk::directory {

namespace {

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
  if (!wanted->filter.empty()) return Error{"the filter of " + wanted->name + " cannot be read"};
  ROPEWALK_TRY(auto reading, State::Reading::begin(*state_));
  return visit_rows(reading.database(), "SELECT " ROPEWALK_OBJECT_COLUMNS " FROM object WHERE hidden = 0 ORDER BY id",
                    [&](const Object& object) {
                      if (shows_kind(wanted->kinds, object.kind)) visit(object);
                    });
}

Result<bool> AddressBook::shows(const AddressList& list, const Object& object) {
  if (object.hidden) return false;
  if (!list.filter.empty()) return Error{"the filter of " + list.name + " cannot be read"};
  return shows_kind(list.kinds, object.kind);
}

Result<std::vector<u32>> AddressBook::members(u32 group, bool deep) {
  ROPEWALK_TRY(auto direct, linked(group, Link::member));
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
