// The project's own traffic, captured on the loopback device and dissected: every operation named, every request tied
// to its response, every byte of every tree covered; and conversations that failed, with what is said of them.
#include "cli/demo.h"
#include "dissect/diagnosis.h"
#include "dissect/dissector.h"
#include "dissect/tree_parts.h"

#include "auth/ntlm_keys.h"
#include "rop_client.h"
#include "rpc_talk.h"
#include "served_rpc.h"
#include "server/rpc/http_test_client.h"
#include "tshark.h"

namespace ropewalk {
namespace {

using dissect::Direction;
using dissect::Finding;
using dissect::Operation;
using shark::Capture;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// A conversation as the dissector tells it.
struct Told {
  std::vector<Operation> operations;
  std::vector<Finding> findings;

  // Those of that name in that direction.
  std::vector<const Operation*> named(std::string_view name, Direction direction) const {
    std::vector<const Operation*> found;
    for (const Operation& operation : operations)
      if (operation.name == name && operation.direction == direction) found.push_back(&operation);
    return found;
  }
  // Those whose names have that part: flags alone do not tell the RTS PDUs of either way of recycling apart.
  int count(std::string_view part) const {
    return static_cast<int>(std::ranges::count_if(
        operations, [&](const Operation& operation) { return operation.name.find(part) != std::string::npos; }));
  }
  std::string list() const {
    std::string text;
    for (const Operation& operation : operations) {
      text += std::to_string(operation.number) + " " + operation.layer + " " + operation.name + " " + operation.result;
      for (const std::string& note : operation.notes) text += " [" + note + "]";
      text += "\n";
    }
    for (const Finding& finding : findings) text += to_text(finding);
    return text;
  }
  const Finding* finding(std::string_view part) const {
    for (const Finding& one : findings)
      if (one.problem.find(part) != std::string::npos) return &one;
    return nullptr;
  }
};

Told told_of(const std::string& file, const std::string& password) {
  dissect::DissectOptions options;
  options.secrets.nt_hashes.emplace("user1", auth::nt_hash(password));
  Told told;
  dissect::Diagnosis diagnosis;
  auto done = dissect::dissect_file(file, options, [&](const Operation& operation) {
    diagnosis.add(operation);
    told.operations.push_back(operation);
  });
  EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().text);
  told.findings = diagnosis.findings();
  return told;
}

void for_each_node(const wire::Node& node, const std::function<void(const wire::Node&)>& look) {
  look(node);
  for (const wire::Node& field : node.fields) for_each_node(field, look);
}

// What holds for every operation of traffic that is all there and can be opened.
void expect_complete(const Told& told) {
  std::set<u64> answered;
  for (const Operation& operation : told.operations) {
    const std::string what = std::to_string(operation.number) + " " + operation.layer + " " + operation.name;
    EXPECT_EQ(dissect::check_cover(operation), "") << what;
    EXPECT_FALSE(operation.name.empty() || operation.name.starts_with("opnum")) << what;
    EXPECT_EQ(operation.name.find("nknown"), std::string::npos) << what;
    for (const std::string& note : operation.notes) {
      // A transfer syntax or feature that the server does not take is no flaw of the traffic.
      const bool is_good = note.starts_with("decrypted: ") || note.starts_with("a FastTransfer stream ") ||
                           note.find("proposed_transfer_syntaxes_not_supported") != note.npos;
      EXPECT_TRUE(is_good) << what << ": " << note;
    }
    for (const dissect::RopNote& rop : operation.rops) EXPECT_THAT(rop.name, testing::StartsWith("Rop")) << what;
    for_each_node(operation.tree, [&](const wire::Node& node) {
      EXPECT_NE(node.name, "unknown") << what << " at " << node.offset << ", " << node.length << " bytes";
    });
    if (operation.direction != Direction::response) continue;
    ASSERT_TRUE(operation.answers.has_value()) << what;
    answered.insert(*operation.answers);
    const Operation& asked = told.operations.at(*operation.answers - 1);
    EXPECT_LT(asked.number, operation.number);
    EXPECT_EQ(asked.opnum, operation.opnum) << what;
    EXPECT_EQ(asked.direction, Direction::request) << what;
  }
  for (const Operation& operation : told.operations) {
    // The client went while it waited; an IN channel is answered when it ends, or not at all.
    if (operation.name == "EcDoAsyncWaitEx" || operation.name.starts_with("RPC_IN_DATA")) continue;
    const bool is_answered = operation.direction != Direction::request || answered.contains(operation.number);
    EXPECT_TRUE(is_answered) << "unanswered: " << operation.number << " " << operation.name;
  }
}

// Handle indices with what they stand for, anywhere.
std::set<std::string> objects_of(const Told& told) {
  std::set<std::string> objects;
  for (const Operation& operation : told.operations)
    for (const dissect::RopNote& rop : operation.rops) objects.insert(rop.object);
  return objects;
}
std::set<std::string> handle_texts(const Told& told) {
  std::set<std::string> texts;
  for (const Operation& operation : told.operations)
    for_each_node(operation.tree, [&](const wire::Node& node) {
      if (node.name.ends_with("HandleIndex")) texts.insert(node.text);
    });
  return texts;
}

void expect_inbox_named(const Told& told) {
  EXPECT_THAT(objects_of(told), Contains("Folder \"Inbox\""));
  EXPECT_THAT(handle_texts(told), Contains(HasSubstr(": Folder \"Inbox\", opened by RopOpenFolder in ")));
}

// Every step of the demonstration: reads, writes, moves, searches, attachments.
void demonstrate(const client::Profile& profile, const char* password) {
  auto samples = cli::load_samples(std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail").value();
  client::SimpleHost host(password);
  client::Session session(profile, host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  for (const auto& step : cli::demo_steps(samples)) {
    auto done = step.run(**store);
    EXPECT_TRUE(done.ok()) << step.title << ": " << (done.ok() ? "" : done.error().text);
  }
}

// ---- RPC over TCP ----

class DissectedRpc : public ServedRpc {
 protected:
  // Captures the ports of the server while `talk` runs.
  Told capture(const std::function<void()>& talk) {
    Capture lo(folder_.path("lo.pcapng"), "tcp port " + mapper_ + " or tcp port " + mailbox_);
    if (!lo.is_running()) {
      skip_ = "capturing on the loopback device is not permitted: " + lo.said();
      return {};
    }
    talk();
    lo.stop();
    return told_of(lo.path(), kPassword);
  }
  std::string skip_;
};

TEST_F(DissectedRpc, SealedByNtlm) {
  start();
  Told told = capture([&] { demonstrate(profile("ntlm", "privacy"), kPassword); });
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  expect_complete(told);
  expect_inbox_named(told);
  EXPECT_EQ(told.named("ept_map", Direction::response).size(), 2u);  // the second for the notifications
  EXPECT_EQ(told.named("EcDoConnectEx", Direction::response).size(), 1u);
  const auto executed = told.named("EcDoRpcExt2", Direction::response);
  EXPECT_GT(executed.size(), 20u);
  auto is_notification = [](const auto& rop) { return rop.name == "RopNotify" || rop.name == "RopPending"; };
  for (const Operation* one : executed) {
    const Operation& asked = told.operations.at(*one->answers - 1);
    const bool is_silent = std::ranges::all_of(asked.rops, [](const auto& rop) { return rop.name == "RopRelease"; });
    if (!asked.rops.empty()) {
      EXPECT_EQ(one->rops.empty(), is_silent) << one->number;
    } else {  // it asks for notifications, which may have come with another answer
      EXPECT_TRUE(std::ranges::all_of(one->rops, is_notification)) << one->number;
    }
    EXPECT_EQ(one->user, "user1@ropewalk.test");
    EXPECT_THAT(one->notes, Contains("decrypted: NTLM, privacy (6)"));
  }
}

// ---- MAPI over HTTP ----

client::Profile http_profile(LiveServer& server) {
  client::Profile made;
  made.services.push_back({"test",
                           "exchange",
                           {{"server", "http://127.0.0.1:" + std::to_string(server.server().listening().front().port)},
                            {"user", LiveServer::address(1)}}});
  return made;
}

Told captured(LiveServer& server, const std::function<void(u16 port)>& talk, std::string& skip,
              const std::string& password = LiveServer::kPassword) {
  const u16 port = server.server().listening().front().port;
  Capture lo((server.folder() / "lo.pcapng").string(), "tcp port " + std::to_string(port));
  if (!lo.is_running()) {
    skip = "capturing on the loopback device is not permitted: " + lo.said();
    return {};
  }
  talk(port);
  lo.stop();
  return told_of(lo.path(), password);
}

void look_at_inbox(const client::Profile& profile, const char* password) {
  client::SimpleHost host(password);
  client::Session session(profile, host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  auto folder = (*store)->open_folder((*store)->special(client::SpecialFolder::inbox).value());
  ASSERT_TRUE(folder.ok()) << folder.error().text;
  auto table = (*folder)->messages();
  ASSERT_TRUE(table.ok());
  const client::PropTag columns[] = {client::PropTag(mapi::tag::PidTagSubject)};
  ASSERT_TRUE((*table)->set_columns(columns).ok());
  EXPECT_TRUE((*table)->read_all().ok());
}

TEST(DissectedHttp, MapiOverPlainHttp) {
  LiveServer server;
  std::string skip;
  Told told = captured(
      server,
      [&](u16) {
        look_at_inbox(http_profile(server), LiveServer::kPassword);
        RopClient client(server);
        client.logon();
        ASSERT_EQ(client.open_folder(client.inbox(), 1), ErrorCode::none);
        client.put_message(client.inbox(), "tarred hemp");
        rop::GetContentsTableRequest table;
        table.input_handle_index = 1;
        table.output_handle_index = 2;
        EXPECT_EQ(client.call<rop::GetContentsTableResponse>(table).row_count, 1u);
        client.http.notification_wait();
        client.http.ping();
        client.http.disconnect();
      },
      skip);
  if (!skip.empty()) GTEST_SKIP() << skip;
  expect_complete(told);
  expect_inbox_named(told);
  for (const char* name : {"Connect", "Execute", "NotificationWait", "PING", "Disconnect"})
    EXPECT_FALSE(told.named(name, Direction::response).empty()) << name << " in\n" << told.list();
  EXPECT_THAT(handle_texts(told), Contains(HasSubstr(": ContentsTable \"Inbox\"")));
}

// ---- RPC over HTTP ----

// MAPI's calls, stub by stub.
class Mailbox {
 public:
  explicit Mailbox(server::HttpRpcClient& client) : client_(client), handles_(4, rop::kNoHandle) {}

  bool connect(const std::string& dn) {
    emsmdb::EcDoConnectExIn in;
    in.user_dn = ndr::String::of(dn);
    in.client_version = {{15, 0x8000 | 4420, 1017}};
    in.aux_out_size = emsmdb::kSmallRange;
    Arena arena;
    auto out = call<emsmdb::EcDoConnectExOut>(10, in, arena);
    if (out) handle_ = out->handle;
    return out && out->return_value == ErrorCode::none;
  }
  bool disconnect() {
    Arena arena;
    return call<emsmdb::EcDoDisconnectOut>(1, emsmdb::EcDoDisconnectIn{handle_}, arena).has_value();
  }
  // The payload of the output buffer; empty where the call failed. It lives in the arena.
  template <class... Requests>
  ByteView execute(Arena& arena, const Requests&... requests) {
    wire::OutBuffer plain, packed;
    rop::RopWriter writer(plain);
    EXPECT_TRUE((writer.add(requests) && ...));
    EXPECT_TRUE(writer.finish(handles_));
    emsmdb::append_extended_buffer(plain.view(), {.compress = false}, packed);
    emsmdb::EcDoRpcExt2In in;
    in.handle = handle_;
    in.in.bytes = packed.view();
    in.flags = 3;
    in.out_size = 0x8008;
    in.aux_out_size = emsmdb::kSmallRange;
    auto out = call<emsmdb::EcDoRpcExt2Out>(11, in, arena);
    if (!out || out->return_value != ErrorCode::none) return {};
    auto opened = emsmdb::open_extended_buffers(out->out.bytes, arena);
    if (!opened.ok() || opened->empty()) return {};
    auto parts = rop::split_rop_buffer(opened->front());
    if (!parts.ok()) return {};
    for (std::size_t i = 0; i < parts->handle_count() && i < handles_.size(); ++i) handles_[i] = parts->handle(i);
    return parts->rops;
  }

 private:
  template <class Out, class In>
  std::optional<Out> call(u16 opnum, const In& in, Arena& arena) {
    const ndr::Format format = client_.format();
    wire::Context chain = wire::add_context(format, nullptr);
    wire::OutBuffer stub;
    EXPECT_TRUE(wire::encode(in, stub, &chain));
    auto reply = client_.call(opnum, stub.view());
    if (!reply || reply->fault != 0) return std::nullopt;
    last_ = std::move(reply->stub);
    wire::Context answered = wire::add_context(reply->format, nullptr);
    std::size_t used = 0;
    auto out = wire::decode<Out>(last_, arena, &answered, &used);
    if (!out.ok()) return std::nullopt;
    return *out;
  }

  server::HttpRpcClient& client_;
  std::vector<u32> handles_;
  ndr::ContextHandle handle_;
  std::vector<u8> last_;
};

// Some 12 KiB each way and time.
void write_and_read(Mailbox& mailbox, mapi::FolderId inbox, int times) {
  for (int i = 0; i < times; ++i) {
    Arena arena;
    std::string text;
    for (int j = 0; j < 6000; ++j) text += static_cast<char>('!' + (i * 31 + j * j * 7 + j / 3) % 90);
    rop::CreateMessageRequest create;
    create.output_handle_index = 2;
    create.folder_id = inbox;
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(tag::PidTagBody);
    property.value = mapi::Value::of(mapi::utf16_in(arena, text));
    rop::SetPropertiesRequest set;
    set.input_handle_index = 2;
    set.property_values = std::span<mapi::TaggedPropertyValue>(&property, 1);
    ASSERT_FALSE(mailbox.execute(arena, create, set).empty()) << i;
    const PropTag tags[] = {PropTag(tag::PidTagBody)};
    rop::GetPropertiesSpecificRequest get;
    get.input_handle_index = 2;
    get.property_tags = wire::List<PropTag>::view(tags);
    get.want_unicode = 1;
    rop::ReleaseRequest release;
    release.input_handle_index = 2;
    ASSERT_GT(mailbox.execute(arena, get, release).size(), 8000u) << i;
  }
}

TEST(DissectedHttp, RpcOverHttpWhoseChannelsAreRecycled) {
  LiveServer server([](server::Config& config) {
    config.rpc_http = true;
    config.rpc_over_http.tunnel.channel_lifetime = 128 * 1024;
  });
  std::string skip;
  int in_recycled = 0, out_recycled = 0;
  Told told = captured(
      server,
      [&](u16 port) {
        server::HttpRpcClient client(port, LiveServer::address(1));
        client.password = LiveServer::kPassword;
        client.in_lifetime = 90'000;
        ASSERT_TRUE(client.connect(emsmdb::kEmsmdb.id)) << client.error();
        Mailbox mailbox(client);
        ASSERT_TRUE(mailbox.connect(server.dn(1)));
        Arena arena;
        rop::LogonRequest logon;
        logon.logon_flags = rop::kLogonPrivate;
        logon.open_flags = 0x0100040C;
        logon.essdn = wire::String8::of(server.dn(1));
        ByteView answer = mailbox.execute(arena, logon);
        std::size_t used = 0;
        auto logged_on = wire::decode<rop::LogonResponse>(answer, arena, nullptr, &used);
        ASSERT_TRUE(logged_on.ok() && logged_on->ok());
        rop::OpenFolderRequest open;
        open.output_handle_index = 1;
        open.folder_id = logged_on->folder_ids[4];
        rop::GetContentsTableRequest table;
        table.input_handle_index = 1;
        table.output_handle_index = 3;
        ASSERT_FALSE(mailbox.execute(arena, open, table).empty());
        write_and_read(mailbox, logged_on->folder_ids[4], 40);
        // A successor that is on its way would have no answer when all ends.
        EXPECT_TRUE(client.run_until([&] { return !client.peer.is_recycling(); })) << client.error();
        EXPECT_TRUE(mailbox.disconnect());
        in_recycled = client.peer.in_recycled;
        out_recycled = client.peer.out_recycled;
      },
      skip);
  if (!skip.empty()) GTEST_SKIP() << skip;
  EXPECT_GT(in_recycled, 2);
  EXPECT_GT(out_recycled, 2);
  expect_complete(told);
  expect_inbox_named(told);
  EXPECT_EQ(told.named("EcDoRpcExt2", Direction::response).size(), 82u) << told.list();
  EXPECT_EQ(told.count("OUT_R2/A3"), out_recycled) << told.list();
  EXPECT_EQ(told.count("IN_R2/A1"), in_recycled);
}

// ---- conversations that fail ----

// The finding whose problem has that part; fails where there is none.
void expect_finding(const Told& told, const std::string& problem, const std::string& reason,
                    const std::vector<const Operation*>& evidence = {}) {
  const Finding* found = told.finding(problem);
  ASSERT_NE(found, nullptr) << problem << " is not said of\n" << told.list();
  EXPECT_THAT(found->reason, HasSubstr(reason)) << told.list();
  for (const Operation* operation : evidence) EXPECT_THAT(found->frames, Contains(operation->frame().number));
}

TEST_F(DissectedRpc, ALevelThatTheServerRefuses) {
  start();
  Told told = capture([&] {
    client::SimpleHost host(kPassword);
    client::Session session(profile("ntlm", "connect"), host);
    EXPECT_FALSE(session.open_store().ok());
  });
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  expect_finding(told, "connect (2)", "privacy (6)", told.named("EcDoConnectEx", Direction::response));
}

TEST_F(DissectedRpc, AWrongPassword) {
  start();
  Told told = capture([&] {
    client::SimpleHost host("not the password");
    client::Session session(profile("ntlm", "privacy"), host);
    EXPECT_FALSE(session.open_store().ok());
  });
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  expect_finding(told, "sign-in", "password");
}

TEST_F(DissectedRpc, AUserWhomTheServerDoesNotHave) {
  start();
  Told told = capture([&] {
    RpcTalk talk({mapper_port(), mailbox_port(), "127.0.0.1", kUser, kPassword}, RpcTalk::bind_mapper);
    ASSERT_TRUE(talk.run_until(RpcTalk::bind_mapper, RpcTalk::connect)) << talk.wrong();
    const std::string nobody = "/o=Ropewalk/ou=Exchange Administrative Group/cn=Recipients/cn=nobody";
    emsmdb::EcDoConnectExIn in;
    in.user_dn = ndr::String::of(nobody);
    in.client_version = {{15, 0x8000 | 4420, 1017}};
    in.aux_out_size = emsmdb::kSmallRange;
    talk.call(10, talk.stub(in));
    ASSERT_TRUE(talk.socket().send(talk.output()));
    EXPECT_FALSE(talk.finish(RpcTalk::connect));
  });
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  expect_complete(told);
  expect_finding(told, "EcDoConnectEx (EMSMDB) failed", "distinguished name",
                 told.named("EcDoConnectEx", Direction::request));
}

TEST_F(DissectedRpc, AnInterfaceThatIsNotRegistered) {
  start();
  Told told = capture([&] {
    RpcTalk talk({mapper_port(), mailbox_port(), "127.0.0.1", kUser, kPassword}, RpcTalk::bind_mapper);
    ASSERT_TRUE(talk.run(RpcTalk::bind_mapper)) << talk.wrong();
    epm::Binding wanted;
    wanted.interface_id = emsmdb::kEmsmdb.id;
    wanted.interface_id.uuid = guid_literal("12345678-1234-abcd-ef00-01234567cffb");
    wanted.transfer_syntax = dcerpc::kNdr;
    wanted.transport = epm::FloorProtocol::tcp;
    const std::vector<u8> tower = epm::make_tower(wanted);
    epm::TowerOctets octets;
    octets.octets = tower;
    epm::MapIn in;
    in.map_tower = ndr::FullPointer<epm::TowerOctets>::to(octets);
    in.max_towers = 4;
    talk.call(3, talk.stub(in));
    ASSERT_TRUE(talk.socket().send(talk.output()));
    EXPECT_FALSE(talk.finish(RpcTalk::map));
  });
  if (!skip_.empty()) GTEST_SKIP() << skip_;
  expect_finding(told, "ept_s_not_registered", "not running", told.named("ept_map", Direction::request));
}

TEST(DissectedHttp, AWrongPasswordAndAUserWhomTheServerDoesNotHave) {
  LiveServer server;
  std::string skip;
  Told told = captured(
      server,
      [&](u16) {
        server::TestClient wrong(server.url(), LiveServer::address(1), "not the password");
        EXPECT_EQ(wrong.connect(server.dn(1)).status, 401);
        server::TestClient right(server.url(), LiveServer::address(1), LiveServer::kPassword);
        auto reply = right.connect("/o=Ropewalk/cn=Recipients/cn=nobody");
        EXPECT_NE(reply.body<mapihttp::ConnectResponse>().error_code, ErrorCode::none);
      },
      skip);
  if (!skip.empty()) GTEST_SKIP() << skip;
  expect_finding(told, "user1@ropewalk.test", "password",
                 {told.named("Connect", Direction::request).at(0), told.named("Connect", Direction::response).at(0)});
  expect_finding(told, "Connect failed", "distinguished name", {told.named("Connect", Direction::request).at(1)});
}

TEST(DissectedHttp, AWrongPasswordForRpcOverHttp) {
  LiveServer server;
  std::string skip;
  Told told = captured(
      server,
      [&](u16 port) {
        server::HttpRpcClient client(port, LiveServer::address(1));
        client.password = "not the password";
        EXPECT_FALSE(client.connect(emsmdb::kEmsmdb.id));
      },
      skip);
  if (!skip.empty()) GTEST_SKIP() << skip;
  expect_finding(told, "user1@ropewalk.test", "password");
}

}  // namespace
}  // namespace ropewalk
