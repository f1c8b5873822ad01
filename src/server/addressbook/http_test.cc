// The address book endpoint of MAPI over HTTP: sessions, request types, refusals.
#include <list>
#include <random>

#include "base/hex.h"
#include "base/utf16.h"
#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/request_types.h"
#include "server/endpoint_fixture.h"
#include "wire/generate.h"

namespace ropewalk::server {
namespace {

using namespace mapihttp;
using mapi::PropTag;
using testing::HasSubstr;
using testing::StartsWith;
namespace tag = mapi::tag;

class BookEndpoint : public Endpoint {
 protected:
  nspi::Stat first(u32 record = 0) const {
    nspi::Stat stat;
    stat.current_record = record;
    stat.code_page = 1252;
    stat.sort_locale = stat.template_locale = 0x409;
    return stat;
  }
  std::unique_ptr<TestClient> book_client(int user = 1) {
    auto made = client("user" + std::to_string(user));
    made->set_path("/mapi/nspi/");
    return made;
  }
  TestReply bind(TestClient& client) {
    BindRequest request;
    request.state = first();
    return client.request("Bind", TestClient::encoded(request));
  }
  std::unique_ptr<TestClient> bound(int user = 1) {
    auto made = book_client(user);
    TestReply reply = bind(*made);
    EXPECT_EQ(reply.code(), 0) << reply.raw << reply.error;
    EXPECT_EQ(read<BindResponse>(reply).error_code, ErrorCode::none);
    return made;
  }
  // The response's body; lives as long as the test, and the reply as long as it.
  template <class T>
  T read(const TestReply& reply) {
    auto body = wire::decode<T>(reply.stream.body(), arena_);
    EXPECT_TRUE(body.ok()) << (body.ok() ? "" : body.error().text()) << reply.raw;
    return body.ok() ? *body : T{};
  }
  template <class T, class Request>
  T ask(TestClient& client, const Request& request) {
    for (const RequestTypeRow& row : request_types()) {
      if (row.request == nullptr || row.request->name != Request::kName) continue;
      kept_.push_back(client.request(std::string(name(row.type)), TestClient::encoded(request)));
      EXPECT_EQ(kept_.back().code(), 0) << kept_.back().raw;
      return read<T>(kept_.back());
    }
    ADD_FAILURE() << Request::kName;
    return {};
  }
  u32 id_of(TestClient& client, const std::string& dn) {
    wire::String8 names[] = {wire::String8::of(dn)};
    DnToMinIdRequest request;
    request.names = wire::List<wire::String8>(std::span<wire::String8>(names));
    auto response = ask<DnToMinIdResponse>(client, request);
    EXPECT_EQ(response.error_code, ErrorCode::none);
    return response.ids.value.size() == 1 ? response.ids.value[0] : 0;
  }

