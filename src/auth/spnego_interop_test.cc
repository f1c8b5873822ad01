// Our Negotiate against MIT's, both roles.
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gtest/gtest.h>

#include "auth/context_test_support.h"
#include "auth/test_realm.h"

namespace ropewalk::auth {
namespace {

// MIT's SPNEGO with Kerberos inside, by the environment's ticket cache and keytab.
class MitPeer {
 public:
  MitPeer(bool client, OM_uint32 flags) : client_(client), flags_(flags) {
    const std::string_view text = "exchangeMDB@mail.ropewalk.test";
    gss_buffer_desc name = {text.size(), const_cast<char*>(text.data())};
    OM_uint32 minor = 0;
    gss_import_name(&minor, &name, GSS_C_NT_HOSTBASED_SERVICE, &target_);
  }
  ~MitPeer() {
    OM_uint32 minor = 0;
    gss_delete_sec_context(&minor, &context_, GSS_C_NO_BUFFER);
    gss_release_name(&minor, &target_);
  }
  // Takes a token, gives the next.
  std::vector<u8> step(ByteView token) {
    static const gss_OID_desc spnego = {6, const_cast<char*>("\x2B\x06\x01\x05\x05\x02")};
    gss_buffer_desc in = {token.size(), const_cast<u8*>(token.data())}, out = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0, major = 0, got = 0;
    if (client_)
      major = gss_init_sec_context(&minor, GSS_C_NO_CREDENTIAL, &context_, target_, const_cast<gss_OID>(&spnego),
                                   flags_, 0, GSS_C_NO_CHANNEL_BINDINGS, &in, nullptr, &out, &got, nullptr);
    else
      major = gss_accept_sec_context(&minor, &context_, GSS_C_NO_CREDENTIAL, &in, GSS_C_NO_CHANNEL_BINDINGS, nullptr,
                                     nullptr, &out, &got, nullptr, nullptr);
    const auto* bytes = static_cast<const u8*>(out.value);
    std::vector<u8> next(bytes, bytes + out.length);
    gss_release_buffer(&minor, &out);
    failed = GSS_ERROR(major) != 0;
    done = major == GSS_S_COMPLETE;
    return next;
  }
  bool seal(std::span<u8> header, std::span<u8> body, std::span<u8> signature) {
    gss_iov_buffer_desc list[] = {{GSS_IOV_BUFFER_TYPE_SIGN_ONLY, {header.size(), header.data()}},
                                  {GSS_IOV_BUFFER_TYPE_DATA, {body.size(), body.data()}},
                                  {GSS_IOV_BUFFER_TYPE_HEADER, {signature.size(), signature.data()}}};
    OM_uint32 minor = 0;
    int sealed = 0;
    return gss_wrap_iov(&minor, context_, 1, 0, &sealed, list, 3) == GSS_S_COMPLETE && sealed != 0;
  }
  bool unseal(std::span<u8> header, std::span<u8> body, std::span<u8> signature) {
    gss_iov_buffer_desc list[] = {{GSS_IOV_BUFFER_TYPE_SIGN_ONLY, {header.size(), header.data()}},
                                  {GSS_IOV_BUFFER_TYPE_DATA, {body.size(), body.data()}},
                                  {GSS_IOV_BUFFER_TYPE_HEADER, {signature.size(), signature.data()}}};
    OM_uint32 minor = 0;
    int sealed = 0;
    return gss_unwrap_iov(&minor, context_, &sealed, nullptr, list, 3) == GSS_S_COMPLETE && sealed != 0;
  }
  bool done = false, failed = false;

