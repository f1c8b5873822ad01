#include "sql/migrate.h"

namespace ropewalk::sql {

namespace {

Result<int> schema_version(Database& database) {
  ROPEWALK_TRY(auto version, database.integer("PRAGMA user_version"));
  return static_cast<int>(version.value_or(0));
}

Status apply(Database& database, const Migration& step) {
  ROPEWALK_CHECK(database.execute(step.script));
  if (step.code != nullptr) ROPEWALK_CHECK(step.code(database));
  return database.execute("PRAGMA user_version = " + std::to_string(step.version));
}

}  // namespace

Status migrate(Database& database, std::span<const Migration> steps) {
  const int latest = steps.empty() ? 0 : steps.back().version;
  ROPEWALK_TRY(int current, schema_version(database));
  if (current > latest) {
    return Error{database.path() + " has schema version " + std::to_string(current) + ", this program knows up to " +
                 std::to_string(latest) + ": it was written by a newer Ropewalk; use that one"};
  }
  if (current == latest) return {};
  ROPEWALK_TRY(auto transaction, Transaction::begin(database));
  ROPEWALK_TRY(current, schema_version(database));  // another process may have been faster
  for (const Migration& step : steps) {
    if (step.version > current) ROPEWALK_CHECK(apply(database, step));
  }
  return transaction.commit();
}

}  // namespace ropewalk::sql
