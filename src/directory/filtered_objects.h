// Whom a filter finds among the objects of directory.db.
#pragma once

#include <functional>

#include "directory/filter.h"
#include "directory/object_rows.h"

namespace ropewalk::directory {

// Every object that the filter matches, hidden or not, in the order of ids. Reads all there are.
Status visit_matches(sql::Database& database, const Filter& filter, const std::function<void(const Object&)>& visit);

// The object, where it is there and the filter matches it.
Result<std::optional<Object>> match_of(sql::Database& database, const Filter& filter, u32 id);

// Of whom the filter may think otherwise since these changed: they themselves and, where it asks for links, those to
// whom or from whom theirs lead.
Result<std::vector<u32>> judged_anew(sql::Database& database, const Filter& filter, std::vector<u32> changed);

}  // namespace ropewalk::directory
