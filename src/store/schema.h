// The mailbox file's tables, version by version.
#pragma once

#include <span>

#include "sql/migrate.h"

namespace ropewalk::store {

std::span<const sql::Migration> schema_steps();

}  // namespace ropewalk::store
