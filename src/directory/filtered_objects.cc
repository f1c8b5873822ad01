#include "directory/filtered_objects.h"

#include <algorithm>

namespace ropewalk::directory {

namespace {

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

constexpr std::string_view kObjects = "SELECT " ROPEWALK_OBJECT_COLUMNS ", properties FROM object";

bool fits(sql::Database& database, const Filter& filter, const Object& object, const sql::Statement& row) {
  FilterValues values(database, object, row.blob(rows::kObjectColumnCount));
  return filter.matches(std::ref(values));
}

}  // namespace

Status visit_matches(sql::Database& database, const Filter& filter, const std::function<void(const Object&)>& visit) {
  ROPEWALK_TRY(auto row, database.prepare(std::string(kObjects) + " ORDER BY id"));
  for (;;) {
    ROPEWALK_TRY(const bool more, row.step());
    if (!more) return {};
    const Object object = rows::object_of(row);
    if (fits(database, filter, object, row)) visit(object);
  }
}

Result<std::optional<Object>> match_of(sql::Database& database, const Filter& filter, u32 id) {
  ROPEWALK_TRY(auto row, database.prepare(std::string(kObjects) + " WHERE id = ?"));
  ROPEWALK_TRY(const bool there, row.bind(1, id).step());
  if (!there) return std::optional<Object>();
  Object object = rows::object_of(row);
  return fits(database, filter, object, row) ? std::optional(std::move(object)) : std::nullopt;
}

Result<std::vector<u32>> judged_anew(sql::Database& database, const Filter& filter, std::vector<u32> changed) {
  if (!filter.asks_for_links()) return changed;
  std::vector<u32> all = changed;
  for (u32 id : changed) {
    ROPEWALK_TRY(const auto others, rows::ids_of(database,
                                                 "SELECT target FROM object_link WHERE source = ?1 UNION "
                                                 "SELECT source FROM object_link WHERE target = ?1",
                                                 id));
    all.insert(all.end(), others.begin(), others.end());
  }
  std::ranges::sort(all);
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

}  // namespace ropewalk::directory
