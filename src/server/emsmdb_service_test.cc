#include "server/emsmdb_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/hex.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/extended_buffer.h"

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using testing::HasSubstr;

// Answers with what it was asked, and can go on as often as it is told to.
class Echo final : public RopRunner {
 public:
  bool is_brief(ByteView) const override { return false; }
  ErrorCode run(session::Session&, ByteView rops, wire::OutBuffer& out, std::size_t max_out, RopChain* chain) override {
    ++runs;
    last_room = max_out;
    if (fails != ErrorCode::none) return fails;
    if (rops.size() > max_out) return ErrorCode::buffer_too_small;
    out.append(rops);
    if (chain != nullptr && more > 0) {
      --more;
      chain->next.assign(rops.begin(), rops.end());
      chain->room_wanted = room_wanted;
    }
    return ErrorCode::none;
  }
  int runs = 0, more = 0;
  std::size_t last_room = 0, room_wanted = 0x2000;
  ErrorCode fails = ErrorCode::none;
};

class EmsmdbServiceTest : public testing::Test {
 protected:
  EmsmdbServiceTest() {
    user_.id = 7;
    user_.address = "user1@ropewalk.test";
    user_.display_name = "User One";
    user_.legacy_dn = "/o=R/cn=user1";
  }

  ConnectReply connect(std::string_view dn = "/o=R/cn=user1", u32 flags = 0) {
    ConnectCall call;
    call.user_dn = dn;
    call.flags = flags;
    call.code_page = 1252;
    return service_.connect(user_, call);
  }
  // What comes back for these payloads, each in an extended buffer of its own.
  std::vector<std::vector<u8>> execute(const std::vector<std::vector<u8>>& payloads, u32 flags, u32 max_out = 0x40000,
                                       emsmdb::PackOptions how = {}) {
    wire::OutBuffer in;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      how.last = i + 1 == payloads.size();
      emsmdb::append_extended_buffer(payloads[i], how, in);
    }
    out_.clear();
    error_ = service_.execute(*session(), {flags, in.view(), max_out, {}}, out_);
    Arena arena;
    auto opened = emsmdb::open_extended_buffers(out_.view(), arena);
    EXPECT_TRUE(opened.ok());
    std::vector<std::vector<u8>> plain;
    if (opened.ok())
      for (ByteView view : *opened) plain.emplace_back(view.begin(), view.end());
    return plain;
  }
  session::Session* session() {
    if (session_ == nullptr) session_ = connect().session;
    return session_.get();
  }

  session::UserIdentity user_;
  session::Registry registry_{{.sessions_per_user = 2}};
  Echo rops_;
  std::string log_, debug_;
  EmsmdbService service_{{registry_, rops_,
                          [](std::string_view dn) -> std::optional<i64> {
                            if (dn == "/o=R/cn=user1") return 7;
                            if (dn == "/o=R/cn=user2") return 8;
                            return std::nullopt;
                          },
                          [this](const std::string& line) { log_ += line + "\n"; },
                          [this](const std::string& line) { debug_ += line + "\n"; }}};
  std::shared_ptr<session::Session> session_;
  wire::OutBuffer out_;
  ErrorCode error_ = ErrorCode::none;
};

const std::vector<u8> kRops = {0x02, 0x00, 0xFF, 0xFF, 0xFF, 0xFF};

