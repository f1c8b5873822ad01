#include "directory/authenticator.h"

#include <arpa/inet.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <array>
#include <list>
#include <mutex>
#include <unordered_map>

#include "base/hex.h"
#include "directory/password.h"
#include "directory/rate_limit.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

using Digest = std::array<u8, 32>;
using Time = std::chrono::steady_clock::time_point;

struct FreeMac {
  void operator()(EVP_MAC_CTX* mac) const { EVP_MAC_CTX_free(mac); }
};

// One customer's IPv6 addresses, a /64 at least, are counted as one.
std::string network_of(std::string_view peer) {
  std::array<u8, 16> address{};
  const std::string text(peer.substr(0, 64));
  if (inet_pton(AF_INET6, text.c_str(), address.data()) != 1) return text;
  return to_hex(ByteView(address).first(8)) + "/64";
}

// By the user, not by the login: there are any number of ways to write that.
std::string account_of(const std::optional<User>& user, std::string_view login) {
  return user ? "#" + std::to_string(user->id) : mapi::ascii_lowered(login.substr(0, 320));
}

struct Remembered {
  std::string login;
  Digest digest;  // of login and password, keyed
  std::shared_ptr<const User> user;
  i64 password_version;
  u64 generation;  // of the directory, when last compared
  Time until;
};

}  // namespace

struct Authenticator::State {
  State(Directory& d, AuthenticatorOptions o)
      : directory(d),
        options(std::move(o)),
        accounts({options.account_burst, options.account_refill, options.most_tracked}),
        peers({options.peer_burst, options.peer_refill, options.most_tracked}) {
    std::array<u8, 32> key;
    if (RAND_bytes(key.data(), key.size()) != 1) throw std::runtime_error("no random bytes");
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    mac.reset(EVP_MAC_CTX_new(algorithm));
    EVP_MAC_free(algorithm);
    char digest_name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                     OSSL_PARAM_construct_end()};
    if (EVP_MAC_init(mac.get(), key.data(), key.size(), parameters) != 1) throw std::runtime_error("no HMAC-SHA256");
    OPENSSL_cleanse(key.data(), key.size());
  }

  Time now() const { return options.now ? options.now() : std::chrono::steady_clock::now(); }
  Digest digest_of(std::string_view login, std::string_view password);
  void remember(Remembered fresh);
  void forget(std::list<Remembered>::iterator entry);
  bool still_valid(Remembered& entry);
  bool admit(Attempt& attempt, std::string_view login);
  void give_back(const Attempt& attempt);
  Verdict check(std::string_view login, std::string_view password, const std::optional<User>& user, u64 generation);

  Directory& directory;
  AuthenticatorOptions options;
  std::array<std::mutex, 16> slow;  // by login: a client's six connections do not hash six times

  std::mutex lock;  // of all that follows
  std::unique_ptr<EVP_MAC_CTX, FreeMac> mac;
  std::list<Remembered> remembered;  // most lately used first
  std::unordered_map<std::string_view, std::list<Remembered>::iterator> by_login;
  RateLimit accounts, peers;
  std::string dummy_hash;  // what unknown users' passwords are checked against, so that they take as long
};

Digest Authenticator::State::digest_of(std::string_view login, std::string_view password) {
  Digest digest{};
  std::size_t size = 0;
  const std::size_t login_size = login.size();
  EVP_MAC_init(mac.get(), nullptr, 0, nullptr);  // the same key again
  EVP_MAC_update(mac.get(), reinterpret_cast<const u8*>(&login_size), sizeof login_size);
  EVP_MAC_update(mac.get(), reinterpret_cast<const u8*>(login.data()), login.size());
  EVP_MAC_update(mac.get(), reinterpret_cast<const u8*>(password.data()), password.size());
  EVP_MAC_final(mac.get(), digest.data(), &size, digest.size());
  return digest;
}

void Authenticator::State::forget(std::list<Remembered>::iterator entry) {
  by_login.erase(entry->login);
  remembered.erase(entry);
}

void Authenticator::State::remember(Remembered fresh) {
  if (options.most_remembered == 0) return;
  if (const auto old = by_login.find(fresh.login); old != by_login.end()) forget(old->second);
  if (remembered.size() >= options.most_remembered) forget(std::prev(remembered.end()));
  remembered.push_front(std::move(fresh));
  by_login.emplace(remembered.front().login, remembered.begin());
}

// Somebody changed the directory: perhaps not this password.
bool Authenticator::State::still_valid(Remembered& entry) {
  const u64 generation = directory.generation();
  if (entry.generation == generation) return true;
  auto stored = directory.stored_password(entry.user->id);
  if (!stored.ok() || !*stored || (*stored)->version != entry.password_version) return false;
  auto user = directory.find_by_id(entry.user->id);
  if (!user.ok() || !*user) return false;
  entry.user = std::make_shared<const User>(std::move(**user));
  entry.generation = generation;
  return true;
}

