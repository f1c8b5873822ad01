// The methods that read objects: [MS-OXNSPI] 3.1.4.1.5, 3.1.4.1.6, 3.1.4.1.7, 3.1.4.1.13.
#include <fmt/format.h>

#include <algorithm>

#include "mapi/property_names.h"
#include "server/addressbook/service_impl.h"

namespace ropewalk::server {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;

namespace {

constexpr u32 kUnicodeTypes = 0x80000000;  // NspiUnicodeProptypes, [MS-OXNSPI] 2.2.1.13
constexpr u32 kVerifyNames = 2;            // NspiVerifyNames, [MS-NSPI] 2.2.15

const Guid& ps_mapi() { return mapi::guid_of(mapi::PropertySet::PS_MAPI); }

// Objects may have it.
bool is_known(u16 id) {
  const auto known = EntryReader::known_tags();
  return std::ranges::binary_search(known, id, {}, &PropTag::id);
}

// The tags of an object's values as a client is told of them.
Outcome<std::vector<PropTag>> tags_of(EntryReader& reader, u32 id, u32 flags, bool unicode) {
  ROPEWALK_TRY(auto entry, reader.find(id, true));
  if (!entry) return Failure{ErrorCode::invalid_object, fmt::format("there is no object {:#x}", id)};
  ROPEWALK_TRY(auto tags, reader.tags(*entry));
  if ((flags & kSkipObjects) != 0) std::erase_if(tags, [](PropTag tag) { return tag.type() == PropType::object; });
  for (PropTag& tag : tags) tag = with_text_width(tag, unicode);
  return tags;
}

}  // namespace

NspiIdsAnswer AddressBookService::dn_to_mid(const NspiCaller& caller,
                                            std::span<const std::optional<std::string>> names) {
  auto work = [&]() -> Outcome<NspiIdsAnswer> {
    if (names.size() > kMostRows) return Failure{ErrorCode::table_too_big, fmt::format("{} DNs", names.size())};
    Arena arena(1u << 16, 256);
    auto reader = impl_->reader(caller, arena);
    NspiIdsAnswer answer;
    for (const auto& name : names) {
      std::optional<u32> id;
      if (name) {
        ROPEWALK_TRY(id, reader.find_dn(*name));
      }
      answer.ids.push_back(id.value_or(0));
    }
    return answer;
  };
  return impl_->answer(caller, "NspiDNToMId", work());
}

NspiTagsAnswer AddressBookService::get_prop_list(const NspiCaller& caller, u32 flags, u32 id, u32 code_page) {
  auto work = [&]() -> Outcome<NspiTagsAnswer> {
    ROPEWALK_CHECK(check_code_page(code_page, false));
    Arena arena;
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(auto tags, tags_of(reader, id, flags, false));
    return NspiTagsAnswer{ErrorCode::none, std::move(tags)};
  };
  return impl_->answer(caller, "NspiGetPropList", work());
}

NspiRowAnswer AddressBookService::get_props(const NspiCaller& caller, u32 flags, const nspi::Stat& stat,
                                            NspiColumns columns, Arena& arena) {
  auto work = [&]() -> Outcome<NspiRowAnswer> {
    ROPEWALK_CHECK(check_code_page(stat.code_page, columns && has_8bit_texts(*columns)));
    auto reader = impl_->reader(caller, arena);
    std::vector<PropTag> all;
    if (!columns) {
      ROPEWALK_TRY(all, tags_of(reader, stat.current_record, flags, stat.code_page == kUnicodePage));
      columns = all;
    }
    if (columns->size() > kMostColumns)
      return Failure{ErrorCode::table_too_big, fmt::format("{} properties", columns->size())};
    // A container that is not there is told by a warning, as Exchange does: clients leave in its place what it was
    // for the table from which they come.
    ROPEWALK_TRY(auto list, reader.find_list(stat.container_id));
    ROPEWALK_TRY(auto entry, reader.find(stat.current_record, true));
    const RowForm form{*columns, (flags & kEphemeralIds) != 0, stat.code_page};
    NspiRowAnswer answer;
    ROPEWALK_TRY(answer.row, impl_->row(reader, entry ? &*entry : nullptr, form, arena));
    const bool errors = std::ranges::any_of(
        *answer.row, [](const mapi::Property& cell) { return cell.tag.type() == PropType::error_code; });
    answer.error = errors || !list ? ErrorCode::warn_with_errors : ErrorCode::none;
    return answer;
  };
  return impl_->answer(caller, "NspiGetProps", work());
}

NspiTagsAnswer AddressBookService::query_columns(const NspiCaller&, u32 flags) {
  NspiTagsAnswer answer;
  const auto known = EntryReader::known_tags();
  answer.tags.assign(known.begin(), known.end());
  for (PropTag& tag : answer.tags) tag = with_text_width(tag, (flags & kUnicodeTypes) != 0);
  return answer;
}

// [MS-OXNSPI] has reserved the opnums of these two, which [MS-NSPI] describes. All properties here are in PS_MAPI,
// under their tags.
NspiNamesAnswer AddressBookService::get_names_from_ids(const NspiCaller&, const std::optional<Guid>& set,
                                                       NspiColumns tags) {
  NspiNamesAnswer answer;
  if (!tags && set == ps_mapi()) {
    answer.error = ErrorCode::not_supported;
    return answer;
  }
  // Without a list, all properties; but of PS_MAPI no names.
  const bool named = tags && (!set || *set == ps_mapi());
  const auto all = tags ? *tags : EntryReader::known_tags();
  for (PropTag tag : all) {
    const bool known = named && is_known(tag.id());
    answer.names.push_back(known ? NspiPropertyName{ps_mapi(), static_cast<i32>(tag.value)} : NspiPropertyName{});
  }
  if (!tags) answer.tags.assign(all.begin(), all.end());
  return answer;
}

NspiTagsAnswer AddressBookService::get_ids_from_names(const NspiCaller& caller, u32 flags,
                                                      std::span<const NspiPropertyName> names) {
  constexpr PropTag kNone(0, PropType::error_code);
  NspiTagsAnswer answer;
  for (const NspiPropertyName& name : names) {
    const PropTag tag = tag_named(name);
    const bool known = name.set == ps_mapi() && is_known(tag.id());
    answer.tags.push_back(known ? tag.with_type(PropType::unspecified) : kNone);
  }
  if (std::ranges::find(answer.tags, kNone) == answer.tags.end()) return answer;
  if ((flags & kVerifyNames) == 0) {
    answer.error = ErrorCode::warn_with_errors;
    return answer;
  }
  return {impl_->failed(caller, "NspiGetIDsFromNames", {ErrorCode::access_denied, "names that no property has"}), {}};
}

}  // namespace ropewalk::server
