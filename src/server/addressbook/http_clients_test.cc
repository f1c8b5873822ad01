// What clients leave out of requests over HTTP, and what they put into the address: none of it matters.
#include <list>

#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/address_book_tables.h"
#include "server/endpoint_fixture.h"

namespace ropewalk::server {
namespace {

using namespace mapihttp;
using mapi::PropTag;
using testing::HasSubstr;
namespace tag = mapi::tag;

class HttpClients : public Endpoint {
 protected:
  std::unique_ptr<TestClient> book_client(const std::string& path = "/mapi/nspi/") {
    auto made = client();
    made->set_path(path);
    return made;
  }
  std::unique_ptr<TestClient> bound() {
    auto made = book_client();
    EXPECT_EQ(ask<BindResponse>(*made, "Bind", BindRequest{}).error_code, ErrorCode::none) << "without a STAT";
    return made;
  }
  template <class T, class Request>
  T ask(TestClient& client, const std::string& type, const Request& request) {
    replies_.push_back(client.request(type, TestClient::encoded(request)));
    EXPECT_EQ(replies_.back().code(), 0) << replies_.back().raw;
    auto body = wire::decode<T>(replies_.back().stream.body(), arena_);
    EXPECT_TRUE(body.ok()) << type;
    return body.ok() ? *body : T{};
  }

