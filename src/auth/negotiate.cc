#include "auth/negotiate.h"

#include "auth/kerberos.h"
#include "auth/ntlm_client.h"
#include "auth/ntlm_server.h"
#include "protocol/ntlmssp/messages.h"
#include "protocol/spnego/tokens.h"

namespace ropewalk::auth {
namespace {

using namespace spnego;

constexpr std::size_t kMostToken =
    std::size_t{128} * 1024;  // a Kerberos ticket with a long list of groups has some 64 KiB

Mechanism mechanism_of(ByteView id) {
  if (same_oid(id, oid::kNtlm)) return Mechanism::ntlm;
  if (same_oid(id, oid::kKerberos) || same_oid(id, oid::kKerberosOld)) return Mechanism::kerberos;
  return Mechanism::none;
}

Refusal bad(std::string text) { return {Reason::bad_token, "Negotiate: " + std::move(text)}; }

Result<NegotiationToken, Refusal> read(ByteView token) {
  if (token.size() > kMostToken) return bad("a token has " + std::to_string(token.size()) + " bytes");
  auto parsed = read_token(token);
  if (!parsed.ok()) return bad(parsed.error().text);
  return std::move(*parsed);
}

// What both sides have in common: the mechanism inside, and the MICs over the list of mechanisms.
class NegotiateContext : public SecurityContext {
 public:
  Result<Step, Refusal> step(ByteView token) final {
    if (failed_ || done_) return bad("a message came after the conversation was over");
    auto next = answer(token);
    failed_ = !next.ok();
    done_ = next.ok() && next->done;
    return next;
  }
  bool done() const final { return done_; }
  Mechanism mechanism() const final { return inner_ ? inner_->mechanism() : Mechanism::none; }
  const Identity& who() const final {
    static const Identity nobody;
    return inner_ ? inner_->who() : nobody;
  }
  std::string peer() const final { return inner_ ? inner_->peer() : ""; }
  ByteView session_key() const final { return inner_ ? inner_->session_key() : ByteView(); }
  Level strongest() const final { return inner_ ? inner_->strongest() : Level::none; }
  std::size_t signature_size(Level level, std::size_t body) const final {
    return inner_ ? inner_->signature_size(level, body) : 0;
  }
  Status protect(Level level, const MessageParts& parts, std::span<u8> signature) final {
    if (!done_) return Error{"a message cannot be protected: Negotiate's messages have not all passed yet"};
    return inner_->protect(level, parts, signature);
  }
  Status unprotect(Level level, const MessageParts& parts, ByteView signature) final {
    if (!done_) return Error{"a message cannot be protected: Negotiate's messages have not all passed yet"};
    return inner_->unprotect(level, parts, signature);
  }
  std::vector<u8> make_mic(ByteView message) final { return inner_->make_mic(message); }
  Status check_mic(ByteView message, ByteView mic) final { return inner_->check_mic(message, mic); }
  bool can_mic() const final { return done_ && inner_->can_mic(); }

 protected:
  virtual Result<Step, Refusal> answer(ByteView token) = 0;

  std::vector<u8> own_mic() {
    std::vector<u8> mic = inner_->make_mic(mech_list_);
    inner_->restart_after_mic();
    mic_sent_ = true;
    return mic;
  }
  Result<void, Refusal> check_theirs(ByteView mic) {
    if (!inner_->done()) return bad("a mechListMIC came before the mechanism was through");
    if (Status good = inner_->check_mic(mech_list_, mic); !good.ok())
      return Refusal{Reason::tampered,
                     "Negotiate: the MIC over the list of mechanisms does not match: somebody changed the list on its "
                     "way (" +
                         good.error().text + ")"};
    inner_->restart_after_mic();
    mic_checked_ = true;
    return {};
  }
  bool mic_missing() const { return mic_required_ && inner_->can_mic() && !mic_checked_; }

  std::unique_ptr<SecurityContext> inner_;
  std::vector<u8> mech_list_;  // MechTypeList as the client sent it
  bool mic_required_ = false, mic_sent_ = false, mic_checked_ = false;

 private:
  bool done_ = false, failed_ = false;
};

class NegotiateClient final : public NegotiateContext {
 public:
  explicit NegotiateClient(const ClientOptions& options) : options_(options) {}

 private:
  Result<Step, Refusal> answer(ByteView token) override { return began_ ? go_on(token) : begin(); }
  Result<Step, Refusal> begin();
  Result<Step, Refusal> go_on(ByteView token);
  Result<void, Refusal> choose(const NegTokenResp& resp, bool& fresh);
  Result<std::vector<u8>, Refusal> advance(const NegTokenResp& resp, bool fresh);

