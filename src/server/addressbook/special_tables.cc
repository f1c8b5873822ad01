// The hierarchy, the templates: [MS-OXNSPI] 3.1.4.1.3, 3.1.4.1.18.
#include <fmt/format.h>

#include <algorithm>

#include "server/addressbook/service_impl.h"
#include "server/addressbook/templates.h"

namespace ropewalk::server {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

namespace {

constexpr u32 kAddressCreation = 2, kUnicodeStrings = 4;  // [MS-OXNSPI] 2.2.1.12
constexpr u32 kTemplate = 1, kScript = 4;                 // TI_TEMPLATE, TI_SCRIPT, [MS-OXNSPI] 2.2.1.14

// Makes rows whose texts are in Unicode or in a code page.
class RowMaker {
 public:
  RowMaker(bool unicode, u32 code_page, Arena& arena) : unicode_(unicode), code_page_(code_page), arena_(arena) {}
  void text(u32 property, std::string_view utf8) {
    const Property native{PropTag(property), Value::of(mapi::utf16_in(arena_, utf8))};
    if (auto cell = cell_of(with_text_width(native.tag, unicode_), native, code_page_, arena_)) cells_.push_back(*cell);
  }
  void number(u32 property, u32 value) { cells_.push_back({PropTag(property), Value::of(value)}); }
  void bytes(u32 property, ByteView value) { cells_.push_back({PropTag(property), Value::of(value)}); }
  std::span<const Property> done() {
    auto row = arena_.make<Property>(cells_.size());
    if (row.size() == cells_.size()) std::ranges::copy(cells_, row.begin());
    cells_.clear();
    return row;
  }

 private:
  bool unicode_;
  u32 code_page_;
  Arena& arena_;
  std::vector<Property> cells_;
};

using Lists = std::vector<directory::AddressList>;

// Rows of the lists below `parent`, each before those below it.
void add_lists(const Lists& lists, const directory::AddressList* parent, u32 depth, RowMaker& row, Arena& arena,
               std::vector<std::span<const Property>>& rows) {
  auto dn = [](const directory::AddressList& list) { return list.is_global ? "/" : std::string_view(list.legacy_dn); };
  for (const auto& list : lists) {
    if (list.parent != (parent == nullptr ? 0 : parent->id)) continue;
    const bool has_children = std::ranges::any_of(lists, [&](const auto& other) { return other.parent == list.id; });
    // The order is prescribed: 3.1.4.1.3, constraint 14.
    row.bytes(tag::PidTagEntryId, permanent_entry_id(kContainer, dn(list), arena));
    row.number(tag::PidTagContainerFlags, kHoldsRecipients | kUnmodifiable | (has_children ? kHoldsContainers : 0));
    row.number(tag::PidTagDepth, depth);
    row.number(tag::PidTagAddressBookContainerId, list.is_global ? 0 : list.id);
    row.text(tag::PidTagDisplayName, list.name);
    row.number(tag::PidTagAddressBookIsMaster, 0);
    if (parent != nullptr)
      row.bytes(tag::PidTagAddressBookParentEntryId, permanent_entry_id(kContainer, dn(*parent), arena));
    rows.push_back(row.done());
    add_lists(lists, &list, depth + 1, row, arena, rows);
  }
}

std::vector<std::span<const Property>> creation_rows(std::string_view organization, Language language, RowMaker& row,
                                                     Arena& arena) {
  std::vector<std::span<const Property>> rows;
  for (const AddressTemplate& known : address_templates(organization, language)) {
    const auto key = arena.make<u8>(4);
    if (!key.empty()) store_le(key.data(), static_cast<u32>(rows.size() + 1));
    row.text(tag::PidTagDisplayName, known.name);
    row.text(tag::PidTagAddressType, known.address_type);
    row.number(tag::PidTagDisplayType, kAddressTemplate);
    row.number(tag::PidTagDepth, 0);
    row.number(tag::PidTagSelectable, 1);
    row.bytes(tag::PidTagInstanceKey, key);
    row.bytes(tag::PidTagEntryId, permanent_entry_id(kAddressTemplate, known.dn, arena));
    rows.push_back(row.done());
  }
  return rows;
}

}  // namespace

NspiTableAnswer AddressBookService::get_special_table(const NspiCaller& caller, u32 flags, const nspi::Stat& stat,
                                                      u32 version, Arena& arena) {
  auto work = [&]() -> Outcome<NspiTableAnswer> {
    const bool creation = (flags & kAddressCreation) != 0;
    const bool unicode = !creation && (flags & kUnicodeStrings) != 0;
    ROPEWALK_CHECK(check_code_page(stat.code_page, !unicode));
    // As Exchange does, the version has no effect: a client always gets the whole table.
    NspiTableAnswer answer{ErrorCode::none, version, {}};
    RowMaker row(unicode, stat.code_page, arena);
    if (creation) {
      const auto language = template_language(stat.template_locale);
      if (language) answer.rows = creation_rows(impl_->parts.organization, *language, row, arena);
      return answer;
    }
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(const auto* lists, reader.lists());
    // The Global Address List first, as clients show it.
    Lists ordered = *lists;
    std::erase_if(ordered, [](const directory::AddressList& list) { return list.hidden; });
    std::ranges::stable_partition(ordered, &directory::AddressList::is_global);
    add_lists(ordered, nullptr, 0, row, arena, answer.rows);
    return answer;
  };
  return impl_->answer(caller, "NspiGetSpecialTable", work());
}

NspiRowAnswer AddressBookService::get_template_info(const NspiCaller& caller, u32 flags, u32 type,
                                                    const std::optional<std::string>& dn, u32 code_page, u32 locale,
                                                    Arena& arena) {
  auto work = [&]() -> Outcome<NspiRowAnswer> {
    if (!serves_code_page(code_page))
      return Failure{ErrorCode::invalid_codepage, fmt::format("no template is in the code page {}", code_page)};
    std::vector<u8> data;
    if (dn) {
      data = address_template(*dn, impl_->parts.organization, code_page);
    } else if (const auto language = template_language(locale)) {
      data = details_template(type, *language, code_page);
    }
    if (data.empty())
      return Failure{ErrorCode::invalid_locale,
                     fmt::format("there is no template for {} in the locale {:#x}",
                                 dn ? *dn : fmt::format("display type {:#x}", type), locale)};
    NspiRowAnswer answer;
    RowMaker row(true, code_page, arena);
    if ((flags & kTemplate) != 0) row.bytes(tag::PidTagTemplateData, arena.copy(ByteView(data)));
    if ((flags & kScript) != 0) {
      const auto script = dn ? address_script() : details_script();
      row.bytes(tag::PidTagScriptData, arena.copy(ByteView(script)));
    }
    answer.row = row.done();
    return answer;
  };
  return impl_->answer(caller, "NspiGetTemplateInfo", work());
}

}  // namespace ropewalk::server