  Arena arena_;
  std::list<TestReply> replies_;
};

// A STAT that is not there is one of zeros: the beginning of the Global Address List; and none comes back.
TEST_F(HttpClients, NoStatIsOneOfZeros) {
  start();
  auto one = bound();
  const std::vector<PropTag> columns = {PropTag(tag::PidTagDisplayName)};

  UpdateStatRequest update;
  update.delta_requested = kPresent;
  const auto moved = ask<UpdateStatResponse>(*one, "UpdateStat", update);
  EXPECT_EQ(moved.error_code, ErrorCode::none);
  EXPECT_FALSE(moved.state);

  QueryRowsRequest query;
  query.row_count = 5;
  query.columns = LargePropertyTagArray::of(columns);
  const auto rows = ask<QueryRowsResponse>(*one, "QueryRows", query);
  EXPECT_EQ(rows.error_code, ErrorCode::none);
  EXPECT_FALSE(rows.state);
  ASSERT_EQ(rows.rows.value.rows.size(), 2u);
  EXPECT_EQ(utf16_to_utf8(rows.rows.value.rows[0].cells[0].value.bytes), "The user1");

  SeekEntriesRequest seek;
  AddressBookTaggedPropertyValue name;
  name.tag = columns[0];
  name.value = mapi::Value::of(mapi::utf16_in(arena_, "The user2"));
  seek.target = name;
  seek.columns = query.columns;
  const auto found = ask<SeekEntriesResponse>(*one, "SeekEntries", seek);
  EXPECT_EQ(found.error_code, ErrorCode::none);
  EXPECT_EQ(found.rows.value.rows.size(), 1u);

  ResolveNamesRequest resolve;
  std::vector<u8> text = utf8_to_utf16("user1");
  wire::String16 names[] = {{text}, {}};
  resolve.names = wire::List<wire::String16>(std::span(names));
  const auto resolved = ask<ResolveNamesResponse>(*one, "ResolveNames", resolve);
  EXPECT_EQ(resolved.error_code, ErrorCode::none);
  ASSERT_EQ(resolved.ids.value.size(), 2u);
  EXPECT_EQ(resolved.ids.value[0], 2u);
  EXPECT_EQ(resolved.ids.value[1], 0u);

  EXPECT_EQ(ask<ResortRestrictionResponse>(*one, "ResortRestriction", ResortRestrictionRequest{}).error_code,
            ErrorCode::none);
  EXPECT_EQ(ask<GetSpecialTableResponse>(*one, "GetSpecialTable", GetSpecialTableRequest{}).error_code,
            ErrorCode::none);
  // CurrentRec 0 is nobody.
  GetPropsRequest props;
  props.tags = query.columns;
  EXPECT_EQ(ask<GetPropsResponse>(*one, "GetProps", props).error_code, ErrorCode::warn_with_errors);
  EXPECT_EQ(ask<GetMatchesResponse>(*one, "GetMatches", GetMatchesRequest{}).error_code, ErrorCode::error);
}

// What an answer that fails says is its error alone: clients take what else is there for memory of theirs.
TEST_F(HttpClients, FailuresComeAlone) {
  start();
  auto one = bound();
  nspi::Stat nowhere;
  nowhere.code_page = 1252;
  nowhere.container_id = 0x7FFFFFF0;
  const std::vector<PropTag> columns = {PropTag(tag::PidTagDisplayName)};
  QueryRowsRequest query;
  query.state = nowhere;
  query.row_count = 5;
  query.columns = LargePropertyTagArray::of(columns);
  const auto rows = ask<QueryRowsResponse>(*one, "QueryRows", query);
  EXPECT_EQ(rows.error_code, ErrorCode::invalid_bookmark);
  EXPECT_FALSE(rows.rows);
  ResolveNamesRequest resolve;
  resolve.state = nowhere;
  const auto resolved = ask<ResolveNamesResponse>(*one, "ResolveNames", resolve);
  EXPECT_EQ(resolved.error_code, ErrorCode::invalid_bookmark);
  EXPECT_FALSE(resolved.ids);
  EXPECT_FALSE(resolved.rows);
  GetMatchesRequest match;
  match.state = nowhere;
  match.columns = query.columns;
  const auto matched = ask<GetMatchesResponse>(*one, "GetMatches", match);
  EXPECT_NE(matched.error_code, ErrorCode::none);
  EXPECT_FALSE(matched.ids);
  EXPECT_FALSE(matched.rows);
  GetPropsRequest props;
  props.state = nowhere;
  const auto read = ask<GetPropsResponse>(*one, "GetProps", props);
  EXPECT_EQ(read.error_code, ErrorCode::invalid_object);
  EXPECT_FALSE(read.values);
}

// The mailbox is named by the DN inside, and by who signed in: what `?MailboxId=` says is for machines in between.
TEST_F(HttpClients, AnyMailboxIdWillDo) {
  start();
  const std::string other = server_->directory().find_by_id(2).value()->mailbox_guid.to_string();
  for (const std::string& query :
       {std::string(), std::string("?"), std::string("?MailboxId="), std::string("?MailboxId=nonsense"),
        "?MailboxId=" + other + "@ropewalk.test", "?mailboxid=" + Guid::random().to_string() + "@other.test",
        std::string("?a=b&MailboxId=%00%ff&MailboxId=x"), "?MailboxId=" + std::string(4000, 'x')}) {
    auto book = book_client("/mapi/nspi/" + query);
    EXPECT_EQ(ask<BindResponse>(*book, "Bind", BindRequest{}).error_code, ErrorCode::none) << query;
    EXPECT_EQ(book->request("Unbind", TestClient::encoded(UnbindRequest{})).code(), 0) << query;
    auto mail = client();
    mail->set_path("/mapi/emsmdb/" + query);
    TestReply reply = mail->connect(dns_[0]);
    EXPECT_EQ(reply.body<ConnectResponse>().error_code, ErrorCode::none) << query;
    EXPECT_EQ(mail->execute(bytes_of("rops")).code(), 0) << query;
    EXPECT_EQ(mail->disconnect().code(), 0) << query;
    // It gives nobody another's mailbox.
    auto foreign = client();
    foreign->set_path("/mapi/emsmdb/" + query);
    EXPECT_NE(foreign->connect(dns_[1]).body<ConnectResponse>().error_code, ErrorCode::none) << query;
  }
}

}  // namespace
}  // namespace ropewalk::server
