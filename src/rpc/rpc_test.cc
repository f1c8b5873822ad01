#include <random>

#include "base/hex.h"
#include "rpc/test_wire.h"

namespace ropewalk::rpc {
namespace {

using dcerpc::AuthLevel;
using dcerpc::AuthType;
using State = ClientConnection::State;

std::vector<u8> some_bytes(std::size_t n) {
  std::vector<u8> bytes(n);
  for (std::size_t i = 0; i < n; ++i) bytes[i] = static_cast<u8>(i * 7 + i / 251);
  return bytes;
}

// Echoes so many bytes; empty, or what went wrong.
std::string echo(Bench& bench, ClientConnection& client, ServerConnection& server, u16 context, std::size_t n) {
  auto bytes = some_bytes(n);
  ndr::Format format = client.format(context);
  auto id = client.call(context, 1, stub_of(echo::DataIn{{bytes}}, format));
  if (!id.ok()) return id.error().text;
  pump(bench, client, server);
  if (!client.error().empty()) return client.error();
  auto replies = client.take_replies();
  if (replies.size() != 1 || replies[0].call_id != *id) return "no reply";
  if (replies[0].fault != 0) return dcerpc::fault_text(replies[0].fault);
  Arena arena;
  wire::Context chain = wire::add_context(replies[0].format, nullptr);
  auto out = wire::decode<echo::DataOut>(replies[0].stub, arena, &chain);
  if (!out.ok()) return out.error().text();
  return std::equal(bytes.begin(), bytes.end(), out->data.bytes.begin(), out->data.bytes.end()) ? "" : "other bytes";
}

TEST(Rpc, EchoesAtEveryLevelAndSize) {
  for (AuthType type : {AuthType::none, AuthType::ntlm, AuthType::spnego}) {
    for (AuthLevel level : {AuthLevel::connect, AuthLevel::packet, AuthLevel::integrity, AuthLevel::privacy}) {
      for (bool ndr64 : {false, true}) {
        for (bool sign_header : {false, true}) {
          Bench bench;
          ServerConnection server(bench.endpoint);
          ClientSettings how = settings(type, level, "Passw0rd.123");
          how.offer_ndr64 = ndr64;
          how.sign_header = sign_header;
          ClientConnection client(std::move(how));
          u16 context = client.bind(echo::kEcho.id);
          pump(bench, client, server);
          ASSERT_EQ(client.error(), "");
          ASSERT_EQ(client.state(context), State::accepted) << client.refusal(context);
          EXPECT_EQ(client.format(context).ndr64, ndr64);
          EXPECT_EQ(client.server_address(), "135");
          for (std::size_t n : {0, 1, 5, 5000, 5816, 6000, 100'000})
            ASSERT_EQ(echo(bench, client, server, context, n), "")
                << static_cast<int>(type) << " at " << static_cast<int>(level) << " " << n << " bytes";
          EXPECT_TRUE(bench.log.empty());
        }
      }
    }
  }
}

TEST(Rpc, PrivacyHidesAndIntegrityGuardsTheStub) {
  for (AuthLevel level : {AuthLevel::integrity, AuthLevel::privacy}) {
    Bench bench;
    ServerConnection server(bench.endpoint);
    ClientConnection client(settings(AuthType::ntlm, level, "Passw0rd.123"));
    u16 context = client.bind(echo::kEcho.id);
    pump(bench, client, server);
    auto text = bytes_of("nobody else may read or change this text");
    ASSERT_TRUE(client.call(context, 1, stub_of(echo::DataIn{{text}}, client.format(context))).ok());
    std::vector<u8> sent(client.output().begin(), client.output().end());
    bool readable = std::search(sent.begin(), sent.end(), text.begin(), text.end()) != sent.end();
    EXPECT_EQ(readable, level == AuthLevel::integrity);
    sent[40] ^= 1;
    server.receive(sent);
    EXPECT_TRUE(server.take_calls().empty());
    EXPECT_TRUE(server.closing());
    client.sent(sent.size());
    client.receive(server.output());
    auto replies = client.take_replies();
    ASSERT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies[0].fault, dcerpc::kSecurityPackageError);
  }
}

TEST(Rpc, AWrongPasswordIsRefusedAndTold) {
  Bench bench;
  ServerConnection server(bench.endpoint);
  ClientConnection client(settings(AuthType::spnego, AuthLevel::privacy, "wrong"));
  u16 context = client.bind(echo::kEcho.id);
  pump(bench, client, server);
  EXPECT_NE(client.error(), "");
  EXPECT_FALSE(client.call(context, 1, {}).ok());
  ASSERT_FALSE(bench.log.empty());
  EXPECT_NE(bench.log.back().find("wrong password"), std::string::npos) << bench.log.back();
}

TEST(Rpc, ALevelThatIsTooLowIsRefusedInWords) {
  Bench bench;
  bench.endpoint.interfaces[0].least_level = AuthLevel::privacy;
  ServerConnection server(bench.endpoint);
  ClientConnection client(settings(AuthType::ntlm, AuthLevel::connect, "Passw0rd.123"));
  u16 context = client.bind(echo::kEcho.id);
  pump(bench, client, server);
  EXPECT_EQ(echo(bench, client, server, context, 10), "ERROR_ACCESS_DENIED");
  ASSERT_FALSE(bench.log.empty());
  EXPECT_NE(bench.log.back().find("client asks for level connect (2), server requires privacy (6)"), std::string::npos)
      << bench.log.back();
  EXPECT_FALSE(server.closing());  // other interfaces may do with less
}

TEST(Rpc, SeveralInterfacesOnOneConnection) {
  Bench bench;
  ServerConnection server(bench.endpoint);
  ClientConnection client(settings(AuthType::ntlm, AuthLevel::integrity, "Passw0rd.123"));
  u16 first = client.bind(echo::kEcho.id);
  u16 second = client.bind(mgmt::kManagement.id);
  u16 unknown = client.bind(dcerpc::syntax(guid_literal("00112233-4455-6677-8899-aabbccddeeff"), 1));
  u16 newer = client.bind(dcerpc::syntax(echo::kEcho.id.uuid, 1, 7));
  pump(bench, client, server);
  ASSERT_EQ(client.error(), "");
  EXPECT_EQ(client.state(first), State::accepted);
  EXPECT_EQ(client.state(second), State::accepted);
  EXPECT_EQ(client.state(unknown), State::refused);
  EXPECT_EQ(client.refusal(unknown), "the server does not serve this interface");
  EXPECT_EQ(client.state(newer), State::refused);
  EXPECT_EQ(echo(bench, client, server, first, 100), "");
  ASSERT_TRUE(client.call(second, 0, {}).ok());
  pump(bench, client, server);
  auto replies = client.take_replies();
  ASSERT_EQ(replies.size(), 1u);
  Arena arena;
  wire::Context chain = wire::add_context(replies[0].format, nullptr);
  auto ids = wire::decode<mgmt::InqIfIdsOut>(replies[0].stub, arena, &chain);
  ASSERT_TRUE(ids.ok()) << ids.error().text();
  ASSERT_TRUE(ids->ids);
  EXPECT_EQ(ids->ids->ids.size(), 3u);
}

// fault: PacketType::fault, [C706] 12.6.4.7
TEST(Rpc, FaultsHaveTheRightStatus) {
  Bench bench;
  ServerConnection server(bench.endpoint);
  ClientConnection client({});
  u16 context = client.bind(echo::kEcho.id);
  pump(bench, client, server);
  auto status = [&](u16 opnum, ByteView stub) {
    EXPECT_TRUE(client.call(context, opnum, stub).ok());
    pump(bench, client, server);
    auto replies = client.take_replies();
    return replies.size() == 1 ? dcerpc::fault_text(replies[0].fault) : "no reply";
  };
  EXPECT_EQ(status(10, {}), "nca_s_op_rng_error");
  EXPECT_EQ(status(1, {}), "RPC_X_BAD_STUB_DATA");
  EXPECT_EQ(echo(bench, client, server, context, 10), "");
}

TEST(Rpc, CallsRunSideBySideWhereBothSidesSaySo) {
  Bench bench;
  bench.endpoint.max_pending = 3;
  ServerConnection server(bench.endpoint);
  ClientConnection client(settings(AuthType::ntlm, AuthLevel::privacy, "Passw0rd.123"));
  u16 context = client.bind(echo::kEcho.id);
  pump(bench, client, server);
  ASSERT_TRUE(client.multiplexed());
  std::vector<u32> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(*client.call(context, 1, stub_of(echo::DataIn{{some_bytes(7000)}}, client.format(context))));
  server.receive(std::vector<u8>(client.output().begin(), client.output().end()));
  client.sent(client.output().size());
  auto calls = server.take_calls();
  ASSERT_EQ(calls.size(), 3u);  // the fourth is one too many
  for (std::size_t i = calls.size(); i-- > 0;) server.respond(calls[i], *Bench::echo_data(calls[i]));
  client.receive(std::vector<u8>(server.output().begin(), server.output().end()));
  EXPECT_EQ(client.error(), "");
  auto replies = client.take_replies();
  ASSERT_EQ(replies.size(), 4u);
  EXPECT_EQ(replies[0].call_id, ids[3]);
  EXPECT_EQ(replies[0].fault, dcerpc::kServerTooBusy);
  EXPECT_FALSE(replies[0].executed);
  EXPECT_EQ(replies[1].call_id, ids[2]);
  EXPECT_EQ(replies[3].call_id, ids[0]);
}

// A group that is gone: PacketType::bind_nak.
TEST(Rpc, AssociationsAreSharedAndRunDown) {
  Bench bench;
  auto first = std::make_unique<ServerConnection>(bench.endpoint);
  ClientConnection client({});
  client.bind(echo::kEcho.id);
  pump(bench, client, *first);
  u32 group = client.association();
  EXPECT_NE(group, 0u);
  {
    ServerConnection second(bench.endpoint);
    ClientSettings same;
    same.association = group;
    ClientConnection other(std::move(same));
    other.bind(echo::kEcho.id);
    pump(bench, other, second);
    EXPECT_EQ(other.association(), group);
  }
  EXPECT_TRUE(bench.run_down.empty());
  first.reset();
  EXPECT_EQ(bench.run_down, std::vector<u32>{group});
  ServerConnection third(bench.endpoint);
  ClientSettings gone;
  gone.association = group;
  ClientConnection late(std::move(gone));
  late.bind(echo::kEcho.id);
  pump(bench, late, third);
  EXPECT_EQ(late.error(), "the server refuses to bind: REASON_NOT_SPECIFIED");
}

TEST(Rpc, ARequestMayNotGrowWithoutBound) {
  Bench bench;
  bench.endpoint.max_request = 20'000;
  ServerConnection server(bench.endpoint);
  ClientConnection client({});
  u16 context = client.bind(echo::kEcho.id);
  pump(bench, client, server);
  EXPECT_EQ(echo(bench, client, server, context, 19'000), "");
  EXPECT_EQ(echo(bench, client, server, context, 30'000), "ERROR_ACCESS_DENIED");
  EXPECT_TRUE(server.closing());
}

// Fragments that never end, and requests inside them.
TEST(Rpc, FragmentsOfOthersDoNotMix) {
  Bench bench;
  ServerConnection server(bench.endpoint);
  ClientConnection client({});
  u16 context = client.bind(echo::kEcho.id);
  pump(bench, client, server);
  ASSERT_TRUE(client.call(context, 1, stub_of(echo::DataIn{{some_bytes(9000)}}, client.format(context))).ok());
  std::vector<u8> sent(client.output().begin(), client.output().end());
  std::size_t first = load_le<u16>(sent.data() + 8);
  ASSERT_LT(first, sent.size());
  server.receive(ByteView(sent).first(first));
  std::vector<u8> stranger(sent.begin() + static_cast<std::ptrdiff_t>(first), sent.end());
  stranger[12] = 99;  // its call id
  server.receive(stranger);
  EXPECT_TRUE(server.closing());
  EXPECT_TRUE(server.take_calls().empty());
}

// Every prefix and many bent bytes of a whole conversation: it ends or goes on, and nothing is believed that should
// not.
TEST(Rpc, HostileBytesEndOnlyTheirOwnConnection) {
  Bench bench;
  std::vector<u8> recorded;
  {
    ServerConnection server(bench.endpoint);
    ClientConnection client(settings(AuthType::ntlm, AuthLevel::integrity, "Passw0rd.123"));
    u16 context = client.bind(echo::kEcho.id);
    auto record = [&] {
      std::vector<u8> up(client.output().begin(), client.output().end());
      recorded.insert(recorded.end(), up.begin(), up.end());
      client.sent(up.size());
      server.receive(up);
      bench.serve(server);
      client.receive(std::vector<u8>(server.output().begin(), server.output().end()));
      server.sent(server.output().size());
    };
    record();
    record();
    ASSERT_TRUE(client.call(context, 1, stub_of(echo::DataIn{{some_bytes(6000)}}, client.format(context))).ok());
    record();
  }
  std::mt19937 random(7);
  for (std::size_t n = 0; n < recorded.size(); n += 1 + n / 200) {
    ServerConnection server(bench.endpoint);
    server.receive(ByteView(recorded).first(n));
    EXPECT_TRUE(server.take_calls().empty());  // the signature is of another session
  }
  for (int i = 0; i < 2000; ++i) {
    std::vector<u8> bent = recorded;
    for (int flips = 1 + i % 4; flips > 0; --flips)
      bent[random() % std::min<std::size_t>(bent.size(), 900)] ^= 1 << random() % 8;
    ServerConnection server(bench.endpoint);
    for (std::size_t at = 0; at < bent.size(); at += 333)
      server.receive(ByteView(bent).subspan(at, std::min<std::size_t>(333, bent.size() - at)));
    bench.serve(server);
    EXPECT_LT(server.output().size(), 100'000u);
  }
  EXPECT_EQ(bench.associations.size(), 0u);
}

TEST(EndpointMap, FindsWhatIsRegistered) {
  Bench bench;
  auto add = [&](const dcerpc::SyntaxId& id, epm::FloorProtocol transport, u16 port, const Guid& object = {}) {
    Registration one;
    one.binding = {id, dcerpc::kNdr, transport, port, "", ""};
    one.object = object;
    one.annotation = "Ropewalk";
    bench.map.add(one);
  };
  Guid object = guid_literal("00112233-4455-6677-8899-aabbccddeeff");
  add(echo::kEcho.id, epm::FloorProtocol::tcp, 1025);
  add(echo::kEcho.id, epm::FloorProtocol::http, 6001);
  add(mgmt::kManagement.id, epm::FloorProtocol::tcp, 1026, object);
  ServerConnection server(bench.endpoint);
  ClientConnection client({});
  u16 context = client.bind(epm::kEndpointMapper.id);
  pump(bench, client, server);
  Arena arena;
  auto ask = [&](u16 opnum, std::vector<u8> stub) {
    EXPECT_TRUE(client.call(context, opnum, stub).ok());
    pump(bench, client, server);
    auto replies = client.take_replies();
    EXPECT_EQ(replies.size(), 1u);
    return replies.empty() ? Reply{} : replies[0];
  };
  auto map = [&](const dcerpc::SyntaxId& id, epm::FloorProtocol transport, const Guid* wanted) {
    auto bytes = epm::make_tower({id, dcerpc::kNdr, transport, 0, "", ""});
    epm::TowerOctets octets{bytes};
    epm::MapIn in;
    in.map_tower = ndr::FullPointer<epm::TowerOctets>::to(octets);
    in.map_tower.referent = 1;
    if (wanted != nullptr) in.object = ndr::FullPointer<Guid>::to(*wanted);
    in.max_towers = 4;
    Reply reply = ask(3, stub_of(in, client.format(context)));
    wire::Context chain = wire::add_context(reply.format, nullptr);
    auto out = wire::decode<epm::MapOut>(reply.stub, arena, &chain);
    EXPECT_TRUE(out.ok());
    if (!out.ok() || out->status != 0) return std::string("not registered");
    EXPECT_TRUE(out->entry_handle.is_null());
    EXPECT_NE(out->towers.items[0].referent, 1u);  // the question's tower: it is another one
    return epm::read_tower(out->towers.items[0]->octets)->to_string();
  };
  EXPECT_EQ(map(echo::kEcho.id, epm::FloorProtocol::tcp, nullptr), "ncacn_ip_tcp:127.0.0.1[1025]");
  EXPECT_EQ(map(echo::kEcho.id, epm::FloorProtocol::http, &object), "ncacn_http:127.0.0.1[6001]");
  EXPECT_EQ(map(mgmt::kManagement.id, epm::FloorProtocol::tcp, &object), "ncacn_ip_tcp:127.0.0.1[1026]");
  EXPECT_EQ(map(mgmt::kManagement.id, epm::FloorProtocol::tcp, nullptr), "not registered");
  EXPECT_EQ(map(epm::kEndpointMapper.id, epm::FloorProtocol::tcp, nullptr), "not registered");

  epm::LookupIn all;
  all.max_entries = 2;
  Reply reply = ask(2, stub_of(all, client.format(context)));
  wire::Context chain = wire::add_context(reply.format, nullptr);
  auto part = wire::decode<epm::LookupOut>(reply.stub, arena, &chain);
  ASSERT_TRUE(part.ok()) << part.error().text();
  EXPECT_EQ(part->entries.size(), 2u);
  EXPECT_FALSE(part->entry_handle.is_null());
  EXPECT_EQ(part->entries.items[0].annotation.text.text(), "Ropewalk");
  all.entry_handle = part->entry_handle;
  reply = ask(2, stub_of(all, client.format(context)));
  auto last = wire::decode<epm::LookupOut>(reply.stub, arena, &chain);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->entries.size(), 1u);
  EXPECT_TRUE(last->entry_handle.is_null());
  // The handle is spent, and nobody else's.
  EXPECT_EQ(ask(2, stub_of(all, client.format(context))).fault, dcerpc::kContextMismatch);
  EXPECT_EQ(ask(4, stub_of(epm::LookupHandleFreeIn{part->entry_handle}, client.format(context))).fault,
            dcerpc::kContextMismatch);
  // After a full page a client can ask whether that was all.
  all.entry_handle = {};
  all.max_entries = 3;
  reply = ask(2, stub_of(all, client.format(context)));
  auto full = wire::decode<epm::LookupOut>(reply.stub, arena, &chain);
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->entries.size(), 3u);
  EXPECT_EQ(full->status, 0u);
  EXPECT_FALSE(full->entry_handle.is_null());
  all.entry_handle = full->entry_handle;
  reply = ask(2, stub_of(all, client.format(context)));
  auto none = wire::decode<epm::LookupOut>(reply.stub, arena, &chain);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(none->status, epm::kNotRegistered);
  EXPECT_TRUE(none->entry_handle.is_null());
}

// rpc_mgmt_is_server_listening, rpc_mgmt_stop_server_listening, rpc_mgmt_inq_princ_name
TEST(Management, AnswersWithoutServingTooMuch) {
  Bench bench;
  Call call;
  auto serve = [&](u16 opnum, std::vector<u8> stub) {
    call.opnum = opnum;
    call.stub = std::move(stub);
    return serve_management(call, bench.endpoint, [](dcerpc::AuthType type) {
      return type == AuthType::ntlm ? std::string("host/mail") : "";
    });
  };
  EXPECT_EQ(to_hex(*serve(2, {})), "0000000001000000");
  EXPECT_EQ(to_hex(*serve(3, {})), "05000000");
  EXPECT_EQ(to_hex(*serve(4, stub_of(mgmt::InqPrincNameIn{10, 32}, {}))),
            "20000000000000000A000000686F73742F6D61696C00000000000000");
  EXPECT_EQ(serve(4, stub_of(mgmt::InqPrincNameIn{10, 5000}, {})).error(), dcerpc::kBadStubData);
  EXPECT_EQ(serve(1, stub_of(mgmt::InqStatsIn{51}, {})).error(), dcerpc::kBadStubData);
  EXPECT_EQ(serve(5, {}).error(), dcerpc::kOpnumOutOfRange);
  for (u16 opnum = 0; opnum < 16; ++opnum) {  // as `ropewalk coverage` tells
    const bool served = std::find(kManagementServed.begin(), kManagementServed.end(), opnum) != kManagementServed.end();
    Answer answer = serve(opnum, {});
    EXPECT_EQ(answer.ok() || answer.error() != dcerpc::kOpnumOutOfRange, served) << opnum;
    const bool mapped = std::find(kMapperServed.begin(), kMapperServed.end(), opnum) != kMapperServed.end();
    answer = bench.map.serve(call, "127.0.0.1");
    EXPECT_EQ(answer.ok() || answer.error() != dcerpc::kOpnumOutOfRange, mapped) << opnum;
  }
}

}  // namespace
}  // namespace ropewalk::rpc
