#include "directory/ntlm_source.h"

namespace ropewalk::directory {

using auth::HashAnswer;
using auth::Reason;

auth::HashSource ntlm_source(Directory& directory) {
  return [&directory](std::string_view account, std::string_view domain) {
    HashAnswer answer;
    const std::string login = domain.empty() ? std::string(account) : std::string(domain) + "\\" + std::string(account);
    auto user = directory.find_by_login(login);
    if (!user.ok()) return answer.reason = Reason::unavailable, answer.text = user.error().text, answer;
    if (!*user) return answer.text = "user \"" + login.substr(0, 200) + "\" is unknown", answer;
    auto hash = directory.nt_hash((*user)->id);
    if (!hash.ok()) return answer.reason = Reason::unavailable, answer.text = hash.error().text, answer;
    answer.nt_hash = *hash;
    answer.reason = Reason::switched_off;
    if (!*hash)
      answer.text = "NTLM is not switched on for " + (*user)->address + " (`ropewalk user ntlm " + (*user)->address +
                    " on` does it)";
    return answer;
  };
}

std::string login_of(const auth::SecurityContext& context) {
  const auth::Identity& who = context.who();
  if (context.mechanism() == auth::Mechanism::kerberos) return who.account + "@" + who.domain;
  return who.domain.empty() ? who.account : who.domain + "\\" + who.account;
}

}  // namespace ropewalk::directory
