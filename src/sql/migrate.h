// Schema versions: a database file carries its version (PRAGMA user_version) and is brought up to date when opened.
#pragma once

#include <span>

#include "sql/database.h"

namespace ropewalk::sql {

// The step that leads to `version`, from the version before it: a script, then (where not null) code.
struct Migration {
  int version;
  std::string_view script;
  Status (*code)(Database&) = nullptr;
};

// Brings the file to the last version in `steps` (ascending from 1), all in one transaction: it is at the new version
// or unchanged. Processes that open the same file at once wait for each other. A file of a later version is an error.
Status migrate(Database& database, std::span<const Migration> steps);

}  // namespace ropewalk::sql
