// The exchange provider against a scripted server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>

#include "base/utf16.h"
#include "client/fake_server.h"
#include "client/session.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcnotif.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/streams.h"

namespace ropewalk::client {
namespace {

using mapi::ErrorCode;
using rop::RopId;
using testing::ElementsAre;
using testing::HasSubstr;
namespace tag = mapi::tag;

const PropTag kSubject(tag::PidTagSubject);
const PropTag kSize(tag::PidTagMessageSize);

class ExchangeTest : public testing::Test {
 protected:
  void SetUp() override {
    server_.on<rop::OpenFolderRequest>([](const auto& request, auto& handles, auto& out) {
      rop::OpenFolderResponse response;
      response.output_handle_index = request.output_handle_index;
      if (request.folder_id.globcnt() > 50)
        response.return_value = ErrorCode::not_found;
      else
        handles[request.output_handle_index] = 200;
      out.add(response);
    });
    server_.on<rop::ReleaseRequest>([](const auto&, auto&, auto&) {});
  }

  Profile profile() {
    Profile profile;
    profile.services.push_back({"fake", "exchange", {{"server", server_.url()}, {"user", "user1@ropewalk.test"}}});
    return profile;
  }
  std::unique_ptr<MessageStore> open() {
    session_ = std::make_unique<Session>(profile(), host_);
    auto store = session_->open_store();
    EXPECT_TRUE(store.ok()) << (store.ok() ? "" : store.error().text);
    return store.ok() ? *std::move(store) : nullptr;
  }

  FakeServer server_;
  SimpleHost host_{"secret"};
  std::unique_ptr<Session> session_;
};

// A contents table of `count` rows; every other row lacks its size.
void serve_table(FakeServer& server, u16 count) {
  server.on<rop::GetContentsTableRequest>([count](const auto& request, auto& handles, auto& out) {
    rop::GetContentsTableResponse response;
    response.output_handle_index = request.output_handle_index;
    response.row_count = count;
    handles[request.output_handle_index] = 300;
    out.add(response);
  });
  server.on<rop::SetColumnsRequest>([](const auto& request, auto&, auto& out) {
    rop::SetColumnsResponse response;
    response.input_handle_index = request.input_handle_index;
    out.add(response);
  });
  auto cursor = std::make_shared<u16>(0);
  server.on<rop::QueryRowsRequest>([count, cursor](const auto& request, auto&, auto& out) {
    Arena arena;
    std::vector<mapi::PropertyRow> rows;
    for (; *cursor < count && rows.size() < request.row_count; ++*cursor) {
      auto cells = arena.make<mapi::PropertyCell>(2);
      cells[0] =
          mapi::PropertyCell::of(kSubject, mapi::Value::of(mapi::utf16_in(arena, "row " + std::to_string(*cursor))));
      cells[1] = *cursor % 2 == 0 ? mapi::PropertyCell::of(kSize, mapi::Value::of(u32{*cursor}))
                                  : mapi::PropertyCell::error(kSize, ErrorCode::not_found);
      rows.push_back(mapi::PropertyRow::of(cells));
    }
    rop::QueryRowsResponse response;
    response.input_handle_index = request.input_handle_index;
    response.rows = wire::List<mapi::PropertyRow>(std::span(rows));
    const PropTag columns[] = {kSubject, kSize};
    mapi::RowColumns named{columns};
    wire::Context context = wire::add_context(named, nullptr);
    out.add(response, &context);
  });
}

TEST_F(ExchangeTest, ConnectsLogsOnAndSaysGoodbye) {
  auto store = open();
  ASSERT_NE(store, nullptr);
  auto inbox = store->special(SpecialFolder::inbox);
  ASSERT_TRUE(inbox.ok());
  EXPECT_EQ(inbox->globcnt(), 5u);
  store.reset();
  auto seen = server_.seen();
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].type, "Connect");
  EXPECT_EQ(seen[0].cookies, "");
  EXPECT_EQ(seen[0].authorization, "Basic dXNlcjFAcm9wZXdhbGsudGVzdDpzZWNyZXQ=");
  EXPECT_EQ(seen[1].type, "Execute");
  EXPECT_THAT(seen[1].cookies, HasSubstr("MapiSequence=1"));
  EXPECT_EQ(seen[2].type, "Disconnect");
  EXPECT_THAT(seen[2].cookies, HasSubstr("MapiSequence=2"));  // cookies as the last response set them
  EXPECT_EQ(seen[0].client_info, seen[2].client_info);
  EXPECT_THAT(seen[0].request_id, testing::MatchesRegex("\\{.*\\}:1"));
  EXPECT_THAT(seen[2].request_id, testing::MatchesRegex("\\{.*\\}:3"));
}