  Arena arena_;
  std::list<TestReply> kept_;
};

// MS-OXCMAPIHTTP_R324, MS-OXCMAPIHTTP_R353, MS-OXCMAPIHTTP_R1441, MS-OXCMAPIHTTP_R1446, MS-OXCMAPIHTTP_R1219,
// MS-OXCMAPIHTTP_R1221, MS-OXCMAPIHTTP_R1438, MS-OXCMAPIHTTP_R1250, MS-OXCMAPIHTTP_R1253, MS-OXCMAPIHTTP_R1255,
// MS-OXCMAPIHTTP_R2236
TEST_F(BookEndpoint, BindOpensASessionAndUnbindEndsIt) {
  start();
  auto one = book_client();
  TestReply reply = bind(*one);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.code(), 0);
  auto response = read<BindResponse>(reply);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  EXPECT_NE(response.server_guid, Guid{});
  EXPECT_EQ(response.auxiliary_buffer.size(), 0u);
  EXPECT_TRUE(one->cookies.contains("MapiContext"));
  EXPECT_TRUE(one->cookies.contains("MapiSequence"));
  EXPECT_EQ(server_->sessions().size(), 0u);  // those of mailboxes are others
  EXPECT_EQ(one->request("PING").code(), 0);
  TestReply end = one->request("Unbind", TestClient::encoded(UnbindRequest{}));
  EXPECT_EQ(end.code(), 0);
  EXPECT_EQ(read<UnbindResponse>(end).error_code, ErrorCode{1});
  EXPECT_FALSE(end.headers.get("Set-Cookie").empty());
  expect_refusal(one->request("QueryColumns", TestClient::encoded(QueryColumnsRequest{})), 10);
}

// Flags that the specification does not name change nothing. MS-OXCMAPIHTTP_R1320
TEST_F(BookEndpoint, BindIgnoresWhatFlagsHold) {
  start();
  auto one = book_client();
  std::optional<Guid> server;
  for (u32 flags : {0u, 1u, 0x80000000u}) {
    BindRequest request;
    request.flags = flags;
    request.state = first();
    TestReply reply = one->request("Bind", TestClient::encoded(request));
    const auto response = read<BindResponse>(reply);
    EXPECT_EQ(response.error_code, ErrorCode::none) << flags;
    if (!server) server = response.server_guid;
    EXPECT_EQ(response.server_guid, *server) << flags;
  }
}

// MS-OXCMAPIHTTP_R1278, MS-OXCMAPIHTTP_R1280, MS-OXCMAPIHTTP_R1329
TEST_F(BookEndpoint, ANewBindEndsTheSessionItComesWith) {
  start();
  auto one = bound();
  const auto former = one->cookies;
  EXPECT_EQ(bind(*one).code(), 0);
  EXPECT_NE(one->cookies.at("MapiContext"), former.at("MapiContext"));
  auto two = book_client();
  two->cookies = former;
  expect_refusal(two->request("QueryColumns", TestClient::encoded(QueryColumnsRequest{})), 10);
  one->cookies.erase("MapiSequence");
  EXPECT_EQ(bind(*one).code(), 0) << "without a sequence cookie";
  EXPECT_EQ(one->request("QueryColumns", TestClient::encoded(QueryColumnsRequest{})).code(), 0);
}

// MS-OXCMAPIHTTP_R321 MS-OXCMAPIHTTP_R1463 MS-OXCMAPIHTTP_R1462 MS-OXCMAPIHTTP_R47 MS-OXCMAPIHTTP_R49
// MS-OXCMAPIHTTP_R1459 MS-OXCMAPIHTTP_R54 MS-OXCMAPIHTTP_R132 MS-OXCMAPIHTTP_R2038 MS-OXCMAPIHTTP_R1128
TEST_F(BookEndpoint, RefusalsHaveTheProtocolsOwnCodes) {
  start();
  const std::string columns = TestClient::encoded(QueryColumnsRequest{});
  auto one = book_client();
  EXPECT_EQ(one->request("PING").code(), 0);
  expect_refusal(one->request("QueryColumns", columns), 13);
  expect_refusal(one->request("Connect"), 5);
  expect_refusal(one->request("Execute"), 5);
  expect_refusal(one->request("Rebind"), 5);
  expect_refusal(one->request("Bind", "\x01"), 12);
  one->cookies["MapiContext"] = "nothing";
  expect_refusal(one->request("QueryColumns", columns), 6);
  one->cookies["MapiContext"] = std::string(32, 'A');
  expect_refusal(one->request("QueryColumns", columns), 10);

  auto two = bound(2);
  auto stranger = book_client(1);
  stranger->cookies = two->cookies;
  expect_refusal(stranger->request("QueryColumns", columns), 10);  // MS-OXCMAPIHTTP_R1225
  expect_refusal(two->request("QueryRows", "\xFF\xFF\xFF"), 12);
  two->cookies["MapiSequence"] = "77";
  expect_refusal(two->request("QueryColumns", columns), 15);
  two->cookies.erase("MapiSequence");
  expect_refusal(two->request("QueryColumns", columns), 13);

  // A mailbox's session is none of an address book's, nor the other way round.
  auto mailbox = connected();
  auto confused = book_client();
  confused->cookies = mailbox->cookies;
  expect_refusal(confused->request("QueryColumns", columns), 10);
  auto book = bound();
  book->set_path("/mapi/emsmdb/");
  expect_refusal(book->request("QueryColumns", columns), 5);
  expect_refusal(book->execute(bytes_of("x")), 10);
  EXPECT_THAT(log(), HasSubstr("X-RequestType is not one of the address book endpoint"));
}

TEST_F(BookEndpoint, SessionsExpire) {
  config_.session_expiry = 1s;
  start();
  auto one = bound();
  std::this_thread::sleep_for(1500ms);
  expect_refusal(one->request("QueryColumns", TestClient::encoded(QueryColumnsRequest{})), 10);
}

// MS-OXCMAPIHTTP_R450 MS-OXCMAPIHTTP_R802 MS-OXCMAPIHTTP_R825 MS-OXCMAPIHTTP_R827 MS-OXCMAPIHTTP_R847
// MS-OXCMAPIHTTP_R853 MS-OXCMAPIHTTP_R859 MS-OXCMAPIHTTP_R2005 MS-OXCMAPIHTTP_R2006 MS-OXCMAPIHTTP_R2009
// MS-OXCMAPIHTTP_R2019 MS-OXCMAPIHTTP_R2021 MS-OXCMAPIHTTP_R2022 MS-OXCMAPIHTTP_R2024
TEST_F(BookEndpoint, RowsOfTheGlobalAddressList) {
  start();
  auto one = bound();
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagSmtpAddress),
                             PropTag(tag::PidTagPagerTelephoneNumber)};
  QueryRowsRequest request;
  request.state = first();
  request.row_count = 10;
  request.columns = LargePropertyTagArray::of(columns);
  auto response = ask<QueryRowsResponse>(*one, request);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  ASSERT_TRUE(response.state);
  EXPECT_EQ(response.state.value.total_records, 2u);
  EXPECT_TRUE(std::ranges::equal(response.rows.value.columns.tags, columns));
  ASSERT_EQ(response.rows.value.rows.size(), 2u);
  const AddressBookPropertyRow& row = response.rows.value.rows[0];
  EXPECT_EQ(row.flags, RowFlags::flagged);  // nobody has a pager
  EXPECT_EQ(utf16_to_utf8(row.cells[0].value.bytes), "The user1");
  EXPECT_EQ(utf16_to_utf8(row.cells[1].value.bytes), "user1@ropewalk.test");
  EXPECT_EQ(row.cells[2].flag, mapi::CellFlag::error);
  EXPECT_EQ(row.cells[2].value.number, static_cast<u32>(ErrorCode::not_found));
  request.row_count = 1;
  request.columns = LargePropertyTagArray::of(std::span(columns, 1));
  response = ask<QueryRowsResponse>(*one, request);
  ASSERT_EQ(response.rows.value.rows.size(), 1u);  // never more than asked for
  EXPECT_EQ(response.rows.value.rows[0].flags, RowFlags::values);
}

