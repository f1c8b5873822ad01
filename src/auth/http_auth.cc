#include "auth/http_auth.h"

#include <openssl/objects.h>
#include <openssl/x509.h>

#include <memory>

#include "base/base64.h"
#include "mapi/ascii_case.h"

namespace ropewalk::auth {
namespace {

constexpr std::size_t kMostToken = std::size_t{128} * 1024;

Refusal bad(std::string_view scheme, const std::string& why) {
  return {Reason::bad_token, "the " + std::string(scheme) + " header of HTTP " + why};
}

}  // namespace

Result<std::optional<HttpToken>, Refusal> parse_http_token(std::string_view header) {
  const std::string_view scheme = header.substr(0, header.find(' '));
  HttpToken parsed;
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate})
    if (mapi::equal_ignoring_ascii_case(scheme, mechanism_name(mechanism))) parsed.mechanism = mechanism;
  if (parsed.mechanism == Mechanism::none) return std::optional<HttpToken>();
  std::string_view text = header.substr(scheme.size());
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.size() > kMostToken / 3 * 4) return bad(scheme, "has " + std::to_string(text.size()) + " characters");
  auto token = from_base64(text);
  if (!token) return bad(scheme, "holds no base64");
  parsed.token = std::move(*token);
  return std::optional<HttpToken>(std::move(parsed));
}

std::string http_token_header(Mechanism mechanism, ByteView token) {
  std::string header(mechanism_name(mechanism));
  if (!token.empty()) header += " " + to_base64(token);
  return header;
}

std::vector<u8> tls_server_end_point(ByteView certificate) {
  const u8* at = certificate.data();
  const std::unique_ptr<X509, decltype(&X509_free)> parsed(
      d2i_X509(nullptr, &at, static_cast<long>(certificate.size())), X509_free);
  if (!parsed) return {};
  // The hash of its signature; SHA-256 where that is weaker, or where the signature names none.
  int digest = NID_undef, key = NID_undef;
  OBJ_find_sigid_algs(X509_get_signature_nid(parsed.get()), &digest, &key);
  if (digest == NID_undef || digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  const EVP_MD* algorithm = EVP_get_digestbynid(digest);
  std::array<u8, EVP_MAX_MD_SIZE> hash;
  unsigned size = 0;
  if (algorithm == nullptr || X509_digest(parsed.get(), algorithm, hash.data(), &size) != 1) return {};
  const ByteView prefix = bytes_of("tls-server-end-point:");
  std::vector<u8> bindings(prefix.begin(), prefix.end());
  bindings.insert(bindings.end(), hash.begin(), hash.begin() + size);
  return bindings;
}

}  // namespace ropewalk::auth
