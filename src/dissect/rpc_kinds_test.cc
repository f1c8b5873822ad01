// What an RPC conversation is made of, taken apart by name.
#include <gtest/gtest.h>

#include "base/hex.h"
#include "dissect/kinds.h"

namespace ropewalk::dissect {
namespace {

// The listing of one, whose JSON must give the same bytes.
std::string both_ways(std::string_view kind_name, std::string_view hex, const KindOptions& options = {}) {
  const Kind* kind = find_kind(kind_name);
  if (kind == nullptr) return "no such kind";
  auto bytes = *from_hex(hex);
  Arena arena;
  wire::Tree tree = read_kind(*kind, bytes, arena, options);
  if (tree.error) return tree.error->text();
  auto again = write_kind(*kind, wire::to_json(tree.root), arena, options);
  EXPECT_TRUE(again.ok() && to_hex(*again) == to_hex(bytes)) << kind_name;
  return wire::to_text(tree.root);
}

TEST(RpcKinds, Pdus) {
  std::string bind = both_ways("dcerpc-pdu",
                               "05000B03100000004800000002000000D016D016000000000100000000000100"
                               "00DBF1A447CA6710B31F00DD010662DA00005100045D888AEB1CC9119FE808002B10486002000000");
  EXPECT_NE(bind.find("a4f1db00-ca47-1067-b31f-00dd010662da"), std::string::npos) << bind;
  std::string fault = both_ways("dcerpc-pdu", "0500032310000000200000000200000020000000000000000200011C00000000");
  EXPECT_NE(fault.find("nca_s_op_rng_error"), std::string::npos) << fault;
  EXPECT_NE(fault.find("PFC_DID_NOT_EXECUTE"), std::string::npos) << fault;
  EXPECT_NE(both_ways("dcerpc-pdu", "05000323100000002000").find("truncated"), 0u);
}

TEST(RpcKinds, RtsPdusAreCalledByTheirNames) {
  std::string ping = both_ways("rts-pdu", "0500140310000000140000000000000001000000");
  EXPECT_NE(ping.find("(Ping)"), std::string::npos) << ping;
  std::string a3 = both_ways("rts-pdu", "05001403100000001C000000000000000000010002000000C0D40100");
  EXPECT_NE(a3.find("(CONN/A3)"), std::string::npos) << a3;
  EXPECT_NE(a3.find("ConnectionTimeout: 120000"), std::string::npos) << a3;
}

TEST(RpcKinds, TowersAndStubs) {
  std::string tower = both_ways("epm-tower",
                                "050013000D00DBF1A447CA6710B31F00DD010662DA00000200510013000D045D888AEB1CC9119FE808002B"
                                "10486002000200000001000B02000000010007020004010100090400 0A010203");
  EXPECT_NE(tower.find("connection-oriented RPC"), std::string::npos) << tower;
  EXPECT_NE(both_ways("ndr-echo_AddOne-in", "2A000000").find("data: 42"), std::string::npos);
  KindOptions big;
  big.big_endian = true;
  EXPECT_NE(both_ways("ndr-echo_AddOne-in", "0000002A", big).find("data: 42"), std::string::npos);
  KindOptions wide;
  wide.ndr64 = true;
  EXPECT_NE(both_ways("ndr-echo_EchoData-out", "03000000000000000A0B0C", wide).find("0A0B0C"), std::string::npos);
  EXPECT_NE(both_ways("ndr-EcDummyRpc-out", "00000000").find("return"), std::string::npos);
}

}  // namespace
}  // namespace ropewalk::dissect