// MS-OXCMAPIHTTP_R372, MS-OXCMAPIHTTP_R405, MS-OXCMAPIHTTP_R436, MS-OXCMAPIHTTP_R2109, MS-OXCMAPIHTTP_R2110,
// MS-OXCMAPIHTTP_R2111, MS-OXCMAPIHTTP_R2112
TEST_F(BookEndpoint, NamesBecomeIdsAndIdsCompare) {
  start();
  auto one = bound();
  const u32 user1 = id_of(*one, dns_[0]), user2 = id_of(*one, dns_[1]);
  EXPECT_GE(user1, 16u);
  EXPECT_NE(user1, user2);
  EXPECT_EQ(id_of(*one, "/o=Nobody/cn=x"), 0u);
  auto compare = [&](u32 a, u32 b) {
    CompareMinIdsRequest request;
    request.state = first();
    request.id1 = a;
    request.id2 = b;
    auto response = ask<CompareMinIdsResponse>(*one, request);
    EXPECT_EQ(response.error_code, ErrorCode::none);
    return response.result;
  };
  EXPECT_EQ(compare(user1, user1), 0);
  EXPECT_LT(compare(user1, user2), 0);
  EXPECT_GT(compare(user2, user1), 0);
}

// MS-OXCMAPIHTTP_R558 MS-OXCMAPIHTTP_R583 MS-OXCMAPIHTTP_R624 MS-OXCMAPIHTTP_R2000 MS-OXCMAPIHTTP_R2001
// MS-OXCMAPIHTTP_R2257
TEST_F(BookEndpoint, PropertiesOfAnObject) {
  start();
  auto one = bound();
  const u32 user1 = id_of(*one, dns_[0]);
  GetPropListRequest list;
  list.id = user1;
  list.code_page = 1252;
  auto listed = ask<GetPropListResponse>(*one, list);
  EXPECT_EQ(listed.error_code, ErrorCode::none);
  EXPECT_GT(listed.tags.value.tags.size(), 10u);
  const PropTag wanted[] = {PropTag(tag::PidTagSmtpAddress), PropTag(tag::PidTagAddressBookProxyAddresses)};
  GetPropsRequest request;
  request.state = first(user1);
  request.tags = LargePropertyTagArray::of(wanted);
  auto response = ask<GetPropsResponse>(*one, request);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  EXPECT_EQ(response.code_page, 1252u);
  ASSERT_EQ(response.values.value.values.size(), 2u);
  EXPECT_EQ(utf16_to_utf8(response.values.value.values[0].value.bytes), "user1@ropewalk.test");
  EXPECT_GE(response.values.value.values[1].value.items.size(), 1u);
}

