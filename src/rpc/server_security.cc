// The security contexts of a server's connection: how binds, alter_contexts and auth3s build them, and who may speak.
#include <fmt/format.h>

#include "rpc/server_connection.h"

namespace ropewalk::rpc {

using dcerpc::AuthLevel;
using dcerpc::Pdu;
using dcerpc::RejectReason;

Security* ServerConnection::security_of(u32 context_id) {
  auto found = securities_.find(context_id);
  return found == securities_.end() ? nullptr : &found->second;
}

ServerConnection::AuthResult ServerConnection::start_security(const Pdu& pdu, std::size_t size) {
  if (pdu.auth_value.empty()) return AuthResult::none;
  const auto& trailer = pdu.auth;
  auto fail = [&](RejectReason reason, std::string why) {
    reject_ = reason;
    fault_ = dcerpc::kAccessDenied;
    why_ = std::move(why);
    return AuthResult::failed;
  };
  if (!padding_is_there(pdu, size, kRequestHeader))
    return fail(RejectReason::protocol_version_not_supported, "more padding than there is in front of its sec_trailer");
  if (trailer.level < AuthLevel::connect || trailer.level > AuthLevel::privacy)
    return fail(RejectReason::not_specified,
                fmt::format("authentication level {} does not exist", static_cast<int>(trailer.level)));
  // RPC_C_AUTHN_LEVEL_CALL is for connectionless RPC; Windows' providers refuse it here.
  if (trailer.level == AuthLevel::call && trailer.type != dcerpc::AuthType::none && static_cast<u8>(trailer.type) != 1)
    return fail(RejectReason::invalid_checksum, "authentication level call (3) is not for connections");
  if (!endpoint_.make_security)
    return fail(RejectReason::authentication_type_not_recognized, "no way of authentication is served here");
  auto made = endpoint_.make_security(static_cast<auth::Mechanism>(trailer.type), peer_);
  if (!made.ok()) return fail(RejectReason::authentication_type_not_recognized, made.error().text);
  Security security{trailer.type, trailer.level, trailer.context_id, *std::move(made)};
  auto [at, added] = securities_.insert_or_assign(trailer.context_id, std::move(security));
  if (!bound_) default_security_ = trailer.context_id;
  return advance_security(pdu, at->second);
}

ServerConnection::AuthResult ServerConnection::advance_security(const Pdu& pdu, Security& security) {
  auto step = security.context->step(pdu.auth_value);
  if (!step.ok()) {
    security.failed = true;
    reject_ = RejectReason::invalid_checksum;
    fault_ = dcerpc::kAccessDenied;
    why_ = step.error().text;
    return AuthResult::failed;
  }
  token_ = std::move(step->token);
  security.done = step->done;
  if (security.done && security.protection() == auth::Level::privacy &&
      security.context->strongest() < auth::Level::privacy) {
    security.failed = true;
    reject_ = RejectReason::invalid_checksum;
    fault_ = dcerpc::kSecurityPackageError;
    why_ = fmt::format("client asks for level privacy (6), but signed in for {} at most",
                       auth::level_name(security.context->strongest()));
    return AuthResult::failed;
  }
  return AuthResult::go_on;
}

ServerConnection::AuthResult ServerConnection::alter_security(const Pdu& pdu, std::size_t size) {
  if (pdu.auth_value.empty()) return AuthResult::none;
  auto fail = [&](u32 status, std::string why) {
    fault_ = status;
    why_ = std::move(why);
    return AuthResult::failed;
  };
  if (!padding_is_there(pdu, size, kRequestHeader))
    return fail(dcerpc::kProtocolError, "more padding than there is in front of its sec_trailer");
  Security* security = security_of(pdu.auth.context_id);
  if (security == nullptr) {
    if (securities_.size() >= endpoint_.max_securities)
      return fail(dcerpc::kProtocolError, fmt::format("more than {} security contexts", endpoint_.max_securities));
    return start_security(pdu, size);
  }
  if (security->done || security->failed)
    return fail(dcerpc::kAccessDenied, "a security context that is complete cannot be changed");
  if (pdu.auth.type == dcerpc::AuthType::none) return fail(dcerpc::kAccessDenied, "no authentication type");
  if (pdu.auth.type != security->type)
    return fail(dcerpc::kSecurityPackageError, "another authentication type than the bind asked for");
  if (pdu.auth.level != security->level)
    return fail(dcerpc::kAccessDenied, fmt::format("level {}, though the bind asked for {}", level_text(pdu.auth.level),
                                                   level_text(security->level)));
  return advance_security(pdu, *security);
}

// Who sends a request: null is nobody. `allowed` false: its sec_trailer is not what was negotiated.
const Security* ServerConnection::requester(const Pdu& pdu, bool& allowed) {
  allowed = true;
  if (pdu.auth_value.empty()) {
    Security* security = default_security_ ? security_of(*default_security_) : nullptr;
    if (security == nullptr) return nullptr;
    if (security->protects()) allowed = false, why_ = "a request that is not protected, though its bind said so";
    return security;
  }
  Security* security = security_of(pdu.auth.context_id);
  if (security == nullptr || security->type != pdu.auth.type || security->level != pdu.auth.level) {
    allowed = false;
    why_ = fmt::format("a request in security context {} at level {}, which was not negotiated", pdu.auth.context_id,
                       level_text(pdu.auth.level));
  }
  return security;
}

}  // namespace ropewalk::rpc