TEST_F(ExchangeTest, OneRequestOpensATableAndReadsIt) {
  serve_table(server_, 5);
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 5));
  ASSERT_TRUE(folder.ok());
  auto table = (*folder)->messages();
  folder->reset();  // the table has to go on without its folder
  const PropTag columns[] = {kSubject, kSize};
  ASSERT_TRUE((*table)->set_columns(columns).ok());
  std::size_t before = server_.seen().size();
  auto rows = (*table)->query(3);
  ASSERT_TRUE(rows.ok()) << rows.error().text;
  EXPECT_EQ(server_.seen().size(), before + 1);
  ASSERT_EQ(rows->size(), 3u);
  EXPECT_EQ(text_of((*rows)[2], kSubject), "row 2");
  EXPECT_EQ(number_of((*rows)[2], kSize), 2u);
  EXPECT_EQ((*rows)[1][1].tag.type(), mapi::PropType::error_code);
  auto rest = (*table)->read_all();
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->size(), 2u);
}

TEST_F(ExchangeTest, RopsThatDoNotFitAreSentAgain) {
  serve_table(server_, 5);
  server_.rops_per_buffer = 1;
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 5));
  ASSERT_TRUE(folder.ok());
  auto table = (*folder)->messages();
  const PropTag columns[] = {kSubject, kSize};
  ASSERT_TRUE((*table)->set_columns(columns).ok());
  auto rows = (*table)->query(5);
  ASSERT_TRUE(rows.ok()) << rows.error().text;
  EXPECT_EQ(rows->size(), 5u);
}

TEST_F(ExchangeTest, ChainedAnswersAreOneAnswer) {
  serve_table(server_, 2);
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 5));
  auto table = (*folder)->messages();
  const PropTag columns[] = {kSubject, kSize};
  ASSERT_TRUE((*table)->set_columns(columns).ok());
  server_.chained = [] {
    Arena arena;
    auto cells = arena.make<mapi::PropertyCell>(2);
    cells[0] = mapi::PropertyCell::of(kSubject, mapi::Value::of(mapi::utf16_in(arena, "chained")));
    cells[1] = mapi::PropertyCell::of(kSize, mapi::Value::of(u32{9}));
    mapi::PropertyRow row = mapi::PropertyRow::of(cells);
    rop::QueryRowsResponse response;
    response.rows = wire::List<mapi::PropertyRow>(std::span(&row, 1));
    const PropTag named[] = {kSubject, kSize};
    mapi::RowColumns row_columns{named};
    wire::Context context = wire::add_context(row_columns, nullptr);
    wire::OutBuffer out;
    rop::RopWriter writer(out);
    writer.add(response, &context);
    writer.finish({});
    std::vector<u8> buffer(out.data(), out.data() + out.size());
    return std::vector<std::vector<u8>>{buffer, buffer};
  };
  auto rows = (*table)->query(50);
  ASSERT_TRUE(rows.ok()) << rows.error().text;
  ASSERT_EQ(rows->size(), 4u);
  EXPECT_EQ(text_of((*rows)[3], kSubject), "chained");
}

TEST_F(ExchangeTest, HandlesNobodyNeedsAreReleasedWithTheNextRequest) {
  auto store = open();
  ASSERT_TRUE(store->open_folder(FolderId::make(1, 5)).ok());
  ASSERT_TRUE(store->open_folder(FolderId::make(1, 6)).ok());
  EXPECT_THAT(server_.rops_seen(), ElementsAre(RopId::logon, RopId::open_folder, RopId::release, RopId::open_folder));
}

TEST_F(ExchangeTest, FailuresSayWhatWasAttempted) {
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 99));
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::not_found);
  EXPECT_THAT(folder.error().text,
              HasSubstr("cannot open folder 0001-000000000063: RopOpenFolder answered: ecNotFound"));
}

TEST_F(ExchangeTest, ALostSessionIsMadeAnewForTheStoreButNotForWhatWasOpen) {
  serve_table(server_, 5);
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 5));
  ASSERT_TRUE(folder.ok());
  server_.lose_sessions = 1;
  const PropTag wanted[] = {kSubject};
  auto lost = (*folder)->get(wanted);
  ASSERT_FALSE(lost.ok());
  EXPECT_THAT(lost.error().text, HasSubstr("the session is over, what was opened in it has to be opened again"));
  auto again = store->open_folder(FolderId::make(1, 5));
  ASSERT_TRUE(again.ok()) << again.error().text;
  auto stale = (*folder)->get(wanted);
  ASSERT_FALSE(stale.ok());
  EXPECT_EQ(stale.error().code, ErrorCode::invalid_object);
  server_.lose_sessions = 1;
  EXPECT_TRUE(store->open_folder(FolderId::make(1, 5)).ok());  // tried again in a new session
}

