// Types and helpers of the small structures that ROPs share: sort orders, property names, typed strings, recipients.
#include "mapi/code_page.h"
#include "mapi/property_name.h"
#include "mapi/recipient_row.h"
#include "mapi/sort_order.h"
#include "mapi/typed_string.h"

#include "base/utf16.h"

namespace ropewalk::mapi {

const wire::TypeInfo& wire_type(std::type_identity<SortDirection>) {
  static constexpr wire::TypeInfo info{
      "Order", 1, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) {
        if (raw == 0) out += "Ascending";
        if (raw == 1) out += "Descending";
        if (raw == 4) out += "MaximumCategory";
      },
      [](wire::Random& random) -> u64 { return random.chance(10) ? 4 : random.below(2); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<NameKind>) {
  static constexpr wire::TypeInfo info{
      "Kind", 1, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) {
        if (raw == 0x00) out += "LID";
        if (raw == 0x01) out += "Name";
        if (raw == 0xFF) out += "no name";
      },
      [](wire::Random& random) -> u64 { return random.chance(10) ? 0xFF : random.below(2); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<StringType>) {
  static constexpr wire::TypeInfo info{
      "StringType", 1, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) {
        static constexpr std::string_view kNames[] = {"none", "empty", "8-bit", "reduced Unicode", "Unicode"};
        if (raw < std::size(kNames)) out += kNames[raw];
      },
      [](wire::Random& random) -> u64 { return random.below(5); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<RecipientFlags>) {
  static constexpr wire::TypeInfo info{"RecipientFlags", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) {
                                         static constexpr std::string_view kTypes[] = {"NoType",
                                                                                       "X500DN",
                                                                                       "MsMail",
                                                                                       "SMTP",
                                                                                       "Fax",
                                                                                       "ProfessionalOfficeSystem",
                                                                                       "PersonalDistributionList1",
                                                                                       "PersonalDistributionList2"};
                                         out += kTypes[raw & recipient_flags::kTypeMask];
                                         if ((raw & recipient_flags::kUnicode) != 0) out += ", Unicode";
                                       },
                                       [](wire::Random& random) -> u64 { return random.engine() & 0x87FF; }};
  return info;
}

TypedString TypedString::of_utf16(ByteView utf16, Arena& arena) {
  if (utf16.empty()) return {StringType::empty, {}};
  for (std::size_t i = 1; i < utf16.size(); i += 2)
    if (utf16[i] != 0) return {StringType::unicode, utf16};
  auto low = arena.make<u8>(utf16.size() / 2);
  if (low.empty()) return {StringType::unicode, utf16};
  for (std::size_t i = 0; i < low.size(); ++i) low[i] = utf16[2 * i];
  return {StringType::reduced_unicode, low};
}

std::string TypedString::text(u32 code_page) const {
  switch (type) {
    case StringType::string8:
      return string8_to_utf8(bytes, code_page);
    case StringType::reduced_unicode: {
      std::vector<u8> utf16;
      for (u8 low : bytes) utf16.insert(utf16.end(), {low, 0});
      return utf16_to_utf8(utf16);
    }
    case StringType::unicode:
      return utf16_to_utf8(bytes);
    default:
      return {};
  }
}

}  // namespace ropewalk::mapi
