// The address book's requests over HTTP as operations.
#include "base/utf16.h"
#include "dissect/catalogue.h"
#include "dissect/filter.h"
#include "dissect/operation_filter.h"
#include "dissect/test_conversation.h"
#include "mapi/entry_id.h"
#include "mapi/property_tags.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/nspi/values.h"
#include "wire/generate.h"

namespace ropewalk::dissect {
namespace {

bool is_found(const Operation& operation, std::string_view text) {
  auto filter = Filter::parse(text, operation_names());
  EXPECT_TRUE(filter.ok()) << text;
  return filter.ok() && matches(*filter, operation);
}

TEST(AddressBookOperations, AreNamedAsOverRpcAndExplained) {
  HttpConversation talk("/mapi/nspi/");
  mapihttp::BindRequest bind;
  bind.state = nspi::Stat{};
  talk.request("bind", encoded(bind));
  talk.response("Bind", encoded(mapihttp::BindResponse{}));
  mapi::PropTag columns[] = {mapi::PropTag(mapi::tag::PidTagDisplayName), mapi::PropTag(mapi::tag::PidTagDisplayType)};
  mapihttp::QueryRowsRequest query;
  query.row_count = 50;
  query.columns = mapihttp::LargePropertyTagArray::of(columns);
  talk.request("QueryRows", encoded(query));
  std::vector<u8> name = utf8_to_utf16("user1");
  mapi::PropertyCell cells[] = {mapi::PropertyCell::of(columns[0], mapi::Value::of(ByteView(name))),
                                mapi::PropertyCell::error(columns[1], mapi::ErrorCode::not_found)};
  mapihttp::AddressBookPropertyRow rows[] = {mapihttp::AddressBookPropertyRow::of(cells)};
  mapihttp::QueryRowsResponse answer;
  answer.rows = mapihttp::ColumnsAndRows{mapihttp::LargePropertyTagArray::of(columns),
                                         std::span<mapihttp::AddressBookPropertyRow>(rows)};
  talk.response("QueryRows", encoded(answer));
  talk.request("Unbind", encoded(mapihttp::UnbindRequest{}));
  mapihttp::UnbindResponse unbound;
  unbound.error_code = mapi::ErrorCode{1};
  talk.response("Unbind", encoded(unbound));

  auto all = talk.told("address-book.pcap");
  ASSERT_EQ(all.size(), 6u);
  EXPECT_EQ(all[0].name, "NspiBind");
  EXPECT_EQ(all[1].result, "success");
  EXPECT_EQ(all[2].name, "NspiQueryRows");
  EXPECT_EQ(all[3].answers, all[2].number);
  EXPECT_EQ(values(all[3], "PidTagDisplayName"), std::vector<std::string>{"user1"});
  EXPECT_EQ(all[5].error, 0u);
  EXPECT_TRUE(is_found(all[2], "mapi.NspiQueryRows.RowCount == 50"));
  EXPECT_FALSE(is_found(all[0], "mapi.NspiQueryRows"));
  EXPECT_TRUE(is_found(all[3], "mapi.PidTagDisplayName contains \"user\""));
}

// Whatever the bodies hold: each byte once, in every one of the 19 request types.
TEST(AddressBookOperations, EveryBodyIsCovered) {
  wire::Random random{std::mt19937_64(5)};
  HttpConversation talk("/mapi/nspi/");
  std::size_t sent = 0;
  auto draw = [&](const wire::StructInfo& info) {
    for (;;) {
      Arena arena;
      void* made = wire::generate(info, random, arena);
      if (made == nullptr) continue;
      wire::OutBuffer out;
      wire::Encoder encoder(out);
      info.encode(encoder, made);
      return std::string(text_of(out.view()));
    }
  };
  for (int round = 0; round < 5; ++round) {
    for (const mapihttp::RequestTypeRow& row : mapihttp::request_types()) {
      if (is_of_mailbox(row.type)) continue;
      talk.request(name(row.type), draw(*row.request));
      talk.response(name(row.type), draw(*row.response));
      sent += 2;
    }
  }
  EXPECT_EQ(talk.told("address-book-drawn.pcap").size(), sent);
}

// The text beside each field of that name.
std::vector<std::string> texts(const Operation& operation, std::string_view name) {
  std::vector<std::string> found;
  walk(operation.tree, [&](const wire::Node& node) {
    if (node.name == name) found.push_back(node.text);
  });
  return found;
}

constexpr u32 kAllUsers = 0x15, kPerson = 0x21;

std::string ephemeral_id(u32 mid) {
  mapi::EphemeralEntryId id;
  id.flags = {0x87, 0, 0, 0};
  id.body.mid = mid;
  return encoded(id);
}

// What rows said earlier is beside the numbers of later requests.
TEST(AddressBookOperations, MinimalIdsHaveTheNamesThatTheSessionTold) {
  HttpConversation talk("/mapi/nspi/");
  talk.request("GetSpecialTable", encoded(mapihttp::GetSpecialTableRequest{}));
  std::vector<u8> list_name = utf8_to_utf16("All Users"), name = utf8_to_utf16("user1");
  mapihttp::AddressBookTaggedPropertyValue container[2];
  container[0].tag = mapi::PropTag(mapi::tag::PidTagDisplayName);
  container[0].value = mapi::Value::of(ByteView(list_name));
  container[1].tag = mapi::PropTag(mapi::tag::PidTagAddressBookContainerId);
  container[1].value = mapi::Value::of(i64{kAllUsers});
  mapihttp::AddressBookPropertyValueList hierarchy[] = {{}};
  hierarchy[0].values = wire::List<mapihttp::AddressBookTaggedPropertyValue>(std::span(container));
  mapihttp::GetSpecialTableResponse table;
  table.rows = wire::List<mapihttp::AddressBookPropertyValueList>(std::span(hierarchy));
  talk.response("GetSpecialTable", encoded(table));

  mapi::PropTag columns[] = {mapi::PropTag(mapi::tag::PidTagDisplayName), mapi::PropTag(mapi::tag::PidTagEntryId)};
  mapihttp::QueryRowsRequest query;
  query.state = nspi::Stat{.container_id = kAllUsers, .code_page = 1200, .sort_locale = 0x409};
  query.columns = mapihttp::LargePropertyTagArray::of(columns);
  talk.request("QueryRows", encoded(query));
  const std::string id = ephemeral_id(kPerson);
  mapi::PropertyCell cells[] = {mapi::PropertyCell::of(columns[0], mapi::Value::of(ByteView(name))),
                                mapi::PropertyCell::of(columns[1], mapi::Value::of(bytes_of(id)))};
  mapihttp::AddressBookPropertyRow rows[] = {mapihttp::AddressBookPropertyRow::of(cells)};
  mapihttp::QueryRowsResponse answer;
  answer.rows = mapihttp::ColumnsAndRows{mapihttp::LargePropertyTagArray::of(columns),
                                         std::span<mapihttp::AddressBookPropertyRow>(rows)};
  talk.response("QueryRows", encoded(answer));

  mapihttp::CompareMinIdsRequest compare;
  compare.id1 = kPerson;
  compare.id2 = 0x22;
  talk.request("CompareMIds", encoded(compare));
  talk.response("CompareMIds", encoded(mapihttp::CompareMinIdsResponse{}));
  mapihttp::ResolveNamesResponse resolved;
  u32 outcomes[] = {0, 1, 2};
  resolved.ids = wire::List<u32>(std::span(outcomes));
  talk.request("ResolveNames", encoded(mapihttp::ResolveNamesRequest{}));
  talk.response("ResolveNames", encoded(resolved));

  auto all = talk.told("address-book-names.pcap");
  ASSERT_EQ(all.size(), 8u);
  EXPECT_EQ(texts(all[2], "ContainerID"), std::vector<std::string>{"\"All Users\""});
  EXPECT_EQ(texts(all[2], "SortType"), std::vector<std::string>{"SortTypeDisplayName"});
  EXPECT_EQ(texts(all[2], "CodePage"), std::vector<std::string>{"CP_WINUNICODE"});
  EXPECT_EQ(texts(all[2], "SortLocale"), std::vector<std::string>{"en-US"});
  EXPECT_EQ(texts(all[2], "CurrentRec"), std::vector<std::string>{"MID_BEGINNING_OF_TABLE"});
  EXPECT_EQ(texts(all[3], "Bytes"), std::vector<std::string>{"ephemeral entry ID, MId 33, \"user1\""});
  EXPECT_EQ(texts(all[4], "MinimalId1"), std::vector<std::string>{"\"user1\""});
  EXPECT_EQ(texts(all[4], "MinimalId2"), std::vector<std::string>{""});
  EXPECT_EQ(texts(all[7], "[0]"), std::vector<std::string>{"MID_UNRESOLVED"});
  EXPECT_EQ(texts(all[7], "[1]"), std::vector<std::string>{"MID_AMBIGUOUS"});
  EXPECT_TRUE(is_found(all[2], "nspi.STAT.ContainerID == \"\\\"All Users\\\"\""));
  EXPECT_TRUE(is_found(all[4], "nspi.CompareMIds.MinimalId1 == 33"));
  EXPECT_TRUE(is_found(all[4], "nspi and not emsmdb"));
}

// NDR keeps tags and values apart; the values bear their properties' names all the same.
TEST(AddressBookOperations, OverRpcToo) {
  RpcConversation talk(nspi::kNspi.id);
  nspi::BindOut bound;
  bound.handle.uuid = guid_literal("58fdb733-bb5f-4a5d-ad4b-0f07fe7943d1");
  talk.request(0, encoded(nspi::BindIn{}));
  talk.response(encoded(bound));
  Arena arena;
  u32 ids[] = {kPerson};
  mapi::PropTag columns[] = {mapi::PropTag(mapi::tag::PidTagDisplayName), mapi::PropTag(mapi::tag::PidTagDisplayType),
                             mapi::PropTag(mapi::tag::PidTagEntryId)};
  mapi::AddressBookEntryId permanent;
  permanent.provider_uid = guid_literal("c840a7dc-42c0-1a10-b4b9-08002b2fe182");
  permanent.body.x500_dn = wire::String8::of("/o=x/cn=user1");
  const std::string entry_id = encoded(permanent);
  mapi::Property cells[] = {{columns[0], mapi::Value::of(mapi::utf16_in(arena, "user1"))},
                            {columns[1], mapi::Value::of(i64{6})},
                            {columns[2], mapi::Value::of(bytes_of(entry_id))}};
  std::span<const mapi::Property> row(cells);
  nspi::GetMatchesIn matches;
  matches.handle = bound.handle;
  talk.request(5, encoded(matches));
  nspi::GetMatchesOut matched;
  matched.ids = nspi::nspi_ids(ids, arena);
  matched.rows = nspi::nspi_rows({&row, 1}, arena);
  talk.response(encoded(matched));
  nspi::GetPropListIn list;
  list.handle = bound.handle;
  list.id = kPerson;
  talk.request(8, encoded(list));
  talk.response(encoded(nspi::GetPropListOut{}));
  nspi::UnbindIn unbind;
  unbind.handle = bound.handle;
  nspi::UnbindOut unbound;
  unbound.return_value = 1;
  talk.request(1, encoded(unbind));
  talk.response(encoded(unbound));

  auto all = talk.told("address-book-rpc.pcap");
  ASSERT_EQ(all.size(), 10u);
  const Operation& rows = all[5];
  EXPECT_EQ(rows.name, "NspiGetMatches");
  EXPECT_EQ(values(rows, "PidTagDisplayName"), std::vector<std::string>{"user1"});
  EXPECT_EQ(values(rows, "PidTagDisplayType"), std::vector<std::string>{"6"});
  EXPECT_EQ(texts(rows, "PidTagEntryId"), std::vector<std::string>{"permanent entry ID, \"/o=x/cn=user1\""});
  EXPECT_TRUE(is_found(rows, "mapi.PidTagDisplayName == \"user1\""));
  EXPECT_FALSE(is_found(rows, "mapi.PidTagDisplayName != \"user1\""));
  EXPECT_EQ(texts(all[6], "dwMId"), std::vector<std::string>{"\"user1\""});
  EXPECT_TRUE(is_found(all[6], "nspi.GetPropList.dwMId == 33"));
  EXPECT_EQ(all[9].error, 0u);
  EXPECT_EQ(all[9].result, "success");
}

TEST(AddressBookOperations, FieldsAreInTheCatalogue) {
  for (const char* field :
       {"mapi.NspiBind.ServerGuid", "mapi.NspiGetMatches.PropertyNameId", "mapi.NspiSeekEntries.HasTarget",
        "mapi.NspiResolveNames.NameValues", "mapi.GetMailboxUrl.ServerUrl"})
    EXPECT_FALSE(find_in_catalogue(field).empty()) << field;
}

}  // namespace
}  // namespace ropewalk::dissect
