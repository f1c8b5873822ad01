#include "server/addressbook/service_impl.h"

#include <fmt/format.h>

#include <algorithm>

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr std::size_t kRowsAtOnce = 64;

// The server's GUID: the Global Address List's, told apart from it.
Guid server_guid_of(directory::AddressBook& book) {
  auto lists = book.lists();
  if (lists.ok()) {
    for (const auto& list : *lists) {
      if (!list.is_global) continue;
      Guid guid = list.guid;
      guid.bytes[0] ^= 0x5A;
      return guid;
    }
  }
  return Guid::random();
}

constexpr PropTag kDefaultColumns[] = {
    PropTag(tag::PidTagAddressBookContainerId),
    PropTag(tag::PidTagObjectType),
    PropTag(tag::PidTagDisplayType),
    PropTag(tag::PidTagDisplayName).with_type(PropType::string8),
    PropTag(tag::PidTagPrimaryTelephoneNumber).with_type(PropType::string8),
    PropTag(tag::PidTagDepartmentName).with_type(PropType::string8),
    PropTag(tag::PidTagOfficeLocation).with_type(PropType::string8),
};
constexpr PropTag kDefaultUnicodeColumns[] = {
    PropTag(tag::PidTagAddressBookContainerId),
    PropTag(tag::PidTagObjectType),
    PropTag(tag::PidTagDisplayType),
    PropTag(tag::PidTagDisplayName),
    PropTag(tag::PidTagPrimaryTelephoneNumber),
    PropTag(tag::PidTagDepartmentName),
    PropTag(tag::PidTagOfficeLocation),
};

}  // namespace

AddressBookService::Impl::Impl(Parts the_parts)
    : parts(std::move(the_parts)),
      guid(server_guid_of(parts.book)),
      lists(parts.book),
      views(parts.book, parts.most_view_entries) {}

AddressBookService::AddressBookService(Parts parts) : impl_(std::make_unique<Impl>(std::move(parts))) {}
AddressBookService::~AddressBookService() = default;
const Guid& AddressBookService::server_guid() const { return impl_->guid; }

std::span<const PropTag> default_columns(bool unicode) {
  return unicode ? std::span(kDefaultUnicodeColumns) : std::span(kDefaultColumns);
}

PropTag tag_named(const NspiPropertyName& name) {
  const auto number = static_cast<u32>(name.id);
  return number > 0xFFFF ? PropTag(number) : PropTag(static_cast<u16>(number), PropType::object);
}

bool has_8bit_texts(std::span<const PropTag> columns) {
  return std::ranges::any_of(columns,
                             [](PropTag column) { return mapi::base_type(column.type()) == PropType::string8; });
}

Outcome<void> check_code_page(u32 code_page, bool has_8bit) {
  if (code_page == kUnicodePage) {
    if (!has_8bit) return {};
    return Failure{ErrorCode::not_supported, "8-bit texts in the code page 1200, which is Unicode"};
  }
  if (serves_code_page(code_page)) return {};
  return Failure{ErrorCode::invalid_codepage, fmt::format("nobody knows the code page {}", code_page)};
}

ErrorCode AddressBookService::Impl::failed(const NspiCaller& caller, std::string_view method, const Failure& failure) {
  const auto line = [&] {
    return fmt::format("{} at {}, {}: {} ({})", caller.address, caller.peer, method, failure.text,
                       mapi::name(failure.code));
  };
  // What is ordinarily not there is no refusal.
  const bool ordinary = failure.code == ErrorCode::not_found || failure.code == ErrorCode::table_too_big;
  const auto& told = failure.code == ErrorCode::error ? parts.failed : parts.refused;
  if (!ordinary && told) told(line());
  return failure.code;
}

Outcome<directory::AddressList> AddressBookService::Impl::container(EntryReader& reader, const nspi::Stat& stat) {
  ROPEWALK_TRY(auto found, reader.find_list(stat.container_id));
  if (!found)
    return Failure{ErrorCode::invalid_bookmark, fmt::format("no address list has the id {:#x}", stat.container_id)};
  return *found;
}

