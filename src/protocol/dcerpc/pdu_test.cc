#include "protocol/dcerpc/pdu.h"

#include <gtest/gtest.h>

#include "protocol/dcerpc/status.h"
#include "protocol/dcerpc/verification_trailer.h"
#include "protocol/rpch/rts.h"
#include "wire/test_round_trip.h"

namespace ropewalk::dcerpc {
namespace {

std::vector<u8> hex(std::string_view text) { return *from_hex(text); }

// A bind as Windows sends it: NDR, NDR64 and the features a client has; and its answer.
TEST(Pdu, ReadsABind) {
  auto bytes =
      hex("05000b03100000007400000002000000d016d0160000000002000000"
          "0000010000dbf1a447ca6710b31f00dd010662da00005100045d888aeb1cc9119fe808002b10486002000000"
          "0100010000dbf1a447ca6710b31f00dd010662da000051002c1cb76c12984045030000000000000001000000");
  Arena arena;
  auto pdu = wire::decode<Pdu>(bytes, arena);
  ASSERT_TRUE(pdu.ok()) << pdu.error().text();
  EXPECT_EQ(pdu->type, PacketType::bind);
  EXPECT_EQ(pdu->call_id, 2u);
  const Bind& bind = pdu->as<Bind>();
  EXPECT_EQ(bind.max_recv_frag, 5840);
  ASSERT_EQ(bind.contexts.size(), 2u);
  EXPECT_EQ(bind.contexts[0].transfer_syntaxes[0], kNdr);
  EXPECT_EQ(bind_time_features(bind.contexts[1].transfer_syntaxes[0]), 3);
  EXPECT_EQ(bind_time_features(kNdr), std::nullopt);
  EXPECT_EQ(bind.contexts[1].transfer_syntaxes[0], bind_time_syntax(3));
  EXPECT_EQ(wire::check_bytes(wire::struct_info<Pdu>, bytes, nullptr), "");
}

// [C706] 14.1: the same request from a machine that writes its integers the other way round.
TEST(Pdu, ReadsBothByteOrders) {
  auto little =
      hex("0500008310000000300000000700000004030201050002"
          "00040302010605080700102030405060700a0b0c0d0e0f1011");
  auto big =
      hex("0500008300000000003000000000000701020304000500020102030405060708001020304050607"
          "00a0b0c0d0e0f1011");
  little.resize(48);
  big.resize(48);
  Arena arena;
  auto one = wire::decode<Pdu>(little, arena), other = wire::decode<Pdu>(big, arena);
  ASSERT_TRUE(one.ok()) << one.error().text();
  ASSERT_TRUE(other.ok()) << other.error().text();
  EXPECT_EQ(one->call_id, 7u);
  EXPECT_EQ(other->call_id, 7u);
  EXPECT_EQ(one->as<Request>().alloc_hint, 0x01020304u);
  EXPECT_EQ(other->as<Request>().alloc_hint, 0x01020304u);
  EXPECT_EQ(one->as<Request>().opnum, 2);
  EXPECT_EQ(other->as<Request>().opnum, 2);
  EXPECT_EQ(one->as<Request>().object, other->as<Request>().object);
  EXPECT_EQ(other->as<Request>().object.to_string(), "01020304-0506-0708-0010-203040506070");
  EXPECT_EQ(wire::check_bytes(wire::struct_info<Pdu>, little, nullptr), "");
  EXPECT_EQ(wire::check_bytes(wire::struct_info<Pdu>, big, nullptr), "");
  PduStart start = read_start(std::span<const u8, kHeaderSize>(big.data(), kHeaderSize));
  EXPECT_TRUE(start.big_endian);
  EXPECT_EQ(start.frag_length, 48);
}

TEST(Pdu, KeepsASecurityTrailer) {
  auto bytes =
      hex("050000031000000038000800010000000000000000000200"
          "11223344556677880000000000000000"
          "0a060800785634120102030405060708");
  bytes[8] = static_cast<u8>(bytes.size());
  Arena arena;
  auto pdu = wire::decode<Pdu>(bytes, arena);
  ASSERT_TRUE(pdu.ok()) << pdu.error().text();
  EXPECT_EQ(pdu->auth.type, AuthType::ntlm);
  EXPECT_EQ(pdu->auth.level, AuthLevel::privacy);
  EXPECT_EQ(pdu->auth.context_id, 0x12345678u);
  EXPECT_EQ(pdu->auth.pad_length, 8);
  EXPECT_EQ(pdu->auth_value.size(), 8u);
  EXPECT_EQ(pdu->as<Request>().stub_data.size(), 16u);
}

TEST(Pdu, LengthsThatContradictEachOtherAreRefused) {
  Arena arena;
  auto longer = hex("0500120310000000110000000100000000");  // frag_length 17, and 17 bytes
  EXPECT_TRUE(wire::decode<Pdu>(longer, arena).ok());
  auto auth = hex("05001203100000001000f0ff01000000");  // auth_length beyond the PDU
  EXPECT_FALSE(wire::decode<Pdu>(auth, arena).ok());
  auto shorter = hex("05001203100000000f000000010000");
  EXPECT_FALSE(wire::decode<Pdu>(shorter, arena).ok());
}

TEST(Pdu, EveryBodyRoundTrips) {
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<Pdu>, nullptr, 600), "");
  for (int type : {0, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 99}) {
    wire::Random random{std::mt19937_64(static_cast<u64>(type))};
    wire::Pin pins[] = {{"PTYPE", static_cast<u64>(type)}};
    int made = 0;
    for (int i = 0; i < 60; ++i) {
      Arena arena;
      void* pdu = wire::generate(wire::struct_info<Pdu>, random, arena, nullptr, pins);
      if (pdu == nullptr) continue;
      ++made;
      wire::OutBuffer out;
      ASSERT_TRUE(wire::encode(*static_cast<Pdu*>(pdu), out));
      ASSERT_EQ(wire::check_bytes(wire::struct_info<Pdu>, out.view(), nullptr), "");
      for (std::size_t n = 0; n < out.size(); ++n)
        ASSERT_FALSE(wire::decode<Pdu>(out.view().first(n), arena).ok()) << to_hex(out.view()) << " cut at " << n;
    }
    EXPECT_GT(made, 30) << type;
  }
}

