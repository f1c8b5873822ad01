// The rows of the address book in directory.db, in whatever transaction the caller has open. Directory uses it for the
// objects of its users, AddressBook for all.
#pragma once

#include <optional>
#include <string>

#include "directory/address_book.h"
#include "sql/database.h"

namespace ropewalk::directory::rows {

// All that is stored of an object.
struct Row {
  Object object;
  Source source{};
  std::string origin, origin_id, filter;
  std::vector<std::string> logins;  // as ObjectChange::logins
  mapi::PropertyBag properties;
};

// The first columns of statements that find objects.
#define ROPEWALK_OBJECT_COLUMNS "id, kind, guid, user_id, legacy_dn, address, name, phonetic, hidden"
inline constexpr int kObjectColumnCount = 9;

Object object_of(const sql::Statement& row);
Guid guid_of(ByteView bytes);

// What the column `logins` holds.
std::vector<std::string> of_lines(std::string_view lines);
// A blob of the column `properties`, both ways.
Result<mapi::PropertyBag> unpack(ByteView blob);
Result<std::vector<u8>> pack(const mapi::PropertyBag& properties);

Result<std::optional<Object>> find(sql::Database& database, u32 id);
Result<std::optional<Row>> read(sql::Database& database, u32 id);
// Fills in what follows from the rest: GUID, DN, alias, proxy addresses, id. Errors say who has the address already.
Status insert(sql::Database& database, const std::string& organization, Row& row);
// `before` is what read() gave. What is as before costs no change.
Status update(sql::Database& database, const Row& before, Row& row);
// With its links and names.
Status erase(sql::Database& database, u32 id);

// The first column of every row of a query.
template <class... Args>
Result<std::vector<u32>> ids_of(sql::Database& database, std::string_view sql, const Args&... args) {
  ROPEWALK_TRY(auto rows, database.prepare(sql));
  rows.bind_all(args...);
  std::vector<u32> ids;
  for (;;) {
    ROPEWALK_TRY(const bool more, rows.step());
    if (!more) return ids;
    ids.push_back(static_cast<u32>(rows.integer(0)));
  }
}

// Notes that an object or a list changed.
Status note_change(sql::Database& database, u32 id);
Result<i64> last_change(sql::Database& database);

// Objects for the users who have none yet, and the lists that every address book has. For the migration.
Status begin_address_book(sql::Database& database);
// The next id of objects and lists.
Result<u32> next_id(sql::Database& database);

}  // namespace ropewalk::directory::rows
