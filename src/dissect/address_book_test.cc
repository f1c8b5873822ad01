// The address book's requests over HTTP as operations.
#include "base/utf16.h"
#include "dissect/catalogue.h"
#include "dissect/filter.h"
#include "dissect/operation_filter.h"
#include "dissect/test_conversation.h"
#include "mapi/property_tags.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/request_types.h"
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

TEST(AddressBookOperations, FieldsAreInTheCatalogue) {
  for (const char* field :
       {"mapi.NspiBind.ServerGuid", "mapi.NspiGetMatches.PropertyNameId", "mapi.NspiSeekEntries.HasTarget",
        "mapi.NspiResolveNames.NameValues", "mapi.GetMailboxUrl.ServerUrl"})
    EXPECT_FALSE(find_in_catalogue(field).empty()) << field;
}

}  // namespace
}  // namespace ropewalk::dissect
