// The methods that walk tables: [MS-OXNSPI] 3.1.4.1.1, 3.1.4.1.4, 3.1.4.1.8, 3.1.4.1.9, 3.1.4.1.11, 3.1.4.1.12.
#include <fmt/format.h>

#include <algorithm>

#include "base/utf16.h"
#include "server/addressbook/service_impl.h"

namespace ropewalk::server {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;

ErrorCode AddressBookService::bind(const NspiCaller& caller, u32, const nspi::Stat& stat) {
  auto check = [&]() -> Outcome<void> {
    if (caller.user_id == 0) return Failure{ErrorCode::login_failure, "nobody in the directory is called so"};
    return check_code_page(stat.code_page);
  };
  auto done = check();
  return done ? ErrorCode::none : impl_->failed(caller, "NspiBind", done.error());
}

NspiStatAnswer AddressBookService::update_stat(const NspiCaller& caller, const nspi::Stat& stat) {
  auto work = [&]() -> Outcome<NspiStatAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    Arena arena;
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(auto list, impl_->container(reader, stat));
    ROPEWALK_TRY(auto view, impl_->view(reader, list, stat));
    ROPEWALK_TRY(auto position, position_of(*view, stat));
    return NspiStatAnswer{ErrorCode::none, stat_at(*view, stat, position.row), position.moved};
  };
  return impl_->answer(caller, "NspiUpdateStat", work(), NspiStatAnswer{{}, stat});
}

NspiRowsAnswer AddressBookService::query_rows(const NspiCaller& caller, u32 flags, const nspi::Stat& stat,
                                              NspiTable table, u32 count, NspiColumns columns, Arena& arena) {
  auto work = [&]() -> Outcome<NspiRowsAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    if (!table && count == 0) return Failure{ErrorCode::invalid_param, "no rows are asked for"};
    const RowForm form{columns ? *columns : default_columns(false), (flags & kEphemeralIds) != 0, stat.code_page};
    if (form.columns.size() > kMostColumns)
      return Failure{ErrorCode::table_too_big, fmt::format("{} columns", form.columns.size())};
    const std::size_t most = std::min<std::size_t>(count, kMostRows);
    auto reader = impl_->reader(caller, arena);
    NspiRowsAnswer answer{ErrorCode::none, stat, {}};
    if (table) {
      ROPEWALK_TRY(answer.rows, impl_->rows(reader, table->first(std::min(most, table->size())), form, arena));
      return answer;
    }
    ROPEWALK_TRY(auto list, impl_->container(reader, stat));
    std::vector<u32> ids;
    std::size_t first = 0;
    {
      ROPEWALK_TRY(auto view, impl_->view(reader, list, stat));
      ROPEWALK_TRY(auto position, position_of(*view, stat));
      first = position.row;
      for (std::size_t row = first; row < view->size() && ids.size() < most; ++row) ids.push_back(view->at(row));
      answer.stat = stat_at(*view, stat, first + ids.size());
    }
    ROPEWALK_TRY(answer.rows, impl_->rows(reader, ids, form, arena));
    const std::size_t given = answer.rows->rows.size();
    if (given < ids.size()) {  // the next call goes on where this answer was full
      answer.stat.current_record = ids[given];
      answer.stat.position = static_cast<u32>(first + given);
    }
    return answer;
  };
  return impl_->answer(caller, "NspiQueryRows", work(), NspiRowsAnswer{{}, stat, {}});
}

namespace {

// The name that NspiSeekEntries looks for.
Outcome<std::string> name_sought(const nspi::Stat& stat, const mapi::Property& target) {
  if (stat.sort_type != kSortByName)
    return Failure{ErrorCode::error, fmt::format("a table sorted by {:#x} is not searched", stat.sort_type)};
  if (target.tag.id() != PropTag(mapi::tag::PidTagDisplayName).id() || !is_text_type(target.tag.type()))
    return Failure{ErrorCode::error, "a table sorted by names is not searched for " + target.tag.to_string()};
  return target.tag.type() == PropType::string ? utf16_to_utf8(target.value.bytes)
                                               : from_code_page(target.value.bytes, stat.code_page);
}

// Where in a table, which is a part of the view, the first row is that is not before `row` of the view.
std::size_t place_in(std::span<const u32> table, const SortedView& view, std::size_t row) {
  return static_cast<std::size_t>(std::ranges::find_if(table,
                                                       [&](u32 id) {
                                                         auto at = view.row_of(id);
                                                         return at && *at >= row;
                                                       }) -
                                  table.begin());
}

}  // namespace