// MS-OXCMAPIHTTP_R895 MS-OXCMAPIHTTP_R913 MS-OXCMAPIHTTP_R942 MS-OXCMAPIHTTP_R946 MS-OXCMAPIHTTP_R952
TEST_F(BookEndpoint, ResolvesNames) {
  start();
  auto one = bound();
  const std::vector<u8> texts[] = {utf8_to_utf16("user1@ropewalk.test"), utf8_to_utf16("The"), utf8_to_utf16("nobody")};
  wire::String16 names[] = {{texts[0]}, {texts[1]}, {texts[2]}};
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName)};
  ResolveNamesRequest request;
  request.reserved = 0x80000000;  // as some clients send it
  request.state = first();
  request.names = wire::List<wire::String16>(std::span<wire::String16>(names));
  request.tags = LargePropertyTagArray::of(columns);
  auto response = ask<ResolveNamesResponse>(*one, request);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  ASSERT_EQ(response.ids.value.size(), 3u);
  EXPECT_EQ(response.ids.value[0], 2u);  // MID_RESOLVED
  EXPECT_EQ(response.ids.value[1], 1u);  // MID_AMBIGUOUS
  EXPECT_EQ(response.ids.value[2], 0u);  // MID_UNRESOLVED
  EXPECT_TRUE(std::ranges::equal(response.rows.value.columns.tags, columns));
  ASSERT_EQ(response.rows.value.rows.size(), 1u);
  EXPECT_EQ(utf16_to_utf8(response.rows.value.rows[0].cells[0].value.bytes), "The user1");
}

// MS-OXCMAPIHTTP_R631 MS-OXCMAPIHTTP_R865 MS-OXCMAPIHTTP_R889 MS-OXCMAPIHTTP_R1059 MS-OXCMAPIHTTP_R1078
// MS-OXCMAPIHTTP_R1083 MS-OXCMAPIHTTP_R1012 MS-OXCMAPIHTTP_R1013 MS-OXCMAPIHTTP_R1042 MS-OXCMAPIHTTP_R1047
// MS-OXCMAPIHTTP_R1053 MS-OXCMAPIHTTP_R958 MS-OXCMAPIHTTP_R997 MS-OXCMAPIHTTP_R1005
TEST_F(BookEndpoint, TablesAndTheirPlaces) {
  start();
  auto one = bound();
  GetSpecialTableRequest hierarchy;
  hierarchy.flags = 4;
  hierarchy.state = first();
  hierarchy.version = 0u;
  auto table = ask<GetSpecialTableResponse>(*one, hierarchy);
  EXPECT_EQ(table.error_code, ErrorCode::none);
  EXPECT_TRUE(table.version);
  EXPECT_GE(table.rows.value.size(), 1u);

  UpdateStatRequest update;
  update.state = first();
  update.state.value.delta = 1;
  update.delta_requested = kPresent;
  auto moved = ask<UpdateStatResponse>(*one, update);
  EXPECT_EQ(moved.error_code, ErrorCode::none);
  EXPECT_EQ(moved.delta.value, 1);
  EXPECT_EQ(moved.state.value.position, 1u);

  const std::vector<u8> text = utf8_to_utf16("The user2");
  SeekEntriesRequest seek;
  seek.state = first();
  seek.target = AddressBookTaggedPropertyValue{{PropTag(tag::PidTagDisplayName), mapi::Value::of(ByteView(text))}};
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName)};
  seek.columns = LargePropertyTagArray::of(columns);
  auto found = ask<SeekEntriesResponse>(*one, seek);
  EXPECT_EQ(found.error_code, ErrorCode::none);
  EXPECT_EQ(found.state.value.position, 1u);
  EXPECT_EQ(found.state.value.total_records, 2u);
  EXPECT_TRUE(std::ranges::equal(found.rows.value.columns.tags, columns));
  EXPECT_EQ(found.rows.value.rows.size(), 1u);
  seek.target.has = {};
  EXPECT_EQ(ask<SeekEntriesResponse>(*one, seek).error_code, ErrorCode::invalid_param);

  auto known = ask<QueryColumnsResponse>(*one, QueryColumnsRequest{});
  EXPECT_GT(known.columns.value.tags.size(), 10u);

  u32 ids[] = {id_of(*one, dns_[1]), id_of(*one, dns_[0])};
  ResortRestrictionRequest resort;
  resort.state = first();
  resort.ids = wire::List<u32>(std::span<u32>(ids));
  auto sorted = ask<ResortRestrictionResponse>(*one, resort);
  EXPECT_EQ(sorted.error_code, ErrorCode::none);
  ASSERT_EQ(sorted.ids.value.size(), 2u);
  EXPECT_EQ(sorted.ids.value[0], ids[1]);
}