  ClientOptions options_;
  std::vector<ByteView> offered_;
  std::size_t chosen_ = 0;  // of offered_
  bool began_ = false, answered_ = false;
};

// Kerberos goes first, where a ticket is to be had; that is found out by asking for it.
Result<Step, Refusal> NegotiateClient::begin() {
  began_ = true;
  std::string why_not;
  Reason reason = Reason::no_credentials;
  std::vector<u8> optimistic;
  auto attempt = [&](ContextResult made, ByteView id) {
    auto first = made.ok() ? (*made)->step({}) : Result<Step, Refusal>(made.error());
    if (!first.ok()) {
      if (why_not.empty()) reason = first.error().reason;
      why_not += (why_not.empty() ? "" : "; ") + first.error().text;
      return;
    }
    offered_.push_back(id);
    if (inner_) return;
    inner_ = std::move(*made);
    optimistic = std::move(first->token);
  };
  if (options_.use_kerberos) attempt(make_kerberos_client(options_), oid::kKerberos);
  if (options_.use_ntlm) attempt(make_ntlm_client(options_), oid::kNtlm);
  if (!inner_) return Refusal{reason, "Negotiate: no mechanism can be used: " + why_not};
  mech_list_ = write_mech_list({offered_});
  NegotiationToken token;
  token.is_init = true;
  token.init.mechanisms.mech_types = offered_;
  token.init.mech_token = optimistic;
  return Step{false, write_token(token)};
}

// The server's choice; `fresh`: the mechanism begins only now.
Result<void, Refusal> NegotiateClient::choose(const NegTokenResp& resp, bool& fresh) {
  if (resp.neg_state == NegState::reject)
    return Refusal{Reason::unavailable, "Negotiate: the server refused all mechanisms that were offered"};
  if (answered_) return {};  // [MS-SPNG] 3.3.5: a later choice is ignored
  answered_ = true;
  mic_required_ = resp.neg_state == NegState::request_mic;
  if (!resp.supported_mech) return {};
  for (std::size_t i = 0; i < offered_.size(); ++i) {
    if (mechanism_of(offered_[i]) != mechanism_of(*resp.supported_mech)) continue;
    chosen_ = i;
    if (i == 0) return {};
    mic_required_ = fresh = true;
    auto made =
        mechanism_of(offered_[i]) == Mechanism::ntlm ? make_ntlm_client(options_) : make_kerberos_client(options_);
    if (!made.ok()) return made.error();
    inner_ = std::move(*made);
    return {};
  }
  return bad("the server chose " + mechanism_text(*resp.supported_mech) + ", which was not offered");
}

// The mechanism's next token.
Result<std::vector<u8>, Refusal> NegotiateClient::advance(const NegTokenResp& resp, bool fresh) {
  if (inner_->done()) {
    if (resp.response_token && !resp.response_token->empty())
      return bad("the server goes on with " + std::string(mechanism_name(mechanism())) + " where that was through");
    return std::vector<u8>();
  }
  if (!fresh && !resp.response_token) return bad("the server's answer holds no token of the mechanism");
  ROPEWALK_TRY(Step next, inner_->step(fresh ? ByteView() : *resp.response_token));
  return std::move(next.token);
}

Result<Step, Refusal> NegotiateClient::go_on(ByteView token) {
  ROPEWALK_TRY(const NegotiationToken answer, read(token));
  if (answer.is_init) return bad("the server answered with a NegTokenInit");
  const NegTokenResp& resp = answer.resp;
  bool fresh = false;
  ROPEWALK_CHECK(choose(resp, fresh));
  ROPEWALK_TRY(const std::vector<u8> next, advance(resp, fresh));
  if (resp.mech_list_mic) ROPEWALK_CHECK(check_theirs(*resp.mech_list_mic));
  if (resp.neg_state == NegState::accept_completed) {
    if (!inner_->done() || !next.empty())
      return bad("the server says accept-completed before " + std::string(mechanism_name(mechanism())) +
                 " was through");
    if (mic_missing())
      return Refusal{Reason::tampered, "Negotiate: the server did not confirm the list of mechanisms with a MIC"};
    return Step{true, {}};
  }
  NegotiationToken mine;
  if (!next.empty()) mine.resp.response_token = next;
  std::vector<u8> mic;
  if (inner_->done() && inner_->can_mic() && !mic_sent_) {
    mic = own_mic();
    mine.resp.mech_list_mic = mic;
  }
  if (next.empty() && mic.empty()) return bad("the server waits where nothing is left to be said");
  return Step{inner_->done() && mic_checked_, write_token(mine)};
}

class NegotiateServer final : public NegotiateContext {
 public:
  explicit NegotiateServer(const ServerOptions& options) : options_(options) {}

 private:
  Result<Step, Refusal> answer(ByteView token) override {
    if (bare_) return inner_->step(token);
    return inner_ ? go_on(token) : begin(token);
  }
  Result<Step, Refusal> begin(ByteView token);
  Result<Step, Refusal> go_on(ByteView token);
  Result<Step, Refusal> begin_bare(Mechanism mechanism, ByteView token);
  Result<std::size_t, Refusal> choose(const std::vector<ByteView>& offered);
  Step reply(NegTokenResp resp, const std::vector<u8>& response);