Verdict Authenticator::State::check(std::string_view login, std::string_view password, const std::optional<User>& user,
                                    u64 generation) {
  const std::string who = "user \"" + std::string(login.substr(0, 100)) + "\"";
  if (!user) {
    (void)password_matches(password, dummy_hash);
    return {nullptr, Refusal::unknown_user, who + " is unknown"};
  }
  auto stored = directory.stored_password(user->id);
  if (!stored.ok()) return {nullptr, Refusal::unavailable, stored.error().text};
  if (!*stored) return {nullptr, Refusal::unknown_user, who + " is unknown"};
  const auto answer = options.elsewhere ? options.elsewhere(*user, password) : std::nullopt;
  if (answer && !answer->ok()) return {nullptr, Refusal::unavailable, answer->error().text};
  if (!answer && (*stored)->hash.empty()) return {nullptr, Refusal::no_password, who + " has no password yet"};
  if (!(answer ? answer->value() : password_matches(password, (*stored)->hash))) {
    return {nullptr, Refusal::wrong_password, who + " gave a wrong password"};
  }
  Verdict verdict{std::make_shared<const User>(*user), Refusal::none, {}};
  std::lock_guard guard(lock);
  const std::string key = mapi::ascii_lowered(login);
  remember({key, digest_of(key, password), verdict.user, (*stored)->version, generation, now() + options.remember});
  return verdict;
}

Authenticator::Authenticator(Directory& directory, AuthenticatorOptions options)
    : state_(std::make_unique<State>(directory, std::move(options))) {
  auto hash = hash_password("nobody's password");
  if (hash.ok()) state_->dummy_hash = std::move(*hash);
}

Authenticator::~Authenticator() = default;

std::shared_ptr<const User> Authenticator::recall(std::string_view login, std::string_view password) {
  const std::string key = mapi::ascii_lowered(login);
  std::lock_guard guard(state_->lock);
  const auto found = state_->by_login.find(key);
  if (found == state_->by_login.end()) return nullptr;
  const auto entry = found->second;
  const Digest digest = state_->digest_of(key, password);
  if (CRYPTO_memcmp(digest.data(), entry->digest.data(), digest.size()) != 0) return nullptr;
  if (state_->now() >= entry->until || !state_->still_valid(*entry)) {
    state_->forget(entry);
    return nullptr;
  }
  state_->remembered.splice(state_->remembered.begin(), state_->remembered, entry);
  return entry->user;
}

// Pays for the attempt in advance, so that a hundred at once cost as much as one after another.
bool Authenticator::State::admit(Attempt& attempt, std::string_view login) {
  std::lock_guard guard(lock);
  const Time at = now();
  const bool account_good = accounts.take(attempt.account, at);
  const bool peer_good = peers.take(attempt.network, at);
  if (account_good && peer_good) return attempt.admitted = true;
  if (account_good) accounts.give_back(attempt.account);
  if (peer_good) peers.give_back(attempt.network);
  attempt.reason = std::string("too many failed attempts ") +
                   (peer_good ? "for this user" : "from " + attempt.network) + " (\"" +
                   std::string(login.substr(0, 100)) + "\")";
  attempt.retry_in = std::max(accounts.wait(attempt.account, at), peers.wait(attempt.network, at));
  return false;
}

void Authenticator::State::give_back(const Attempt& attempt) {
  std::lock_guard guard(lock);
  accounts.give_back(attempt.account);
  peers.give_back(attempt.network);
}

Verdict Authenticator::verify(std::string_view login, std::string_view password, std::string_view peer) {
  if (auto user = recall(login, password)) return {std::move(user), Refusal::none, {}};
  const u64 generation = state_->directory.generation();
  auto user = state_->directory.find_by_login(login);
  if (!user.ok()) return {nullptr, Refusal::unavailable, user.error().text};
  Attempt attempt;
  attempt.account = account_of(*user, login);
  attempt.network = network_of(peer);
  std::lock_guard slow(state_->slow[std::hash<std::string>{}(attempt.account) % state_->slow.size()]);
  if (auto known = recall(login, password)) return {std::move(known), Refusal::none, {}};
  if (!state_->admit(attempt, login)) return {nullptr, Refusal::rate_limited, attempt.reason, attempt.retry_in};
  Verdict verdict = state_->check(login, password, *user, generation);
  if (verdict || verdict.refusal == Refusal::unavailable) state_->give_back(attempt);
  return verdict;
}

Authenticator::Attempt Authenticator::begin_attempt(std::string_view login, std::string_view peer) {
  Attempt attempt;
  auto user = state_->directory.find_by_login(login);
  attempt.account = account_of(user.ok() ? *user : std::nullopt, login);
  attempt.network = network_of(peer);
  (void)state_->admit(attempt, login);
  return attempt;
}

void Authenticator::was_right(const Attempt& attempt) {
  if (attempt.admitted) state_->give_back(attempt);
}

void Authenticator::forget_all() {
  std::lock_guard guard(state_->lock);
  state_->by_login.clear();
  state_->remembered.clear();
}

}  // namespace ropewalk::directory