// MS-OXCMAPIHTTP_R443 MS-OXCMAPIHTTP_R502 MS-OXCMAPIHTTP_R528 MS-OXCMAPIHTTP_R516 MS-OXCMAPIHTTP_R534
// MS-OXCMAPIHTTP_R538 MS-OXCMAPIHTTP_R543 MS-OXCMAPIHTTP_R551
TEST_F(BookEndpoint, MatchesOfARestriction) {
  start();
  auto one = bound();
  const std::vector<u8> text = utf8_to_utf16("user2");
  mapi::TaggedPropertyValue value;
  value.tag = PropTag(tag::PidTagAnr);
  value.value = mapi::Value::of(ByteView(text));
  AddressBookRestriction filter;
  filter.restriction.type = mapi::RestrictType::property;
  filter.restriction.relop = mapi::RelOp::eq;
  filter.restriction.tag = value.tag;
  filter.restriction.values = std::span<mapi::TaggedPropertyValue>(&value, 1);
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName)};
  GetMatchesRequest request;
  request.state = first();
  request.filter = filter;
  request.row_count = 50;
  request.columns = LargePropertyTagArray::of(columns);
  auto response = ask<GetMatchesResponse>(*one, request);
  EXPECT_EQ(response.error_code, ErrorCode::none);
  ASSERT_TRUE(response.state);
  EXPECT_EQ(response.state.value.code_page, 1252u);
  ASSERT_EQ(response.ids.value.size(), 1u);
  EXPECT_EQ(response.ids.value[0], id_of(*one, dns_[1]));
  EXPECT_TRUE(std::ranges::equal(response.rows.value.columns.tags, columns));
  ASSERT_EQ(response.rows.value.rows.size(), 1u);
  EXPECT_EQ(utf16_to_utf8(response.rows.value.rows[0].cells[0].value.bytes), "The user2");
}

// MS-OXCMAPIHTTP_R1089 MS-OXCMAPIHTTP_R1106
TEST_F(BookEndpoint, UrlsAreWhereTheClientCame) {
  start();
  auto one = bound();
  const std::vector<u8> dn = utf8_to_utf16(dns_[0]);
  GetMailboxUrlRequest mailbox;
  mailbox.server_dn.bytes = dn;
  EXPECT_THAT(utf16_to_utf8(ask<GetMailboxUrlResponse>(*one, mailbox).server_url.bytes),
              testing::AllOf(StartsWith("http://"), HasSubstr("/mapi/emsmdb/?MailboxId=")));
  GetAddressBookUrlRequest book;
  book.user_dn.bytes = dn;
  EXPECT_THAT(utf16_to_utf8(ask<GetAddressBookUrlResponse>(*one, book).server_url.bytes),
              testing::AllOf(StartsWith("http://"), HasSubstr("/mapi/nspi/?MailboxId=")));
}

