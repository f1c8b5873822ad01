// Foreign tokens for NTLM and Negotiate, both roles; and sealed messages for a session.
#include <cstdlib>

#include "auth/http_auth.h"
#include "auth/security_context.h"

namespace {

using namespace ropewalk;
using namespace ropewalk::auth;

// The next token: a length byte (in units of four) and so many bytes.
ByteView next_token(ByteView& bytes) {
  if (bytes.empty()) return {};
  const std::size_t size = std::min<std::size_t>(bytes[0] * 4u, bytes.size() - 1);
  const ByteView token = bytes.subspan(1, size);
  bytes = bytes.subspan(1 + size);
  return token;
}

void feed(SecurityContext& context, ByteView bytes) {
  for (int i = 0; i < 4 && !context.done(); ++i)
    if (!context.step(next_token(bytes)).ok()) return;
  if (context.done()) std::abort();  // nobody guesses the answer to a random challenge
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  static const Key16 hash = nt_hash("password");
  ServerOptions server;
  server.hashes = [](std::string_view, std::string_view) { return HashAnswer{.nt_hash = hash}; };
  ClientOptions client{.account = "user1", .domain = "ROPEWALK", .password = "password"};
  client.use_kerberos = false;
  for (Mechanism mechanism : {Mechanism::ntlm, Mechanism::negotiate}) {
    feed(**make_server(mechanism, server), bytes);
    ByteView rest = bytes;
    auto ours = std::move(*make_client(mechanism, client));
    bool good = ours->step({}).ok();
    for (int i = 0; i < 3 && good && !ours->done(); ++i) good = ours->step(next_token(rest)).ok();
  }
  (void)parse_http_token(text_of(bytes));

  NtlmSession session({0xe28a8233}, Key16{}, Direction::client_to_server);
  std::vector<u8> body(bytes.begin(), bytes.end());
  if (size >= 16 && session.unseal({.body = body}, bytes.first(16)).ok()) std::abort();
  return 0;
}