TEST_F(ExchangeTest, RefusalsAreToldInOneLine) {
  server_.http_status = 401;
  Session refused(profile(), host_);
  auto store = refused.open_store();
  ASSERT_FALSE(store.ok());
  EXPECT_EQ(store.error().code, ErrorCode::login_failure);
  EXPECT_THAT(store.error().text, HasSubstr("does not accept the user \"user1@ropewalk.test\""));
  server_.http_status = 404;
  auto missing = Session(profile(), host_).open_store();
  ASSERT_FALSE(missing.ok());
  EXPECT_THAT(missing.error().text, HasSubstr("no MAPI/HTTP endpoint"));
  server_.http_status = 200;
  server_.response_code = 12;
  auto invalid = Session(profile(), host_).open_store();
  ASSERT_FALSE(invalid.ok());
  EXPECT_THAT(invalid.error().text, HasSubstr("X-ResponseCode 12): The fake server does not like it."));
  EXPECT_EQ(invalid.error().text.find('\n'), std::string::npos);
}

TEST_F(ExchangeTest, NonsenseIsAFailureNotACrash) {
  auto store = open();
  server_.garbage = true;
  auto folder = store->open_folder(FolderId::make(1, 5));
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::rpc_failed);
}

TEST_F(ExchangeTest, StreamsTravelInPieces) {
  auto content = std::make_shared<std::vector<u8>>(100'000);
  for (std::size_t i = 0; i < content->size(); ++i) (*content)[i] = static_cast<u8>(i * 7);
  auto at = std::make_shared<std::size_t>(0);
  auto written = std::make_shared<std::vector<u8>>();
  server_.on<rop::OpenStreamRequest>([](const auto& request, auto& handles, auto& out) {
    rop::OpenStreamResponse response;
    response.output_handle_index = request.output_handle_index;
    handles[request.output_handle_index] = 400;
    out.add(response);
  });
  server_.on<rop::ReadStreamRequest>([=](const auto& request, auto&, auto& out) {
    std::size_t n =
        std::min<std::size_t>(request.byte_count == 0xBABE ? 0x7000 : request.byte_count, content->size() - *at);
    rop::ReadStreamResponse response;
    response.data = ByteView(*content).subspan(*at, n);
    *at += n;
    out.add(response);
  });
  server_.on<rop::WriteStreamRequest>([=](const auto& request, auto&, auto& out) {
    written->insert(written->end(), request.data.begin(), request.data.end());
    rop::WriteStreamResponse response;
    response.written_size = static_cast<u16>(request.data.size());
    out.add(response);
  });
  server_.on<rop::CommitStreamRequest>([](const auto&, auto&, auto& out) { out.add(rop::CommitStreamResponse{}); });
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 5));
  auto stream = (*folder)->open_stream(PropTag(tag::PidTagHtml), Access::read);
  ASSERT_TRUE(stream.ok()) << stream.error().text;
  auto bytes = (*stream)->read_all();
  ASSERT_TRUE(bytes.ok()) << bytes.error().text;
  EXPECT_EQ(*bytes, *content);

  const mapi::Property large[] = {{PropTag(tag::PidTagHtml), mapi::Value::of(ByteView(*content))}};
  auto set = (*folder)->set_whole(large);
  ASSERT_TRUE(set.ok()) << set.error().text;
  EXPECT_EQ(*written, *content);
}

TEST_F(ExchangeTest, EventsReachTheirSubscriber) {
  server_.on<rop::RegisterNotificationRequest>([](const auto& request, auto& handles, auto& out) {
    EXPECT_EQ(request.want_whole_store, 1);
    rop::RegisterNotificationResponse response;
    response.output_handle_index = request.output_handle_index;
    handles[request.output_handle_index] = 500;
    out.add(response);
  });
  auto store = open();
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<Event> events;
  auto subscription = store->subscribe(kAllEvents, std::nullopt, [&](const Event& event) {
    std::lock_guard lock(mutex);
    events.push_back(event);
    arrived.notify_one();
  });
  ASSERT_TRUE(subscription.ok()) << subscription.error().text;
  rop::NotifyResponse notify;
  notify.notification_handle = 500;
  notify.notification_data.notification_flags.value = rop::kNotifyNewMail | rop::NotificationFlags::kMessage;
  notify.notification_data.folder_id = FolderId::make(1, 5);
  notify.notification_data.message_id = MessageId::make(1, 77);
  notify.notification_data.message_class = wire::String8::of("IPM.Note");
  server_.notify(notify);
  std::unique_lock lock(mutex);
  ASSERT_TRUE(arrived.wait_for(lock, std::chrono::seconds(10), [&] { return !events.empty(); }));
  EXPECT_EQ(events[0].kind, EventKind::new_mail);
  EXPECT_EQ(events[0].folder, FolderId::make(1, 5));
  EXPECT_EQ(events[0].message, MessageId::make(1, 77));
  EXPECT_EQ(events[0].message_class, "IPM.Note");
}

