#include "dissect/diagnosis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "mapi/error_code.h"
#include "protocol/dcerpc/status.h"
#include "protocol/dcerpc/types.h"
#include "protocol/epm/methods.h"

namespace ropewalk::dissect {
namespace {

using mapi::ErrorCode;

// What a ROP's or method's failure usually comes from, beyond what its name says.
struct Cause {
  ErrorCode code;
  std::string_view text;
};
constexpr Cause kCauses[] = {
    {ErrorCode::not_found,
     "the object, property or folder is not there: an id of another mailbox or of something deleted since, or a "
     "property that was never set. Clients ask for much that may be absent; look at what the request names"},
    {ErrorCode::access_denied,
     "the user who signed in may not do this: look at the permissions of the folder, or whose mailbox is logged on to"},
    {ErrorCode::null_object,
     "the handle index points at nothing: the ROP that should have made the object failed, or it was released. Look "
     "for "
     "the first failed ROP in front of it"},
    {ErrorCode::invalid_object, "the handle stands for an object that is gone, or of a kind this ROP does not work on"},
    {ErrorCode::not_supported,
     "the server does not do this ROP on this kind of object; clients mostly go on without it"},
    {ErrorCode::object_deleted, "somebody else deleted it while this client had it open"},
    {ErrorCode::object_modified, "somebody else saved the message since this client opened it; it has to open it anew"},
    {ErrorCode::buffer_too_small, "the answer does not fit into what the client has room for; it has to ask for less"},
    {ErrorCode::wrong_server,
     "the mailbox lives on another server, which the response names; the client has to go there"},
    {ErrorCode::unknown_user,
     "the server has no mailbox for the distinguished name (UserDn) that the client sent: an old profile, or a "
     "directory "
     "that tells another name than the server has"},
    {ErrorCode::login_failure, "the server let the user in but not into this mailbox"},
    {ErrorCode::login_perm, "the user has no right to open this mailbox"},
    {ErrorCode::version_mismatch,
     "the server refuses clients of this version: compare the client's version in EcDoConnectEx with what the server "
     "allows"},
    {ErrorCode::client_ver_disallowed, "an administrator has blocked clients of this version"},
    {ErrorCode::rpc_format, "the server could not read the ROP buffer: a broken client, or bytes changed on the way"},
    {ErrorCode::quota_exceeded, "the mailbox, or the number of open objects, is at its limit"},
    {ErrorCode::shutoff_quota_exceeded, "the mailbox is full; nothing can be stored until something is deleted"},
    {ErrorCode::server_paused, "the server or the mailbox database is stopped for maintenance"},
    {ErrorCode::duplicate_name, "a folder of that name is there already"},
    {ErrorCode::too_complex, "the restriction or sort order is beyond what the server can do"},
};

std::string cause_of(u32 error) {
  for (const Cause& cause : kCauses)
    if (cause.code == static_cast<ErrorCode>(error)) return std::string(cause.text);
  return std::string(mapi::meaning(static_cast<ErrorCode>(error)));
}

std::string error_text(u32 error) {
  const auto* known = mapi::find_error(static_cast<ErrorCode>(error));
  return known == nullptr ? fmt::format("0x{:08X}", error) : fmt::format("{} (0x{:08X})", known->name, error);
}

std::string address_of(const std::string& endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

std::string with_detail(const std::string& name, const std::string& detail) {
  return detail.empty() ? name : fmt::format("{} ({})", name, detail);
}

std::string reject_reason(u32 reason) {
  using dcerpc::RejectReason;
  switch (static_cast<RejectReason>(reason)) {
    case RejectReason::authentication_type_not_recognized:
      return "the server does not offer this way to sign in, or not at this level: try another (NTLM, Kerberos, "
             "Negotiate) and level privacy (6); for Kerberos the server needs a keytab, for NTLM it has to be switched "
             "on";
    case RejectReason::protocol_version_not_supported:
      return "the server does not speak this version of DCE/RPC";
    case RejectReason::local_limit_exceeded:
    case RejectReason::temporary_congestion:
      return "the server has no room for another connection now";
    case RejectReason::invalid_checksum:
      return "the server could not verify the security token: a wrong password or key, or bytes changed on the way";
    default:
      return "the server gives no reason; many say so where the sign-in failed or its level is too low, and its log "
             "knows more";
  }
}

constexpr int kPrivacy = 6;

// The number of the level in a bind's detail, "EMSMDB v0.81; NTLM, connect (2)"; 0 where it has no security.
int level_of(std::string_view bind) {
  if (!bind.ends_with(')') || bind.size() < 3 || bind[bind.size() - 3] != '(') return 0;
  char digit = bind[bind.size() - 2];
  return digit >= '0' && digit <= '9' ? digit - '0' : 0;
}

// "NTLM, connect (2)"
std::string_view security_of(std::string_view bind) { return bind.substr(bind.rfind("; ") + 2); }

// HTTP or its additional headers say what failed, not the body.
bool is_exchange_failure(const Operation& operation) {
  const std::string& result = operation.result;
  return result.starts_with("X-ResponseCode") || result.starts_with("StatusCode") ||
         (!result.empty() && result[0] >= '0' && result[0] <= '9');
}

bool is_access_denied(u32 error) {
  return error == dcerpc::kAccessDenied || error == dcerpc::kUnsupportedAuthnLevel ||
         error == dcerpc::kSecurityPackageError;
}

std::string context_reason(u32 reason) {
  if (reason == dcerpc::ProviderReason::kAbstractSyntaxNotSupported)
    return "the server does not have this interface, or not this version of it, at this port: ask its endpoint mapper "
           "(port 135) where it is";
  if (reason == dcerpc::ProviderReason::kTransferSyntaxesNotSupported)
    return "client and server have no transfer syntax in common (NDR, NDR64)";
  return "the server refuses one more presentation context";
}

bool is_http(const Operation& operation) {
  return operation.layer == "HTTP" || operation.layer == "MAPIHTTP" || operation.layer == "AUTODISCOVER" ||
         operation.layer == "OAB";
}

}  // namespace

Diagnosis::Party& Diagnosis::party(const Operation& operation) {
  auto [found, is_new] = parties_.try_emplace(operation.connection);
  found->second.connection = operation.connection;
  found->second.used = ++clock_;
  if (is_new && parties_.size() > kMaxConnections) {
    auto oldest = std::min_element(parties_.begin(), parties_.end(),
                                   [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    parties_.erase(oldest);
  }
  return parties_.at(operation.connection);
}

void Diagnosis::report(const Operation& operation, Failure failure, const std::vector<u64>& also) {
  bool from_server = operation.direction == Direction::response;
  const std::string& server = from_server ? operation.src : operation.dst;
  std::string client = address_of(from_server ? operation.dst : operation.src);
  std::string key = fmt::format("{}\n{}\n{}", client, server, failure.problem);
  auto found = findings_.find(key);
  if (found == findings_.end()) {
    if (findings_.size() == kMaxFindings) return;
    found = findings_.emplace(key, Finding{client, server, failure.problem, failure.reason, {}, 0}).first;
    order_.push_back(key);
  }
  Finding& finding = found->second;
  ++finding.times;
  std::vector<u64> frames = also;
  frames.push_back(operation.frame().number);
  for (u64 frame : frames)
    if (frame != 0 && finding.frames.size() < Finding::kMaxFrames && std::ranges::count(finding.frames, frame) == 0)
      finding.frames.insert(std::ranges::upper_bound(finding.frames, frame), frame);
}

void Diagnosis::add(const Operation& operation) {
  if (operation.frames.empty()) return;
  Party& at = party(operation);
  losses(operation);
  if (operation.name == "bind" || operation.name == "alter_context") {
    at.bind_frame = operation.frame().number;
    at.bind = operation.detail;
    if (operation.name == "bind") at.has_worked = false;
  }
  if (operation.direction != Direction::response) {
    constexpr std::size_t kMaxAsked = 1024;
    at.asked.emplace(operation.number, operation.frame().number);
    if (at.asked.size() > kMaxAsked) at.asked.erase(at.asked.begin());
    return;
  }
  if (is_http(operation)) http(operation, at);
  if (operation.error != 0)
    refused_rpc(operation, at);
  else
    answered(operation, at);
  rop_errors(operation, at);
}

// What works is the measure for what does not.
void Diagnosis::answered(const Operation& operation, Party& party) {
  if (!operation.call_id || !operation.opnum || party.bind.empty()) return;
  works_[operation.src] = party.bind;
  party.has_worked = true;
}

Diagnosis::Failure Diagnosis::not_believed(const Operation& operation, const Party& party) const {
  const std::string failed =
      fmt::format("{} failed: {}", with_detail(operation.name, operation.layer), operation.result);
  auto works = works_.find(operation.src);
  std::string other = works == works_.end() || works->second == party.bind
                          ? ""
                          : fmt::format(". Calls with {} are answered", works->second);
  if (party.bind.empty())
    return {failed,
            "the server does not accept the caller, whose bind is not in this capture: capture from before the client "
            "connects" +
                other};
  int level = level_of(party.bind);
  if (level == 0)
    return {"no sign-in: " + failed,
            fmt::format("the client bound with {}, without any security; the server wants to know who calls, and most "
                        "likely requires encryption (level privacy (6))",
                        party.bind) +
                other};
  if (level < kPrivacy)
    return {
        fmt::format("authentication level mismatch: the client bound with {}; {}", party.bind, failed),
        fmt::format("the client asked for {}, and the server most likely requires encryption, privacy (6): raise the "
                    "client's level (Outlook: \"Encrypt data between Outlook and Exchange\") or lower the server's. "
                    "Where the level is right, the password or the user's rights are wrong",
                    security_of(party.bind)) +
            other};
  if (!party.has_worked)
    return {fmt::format("the sign-in failed: the client bound with {}; {}", party.bind, failed),
            "its level is the highest there is, so that the server most likely does not know the user, or the password "
            "or key is wrong, or (Kerberos) the clocks differ; NTLM may also be switched off for this user" +
                other};
  return {failed, "other calls of this connection are answered: the user has no right to this one" + other};
}

std::string Diagnosis::fault_reason(const Operation& operation) const {
  switch (operation.error) {
    case dcerpc::kUnknownInterface:
      return "the server does not have this interface at this port: ask its endpoint mapper (port 135) where it is";
    case dcerpc::kOpnumOutOfRange:
      return "the server does not have this method: it is older than the client expects, or has it switched off";
    case dcerpc::kInvalidContextId:
    case dcerpc::kContextMismatch:
      return "the session's context handle, or the presentation context, is not known to the server (any more): it was "
             "restarted, or the session expired; the client has to connect anew";
    case dcerpc::kBadStubData:
      return "the server could not read the parameters: another version of the interface, or bytes changed on the way";
    case dcerpc::kServerTooBusy:
    case dcerpc::kOutOfResources:
      return "the server is at its limits";
    default:
      return cause_of(operation.error);
  }
}

void Diagnosis::refused_rpc(const Operation& operation, Party& party) {
  std::vector<u64> also;
  if (operation.answers)
    if (auto asked = party.asked.find(*operation.answers); asked != party.asked.end()) also.push_back(asked->second);
  if (operation.name == "bind_nak")
    return report(operation,
                  {fmt::format("the server rejected the bind to {}: {}", party.bind, operation.result),
                   reject_reason(operation.error)},
                  {party.bind_frame});
  if (operation.name == "bind_ack" || operation.name == "alter_context_resp")
    return report(operation,
                  {fmt::format("the server refused the interface of the bind to {}: {}", party.bind, operation.result),
                   context_reason(operation.error)},
                  {party.bind_frame});
  if (operation.layer == "EPM" && operation.error == epm::kNotRegistered)
    return report(operation,
                  {"the endpoint mapper knows no endpoint for what the client asked for: ept_s_not_registered",
                   "the service is not running, or does not register that interface and transport: `ropewalk rpc "
                   "endpoints` shows what there is"},
                  also);
  if (is_http(operation)) return;
  also.push_back(party.bind_frame);
  if (is_access_denied(operation.error)) return report(operation, not_believed(operation, party), also);
  report(operation,
         {fmt::format("{} failed: {}", with_detail(operation.name, operation.layer), operation.result),
          fault_reason(operation)},
         also);
}

void Diagnosis::rop_errors(const Operation& operation, Party& party) {
  for (const RopNote& rop : operation.rops) {
    if (!rop.error || *rop.error == 0) continue;
    // Warnings: something worked in part.
    if ((*rop.error & 0xFFFF0000) == 0x00040000) continue;
    std::vector<u64> also;
    if (operation.answers)
      if (auto asked = party.asked.find(*operation.answers); asked != party.asked.end()) also.push_back(asked->second);
    report(operation,
           {fmt::format("{}{} failed: {}", rop.name, rop.object.empty() ? "" : " on " + rop.object,
                        error_text(*rop.error)),
            cause_of(*rop.error)},
           also);
  }
}

void Diagnosis::http(const Operation& operation, Party& party) {
  if (operation.error == 401) {
    if (operation.detail.starts_with("refuses ")) {
      std::vector<u64> also;
      if (operation.answers)
        if (auto asked = party.asked.find(*operation.answers); asked != party.asked.end())
          also.push_back(asked->second);
      return report(operation,
                    {"the server refused the sign-in (401): it " + operation.detail,
                     "the password is wrong, the server does not know the user, or the user may not sign in this way "
                     "(NTLM has to be switched on for a user; Kerberos needs the server's keytab and clocks that "
                     "agree). Servers hold up who fails too often, with 503"},
                    also);
    }
    ++party.challenges;
    party.challenge_frames.push_back(operation.frame().number);
    // NTLM takes two, Negotiate with it three.
    constexpr unsigned kMostOfASignIn = 3;
    if (party.challenges > kMostOfASignIn)
      report(
          operation,
          {"the server asks for credentials again and again (401)",
           "the password is wrong, or none of the ways to sign in that the server offers is one that the client uses"},
          party.challenge_frames);
    if (party.challenge_frames.size() > Finding::kMaxFrames) party.challenge_frames.resize(Finding::kMaxFrames);
    return;
  }
  party.challenges = 0;
  party.challenge_frames.clear();
  if (operation.error == 0) return;
  std::vector<u64> also;
  if (operation.answers)
    if (auto asked = party.asked.find(*operation.answers); asked != party.asked.end()) also.push_back(asked->second);
  std::string reason;
  if (operation.error == 503)
    reason = "the server is busy, stopped, or holds up a client that failed to sign in too often";
  else if (operation.layer == "MAPIHTTP" && !is_exchange_failure(operation))
    reason = cause_of(operation.error);
  else if (operation.layer == "MAPIHTTP")
    reason =
        "the HTTP exchange itself went wrong, not the ROPs in it; X-ResponseCode says how ([MS-OXCMAPIHTTP] "
        "2.2.3.3.3). 10: the session is gone, and the client has to Connect anew";
  else
    reason = "the web server in front, or a proxy between, does not serve this path";
  report(operation, {fmt::format("{} failed: {}", operation.name, operation.result), reason}, also);
}

void Diagnosis::losses(const Operation& operation) {
  for (const std::string& note : operation.notes) {
    if (note.find("not in the capture") == std::string::npos && note.find("lost") == std::string::npos &&
        note.find("cut") == std::string::npos)
      continue;
    report(
        operation,
        {"the capture is incomplete: " + note,
         "packets were not captured, or the capture began or ended in the middle; what is said of this connection may "
         "be wrong. Capture with full packets (snap length 0) and from before the client connects"});
    return;
  }
}

std::vector<Finding> Diagnosis::findings() const {
  std::vector<Finding> all;
  for (const std::string& key : order_) all.push_back(findings_.at(key));
  return all;
}

std::string to_text(const Finding& finding) {
  return fmt::format("{} -> {}: {}{}\n    {}.\n    frames {}{}\n", finding.client, finding.server, finding.problem,
                     finding.times > 1 ? fmt::format(" ({} times)", finding.times) : "", finding.reason,
                     fmt::join(finding.frames, ", "), finding.frames.size() == Finding::kMaxFrames ? ", ..." : "");
}

boost::json::value to_json(const Finding& finding) {
  boost::json::array frames(finding.frames.begin(), finding.frames.end());
  return boost::json::object{{"finding", finding.problem}, {"client", finding.client}, {"server", finding.server},
                             {"reason", finding.reason},   {"frames", frames},         {"times", finding.times}};
}

}  // namespace ropewalk::dissect
