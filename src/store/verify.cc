// Looking for contradictions in a mailbox.
#include <unordered_map>

#include "store/mailbox_store.h"
#include "store/message_row.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

// Queries that give one text for each contradiction.
constexpr std::string_view kContradictions[] = {
    "SELECT 'folder ' || f.id || ' counts ' || f.content_count || ' messages, ' || f.unread_count || ' unread, ' || "
    "f.associated_count || ' FAI, ' || f.size || ' bytes; it has ' || count(m.associated = 0 OR NULL) || ', ' || "
    "count((m.associated = 0 AND m.flags & 1 = 0) OR NULL) || ', ' || count(m.associated = 1 OR NULL) || ', ' || "
    "ifnull(sum(m.size), 0) FROM folders f LEFT JOIN messages m ON m.folder = f.id GROUP BY f.id "
    "HAVING f.content_count <> count(m.associated = 0 OR NULL) OR f.associated_count <> count(m.associated = 1 OR "
    "NULL) "
    "OR f.unread_count <> count((m.associated = 0 AND m.flags & 1 = 0) OR NULL) OR f.size <> ifnull(sum(m.size), 0)",
    "SELECT 'folder ' || f.id || ' counts ' || f.subfolder_count || ' subfolders and has ' || count(c.id) "
    "FROM folders f LEFT JOIN folders c ON c.parent = f.id GROUP BY f.id HAVING f.subfolder_count <> count(c.id)",
    "SELECT 'folder ' || id || ' lies in folder ' || parent || ', which does not exist' FROM folders "
    "WHERE parent <> 0 AND parent NOT IN (SELECT id FROM folders)",
    "SELECT 'message ' || id || ' lies in folder ' || folder || ', which does not exist' FROM messages "
    "WHERE folder <> 0 AND folder NOT IN (SELECT id FROM folders)",
    "SELECT 'message ' || id || ' has no second part' FROM messages WHERE id NOT IN (SELECT id FROM bodies)",
    "SELECT 'second part ' || id || ' has no message' FROM bodies WHERE id NOT IN (SELECT id FROM messages)",
    "SELECT 'embedded message ' || id || ' lies in no attachment' FROM messages WHERE folder = 0 "
    "AND id NOT IN (SELECT embedded FROM attachments WHERE embedded IS NOT NULL)",
    "SELECT 'attachment ' || id || ' belongs to message ' || owner || ', which does not exist' FROM attachments "
    "WHERE owner NOT IN (SELECT id FROM messages)",
    "SELECT 'attachment ' || id || ' holds message ' || embedded || ', which does not exist' FROM attachments "
    "WHERE embedded IS NOT NULL AND embedded NOT IN (SELECT id FROM messages WHERE folder = 0)",
    "SELECT 'a tombstone says that ' || id || ' is gone, but it is there' FROM tombstones "
    "WHERE (kind < 2 AND id IN (SELECT id FROM messages)) OR (kind = 2 AND id IN (SELECT id FROM folders))",
    "SELECT 'object ' || id || ' has a counter or change number that was not given yet' FROM (SELECT id, cn FROM "
    "folders "
    "UNION ALL SELECT id, cn FROM messages UNION ALL SELECT id, cn FROM tombstones), store WHERE id >= next_id OR cn "
    ">= "
    "next_cn",
    "SELECT 'change number ' || cn || ' was given ' || count(*) || ' times' FROM (SELECT cn FROM folders UNION ALL "
    "SELECT "
    "cn FROM messages UNION ALL SELECT cn FROM tombstones) GROUP BY cn HAVING count(*) > 1",
    "SELECT 'special folder ' || kind || ' is missing' FROM special_folders WHERE folder NOT IN (SELECT id FROM "
    "folders)",
};

Outcome<void> collect(sql::Database& database, std::string_view query, std::vector<std::string>& found) {
  constexpr std::size_t kMost = 100;
  ROPEWALK_TRY(auto row, database.prepare_once(query));
  for (;;) {
    ROPEWALK_TRY(bool more, row.step());
    if (!more || found.size() >= kMost) return {};
    if (row.text(0) != "ok") found.emplace_back(row.text(0));
  }
}

using References = std::unordered_map<i64, i64>;

Outcome<void> count_references(sql::Database& database, std::string_view query, References& counts) {
  ROPEWALK_TRY(auto row, database.prepare_once(query));
  for (;;) {
    ROPEWALK_TRY(bool more, row.step());
    if (!more) return {};
    PackedView hot(row.blob(0));
    for (std::size_t i = 0; i < hot.size(); ++i) {
      auto reference = hot.reference(hot.entry(i));
      if (reference && reference->place == Reference::Place::content) ++counts[reference->content];
    }
  }
}

Outcome<void> check_references(sql::Database& database, std::vector<std::string>& found) {
  References counts;
  ROPEWALK_CHECK(count_references(database, "SELECT props FROM messages", counts));
  ROPEWALK_CHECK(count_references(database, "SELECT props FROM attachments", counts));
  ROPEWALK_TRY(auto row, database.prepare_once("SELECT id, refs FROM contents"));
  for (;;) {
    ROPEWALK_TRY(bool more, row.step());
    if (!more) break;
    const i64 there = counts[row.integer(0)];
    if (there != row.integer(1))
      found.push_back("content " + std::to_string(row.integer(0)) + " counts " + std::to_string(row.integer(1)) +
                      " references and has " + std::to_string(there));
    counts.erase(row.integer(0));
  }
  for (const auto& [content, count] : counts)
    found.push_back("content " + std::to_string(content) + " is named by " + std::to_string(count) +
                    " values and does not exist");
  return collect(database,
                 "SELECT 'chunk ' || id || ' belongs to no content' FROM chunks WHERE id >> 20 NOT IN (SELECT id FROM "
                 "contents)",
                 found);
}

}  // namespace

// All in one read transaction: writes that happen meanwhile are not contradictions.
Outcome<std::vector<std::string>> MailboxStore::verify() const {
  std::vector<std::string> found;
  ROPEWALK_TRY(Reader reader, core_->reader());
  ROPEWALK_TRY(auto snapshot, sql::Transaction::begin(*reader, sql::Mode::deferred));
  ROPEWALK_CHECK(collect(*reader, "PRAGMA integrity_check", found));
  for (std::string_view query : kContradictions) ROPEWALK_CHECK(collect(*reader, query, found));
  ROPEWALK_CHECK(check_references(*reader, found));
  return found;
}

}  // namespace ropewalk::store
