// The referral interface over RPC over HTTP; over TCP another implementation calls it (tests/peers).
#include "protocol/dcerpc/status.h"
#include "protocol/rfr/methods.h"
#include "server/endpoint_fixture.h"
#include "server/rpc/http_test_client.h"
#include "server/rpc/referral_rpc.h"

namespace ropewalk::server {
namespace {

template <class In>
std::vector<u8> stub_of(const In& in, const ndr::Format& as) {
  wire::Context format = wire::add_context(as, nullptr);
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(in, out, &format));
  return {out.view().begin(), out.view().end()};
}

class Referral : public Endpoint {
 protected:
  Referral() { config_.host_names = {"mail.ropewalk.test"}; }
  void connect(const char* target = "localhost:6002") {
    start();
    client_.emplace(port(), "user1@ropewalk.test", target);
    ASSERT_TRUE(client_->connect(rfr::kRfr.id)) << client_->error();
  }
  // What the server is called, or the code of the error, or the fault.
  std::string new_dsa(bool has_place) {
    const ndr::Pointer<ndr::String> null;
    rfr::GetNewDsaIn in;
    in.flags = 0x12345678;  // means nothing
    in.user_dn = ndr::String::of(dns_.at(0));
    if (has_place) in.unused = in.server = ndr::Pointer<ndr::Pointer<ndr::String>>::to(null);
    auto reply = client_->call(0, stub_of(in, client_->format()));
    if (!reply) return client_->error();
    Arena arena;
    wire::Context format = wire::add_context(reply->format, nullptr);
    auto out = wire::decode<rfr::GetNewDsaOut>(reply->stub, arena, &format);
    if (!out) return "malformed";
    if (out->return_value != mapi::ErrorCode::none) return std::to_string(static_cast<u32>(out->return_value));
    EXPECT_TRUE(out->unused && !*out->unused);
    return out->server && *out->server ? std::string((*out->server)->text.text()) : "nothing";
  }
  std::string name_of(const std::string& dn) {
    rfr::GetFqdnFromServerDnIn in;
    in.server_dn = ndr::String::of(dn);
    in.server_dn.max_count = dn.size() + 1;
    auto reply = client_->call(1, stub_of(in, client_->format()));
    if (!reply) return client_->error();
    if (reply->fault != 0) return "fault";
    Arena arena;
    wire::Context format = wire::add_context(reply->format, nullptr);
    auto out = wire::decode<rfr::GetFqdnFromServerDnOut>(reply->stub, arena, &format);
    if (!out) return "malformed";
    return out->fqdn ? std::string(out->fqdn->text.text()) : "no";
  }
  std::optional<HttpRpcClient> client_;
};

TEST_F(Referral, TheAddressBookIsHere) {
  connect();
  EXPECT_EQ(new_dsa(true), "mail.ropewalk.test");
  EXPECT_EQ(new_dsa(false), std::to_string(0x80070057u));
}

TEST_F(Referral, IsServedBesideTheMailboxToo) {
  connect("localhost:6001");
  EXPECT_EQ(new_dsa(true), "mail.ropewalk.test");
}

TEST_F(Referral, ServersHaveDns) {
  connect();
  const std::string servers = "/o=Ropewalk/ou=Group/cn=Configuration/cn=Servers/cn=";
  for (const char* name : {"mail.ropewalk.test", "MAIL", "localhost", "MAIL/cn=Microsoft Private MDB",
                           "0d4d1d4c-8a53-4a2c-8d4d-3b3c2f4f0001@ropewalk.test"})
    EXPECT_EQ(name_of(servers + name), "mail.ropewalk.test") << name;
  EXPECT_EQ(name_of("/O=ROPEWALK/OU=GROUP/CN=CONFIGURATION/CN=SERVERS/CN=mail"), "mail.ropewalk.test");
  for (const std::string& dn : {servers + "elsewhere", servers, std::string("/o=Ropewalk"), dns_.at(0)})
    EXPECT_EQ(name_of(dn), "no") << dn;
  EXPECT_EQ(name_of("/o=short"), "fault");  // 9 bytes with its end, where 10 is the least
}

TEST_F(Referral, BadStubsAreFaults) {
  connect();
  for (u16 opnum : {0, 1}) {
    auto reply = client_->call(opnum, std::vector<u8>{1, 2, 3});
    ASSERT_TRUE(reply) << client_->error();
    EXPECT_EQ(reply->fault, dcerpc::kBadStubData);
  }
  auto reply = client_->call(2, {});
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->fault, dcerpc::kOpnumOutOfRange);
}

}  // namespace
}  // namespace ropewalk::server