 private:
  bool client_;
  OM_uint32 flags_;
  gss_name_t target_ = GSS_C_NO_NAME;
  gss_ctx_id_t context_ = GSS_C_NO_CONTEXT;
};

class SpnegoInterop : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!TestRealm::missing().empty()) GTEST_SKIP() << "no Kerberos realm for this test: " << TestRealm::missing();
    realm_ = std::make_unique<TestRealm>();
    ASSERT_TRUE(realm_->good());
    ASSERT_TRUE(realm_->add_user("user1", "Passw0rd.1"));
    ASSERT_TRUE(realm_->add_service("exchangeMDB/mail.ropewalk.test", "keytab", "aes256-cts-hmac-sha1-96"));
    const std::string cache = "FILE:" + realm_->file("tickets");
    ASSERT_TRUE(realm_->run({"/usr/bin/kinit", "-c", cache, "user1"}, "Passw0rd.1\n"));
    setenv("KRB5CCNAME", cache.c_str(), 1);
    setenv("KRB5_KTNAME", ("FILE:" + realm_->file("keytab")).c_str(), 1);
  }
  void TearDown() override { unsetenv("KRB5_KTNAME"); }

  bool dce_style() const { return GetParam(); }
  OM_uint32 flags() const {
    return GSS_C_MUTUAL_FLAG | GSS_C_REPLAY_FLAG | GSS_C_SEQUENCE_FLAG | GSS_C_CONF_FLAG | GSS_C_INTEG_FLAG |
           (dce_style() ? GSS_C_DCE_STYLE : 0);
  }
  // Until both are done, or one fails.
  void talk_to(SecurityContext& ours, MitPeer& peer, bool we_begin) {
    std::vector<u8> token;
    for (int turn = 0; turn < 10 && !(ours.done() && peer.done); ++turn) {
      if ((turn % 2 == 0) == we_begin) {
        if (ours.done()) break;
        auto step = ours.step(token);
        ASSERT_TRUE(step.ok()) << step.error().text;
        token = std::move(step->token);
      } else {
        if (peer.done) break;
        token = peer.step(token);
        ASSERT_FALSE(peer.failed) << turn;
      }
    }
    ASSERT_TRUE(ours.done());
    ASSERT_TRUE(peer.done);
  }
  void exchange(SecurityContext& ours, MitPeer& peer) {
    if (!dce_style()) return;  // HTTP protects no messages
    for (int i = 0; i < 3; ++i) {
      std::vector<u8> header(24, 5), body(160, 7), plain = body;
      std::vector<u8> signature(ours.signature_size(Level::privacy, body.size()));
      ASSERT_TRUE(ours.protect(Level::privacy, {header, body, {}, true}, signature).ok());
      ASSERT_TRUE(peer.unseal(header, body, signature));
      EXPECT_EQ(body, plain);
      ASSERT_TRUE(peer.seal(header, body, signature));
      Status good = ours.unprotect(Level::privacy, {header, body, {}, true}, signature);
      ASSERT_TRUE(good.ok()) << good.error().text;
      EXPECT_EQ(body, plain);
    }
  }

  std::unique_ptr<TestRealm> realm_;
};

TEST_P(SpnegoInterop, OurClient) {
  ClientOptions options{.account = "user1", .domain = "ropewalk.test", .password = "Passw0rd.1"};
  options.service = "exchangeMDB";
  options.host = "mail.ropewalk.test";
  options.level = Level::privacy;
  options.dce_style = dce_style();
  auto ours = std::move(*make_client(Mechanism::negotiate, options));
  MitPeer peer(false, 0);
  talk_to(*ours, peer, true);
  exchange(*ours, peer);
}

TEST_P(SpnegoInterop, OurServer) {
  ServerOptions options;
  options.keytab = realm_->file("keytab");
  options.hashes = one_user("user1", "Passw0rd.1");
  auto ours = std::move(*make_server(Mechanism::negotiate, options));
  MitPeer peer(true, flags());
  talk_to(*ours, peer, false);
  EXPECT_EQ(ours->who().account, "user1");
  EXPECT_EQ(ours->mechanism(), Mechanism::kerberos);
  exchange(*ours, peer);
}

INSTANTIATE_TEST_SUITE_P(Style, SpnegoInterop, testing::Bool(),
                         [](const auto& of) { return std::string(of.param ? "Dce" : "Http"); });

}  // namespace
}  // namespace ropewalk::auth
