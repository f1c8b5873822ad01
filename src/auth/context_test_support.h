// For tests alone: two contexts that talk to each other.
#pragma once

#include <gtest/gtest.h>

#include <functional>

#include "auth/security_context.h"

namespace ropewalk::auth {

using Context = std::unique_ptr<SecurityContext>;

inline HashSource one_user(std::string account, const std::string& password) {
  return [account = std::move(account), hash = nt_hash(password)](std::string_view who, std::string_view) {
    HashAnswer answer;
    if (who == account) answer.nt_hash = hash;
    return answer;
  };
}

// Something on the way between the two: may change a token. `number` counts from 0, the client's first.
using Meddler = std::function<void(int number, std::vector<u8>& token)>;

struct Conversation {
  Context client, server;
  std::string client_refusal, server_refusal;
  Reason reason{};
  int legs = 0;
  bool both_done() const { return client && server && client->done() && server->done(); }
};

// Lets them talk until both are done or one refuses.
inline Conversation talk(ContextResult client, ContextResult server, const Meddler& meddle = {}) {
  Conversation talk;
  if (!client.ok())
    return talk.client_refusal = client.error().text, talk.reason = client.error().reason, std::move(talk);
  if (!server.ok())
    return talk.server_refusal = server.error().text, talk.reason = server.error().reason, std::move(talk);
  talk.client = std::move(*client);
  talk.server = std::move(*server);
  std::vector<u8> token;
  for (int turn = 0; turn < 20 && !talk.both_done(); ++turn) {
    const bool by_client = turn % 2 == 0;
    SecurityContext& side = by_client ? *talk.client : *talk.server;
    if (side.done()) break;
    auto step = side.step(token);
    if (!step.ok()) {
      (by_client ? talk.client_refusal : talk.server_refusal) = step.error().text;
      talk.reason = step.error().reason;
      return talk;
    }
    token = std::move(step->token);
    if (meddle) meddle(turn, token);
    if (!token.empty()) ++talk.legs;
  }
  return talk;
}

// Sends messages at that level both ways; what was changed on the way has to be found out.
inline void exchange_messages(Conversation& talk, Level level, bool sign_header) {
  const std::vector<u8> header(24, 0x05), trailer(8, 0x06);
  for (int i = 0; i < 12; ++i) {
    SecurityContext& from = i % 3 == 0 ? *talk.server : *talk.client;
    SecurityContext& to = i % 3 == 0 ? *talk.client : *talk.server;
    std::vector<u8> body(static_cast<std::size_t>(i) * 16, static_cast<u8>(i)), plain = body;
    const MessageParts parts{header, body, trailer, sign_header};
    std::vector<u8> signature(from.signature_size(level, body.size()));
    Status made = from.protect(level, parts, signature);
    ASSERT_TRUE(made.ok()) << made.error().text;
    if (level == Level::privacy && !body.empty()) {
      EXPECT_NE(body, plain);
    } else {
      EXPECT_EQ(body, plain);
    }
    Status good = to.unprotect(level, parts, signature);
    ASSERT_TRUE(good.ok()) << i << ": " << good.error().text;
    ASSERT_EQ(body, plain);
  }
}

}  // namespace ropewalk::auth
