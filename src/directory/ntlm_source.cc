#include "directory/ntlm_source.h"

namespace ropewalk::directory {

using auth::HashAnswer;
using auth::Reason;

namespace {

std::string why_without_hash(Directory& directory, const User& user) {
  const auto copied = directory.is_copied(user.id);
  if (copied.ok() && *copied) {
    return "NTLM cannot check the password of " + user.address +
           ", which only the LDAP server knows: it takes Basic, or Kerberos";
  }
  return "NTLM is not switched on for " + user.address + " (`ropewalk user ntlm " + user.address + " on` does it)";
}

HashAnswer look_up(Directory& directory, const std::string& login) {
  HashAnswer answer;
  auto user = directory.find_by_login(login);
  if (!user.ok()) return answer.reason = Reason::unavailable, answer.text = user.error().text, answer;
  if (!*user) return answer.text = "user \"" + login.substr(0, 200) + "\" is unknown", answer;
  auto hash = directory.nt_hash((*user)->id);
  if (!hash.ok()) return answer.reason = Reason::unavailable, answer.text = hash.error().text, answer;
  answer.nt_hash = *hash;
  answer.reason = Reason::switched_off;
  if (!*hash) answer.text = why_without_hash(directory, **user);
  return answer;
}

}  // namespace

auth::HashSource ntlm_source(Directory& directory, Authenticator* guard, std::string peer) {
  return [&directory, guard, peer = std::move(peer)](std::string_view account, std::string_view domain) {
    const std::string login = domain.empty() ? std::string(account) : std::string(domain) + "\\" + std::string(account);
    if (guard == nullptr) return look_up(directory, login);
    auto attempt = guard->begin_attempt(login, peer);
    if (!attempt.admitted) return HashAnswer{.reason = Reason::rate_limited, .text = attempt.reason};
    HashAnswer answer = look_up(directory, login);
    answer.was_right = [guard, attempt = std::move(attempt)] { guard->was_right(attempt); };
    return answer;
  };
}

std::string login_of(const auth::SecurityContext& context) {
  const auth::Identity& who = context.who();
  if (context.mechanism() == auth::Mechanism::kerberos) return who.account + "@" + who.domain;
  return who.domain.empty() ? who.account : who.domain + "\\" + who.account;
}

Result<std::optional<User>> user_of(Directory& directory, const auth::SecurityContext& context) {
  if (context.mechanism() == auth::Mechanism::kerberos) return directory.find_by_principal(login_of(context));
  return directory.find_by_login(login_of(context));
}

}  // namespace ropewalk::directory
