// The bodies of the address book endpoint: bytes put together by hand from [MS-OXCMAPIHTTP] 2.2.1 and 2.2.5, and what
// must hold for any.
#include <gtest/gtest.h>

#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/request_types.h"
#include "wire/test_round_trip.h"

namespace ropewalk::mapihttp {
namespace {

using mapi::PropTag;
using mapi::PropType;
using mapi::Value;

// Decodes all of `text`, and holds the other readings to it.
template <class T>
struct Decoded {
  Arena arena;
  std::vector<u8> bytes;
  T value{};

  explicit Decoded(std::string_view text, const wire::Context* context = nullptr) : bytes(*from_hex(text)) {
    auto result = wire::decode<T>(bytes, arena, context);
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().text());
    if (result.ok()) value = *result;
    EXPECT_EQ(wire::check_bytes(wire::struct_info<T>, bytes, context), "");
  }
  const T* operator->() const { return &value; }
};

template <class T>
std::string why_not(std::string_view text) {
  Arena arena;
  auto bytes = *from_hex(text);
  auto result = wire::decode<T>(bytes, arena);
  return result.ok() ? "it is decoded" : result.error().text();
}

constexpr std::string_view kStat =
    "00000000 00000000 02000000 FEFFFFFF 05000000 0A000000 E4040000 09040000 09040000";  // 36 bytes

TEST(AddressBookBodies, EveryReadingAgrees) {
  for (const RequestTypeRow& row : request_types()) {
    if (row.type == RequestType::ping) continue;
    ASSERT_NE(row.request, nullptr);
    ASSERT_NE(row.response, nullptr);
    EXPECT_EQ(wire::check_round_trips(*row.request, nullptr, 40), "");
    EXPECT_EQ(wire::check_round_trips(*row.response, nullptr, 40), "");
  }
}

TEST(AddressBookBodies, SharedStructuresRoundTrip) {
  const PropTag tags[] = {PropTag(0x3001001F), PropTag(0x0FFF0102), PropTag(0x39FE0000), PropTag(0x39000003),
                          PropTag(0x800F101F), PropTag(0x8C6D1102), PropTag(0x80061003), PropTag(0x3001001E)};
  mapi::RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  for (const wire::StructInfo* info :
       {&wire::struct_info<AddressBookPropertyRow>, &wire::struct_info<AddressBookTaggedPropertyValue>,
        &wire::struct_info<AddressBookPropertyValueList>, &wire::struct_info<LargePropertyTagArray>,
        &wire::struct_info<AddressBookRestriction>, &wire::struct_info<LinkedEntryId>})
    EXPECT_EQ(wire::check_round_trips(*info, &context, 200), "");
}

// MS-OXCMAPIHTTP_R92, MS-OXCMAPIHTTP_R96, MS-OXCMAPIHTTP_R98, MS-OXCMAPIHTTP_R114
TEST(AddressBookBodies, RequestTypesByName) {
  EXPECT_EQ(parse_request_type("bind"), RequestType::bind);
  EXPECT_EQ(parse_request_type("CompareMIds"), RequestType::compare_min_ids);
  EXPECT_EQ(parse_request_type("DNToMId"), RequestType::dn_to_min_id);
  EXPECT_EQ(parse_request_type("GetAddressBookUrl"), RequestType::get_address_book_url);
  EXPECT_FALSE(parse_request_type("GetNamesFromIDs"));
  for (const RequestTypeRow& row : request_types()) {
    EXPECT_EQ(parse_request_type(name(row.type)), row.type);
    EXPECT_TRUE(is_of_mailbox(row.type) || is_of_address_book(row.type));
    EXPECT_EQ(is_of_mailbox(row.type) && is_of_address_book(row.type), row.type == RequestType::ping);
  }
}

TEST(AddressBookBodies, BindWithAndWithoutState) {
  Decoded<BindRequest> plain("00000000 00 00000000");
  EXPECT_FALSE(plain->state);
  Decoded<BindRequest> request("20000000 FF" + std::string(kStat) + "03000000 AABBCC");
  EXPECT_EQ(request->flags, 0x20u);
  EXPECT_EQ(request->state.value.current_record, 2u);
  EXPECT_EQ(request->state.value.delta, -2);
  EXPECT_EQ(request->state.value.code_page, 1252u);
  EXPECT_EQ(request->auxiliary_buffer.size(), 3u);
  // Any Boolean that is not zero is true.
  Decoded<BindRequest> other("00000000 01" + std::string(kStat) + "00000000");
  EXPECT_TRUE(other->state);
  // MS-OXCMAPIHTTP_R346, MS-OXCMAPIHTTP_R348, MS-OXCMAPIHTTP_R349, MS-OXCMAPIHTTP_R350, MS-OXCMAPIHTTP_R351,
  // MS-OXCMAPIHTTP_R352
  Decoded<BindResponse> response("00000000 00000000 0102030405060708090A0B0C0D0E0F10 02000000 1234");
  EXPECT_EQ(response->server_guid.bytes[15], 0x10);
  EXPECT_EQ(response->auxiliary_buffer.size(), 2u);
  Decoded<BindResponse> failure("05000000 00000000");
  EXPECT_EQ(failure->status_code, 5u);
}

// MS-OXCMAPIHTTP_R2000 MS-OXCMAPIHTTP_R2001 MS-OXCMAPIHTTP_R2002 MS-OXCMAPIHTTP_R2003 MS-OXCMAPIHTTP_R2004
// MS-OXCMAPIHTTP_R2005 MS-OXCMAPIHTTP_R2006 MS-OXCMAPIHTTP_R2009 MS-OXCMAPIHTTP_R2010 MS-OXCMAPIHTTP_R2257
// MS-OXCMAPIHTTP_R2258
// HasValue stands in front of texts, binaries and multiple values, and of
// each text and binary among multiple ones; of others it does not.
TEST(AddressBookValues, MarksSayWhetherTheyAreThere) {
  using Tagged = AddressBookTaggedPropertyValue;
  Decoded<Tagged> text("1F00 0130 FF 61006200 0000");
  EXPECT_EQ(mapi::text_of_value(PropType::string, text->value), "ab");
  Decoded<Tagged> no_text("1F00 0130 00");
  EXPECT_TRUE(is_absent(PropType::string, no_text->value));
  EXPECT_TRUE(no_text->value.bytes.empty());
  Decoded<Tagged> empty_text("1F00 0130 FF 0000");
  EXPECT_FALSE(is_absent(PropType::string, empty_text->value));
  Decoded<Tagged> narrow("1E00 0130 FF 616200");
  EXPECT_EQ(mapi::text_of_value(PropType::string8, narrow->value), "ab");
  Decoded<Tagged> binary("0201 FF0F FF 03000000 010203");
  EXPECT_EQ(binary->value.bytes.size(), 3u);
  Decoded<Tagged> number("0300 0039 06000000");
  EXPECT_EQ(number->value.number, 6u);
  Decoded<Tagged> table("0D00 0980");
  EXPECT_EQ(table->tag.type(), PropType::object);
  Decoded<Tagged> texts("1F10 0F80 FF 03000000 FF 61000000 00 FF 0000");
  ASSERT_EQ(texts->value.items.size(), 3u);
  EXPECT_EQ(mapi::text_of_value(PropType::string, texts->value.items[0]), "a");
  EXPECT_TRUE(is_absent(PropType::string, texts->value.items[1]));
  EXPECT_FALSE(is_absent(PropType::string, texts->value.items[2]));
  Decoded<Tagged> no_texts("1F10 0F80 00");
  EXPECT_TRUE(is_absent(PropType::multiple_string, no_texts->value));
  EXPECT_EQ(no_texts->value.items.size(), 0u);
  Decoded<Tagged> binaries("0211 6D8C FF 02000000 FF 01000000 AA 00");
  EXPECT_EQ(binaries->value.items.size(), 2u);
  Decoded<Tagged> numbers("0310 0680 FF 02000000 01000000 02000000");
  EXPECT_EQ(numbers->value.items[1].number, 2u);
  EXPECT_NE(why_not<Tagged>("1F00 0130 01 0000").find("neither 0x00 nor 0xFF"), std::string::npos);
}

// MS-OXCMAPIHTTP_R2011 MS-OXCMAPIHTTP_R2012 MS-OXCMAPIHTTP_R2013 MS-OXCMAPIHTTP_R2014
TEST(AddressBookValues, ListsCountWide) {
  Decoded<AddressBookPropertyValueList> list("02000000 0300 0039 00000000 0B00 0A3A 01");
  ASSERT_EQ(list->values.size(), 2u);
  EXPECT_EQ(list->values[1].tag, PropTag(0x3A0A000B));
  EXPECT_NE(why_not<AddressBookPropertyValueList>("FFFFFFFF 0300"), "it is decoded");
}

// MS-OXCMAPIHTTP_R15, MS-OXCMAPIHTTP_R16, MS-OXCMAPIHTTP_R17, MS-OXCMAPIHTTP_R18, MS-OXCMAPIHTTP_R450,
// MS-OXCMAPIHTTP_R453 MS-OXCMAPIHTTP_R2018 MS-OXCMAPIHTTP_R2019 MS-OXCMAPIHTTP_R2021 MS-OXCMAPIHTTP_R2022
// MS-OXCMAPIHTTP_R2024 MS-OXCMAPIHTTP_R2027 MS-OXCMAPIHTTP_R2035 MS-OXCMAPIHTTP_R2036
TEST(AddressBookValues, RowsWithAndWithoutFlags) {
  const PropTag tags[] = {PropTag(0x3001001F), PropTag(0x39000003), PropTag(0x39FE0000)};
  mapi::RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
  Decoded<AddressBookPropertyRow> plain("00 FF61000000 00000000 1F00 FF62000000", &context);
  EXPECT_EQ(mapi::text_of_value(PropType::string, plain->cells[0].value), "a");
  EXPECT_EQ(plain->cells[2].type, PropType::string);
  Decoded<AddressBookPropertyRow> flagged("01 0A 0F010480 01 0300 00 05000000", &context);
  EXPECT_EQ(flagged->cells[0].flag, mapi::CellFlag::error);
  EXPECT_EQ(flagged->cells[0].value.number, 0x8004010Fu);
  EXPECT_EQ(flagged->cells[1].flag, mapi::CellFlag::absent);
  EXPECT_EQ(flagged->cells[2].value.number, 5u);
  Arena arena;
  EXPECT_FALSE(wire::decode<AddressBookPropertyRow>(*from_hex("02 0A 0F010480 01 0300 00 05000000"), arena, &context));
  EXPECT_FALSE(wire::decode<AddressBookPropertyRow>(*from_hex("01 02 0F010480 01 0300 00 05000000"), arena, &context));
  mapi::PropertyCell cells[] = {mapi::PropertyCell::of(tags[0], absent_value(PropType::string)),
                                mapi::PropertyCell::error(tags[1], mapi::ErrorCode::not_found),
                                mapi::PropertyCell::of(tags[1], Value::of(7u))};
  EXPECT_EQ(AddressBookPropertyRow::of(cells).flags, RowFlags::flagged);
  EXPECT_EQ(AddressBookPropertyRow::of(std::span(cells, 1)).flags, RowFlags::values);
}

// MS-OXCMAPIHTTP_R23, MS-OXCMAPIHTTP_R24, MS-OXCMAPIHTTP_R25, MS-OXCMAPIHTTP_R26
TEST(AddressBookValues, NoMoreThanAHundredThousandTags) {
  Decoded<LargePropertyTagArray> tags("02000000 1F000130 03000039");
  EXPECT_EQ(tags->tags[1], PropTag(0x39000003));
  auto of_size = [](u32 n) {
    std::vector<u8> bytes(4 + n * std::size_t{4});
    store_le(bytes.data(), n);
    Arena arena;
    return wire::decode<LargePropertyTagArray>(bytes, arena).ok();
  };
  EXPECT_TRUE(of_size(100'000));
  EXPECT_FALSE(of_size(100'001));
}

TEST(AddressBookValues, RestrictionsCountWideAndMarkTheirValues) {
  // and(property(PidTagAnr == "b"), not(exist(PidTagMember)), comment)
  Decoded<AddressBookRestriction> read(
      "00 03000000"
      "04 04 1F003600 1F003600 FF 62000000"
      "02 08 0D000980"
      "0A 01 03000039 05000000 01 08 0D000980");
  const mapi::Restriction& all = read->restriction;
  ASSERT_EQ(all.children.size(), 3u);
  EXPECT_EQ(mapi::text_of_value(PropType::string, all.children[0].values[0].value), "b");
  EXPECT_EQ(all.children[1].children[0].tag, PropTag(0x8009000D));
  EXPECT_EQ(all.children[2].values[0].value.number, 5u);
  // Deeper than any reader goes along.
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "02";
  EXPECT_NE(why_not<AddressBookRestriction>(deep + "08 0D000980"), "it is decoded");
  EXPECT_NE(why_not<AddressBookRestriction>("00 FFFFFFFF 08"), "it is decoded");
  // Without its part it cannot be written.
  AddressBookRestriction partless;
  partless.restriction.type = mapi::RestrictType::not_;
  wire::OutBuffer out;
  EXPECT_FALSE(wire::encode(partless, out));
}

TEST(AddressBookBodies, QueryRows) {
  Decoded<QueryRowsRequest> request("01000000 FF" + std::string(kStat) +
                                    "02000000 10000000 11000000 32000000 FF 01000000 1F000130 00000000");
  EXPECT_EQ(request->explicit_table[1], 0x11u);
  EXPECT_EQ(request->row_count, 50u);
  EXPECT_EQ(request->columns.value.tags[0], PropTag(0x3001001F));
  Decoded<QueryRowsResponse> response("00000000 00000000 FF" + std::string(kStat) +
                                      "FF 02000000 1F000130 03000039 02000000"
                                      "00 FF 61000000 00000000"
                                      "01 0A 0F010480 00 06000000"
                                      "00000000");
  ASSERT_EQ(response->rows.value.rows.size(), 2u);
  EXPECT_EQ(response->rows.value.rows[1].cells[1].value.number, 6u);
  Decoded<QueryRowsResponse> empty("00000000 0F010480 00 00 00000000");
  EXPECT_EQ(empty->error_code, mapi::ErrorCode::not_found);
}

TEST(AddressBookBodies, GetMatches) {
  Decoded<GetMatchesRequest> request("00000000 FF" + std::string(kStat) +
                                     "00 00000000"
                                     "FF 04 04 1F003600 1F003600 FF 62000000"
                                     "01 0102030405060708090A0B0C0D0E0F10 22000000"
                                     "64000000 00 00000000");
  EXPECT_EQ(request->filter.value.restriction.type, mapi::RestrictType::property);
  EXPECT_EQ(request->property_name.value.id, 0x22u);
  EXPECT_EQ(request->row_count, 100u);
  EXPECT_FALSE(request->columns);
  Decoded<GetMatchesResponse> response("00000000 00000000 FF" + std::string(kStat) +
                                       "FF 01000000 10000000 FF 01000000 03000039 01000000 00 00000000 00000000");
  EXPECT_EQ(response->ids.value[0], 0x10u);
  EXPECT_EQ(response->rows.value.rows.size(), 1u);
}

TEST(AddressBookBodies, NamesAndIds) {
  Decoded<DnToMinIdRequest> names("00000000 FF 02000000 2F6F3D5200 00 00000000");
  EXPECT_EQ(names->names.value[0].text(), "/o=R");
  Decoded<DnToMinIdResponse> ids("00000000 00000000 FF 02000000 10000000 00000000 00000000");
  EXPECT_EQ(ids->ids.value[0], 0x10u);
  Decoded<ResolveNamesRequest> resolve("00000000 FF" + std::string(kStat) + "00 FF 01000000 75000000 00000000");
  EXPECT_EQ(utf16_to_utf8(resolve->names.value[0].bytes), "u");
  Decoded<ResolveNamesResponse> resolved(
      "00000000 00000000 E4040000 FF 02000000 02000000 01000000 FF 01000000 1F000130 01000000 00 FF61000000 00000000");
  EXPECT_EQ(resolved->code_page, 1252u);
  EXPECT_EQ(resolved->ids.value.size(), 2u);
  EXPECT_EQ(resolved->rows.value.rows.size(), 1u);
}

TEST(AddressBookBodies, ObjectsAndTheirProperties) {
  Decoded<GetPropsRequest> request("01000000 FF" + std::string(kStat) + "FF 01000000 1F000130 00000000");
  EXPECT_EQ(request->tags.value.tags.size(), 1u);
  Decoded<GetPropsResponse> response("00000000 80030400 E4040000 FF 01000000 0A000130 0F010480 00000000");
  EXPECT_EQ(response->error_code, mapi::ErrorCode{0x00040380});
  EXPECT_EQ(response->values.value.values[0].value.number, 0x8004010Fu);
  Decoded<GetPropListResponse> list("00000000 00000000 FF 01000000 1F000130 00000000");
  EXPECT_EQ(list->tags.value.tags.size(), 1u);
  Decoded<GetTemplateInfoRequest> of_template("01000000 00000000 FF 2F6F3D5200 E4040000 09040000 00000000");
  EXPECT_EQ(of_template->template_dn.value.text(), "/o=R");
  Decoded<GetSpecialTableResponse> table(
      "00000000 00000000 E4040000 FF 03000000 FF 01000000 01000000 03000036 02000000 00000000");
  EXPECT_EQ(table->version.value, 3u);
  EXPECT_EQ(table->rows.value[0].values[0].value.number, 2u);
  Decoded<ModPropsRequest> modify("00000000 00 FF 01000000 1F000130 FF 01000000 1F000130 FF 61000000 00000000");
  EXPECT_EQ(modify->removed.value.tags.size(), 1u);
  EXPECT_EQ(modify->values.value.values.size(), 1u);
}

TEST(AddressBookBodies, LinksNameTheirObjectsByEitherIdentifier) {
  Decoded<ModLinkAttRequest> request(
      "01000000 0D000980 10000000 FF 02000000"
      "87000000 0102030405060708090A0B0C0D0E0F10 01000000 00000000 11000000"
      "00000000 DCA740C8C042101AB4B908002B2FE182 01000000 00000000 2F6F3D5200"
      "00000000");
  ASSERT_EQ(request->entry_ids.value.size(), 2u);
  EXPECT_EQ(request->entry_ids.value[0].ephemeral.mid, 0x11u);
  EXPECT_EQ(request->entry_ids.value[1].permanent.x500_dn.text(), "/o=R");
}

TEST(AddressBookBodies, PositionsAndAddresses) {
  Decoded<UpdateStatRequest> request("00000000 FF" + std::string(kStat) + "01 00000000");
  EXPECT_TRUE(static_cast<bool>(request->delta_requested));
  Decoded<UpdateStatResponse> response("00000000 00000000 FF" + std::string(kStat) + "FF FEFFFFFF 00000000");
  EXPECT_EQ(response->delta.value, -2);
  // MS-OXCMAPIHTTP_R401
  Decoded<CompareMinIdsResponse> compared("00000000 00000000 FFFFFFFF 00000000");
  EXPECT_EQ(compared->result, -1);
  Decoded<GetMailboxUrlRequest> mailbox("00000000 2F006F000000 00000000");
  EXPECT_EQ(utf16_to_utf8(mailbox->server_dn.bytes), "/o");
  Decoded<GetAddressBookUrlResponse> url("00000000 00000000 680074000000 00000000");
  EXPECT_EQ(utf16_to_utf8(url->server_url.bytes), "ht");
}

// Counts that no body of that size could hold are refused before anything is made of them.
TEST(AddressBookBodies, LyingCountsAreRefused) {
  const std::string state = "00000000 FF" + std::string(kStat);
  EXPECT_NE(why_not<QueryRowsRequest>("00000000 00 FFFFFFFF 10000000"), "it is decoded");
  EXPECT_NE(why_not<ResolveNamesRequest>(state + "00 FF FFFFFF7F 75000000"), "it is decoded");
  EXPECT_NE(why_not<QueryRowsResponse>("00000000 00000000 00 FF 00000000 FFFFFFFF 00"), "it is decoded");
  EXPECT_NE(why_not<GetSpecialTableResponse>("00000000 00000000 00000000 00 FF FFFFFF00 00000000"), "it is decoded");
}

}  // namespace
}  // namespace ropewalk::mapihttp