NspiRowsAnswer AddressBookService::seek_entries(const NspiCaller& caller, const nspi::Stat& stat,
                                                const mapi::Property& target, NspiTable table, NspiColumns columns,
                                                Arena& arena) {
  auto work = [&]() -> Outcome<NspiRowsAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(auto list, impl_->container(reader, stat));
    ROPEWALK_TRY(auto name, name_sought(stat, target));
    NspiRowsAnswer answer{ErrorCode::none, stat, {}};
    {
      ROPEWALK_TRY(auto view, impl_->view(reader, list, stat));
      std::size_t row = view->first_from(name_sort_key(name, name_order(stat.sort_locale)));
      if (table) row = place_in(*table, *view, row);
      const std::size_t total = table ? table->size() : view->size();
      if (row >= total) return Failure{ErrorCode::not_found, "no name comes after \"" + name + "\""};
      answer.stat.current_record = table ? (*table)[row] : view->at(row);
      answer.stat.position = static_cast<u32>(row);
      answer.stat.total_records = static_cast<u32>(total);
    }
    if (!columns) return answer;
    const NspiTable rest = table ? NspiTable(table->subspan(answer.stat.position)) : std::nullopt;
    auto rows = query_rows(caller, kEphemeralIds, answer.stat, rest,
                           static_cast<u32>(rest ? rest->size() : kRowsOfSeek), columns, arena);
    if (rows.error != ErrorCode::none) return Failure{rows.error, "the rows could not be read"};
    answer.rows = std::move(rows.rows);
    return answer;
  };
  return impl_->answer(caller, "NspiSeekEntries", work(), NspiRowsAnswer{{}, stat, {}});
}

NspiMatchesAnswer AddressBookService::resort_restriction(const NspiCaller& caller, const nspi::Stat& stat,
                                                         std::span<const u32> ids) {
  auto work = [&]() -> Outcome<NspiMatchesAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    if (ids.size() > kMostRows) return Failure{ErrorCode::table_too_big, fmt::format("{} objects", ids.size())};
    Arena arena;
    auto reader = impl_->reader(caller, arena);
    // Any order but the phonetic one is that of names, as Exchange has it since 2013.
    nspi::Stat order = stat;
    if (order.sort_type != kSortByPhoneticName) order.sort_type = kSortByName;
    order.container_id = 0;
    struct Row {
      std::size_t place;  // in the Global Address List, or where it would stand there
      std::string key;    // of those that are not in it
      u32 id;
      auto operator<=>(const Row&) const = default;
    };
    std::vector<Row> rows;
    ROPEWALK_TRY(auto list, impl_->container(reader, order));
    ROPEWALK_TRY(auto view, impl_->view(reader, list, order));
    for (u32 id : ids) {
      if (auto there = view->row_of(id)) {
        rows.push_back({*there * 2 + 1, {}, id});
        continue;
      }
      ROPEWALK_TRY(auto object, reader.find_object(id));
      if (!object) continue;
      const bool phonetic = order.sort_type == kSortByPhoneticName && !object->phonetic.empty();
      auto key = name_sort_key(phonetic ? object->phonetic : object->name, name_order(stat.sort_locale));
      const std::size_t place = view->first_from(key) * 2;
      rows.push_back({place, std::move(key), id});
    }
    std::ranges::sort(rows);
    NspiMatchesAnswer answer{ErrorCode::none, stat, {}, {}};
    for (const Row& row : rows) answer.ids.push_back(row.id);
    const auto current = std::ranges::find(answer.ids, stat.current_record);
    const bool found = current != answer.ids.end();
    answer.stat.total_records = static_cast<u32>(answer.ids.size());
    answer.stat.position = found ? static_cast<u32>(current - answer.ids.begin()) : 0;
    if (!found) answer.stat.current_record = kBeginningOfTable;
    return answer;
  };
  return impl_->answer(caller, "NspiResortRestriction", work(), NspiMatchesAnswer{{}, stat, {}, {}});
}

NspiStatAnswer AddressBookService::compare_mids(const NspiCaller& caller, const nspi::Stat& stat, u32 id1, u32 id2) {
  auto work = [&]() -> Outcome<NspiStatAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    Arena arena;
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(auto list, impl_->container(reader, stat));
    ROPEWALK_TRY(auto view, impl_->view(reader, list, stat));
    const auto row1 = view->row_of(id1), row2 = view->row_of(id2);
    if (!row1 || !row2)
      return Failure{ErrorCode::error, fmt::format("the list has not both of {:#x} and {:#x}", id1, id2)};
    return NspiStatAnswer{ErrorCode::none, stat, *row1 < *row2 ? -1 : *row1 > *row2 ? 1 : 0};
  };
  return impl_->answer(caller, "NspiCompareMIds", work(), NspiStatAnswer{{}, stat});
}

}  // namespace ropewalk::server