TEST_F(ExchangeTest, RecipientsGoOutAsTheyCameIn) {
  std::vector<mapi::PropertyBag> sent;
  for (int i = 0; i < 600; ++i) {
    mapi::PropertyBag one;
    std::string address = "user" + std::to_string(i) + "@ropewalk.test";
    one.set(PropTag(tag::PidTagRecipientType), mapi::Value::of(u32{i % 2 == 0 ? 1u : 2u}));
    one.set_text(PropTag(tag::PidTagAddressType), "SMTP");
    one.set_text(PropTag(tag::PidTagEmailAddress), address);
    one.set_text(PropTag(tag::PidTagSmtpAddress), address);
    one.set_text(PropTag(tag::PidTagDisplayName), "Üser " + std::to_string(i));
    sent.push_back(std::move(one));
  }
  auto rows = std::make_shared<std::vector<std::pair<u32, std::string>>>();
  int requests = 0;
  server_.on<rop::CreateMessageRequest>([](const auto& request, auto& handles, auto& out) {
    rop::CreateMessageResponse response;
    response.output_handle_index = request.output_handle_index;
    handles[request.output_handle_index] = 600;
    out.add(response);
  });
  server_.on<rop::ModifyRecipientsRequest>([&, rows](const auto& request, auto&, auto& out) {
    ++requests;
    for (const auto& row : request.recipient_rows) {
      EXPECT_EQ(row.recipient_type, row.row_id % 2 == 0 ? 1 : 2);
      EXPECT_EQ(row.row.flags.type(), mapi::RecipientAddressType::smtp);
      rows->push_back({row.row_id, utf16_to_utf8(row.row.display_name)});
    }
    out.add(rop::ModifyRecipientsResponse{});
  });
  auto store = open();
  auto folder = store->open_folder(FolderId::make(1, 5));
  auto message = (*folder)->create_message();
  ASSERT_TRUE(message.ok()) << message.error().text;
  auto set = (*message)->set_recipients(sent);
  ASSERT_TRUE(set.ok()) << set.error().text;
  EXPECT_GT(requests, 1);
  ASSERT_EQ(rows->size(), 600u);
  EXPECT_EQ((*rows)[599], (std::pair<u32, std::string>{599, "Üser 599"}));
  auto read = (*message)->recipients();
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(text_of((*read)[7].all(), tag::PidTagSmtpAddress), "user7@ropewalk.test");
}

TEST_F(ExchangeTest, TrafficIsShownWithoutCredentials) {
  std::vector<std::string> lines;
  SimpleHost watching("secret", [&](const Traffic& traffic) {
    EXPECT_EQ(traffic.head.find("Authorization"), std::string::npos);
    lines.push_back((traffic.kind == Traffic::Kind::request ? ">" : "<") + traffic.type +
                    (traffic.rops.empty() ? "" : " rops"));
  });
  {
    auto store = Session(profile(), watching).open_store();
    ASSERT_TRUE(store.ok());
  }
  EXPECT_THAT(lines,
              ElementsAre(">Connect", "<Connect", ">Execute rops", "<Execute rops", ">Disconnect", "<Disconnect"));
}

TEST_F(ExchangeTest, SettingsAreChecked) {
  auto attempt = [&](std::map<std::string, std::string> settings) {
    Profile wrong;
    wrong.services.push_back({"x", "exchange", std::move(settings)});
    auto store = Session(wrong, host_).open_store();
    return store.ok() ? std::string("fine") : store.error().text;
  };
  EXPECT_THAT(attempt({{"server", "https://ropewalk.test"}}), HasSubstr("--user"));
  EXPECT_THAT(attempt({{"server", "ftp://x"}, {"user", "u"}}), HasSubstr("is not https://HOST"));
  EXPECT_THAT(attempt({{"server", "https://:9"}, {"user", "u"}}), HasSubstr("is not https://HOST"));
  EXPECT_THAT(attempt({{"server", "https://h:99999"}, {"user", "u"}}), HasSubstr("is not https://HOST"));
  EXPECT_THAT(attempt({{"server", server_.url()}, {"user", "u"}, {"timeout", "soon"}}), HasSubstr("timeout"));
}

}  // namespace
}  // namespace ropewalk::client