TEST(VerificationTrailer, RoundTripsAndIsFound) {
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<VerificationTrailer>, nullptr, 200), "");
  auto stub =
      hex("0102030405060000"
          "8ae3137102f43671"
          "0140040001000000");
  ASSERT_EQ(find_verification_trailer(stub), 8u);
  Arena arena;
  auto trailer = wire::decode<VerificationTrailer>(ByteView(stub).subspan(8), arena);
  ASSERT_TRUE(trailer.ok()) << trailer.error().text();
  ASSERT_EQ(trailer->commands.size(), 1u);
  EXPECT_TRUE(trailer->commands[0].command.is_last());
  EXPECT_EQ(trailer->commands[0].bits, VerificationCommand::kSupportHeaderSigning);
  EXPECT_EQ(find_verification_trailer(ByteView(stub).first(8)), std::nullopt);
}

TEST(Rts, NamesFollowFromFlagsAndCommands) {
  using namespace rpch;
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<Rts>, nullptr, 300), "");
  EXPECT_EQ(named_rts().size(), 50u);
  Command commands[4] = {Command::number(CommandType::version, 1),
                         Command::of_cookie(guid_literal("00112233-4455-6677-8899-aabbccddeeff")),
                         Command::of_cookie({}), Command::number(CommandType::receive_window_size, 65536)};
  Rts rts{{RtsFlags::kNone}, wire::List<Command>(commands)};
  EXPECT_EQ(rts_names(rts), "CONN/A1");
  Pdu pdu;
  pdu.type = PacketType::rts;
  pdu.body = &rts;
  wire::OutBuffer out;
  ASSERT_TRUE(wire::encode(pdu, out));
  EXPECT_EQ(out.size(), 76u);  // [MS-RPCH] 2.1.2.1.2: the Content-Length of an OUT channel request
  Rts ping{{RtsFlags::kPing}, {}};
  EXPECT_EQ(rts_names(ping), "Ping");
  for (const NamedRts& row : named_rts()) {
    std::vector<Command> list;
    for (std::size_t i = 0; i < row.count; ++i) list.push_back(Command::plain(row.commands[i]));
    EXPECT_TRUE(row.is(Rts{{row.flags}, wire::List<Command>(list)})) << row.name;
    EXPECT_EQ(find_rts(row.name), &row);
  }
}

TEST(Status, FaultsHaveNames) {
  EXPECT_EQ(fault_text(kOpnumOutOfRange), "nca_s_op_rng_error");
  EXPECT_EQ(fault_text(kAccessDenied), "ERROR_ACCESS_DENIED");
  EXPECT_EQ(fault_text(0x1C01FFFF), "0x1C01FFFF");
}

}  // namespace
}  // namespace ropewalk::dcerpc
