#include "dissect/http_credentials.h"

#include <fmt/format.h>

#include "auth/ntlm_proof.h"
#include "base/base64.h"
#include "directory/basic_auth.h"
#include "mapi/ascii_case.h"
#include "protocol/ntlmssp/messages.h"
#include "protocol/spnego/tokens.h"

namespace ropewalk::dissect {
namespace {

constexpr u8 kAuthenticate = 3;  // NTLM's MessageType that proves who it is
constexpr std::size_t kTypeAt = 8;

void read_ntlm(ByteView message, HttpCredentials& credentials) {
  if (message.size() <= kTypeAt || message[kTypeAt] != kAuthenticate) return;
  credentials.is_complete = true;
  Arena arena(1u << 20);
  auto proof = auth::read_proof(message, arena);
  if (proof.ok()) credentials.user = proof->who().text();
}

void read_token(ByteView token, HttpCredentials& credentials) {
  if (ntlmssp::message_info(token) != nullptr) return read_ntlm(token, credentials);
  auto read = spnego::read_token(token);
  if (!read.ok()) return;
  ByteView inner =
      read->is_init ? read->init.mech_token.value_or(ByteView()) : read->resp.response_token.value_or(ByteView());
  if (ntlmssp::message_info(inner) != nullptr) {
    credentials.scheme = "NTLM inside SPNEGO";
    return read_ntlm(inner, credentials);
  }
  if (!read->is_init || inner.empty()) return;
  credentials.scheme = "Kerberos";
  credentials.is_complete = true;
}

}  // namespace

std::string HttpCredentials::text() const { return user.empty() ? scheme : fmt::format("{} as \"{}\"", scheme, user); }

std::optional<HttpCredentials> read_credentials(const HttpText& message) {
  std::string_view field = message.field("Authorization");
  if (field.empty()) return std::nullopt;
  std::size_t space = std::min(field.find(' '), field.size());
  HttpCredentials credentials;
  credentials.scheme = std::string(field.substr(0, space));
  if (mapi::equal_ignoring_ascii_case(credentials.scheme, "Basic")) {
    auto basic = directory::parse_basic(field);
    if (basic.ok()) credentials.user = basic->login;
    credentials.is_complete = true;
  } else if (auto token = from_base64(field.substr(std::min(space + 1, field.size())))) {
    read_token(*token, credentials);
  }
  return credentials;
}

std::string offered_schemes(const HttpText& message) {
  std::string all;
  for (const HttpField& field : message.fields) {
    if (!mapi::equal_ignoring_ascii_case(field.name, "WWW-Authenticate")) continue;
    if (!all.empty()) all += ", ";
    all += field.value.substr(0, field.value.find(' '));
  }
  return all;
}

}  // namespace ropewalk::dissect
