#include "server/rpc/caller.h"

#include "directory/ntlm_source.h"

namespace ropewalk::server {

std::optional<directory::User> user_of(const RpcCall& call, directory::Directory& directory) {
  if (call.caller().account.empty()) return call.link.user == nullptr ? std::nullopt : std::optional(*call.link.user);
  auto found = directory::user_of(directory, *call.call.security);
  return found.ok() ? *found : std::nullopt;
}

std::string caller_text(const RpcCall& call) {
  return call.caller().account.empty() ? "somebody without authentication" : call.caller().text();
}

}  // namespace ropewalk::server
