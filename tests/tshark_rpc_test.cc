// Wireshark's dissectors read the whole conversation over RPC: endpoint mapper, bind, EcDoConnectEx, EcDoRpcExt2,
// EcDoDisconnect; and what is sealed opens to whoever has the password or the keytab.
#include <sstream>

#include "auth/test_realm.h"
#include "served_rpc.h"
#include "tshark.h"

namespace ropewalk {
namespace {

using shark::Capture;
using testing::HasSubstr;
using testing::IsEmpty;

class TsharkRpc : public ServedRpc {
 protected:
  // Captures what `ropewalk connect` and the server say. False: not possible here, and why.
  void converse(const std::string& auth) {
    const std::string either = "tcp port " + mapper_ + " or tcp port " + mailbox_;
    Capture capture(folder_.path("lo.pcapng"), either);
    if (!capture.is_running()) GTEST_SKIP() << "capturing on the loopback device is not permitted: " << capture.said();
    Ran ran = run({"connect", "ncacn_ip_tcp:127.0.0.1", "--auth", auth});
    ASSERT_EQ(ran.code, 0) << ran.err;
    capture.stop();
  }
  // The lines that tshark prints of the packets that match, where it knows a secret.
  std::vector<std::string> packets(const std::string& filter, const std::string& more, const std::string& secret) {
    auto ran = shark::run("tshark -r '" + folder_.path("lo.pcapng") + "' -d tcp.port==" + mapper_ +
                          ",dcerpc -d tcp.port==" + mailbox_ + ",dcerpc " + secret + " -Y '" + filter + "' " + more);
    EXPECT_EQ(ran.status, 0);
    std::vector<std::string> lines;
    std::istringstream text(ran.out);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
  // Type and opnum of each PDU, in order.
  std::vector<std::string> sequence() {
    return packets("dcerpc", "-T fields -E separator=, -e dcerpc.pkt_type -e dcerpc.opnum", "");
  }
  void expect_well_formed(const std::string& secret) {
    EXPECT_THAT(packets("_ws.malformed or _ws.expert.severity >= 8388608 or _ws.unreassembled", "-V", secret),
                IsEmpty());
    // Bytes that the dissector of the endpoint mapper has no name for.
    EXPECT_THAT(packets("epm and dcerpc.stub_data", "-V", secret), IsEmpty());
    EXPECT_EQ(packets("epm.opnum == 3", "", secret).size(), 6u);
  }
  // What is in the stubs of EcDoConnectEx, once they are open.
  void expect_opened(const std::string& secret) {
    const std::string connect = "dcerpc.pkt_type == 0 and dcerpc.opnum == 10";
    EXPECT_THAT(packets(connect + " and dcerpc.decrypted_stub_data", "", ""), IsEmpty());
    auto stubs = packets(connect, "-T fields -e dcerpc.decrypted_stub_data", secret);
    ASSERT_EQ(stubs.size(), 1u);
    EXPECT_THAT(stubs[0], HasSubstr(to_hex(kUser)));  // szUserDN
    // What its own dissector knows, as EcDoDisconnect, is not shown as bytes.
    const std::string closed =
        "dcerpc.encrypted_stub_data and not dcerpc.decrypted_stub_data and not dcerpc.payload_stub_data";
    EXPECT_EQ(packets(closed, "", "").size(), 18u);
    EXPECT_THAT(packets(closed, "", secret), IsEmpty());
  }
  static std::string to_hex(const std::string& text) {
    std::string hex;
    for (char c : text) {
      char two[3];
      std::snprintf(two, sizeof two, "%02x", static_cast<unsigned char>(c));
      hex += two;
    }
    return hex;
  }
};

using Sequence = std::vector<std::string>;

// All that `ropewalk connect` says. Types: 0 request, 2 response, 11 bind, 12 bind_ack, 14 alter_context, 15
// alter_context_resp, 16 auth3. The opnums of a response are those that tshark knows from its request.
Sequence conversation(const Sequence& bind) {
  const Sequence mapper{"11,", "12,", "0,3", "2,3"};  // ept_map
  Sequence all;
  auto add = [&all](const Sequence& more) { all.insert(all.end(), more.begin(), more.end()); };
  for (const Sequence& calls : {Sequence{"0,10", "2,10", "0,11", "2,11", "0,11", "2,11", "0,11", "2,11"},  // EMSMDB
                                Sequence{"0,0", "2,0", "0,20", "2,20"},  // NspiBind, NspiResolveNamesW
                                Sequence{"0,0", "2,0"}}) {               // RfrGetNewDSA
    add(mapper);
    add(bind);
    add(calls);
  }
  add({"0,1", "2,1", "0,1", "2,1"});  // NspiUnbind, EcDoDisconnect
  return all;
}

TEST_F(TsharkRpc, SealedByNtlm) {
  if (shark::run("tshark --version").status != 0) GTEST_SKIP() << "tshark is not installed";
  start();
  converse("ntlm");
  if (IsSkipped()) return;
  EXPECT_EQ(sequence(), conversation({"11,", "12,", "16,"}));  // NTLM has three legs
  const std::string secret = "-o 'ntlmssp.nt_password:" + std::string(kPassword) + "'";
  expect_well_formed(secret);
  expect_opened(secret);
}

TEST_F(TsharkRpc, SealedByKerberos) {
  if (shark::run("tshark --version").status != 0) GTEST_SKIP() << "tshark is not installed";
  if (!auth::TestRealm::missing().empty()) GTEST_SKIP() << "no Kerberos realm: " << auth::TestRealm::missing();
  auth::TestRealm realm;
  ASSERT_TRUE(realm.good());
  ASSERT_TRUE(realm.add_user("user1", '"' + std::string(kPassword) + '"'));
  ASSERT_TRUE(realm.add_service("exchangeMDB/127.0.0.1", "keytab", "aes256-cts-hmac-sha1-96"));
  start("[rpc]\nkeytab = \"" + realm.file("keytab") + "\"\n");
  converse("kerberos");
  if (IsSkipped()) return;
  // Kerberos as DCE does it: three legs, the third answered
  EXPECT_EQ(sequence(), conversation({"11,", "12,", "14,", "15,"}));
  const std::string secret = "-o kerberos.decrypt:TRUE -K '" + realm.file("keytab") + "'";
  expect_well_formed(secret);
  expect_opened(secret);
}

}  // namespace
}  // namespace ropewalk
