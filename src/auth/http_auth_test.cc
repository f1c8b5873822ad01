#include "auth/http_auth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "auth/context_test_support.h"
#include "base/hex.h"

namespace ropewalk::auth {
namespace {

using testing::HasSubstr;

TEST(HttpToken, IsReadAndWritten) {
  auto parsed = parse_http_token("negotiate  TlRMTVNTUAABAAAA ");
  ASSERT_TRUE(parsed.ok() && *parsed);
  EXPECT_EQ((*parsed)->mechanism, Mechanism::negotiate);
  EXPECT_EQ(to_hex((*parsed)->token), "4E544C4D5353500001000000");
  EXPECT_EQ(http_token_header(Mechanism::ntlm, (*parsed)->token), "NTLM TlRMTVNTUAABAAAA");
  EXPECT_EQ(http_token_header(Mechanism::negotiate, {}), "Negotiate");
  parsed = parse_http_token("NTLM");
  ASSERT_TRUE(parsed.ok() && *parsed);
  EXPECT_TRUE((*parsed)->token.empty());
  for (const char* other : {"", "Basic dXNlcjpwYXNz", "NTLMX abcd", "Bearer"}) {
    parsed = parse_http_token(other);
    EXPECT_TRUE(parsed.ok() && !*parsed) << other;
  }
  for (std::size_t n : {0u, 1u, 2u, 3u, 100u}) {
    std::vector<u8> token(n, 0xFB);
    auto again = parse_http_token(http_token_header(Mechanism::ntlm, token));
    ASSERT_TRUE(again.ok() && *again);
    EXPECT_EQ((*again)->token, token);
  }
}

TEST(HttpToken, RubbishIsRefused) {
  for (const std::string& bad :
       {std::string("NTLM a"), std::string("NTLM ab=c"), std::string("NTLM ===="), std::string("Negotiate ab c"),
        std::string("Negotiate abc!"), "Negotiate " + std::string(200'000, 'A')}) {
    auto parsed = parse_http_token(bad);
    ASSERT_FALSE(parsed.ok()) << bad.substr(0, 30);
    EXPECT_EQ(parsed.error().reason, Reason::bad_token);
  }
  EXPECT_THAT(parse_http_token("NTLM a").error().text, HasSubstr("the NTLM header of HTTP holds no base64"));
}

// A sign-in over HTTP: headers there and back.
TEST(HttpToken, CarriesAConversation) {
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate}) {
    ClientOptions options{.account = "user1", .domain = "ROPEWALK", .password = "one"};
    options.use_kerberos = false;
    ServerOptions server_options;
    server_options.hashes = one_user("user1", "one");
    auto client = std::move(*make_client(mechanism, options));
    auto server = std::move(*make_server(mechanism, server_options));
    std::string header;
    for (int i = 0; i < 3 && !server->done(); ++i) {
      auto token = header.empty() ? std::vector<u8>() : (*parse_http_token(header))->token;
      header = http_token_header(mechanism, client->step(token)->token);
      auto step = server->step((*parse_http_token(header))->token);
      ASSERT_TRUE(step.ok()) << step.error().text;
      header = http_token_header(mechanism, step->token);
    }
    EXPECT_TRUE(server->done());
  }
}

std::vector<u8> certificate(const EVP_MD* digest) {
  EVP_PKEY* key = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048});
  X509* made = X509_new();
  X509_gmtime_adj(X509_getm_notBefore(made), 0);
  X509_gmtime_adj(X509_getm_notAfter(made), 60);
  X509_set_pubkey(made, key);
  EXPECT_GT(X509_sign(made, key, digest), 0);
  std::vector<u8> der(static_cast<std::size_t>(i2d_X509(made, nullptr)));
  u8* at = der.data();
  i2d_X509(made, &at);
  X509_free(made);
  EVP_PKEY_free(key);
  return der;
}

// [RFC5929] 4.1
TEST(TlsServerEndPoint, TakesTheHashOfTheSignature) {
  const std::pair<const EVP_MD*, const EVP_MD*> cases[] = {
      {EVP_sha256(), EVP_sha256()}, {EVP_sha384(), EVP_sha384()}, {EVP_sha1(), EVP_sha256()}};
  for (auto [signed_with, hashed_with] : cases) {
    const auto der = certificate(signed_with);
    std::vector<u8> expected(static_cast<std::size_t>(EVP_MD_get_size(hashed_with)));
    ASSERT_EQ(EVP_Digest(der.data(), der.size(), expected.data(), nullptr, hashed_with, nullptr), 1);
    EXPECT_EQ(to_hex(tls_server_end_point(der)), to_hex(bytes_of("tls-server-end-point:")) + to_hex(expected));
  }
  EXPECT_TRUE(tls_server_end_point(bytes_of("no certificate")).empty());
}

}  // namespace
}  // namespace ropewalk::auth