// The same of the other request types.
// MS-OXCMAPIHTTP_R1321 MS-OXCMAPIHTTP_R1322 MS-OXCMAPIHTTP_R1323 MS-OXCMAPIHTTP_R1324 MS-OXCMAPIHTTP_R1326
// MS-OXCMAPIHTTP_R1412 MS-OXCMAPIHTTP_R683 MS-OXCMAPIHTTP_R718
TEST_F(BookEndpoint, UnknownFlagsChangeNothing) {
  start();
  auto one = bound();
  const u32 user1 = id_of(*one, dns_[0]);
  constexpr u32 kUnknown = 0x00010000;
  auto same = [&](auto request, auto response, u32 more) {
    using Response = decltype(response);
    auto plain = ask<Response>(*one, request);
    request.flags |= more;
    auto flagged = ask<Response>(*one, request);
    EXPECT_EQ(plain.error_code, flagged.error_code);
    wire::OutBuffer first_bytes, second_bytes;
    wire::encode(plain, first_bytes);
    wire::encode(flagged, second_bytes);
    EXPECT_EQ(to_hex(first_bytes.view()), to_hex(second_bytes.view())) << Response::kName;
  };
  GetPropListRequest list;
  list.id = user1;
  list.code_page = 1252;
  same(list, GetPropListResponse{}, kUnknown);
  GetPropsRequest props;
  props.state = first(user1);
  same(props, GetPropsResponse{}, kUnknown);
  GetSpecialTableRequest hierarchy;
  hierarchy.state = first();
  same(hierarchy, GetSpecialTableResponse{}, kUnknown);
  GetTemplateInfoRequest details;
  details.flags = 1;  // TI_TEMPLATE
  details.code_page = 1252;
  details.locale_id = 0x409;
  EXPECT_TRUE(ask<GetTemplateInfoResponse>(*one, details).row);
  same(details, GetTemplateInfoResponse{}, kUnknown);
  QueryRowsRequest rows;
  rows.state = first();
  rows.row_count = 5;
  same(rows, QueryRowsResponse{}, kUnknown);
  same(QueryColumnsRequest{}, QueryColumnsResponse{}, kUnknown);
}

// MS-OXCMAPIHTTP_R724 MS-OXCMAPIHTTP_R740 MS-OXCMAPIHTTP_R746 MS-OXCMAPIHTTP_R1325 MS-OXCMAPIHTTP_R1333
// MS-OXCMAPIHTTP_R1335
TEST_F(BookEndpoint, LinksAreChangedByThoseWhoMay) {
  start();
  directory::AddressBook& book = server_->address_book();
  directory::ObjectChange as;
  as.name = "Ropemakers";
  as.address = "ropemakers@ropewalk.test";
  const u32 group = book.add(directory::Kind::group, as).value().id;
  const u32 user1 = book.find_by_dn(dns_[0]).value()->id, user2 = book.find_by_dn(dns_[1]).value()->id;
  ASSERT_TRUE(book.add_link(group, directory::Link::owner, user1).ok());
  auto change = [&](TestClient& client, u32 property, u32 object, u32 flags) {
    LinkedEntryId linked;
    linked.provider_uid = mapi::kAddressBookProvider;
    linked.permanent.x500_dn = wire::String8::of(dns_[1]);
    ModLinkAttRequest request;
    request.flags = flags;
    request.tag = PropTag(property);
    request.id = object;
    request.entry_ids = wire::List<LinkedEntryId>(std::span<LinkedEntryId>(&linked, 1));
    return ask<ModLinkAttResponse>(client, request).error_code;
  };
  auto owner = bound(1), other = bound(2);
  EXPECT_NE(change(*other, tag::PidTagAddressBookMember, group, 0), ErrorCode::none);
  EXPECT_TRUE(book.linked(group, directory::Link::member).value().empty());
  EXPECT_EQ(change(*owner, tag::PidTagAddressBookMember, group, 0), ErrorCode::none);
  EXPECT_EQ(book.linked(group, directory::Link::member).value(), std::vector<u32>{user2});
  EXPECT_EQ(change(*owner, tag::PidTagAddressBookMember, group, 1 | 0x00010000), ErrorCode::none);  // fDelete
  EXPECT_TRUE(book.linked(group, directory::Link::member).value().empty());
  EXPECT_EQ(change(*owner, tag::PidTagAddressBookPublicDelegates, user1, 0), ErrorCode::none);
  EXPECT_EQ(book.linked(user1, directory::Link::delegate_of).value(), std::vector<u32>{user2});
}