TEST_F(EmsmdbServiceTest, ConnectOpensASession) {
  ConnectReply reply = connect();
  EXPECT_EQ(reply.error, ErrorCode::none);
  ASSERT_NE(reply.session, nullptr);
  EXPECT_EQ(registry_.size(), 1u);
  EXPECT_EQ(reply.display_name, "User One");
  EXPECT_EQ(reply.dn_prefix, "");
  EXPECT_EQ(reply.polls_max, 60'000u);
  Arena arena;
  auto opened = emsmdb::open_extended_buffers(reply.aux_out.view(), arena);
  ASSERT_TRUE(opened.ok());
  ASSERT_EQ(opened->size(), 1u);
  auto blocks = wire::decode<emsmdb::AuxBuffer>(opened->front(), arena);
  ASSERT_TRUE(blocks.ok()) << blocks.error().text();
  EXPECT_TRUE(emsmdb::find_aux<emsmdb::AuxExOrgInfo>(*blocks, emsmdb::kAuxExOrgInfo, arena).has_value());
  auto control = emsmdb::find_aux<emsmdb::AuxClientControl>(*blocks, emsmdb::kAuxClientControl, arena);
  ASSERT_TRUE(control.has_value());
  EXPECT_EQ(control->expiry_time, 604'800'000u);
  auto single = emsmdb::find_aux<emsmdb::AuxEndpointCapabilities>(*blocks, emsmdb::kAuxEndpointCapabilities, arena);
  ASSERT_TRUE(single.has_value());
  EXPECT_EQ(single->endpoint_capability_flag, 1u);
}

TEST_F(EmsmdbServiceTest, ConnectSaysWhyNot) {
  EXPECT_EQ(connect("").error, ErrorCode::access_denied);
  EXPECT_EQ(connect("/o=R/cn=nobody").error, ErrorCode::unknown_user);
  EXPECT_EQ(connect("/o=R/cn=user2").error, ErrorCode::access_denied);
  EXPECT_EQ(connect("/o=R/cn=user1", 1).error, ErrorCode::login_perm);
  ConnectCall call;
  call.user_dn = user_.legacy_dn;
  std::vector<u8> large(kMaxAuxiliary + 1);
  call.aux_in = large;
  EXPECT_EQ(service_.connect(user_, call).error, ErrorCode::rpc_failed);
  EXPECT_EQ(registry_.size(), 0u);
  EXPECT_THAT(log_, HasSubstr("user1@ropewalk.test: refused with ecUnknownUser: Connect as /o=R/cn=nobody"));
}

TEST_F(EmsmdbServiceTest, ASessionTooManyEndsTheLongestUnused) {
  auto first = connect().session, second = connect().session;
  auto third = connect();
  EXPECT_EQ(third.error, ErrorCode::none);
  EXPECT_TRUE(first->notifications.is_closed());
  EXPECT_FALSE(second->notifications.is_closed());
  second->busy = third.session->busy = 1;
  EXPECT_EQ(connect().error, ErrorCode::too_many_sessions);
  EXPECT_TRUE(service_.disconnect(second->id()));
  EXPECT_FALSE(service_.disconnect(second->id()));
  EXPECT_TRUE(second->notifications.is_closed());
}

TEST_F(EmsmdbServiceTest, EveryFormOfARequestIsUnderstood) {
  std::vector<u8> payload(2000, 0x41);
  for (bool compress : {false, true})
    for (bool obfuscate : {false, true}) {
      auto plain = execute({payload}, 0, 0x10000, {.compress = compress, .obfuscate = obfuscate});
      EXPECT_EQ(error_, ErrorCode::none);
      ASSERT_EQ(plain.size(), 1u);
      EXPECT_EQ(plain[0], payload);
    }
}

TEST_F(EmsmdbServiceTest, ResponsesAreAsTheClientWantsThem) {
  std::vector<u8> payload(2000, 0x41);
  auto flags = [&](u32 asked) {
    execute({payload}, asked);
    return load_le<u16>(out_.data() + 2);
  };
  EXPECT_EQ(flags(0), 0x7);               // compressed, obfuscated, last
  EXPECT_EQ(flags(kNoCompression), 0x6);  // MS-OXCRPC_R634
  EXPECT_EQ(flags(kNoXorMagic), 0x5);     // MS-OXCRPC_R638
  EXPECT_EQ(flags(kNoCompression | kNoXorMagic), 0x4);
  EXPECT_EQ(text_of(out_.view().subspan(8)), std::string(2000, 'A'));
}

TEST_F(EmsmdbServiceTest, SeveralInputBuffersAreRunInOrder) {
  auto plain = execute({kRops, {1, 2, 3}, {4}}, 0);
  EXPECT_EQ(plain, (std::vector<std::vector<u8>>{kRops, {1, 2, 3}, {4}}));
  EXPECT_EQ(rops_.runs, 3);
}

TEST_F(EmsmdbServiceTest, AnswersAreChainedWhereTheClientAllowsIt) {
  rops_.more = 3;
  EXPECT_EQ(execute({kRops}, 0).size(), 1u);
  EXPECT_EQ(rops_.more, 3);
  EXPECT_EQ(execute({kRops}, kChain).size(), 4u);  // the last one alone is marked so: else opening fails
  rops_.more = 1000;
  EXPECT_EQ(execute({kRops}, kChain).size(), 96u);  // MS-OXCRPC_R969
  rops_.more = 1000;
  EXPECT_EQ(execute({std::vector<u8>(0x4000, 1)}, kChain | kNoCompression, 0x9FFF).size(),
            2u);                    // room for 0x2000 is left
  EXPECT_LE(out_.size(), 0x9FFFu);  // MS-OXCRPC_R4852
}

TEST_F(EmsmdbServiceTest, APayloadTakesNoMoreThanThereIsRoom) {
  execute({kRops}, 0, 0x40000);
  EXPECT_EQ(rops_.last_room, 0x8000u);  // MS-OXCRPC_R1628 MS-OXCRPC_R961
  execute({kRops}, 0, 0xFFFFFFFF);
  EXPECT_EQ(rops_.last_room, 0x8000u);
  execute({kRops}, 0, 20);
  EXPECT_EQ(rops_.last_room, 12u);
  EXPECT_EQ(error_, ErrorCode::none);
  execute({kRops}, 0, 10);
  EXPECT_EQ(error_, ErrorCode::buffer_too_small);
}

// An extended buffer of blocks, as a client sends it.
std::vector<u8> auxiliary(std::string_view hex, emsmdb::PackOptions how = {}) {
  wire::OutBuffer out;
  emsmdb::append_extended_buffer(*from_hex(hex), how, out);
  return {out.view().begin(), out.view().end()};
}

// AUX_PERF_CLIENTINFO of machine "PC", account "me", in cached mode.
constexpr std::string_view kClientInfo =
    "2C00 01 02 00000000 0100 2000 2600 0000 0000 0000 0000 0000 0000 0000 0200 0000 500043000000 6D0065000000";
// AUX_PERF_PROCESSINFO of "A.EXE" in version 2; AUX_CLIENT_CONNECTION_INFO of the third attempt, without a text.
constexpr std::string_view kProcessInfo =
    "2800 02 0B 0100 0000 0102030405060708090A0B0C0D0E0F10 1C00 0000 41002E004500580045000000";
constexpr std::string_view kConnectionInfo = "2000 01 4A 0102030405060708090A0B0C0D0E0F10 0000 0000 03000000 00000000";

TEST_F(EmsmdbServiceTest, ConnectKeepsWhatTheClientTellsOfItself) {
  for (emsmdb::PackOptions how : {emsmdb::PackOptions{}, {.compress = false, .obfuscate = false}}) {
    ConnectCall call;
    call.user_dn = user_.legacy_dn;
    // MS-OXCRPC_R1601: between them a block that nobody knows, and one that is too short for what it says it is
    auto aux = auxiliary(std::string(kClientInfo) + "0600 01 F0 ABCD" + "0500 01 4A 00" + std::string(kProcessInfo) +
                             std::string(kConnectionInfo),
                         how);
    call.aux_in = aux;
    auto reply = service_.connect(user_, call);
    ASSERT_EQ(reply.error, ErrorCode::none) << log_;
    const session::ClientReport& report = reply.session->report;
    EXPECT_EQ(report.machine, "PC");
    EXPECT_EQ(report.account, "me");
    EXPECT_EQ(report.process, "A.EXE");
    EXPECT_EQ(report.cached, true);
    EXPECT_EQ(report.connection_attempts, 3u);
    EXPECT_EQ(log_, "");
    EXPECT_THAT(debug_, HasSubstr("user1@ropewalk.test: client says AUX_TYPE_PERF_CLIENTINFO (machine PC, account me, "
                                  "mode 2); unknown block 1.0xf0; AUX_CLIENT_CONNECTION_INFO (too short)"));
  }
}

// MS-OXCRPC_R1819 MS-OXCRPC_R1820 MS-OXCRPC_R1821 MS-OXCRPC_R1822 MS-OXCRPC_R1823 MS-OXCRPC_R1824
TEST_F(EmsmdbServiceTest, ReservedFieldsOfAuxiliaryBlocksMeanNothing) {
  auto reply_to = [&](std::string_view blocks) {
    ConnectCall call;
    call.user_dn = user_.legacy_dn;
    auto aux = auxiliary(blocks);
    call.aux_in = aux;
    auto reply = service_.connect(user_, call);
    return std::to_string(static_cast<u32>(reply.error)) + reply.display_name + to_hex(reply.aux_out.view());
  };
  auto with = [&](std::string_view block, std::size_t reserved) {
    std::vector<u8> bytes = *from_hex(block);
    bytes[reserved] ^= 0x5A;
    return reply_to(to_hex(bytes));
  };
  constexpr std::string_view kSessionInfo = "1800 01 04 0100 0000 0102030405060708090A0B0C0D0E0F10";
  constexpr std::string_view kSessionInfoV2 = "1C00 02 04 0100 0000 0102030405060708090A0B0C0D0E0F10 01000000";
  const std::pair<std::string_view, std::size_t> reserved[] = {{kSessionInfo, 6},  {kSessionInfoV2, 6},
                                                               {kClientInfo, 30},  {kProcessInfo, 6},
                                                               {kProcessInfo, 26}, {kConnectionInfo, 22}};
  for (auto& [block, offset] : reserved) EXPECT_EQ(reply_to(block), with(block, offset)) << block << " at " << offset;
}

TEST_F(EmsmdbServiceTest, AuxiliaryBuffersThatAreNoneAreRefused) {
  auto connect_with = [&](std::vector<u8> aux) {
    ConnectCall call;
    call.user_dn = user_.legacy_dn;
    call.aux_in = aux;
    return service_.connect(user_, call).error;
  };
  auto execute_with = [&](std::vector<u8> aux) {
    wire::OutBuffer in, out;
    emsmdb::append_extended_buffer(kRops, {}, in);
    return service_.execute(*session(), {0, in.view(), 0x8000, aux}, out);
  };
  EXPECT_EQ(connect_with({1, 2, 3}), ErrorCode::rpc_failed);  // MS-OXCRPC_R1367
  EXPECT_EQ(execute_with({1, 2, 3}), ErrorCode::rpc_failed);
  // Announces 100 bytes and has 2.
  EXPECT_EQ(connect_with(*from_hex("0000 0400 6400 6400 AABB")), ErrorCode::rpc_format);
  EXPECT_EQ(execute_with(*from_hex("0000 0400 6400 6400 AABB")), ErrorCode::rpc_format);
  EXPECT_EQ(rops_.runs, 0);
  EXPECT_THAT(log_, HasSubstr("refused with ecRpcFormat: the auxiliary buffer: "));
  // Lists that break off, blocks without end and offsets into nowhere are no reason to refuse what they come with.
  EXPECT_EQ(connect_with(auxiliary("0000 01 0A")), ErrorCode::none);
  EXPECT_EQ(execute_with(auxiliary("FFFF 01 02 00")), ErrorCode::none);
  EXPECT_THAT(debug_, HasSubstr("what follows is no block"));
  std::string many;
  for (int i = 0; i < 900; ++i) many += "0400 01 01";
  EXPECT_EQ(execute_with(auxiliary(many)), ErrorCode::none);
  EXPECT_THAT(debug_, HasSubstr("; and more"));
  std::string lost(kClientInfo);
  lost.replace(lost.find("2000"), 4, "FFFF");
  EXPECT_EQ(execute_with(auxiliary(lost)), ErrorCode::none);
  EXPECT_EQ(session()->report.machine, "");
  EXPECT_EQ(session()->report.account, "me");
}

TEST_F(EmsmdbServiceTest, RefusesWhatIsNoRopBuffer) {
  auto error_for = [&](std::vector<u8> bytes, u32 max_out = 0x8000) {
    wire::OutBuffer out;
    out.append(kRops);
    ErrorCode error = service_.execute(*session(), {0, bytes, max_out, {}}, out);
    EXPECT_EQ(out.size(), kRops.size());
    return error;
  };
  EXPECT_EQ(error_for({}), ErrorCode::rpc_failed);
  EXPECT_EQ(error_for({0, 0, 4, 0, 0, 0, 0}), ErrorCode::rpc_failed);
  EXPECT_EQ(error_for({0, 0, 4, 0, 1, 0, 1, 0, 9}, 7), ErrorCode::rpc_failed);
  EXPECT_EQ(error_for({0, 0, 4, 0, 9, 0, 9, 0, 9}),
            ErrorCode::rpc_format);  // MS-OXCRPC_R697 size of more than there is
  EXPECT_EQ(error_for({0, 0, 0, 0, 1, 0, 1, 0, 9}), ErrorCode::rpc_format);     // no last one
  EXPECT_EQ(error_for({0, 0, 5, 0, 1, 0, 80, 0, 9}), ErrorCode::rpc_format);    // MS-OXCRPC_R698 not compressed data
  EXPECT_EQ(error_for({0, 0, 4, 0, 1, 0, 1, 0, 9, 9}), ErrorCode::rpc_format);  // bytes behind the last
  EXPECT_EQ(rops_.runs, 0);
  rops_.fails = ErrorCode::rpc_format;
  EXPECT_EQ(error_for({0, 0, 4, 0, 1, 0, 1, 0, 9}), ErrorCode::rpc_format);
  EXPECT_EQ(std::count(log_.begin(), log_.end(), '\n'), 8);
}

}  // namespace
}  // namespace ropewalk::server