Outcome<ListViews::Open> AddressBookService::Impl::view(const EntryReader& reader, const directory::AddressList& list,
                                                        const nspi::Stat& stat) {
  switch (stat.sort_type) {
    case kSortByName:
    case kSortByPhoneticName:
    case kSortByNameReadOnly:
    case kSortByNameWritable:
      break;
    default:
      return Failure{ErrorCode::error, fmt::format("nothing is sorted by {:#x}", stat.sort_type)};
  }
  ROPEWALK_TRY(auto opened, views.open(list, stat.sort_type == kSortByPhoneticName, stat.sort_locale, reader.upto()));
  return opened;
}

Outcome<Position> position_of(const SortedView& view, const nspi::Stat& stat) {
  const auto total = static_cast<i64>(view.size());
  i64 row = 0;
  if (stat.current_record == kCurrentPosition) {  // 3.1.4.5.2
    if (stat.total_records != 0)
      row = std::min<i64>(total, static_cast<i64>(u64(total) * stat.position / stat.total_records));
  } else if (stat.current_record == kEndOfTable) {
    row = total;
  } else if (stat.current_record != kBeginningOfTable) {
    auto found = view.row_of(stat.current_record);
    if (!found) return Failure{ErrorCode::not_found, fmt::format("the list has no object {:#x}", stat.current_record)};
    row = static_cast<i64>(*found);
  }
  const i64 there = std::clamp<i64>(row + stat.delta, 0, total);
  return Position{static_cast<std::size_t>(there), static_cast<i32>(there - row)};
}

nspi::Stat stat_at(const SortedView& view, nspi::Stat stat, std::size_t row) {
  stat.current_record = row < view.size() ? view.at(row) : kEndOfTable;
  stat.position = static_cast<u32>(row);
  stat.total_records = static_cast<u32>(view.size());
  stat.delta = 0;
  return stat;
}

Outcome<std::span<const Property>> AddressBookService::Impl::row(EntryReader& reader, const Entry* entry,
                                                                 const RowForm& form, Arena& arena) {
  auto cells = arena.make<Property>(form.columns.size());
  if (cells.size() != form.columns.size()) return Failure{ErrorCode::mapi_oom, "a row too large for an answer"};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const PropTag column = form.columns[i];
    std::optional<Property> cell;
    if (entry != nullptr) {
      ROPEWALK_TRY(auto value, link_property(column.id()) != nullptr
                                   ? reader.read_link(*entry, column)
                                   : reader.read(*entry, column.id(), form.ephemeral));
      if (value) cell = cell_of(column, *value, form.code_page, arena);
    }
    cells[i] = cell ? *cell : Property{column.with_type(PropType::error_code), Value::of(ErrorCode::not_found)};
  }
  return std::span<const Property>(cells);
}

Outcome<NspiRows> AddressBookService::Impl::rows(EntryReader& reader, std::span<const u32> ids, const RowForm& form,
                                                 Arena& arena) {
  NspiRows answer;
  answer.columns.assign(form.columns.begin(), form.columns.end());
  answer.rows.reserve(std::min(ids.size(), kMostRows));
  const bool stored =
      std::ranges::any_of(form.columns, [](PropTag column) { return EntryReader::is_stored(column.id()); });
  for (std::size_t first = 0; first < ids.size(); first += kRowsAtOnce) {
    const auto part = ids.subspan(first, std::min(kRowsAtOnce, ids.size() - first));
    ROPEWALK_TRY(auto entries, reader.find_all(part, stored));
    for (const auto& entry : entries) {
      if (!answer.rows.empty() && arena.used() > kMostAnswerBytes) return answer;
      ROPEWALK_TRY(auto cells, row(reader, entry ? &*entry : nullptr, form, arena));
      answer.rows.push_back(cells);
    }
  }
  return answer;
}

Outcome<std::optional<directory::Object>> AddressBookService::Impl::caller_object(const NspiCaller& caller) {
  ROPEWALK_TRY(auto object, parts.book.find_by_user(caller.user_id));
  return object;
}

}  // namespace ropewalk::server