  ServerOptions options_;
  bool bare_ = false;
};

// A client that speaks a mechanism under Negotiate's name.
Result<Step, Refusal> NegotiateServer::begin_bare(Mechanism mechanism, ByteView token) {
  auto made = make_server(mechanism, options_);
  if (!made.ok()) return made.error();
  inner_ = std::move(*made);
  bare_ = true;
  return inner_->step(token);
}

// The first of the offered ones that is served.
Result<std::size_t, Refusal> NegotiateServer::choose(const std::vector<ByteView>& offered) {
  std::string names, why;
  for (std::size_t i = 0; i < offered.size(); ++i) {
    names += (i == 0 ? "" : ", ") + mechanism_text(offered[i]);
    const Mechanism mechanism = mechanism_of(offered[i]);
    if (mechanism == Mechanism::none) continue;
    auto made = make_server(mechanism, options_);
    if (made.ok()) {
      inner_ = std::move(*made);
      return i;
    }
    if (why.find(made.error().text) == why.npos) why += "; " + made.error().text;
  }
  return Refusal{Reason::switched_off, "Negotiate: the client offers " + (names.empty() ? "nothing" : names) +
                                           ", none of which is served" + why};
}

// The answer to what the client sent, once the mechanism has had its turn.
Step NegotiateServer::reply(NegTokenResp resp, const std::vector<u8>& response) {
  NegotiationToken token;
  token.resp = resp;
  if (!response.empty()) token.resp.response_token = response;
  std::vector<u8> mic;
  const bool through = inner_->done();
  if (through && !mic_sent_ && inner_->can_mic() && (mic_checked_ || mic_required_)) {
    mic = own_mic();
    token.resp.mech_list_mic = mic;
  }
  const bool finished = through && !mic_missing();
  if (!token.resp.neg_state || finished)
    token.resp.neg_state = finished ? NegState::accept_completed : NegState::accept_incomplete;
  return {finished, write_token(token)};
}

Result<Step, Refusal> NegotiateServer::begin(ByteView token) {
  const bool ntlm = token.size() >= ntlmssp::kSignature.size() &&
                    std::equal(ntlmssp::kSignature.begin(), ntlmssp::kSignature.end(), token.begin());
  if (ntlm) return begin_bare(Mechanism::ntlm, token);
  if (auto id = token_mechanism(token); id && mechanism_of(*id) == Mechanism::kerberos)
    return begin_bare(Mechanism::kerberos, token);

  ROPEWALK_TRY(const NegotiationToken first, read(token));
  if (!first.is_init) return bad("the client began with a NegTokenResp");
  const NegTokenInit& init = first.init;
  ROPEWALK_TRY(const std::size_t chosen, choose(init.mechanisms.mech_types));
  mech_list_ = write_mech_list(init.mechanisms);
  NegTokenResp resp;
  resp.supported_mech = init.mechanisms.mech_types[chosen];
  if (chosen != 0) {  // [RFC4178] 5: then a MIC has to show that nobody took the better ones away
    mic_required_ = true;
    resp.neg_state = NegState::request_mic;
    return reply(resp, {});
  }
  std::vector<u8> response;
  if (init.mech_token) {
    ROPEWALK_TRY(Step next, inner_->step(*init.mech_token));
    response = std::move(next.token);
  }
  return reply(resp, response);
}

Result<Step, Refusal> NegotiateServer::go_on(ByteView token) {
  ROPEWALK_TRY(const NegotiationToken more, read(token));
  if (more.is_init) return bad("the client sent a second NegTokenInit");
  const NegTokenResp& resp = more.resp;
  if (resp.neg_state == NegState::reject) return Refusal{Reason::unavailable, "Negotiate: the client refused to go on"};
  const bool was_through = inner_->done();
  std::vector<u8> response;
  if (!was_through) {
    if (!resp.response_token) return bad("the client's answer holds no token of the mechanism");
    ROPEWALK_TRY(Step next, inner_->step(*resp.response_token));
    response = std::move(next.token);
  } else if (!resp.mech_list_mic) {
    return Refusal{Reason::tampered, "Negotiate: the client did not confirm the list of mechanisms with a MIC"};
  }
  if (resp.mech_list_mic) ROPEWALK_CHECK(check_theirs(*resp.mech_list_mic));
  if (was_through) return Step{true, {}};
  return reply({}, response);
}

}  // namespace

ContextResult make_negotiate_client(const ClientOptions& options) {
  return std::unique_ptr<SecurityContext>(new NegotiateClient(options));
}

ContextResult make_negotiate_server(const ServerOptions& options) {
  return std::unique_ptr<SecurityContext>(new NegotiateServer(options));
}

std::vector<u8> negotiate_hint(const ServerOptions& options) {
  NegotiationToken token;
  token.is_init = true;
  if (!options.keytab.empty()) token.init.mechanisms.mech_types = {oid::kKerberosOld, oid::kKerberos};
  if (options.hashes) token.init.mechanisms.mech_types.push_back(oid::kNtlm);
  token.init.has_hints = true;
  token.init.hint_name = bytes_of(kHintName);
  return write_token(token);
}

}  // namespace ropewalk::auth
