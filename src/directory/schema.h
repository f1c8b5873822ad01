// directory.db: its tables, and how a file of an earlier version becomes one of this version.
#pragma once

#include <string>

#include "sql/database.h"

namespace ropewalk::directory {

// Opens the folder's directory.db and brings it up to date; folder and file are made where there are none.
// `cache_kib`: what this connection keeps in memory of the file.
Result<sql::Database> open_database(const std::string& data_folder, int cache_kib = 1024);

// What goes into the DNs made from now on. The error says what is wrong with it.
Status check_organization(const std::string& organization);

}  // namespace ropewalk::directory