// MS-OXCMAPIHTTP_R796 MS-OXCMAPIHTTP_R797 MS-OXCMAPIHTTP_R798 MS-OXCMAPIHTTP_R799 MS-OXCMAPIHTTP_R800
// MS-OXCMAPIHTTP_R801
TEST_F(BookEndpoint, PropertiesAreChangedByThoseWhoMay) {
  start();
  auto one = bound(1);
  const u32 user2 = id_of(*one, dns_[1]);
  const std::vector<u8> text = utf8_to_utf16("Somebody else");
  AddressBookTaggedPropertyValue value{{PropTag(tag::PidTagDisplayName), mapi::Value::of(ByteView(text))}};
  AddressBookPropertyValueList list;
  list.values = std::span<AddressBookTaggedPropertyValue>(&value, 1);
  ModPropsRequest request;
  request.state = first(user2);
  request.values = list;
  auto response = ask<ModPropsResponse>(*one, request);
  EXPECT_EQ(response.status_code, 0u);
  EXPECT_NE(response.error_code, ErrorCode::none);
  EXPECT_EQ(response.auxiliary_buffer.size(), 0u);
  EXPECT_EQ(kept_.back().stream.body().size(), 12u);
  EXPECT_EQ(server_->address_book().find(user2).value()->name, "The user2");
  // One's own certificates.
  mapi::Value certificates[] = {mapi::Value::of(bytes_of("one")), mapi::Value::of(bytes_of("two"))};
  value = {{PropTag(tag::PidTagUserX509Certificate), mapi::Value::of(wire::List<mapi::Value>(certificates))}};
  const PropTag removed[] = {PropTag(tag::PidTagAddressBookX509Certificate)};
  const u32 user1 = id_of(*one, dns_[0]);
  request.state = first(user1);
  request.removed = LargePropertyTagArray::of(removed);
  EXPECT_EQ(ask<ModPropsResponse>(*one, request).error_code, ErrorCode::none);
  const PropTag wanted[] = {PropTag(tag::PidTagUserX509Certificate)};
  GetPropsRequest read_back;
  read_back.state = first(user1);
  read_back.tags = LargePropertyTagArray::of(wanted);
  const auto after = ask<GetPropsResponse>(*one, read_back);
  ASSERT_EQ(after.values.value.values.size(), 1u);
  const auto& kept = after.values.value.values[0].value;
  ASSERT_EQ(kept.items.size(), 2u);
  EXPECT_EQ(text_of(kept.items[1].bytes), "two");
}

// Whatever comes: an answer, and the server lives.
TEST_F(BookEndpoint, HostileBodies) {
  start();
  auto one = bound();
  wire::Random random{std::mt19937_64(3)};
  int answered = 0;
  for (int round = 0; round < 6; ++round) {
    for (const RequestTypeRow& row : request_types()) {
      if (is_of_mailbox(row.type) || row.type == RequestType::bind || row.type == RequestType::unbind) continue;
      Arena arena;
      void* made = wire::generate(*row.request, random, arena);
      if (made == nullptr) continue;
      wire::OutBuffer out;
      wire::Encoder encoder(out);
      row.request->encode(encoder, made);
      std::string body(text_of(out.view()));
      for (std::size_t i = 0; round % 2 == 1 && i < body.size(); i += 1 + random.below(20))
        body[i] = static_cast<char>(random.below(256));
      TestReply reply = one->request(std::string(name(row.type)), body);
      EXPECT_EQ(reply.status, 200) << name(row.type);
      EXPECT_THAT(reply.code(), testing::AnyOf(0, 12)) << name(row.type) << reply.raw;
      ++answered;
    }
  }
  EXPECT_GT(answered, 50);
  EXPECT_EQ(ask<QueryColumnsResponse>(*one, QueryColumnsRequest{}).error_code, ErrorCode::none);
}

}  // namespace
}  // namespace ropewalk::server
