#include "rpc/server_connection.h"

#include <fmt/format.h>

#include "protocol/dcerpc/verification_trailer.h"

namespace ropewalk::rpc {

using dcerpc::AuthLevel;
using dcerpc::BindAck;
using dcerpc::PacketType;
using dcerpc::Pdu;
using dcerpc::PfcFlags;
using dcerpc::RejectReason;

namespace {

std::size_t stub_offset(const Pdu& pdu) { return kRequestHeader + (pdu.flags.has(PfcFlags::kObjectUuid) ? 16 : 0); }

}  // namespace

ServerConnection::~ServerConnection() {
  if (association_ != 0) endpoint_.associations->leave(association_);
}

void ServerConnection::note(const std::string& text) {
  constexpr unsigned kMostNotes = 20;
  if (!endpoint_.log || notes_ > kMostNotes) return;
  const std::string_view last = ++notes_ > kMostNotes ? "; no more is told of this connection" : "";
  endpoint_.log(fmt::format("{}{}{}{}", peer_, peer_.empty() ? "" : ", ", text, last));
}

void ServerConnection::sent(std::size_t n) {
  sent_ += n;
  if (sent_ < out_.size()) return;
  out_.clear();
  sent_ = 0;
}

void ServerConnection::receive(ByteView bytes) {
  while (!bytes.empty() && !closing_) {
    auto take = [&](std::size_t until) {
      std::size_t n = std::min(bytes.size(), until - std::min(until, in_.size()));
      in_.insert(in_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      bytes = bytes.subspan(n);
    };
    if (in_.size() < dcerpc::kHeaderSize) take(dcerpc::kHeaderSize);
    if (in_.size() < dcerpc::kHeaderSize) return;
    auto start = dcerpc::read_start(std::span<const u8, dcerpc::kHeaderSize>(in_.data(), dcerpc::kHeaderSize));
    if (start.rpc_vers != 5 || start.frag_length < dcerpc::kHeaderSize) {
      note(fmt::format("RPC: what came is not a PDU of connection-oriented RPC (version {}, frag_length {})",
                       start.rpc_vers, start.frag_length));
      closing_ = true;
      return;
    }
    take(start.frag_length);
    if (in_.size() < start.frag_length) return;
    std::vector<u8> fragment = std::exchange(in_, {});
    process(fragment);
  }
}

void ServerConnection::process(std::span<u8> bytes) {
  count(&Statistics::packets_in);
  Arena arena(1u << 20, 4096);
  auto decoded = wire::decode<Pdu>(bytes, arena);
  if (!decoded.ok()) {
    auto start = dcerpc::read_start(std::span<const u8, dcerpc::kHeaderSize>(bytes.data(), dcerpc::kHeaderSize));
    Pdu pdu;
    pdu.call_id = start.call_id;
    std::string why = decoded.error().text();
    if (start.type == PacketType::bind) return nak(pdu, RejectReason::protocol_version_not_supported, why);
    return fault_and_close(start.call_id, 0, dcerpc::kProtocolError, false, why);
  }
  const Pdu& pdu = *decoded;
  switch (pdu.type) {
    case PacketType::bind:
      return bind(pdu, bytes.size());
    case PacketType::alter_context:
      return alter(pdu, bytes.size());
    case PacketType::auth3:
      return auth3(pdu, bytes.size());
    case PacketType::request:
      return request({bytes, pdu});
    case PacketType::co_cancel:
    case PacketType::orphaned:
      return cancel(pdu);
    default:
      fault_and_close(pdu.call_id, 0, dcerpc::kProtocolError, false,
                      fmt::format("a client does not send {}", dcerpc::packet_name(pdu.type)));
  }
}

// The rest of a request that is still on its way is waited for all the same, as on Windows.
void ServerConnection::cancel(const Pdu& pdu) {
  auto found = pending_.find(pdu.call_id);
  if (found == pending_.end()) return;
  cancelled_.push_back(pdu.call_id);
  if (pdu.type == PacketType::orphaned) found->second.orphaned = true;
}

bool ServerConnection::is_answer_due() const {
  return std::any_of(pending_.begin(), pending_.end(), [](const auto& one) { return !one.second.orphaned; });
}

// ---- binding ----

void ServerConnection::bind(const Pdu& pdu, std::size_t size) {
  if (bound_) return nak(pdu, RejectReason::not_specified, "a second bind on one connection");
  const auto& bind = pdu.as<dcerpc::Bind>();
  // Both ways alike, from 2048 on, in steps of 8, whatever the client says: as Windows negotiates.
  u16 wanted = std::max<u16>(2048, std::min(bind.max_xmit_frag, bind.max_recv_frag));
  max_fragment_ = std::min(wanted, endpoint_.max_fragment) & 0xFFF8;
  Arena arena(1u << 20, 4096);
  BindAck ack;
  if (bind.contexts.empty() || !negotiate(bind, true, arena, ack))
    return nak(pdu, RejectReason::not_specified, "its list of presentation contexts is malformed");
  if (bind.assoc_group_id != 0 && !endpoint_.associations->join(bind.assoc_group_id))
    return nak(pdu, RejectReason::not_specified, fmt::format("no association group 0x{:08X}", bind.assoc_group_id));
  association_ = bind.assoc_group_id != 0 ? bind.assoc_group_id : endpoint_.associations->create();
  AuthResult result = start_security(pdu, size);
  if (result == AuthResult::failed) return nak(pdu, reject_, why_);
  bound_ = true;
  multiplexed_ = pdu.flags.has(PfcFlags::kConcMpx);
  sign_header_ = pdu.flags.has(PfcFlags::kSupportHeaderSign);
  std::string address = endpoint_.address + '\0';
  ack.sec_addr = bytes_of(address);
  acknowledge(PacketType::bind_ack, pdu, ack, result == AuthResult::go_on);
}

void ServerConnection::alter(const Pdu& pdu, std::size_t size) {
  auto refuse = [&](const std::string& why) { fault_and_close(pdu.call_id, 0, dcerpc::kProtocolError, false, why); };
  if (!bound_) return refuse("alter_context before bind");
  const auto& alter = pdu.as<dcerpc::Bind>();
  bool no_type = !pdu.auth_value.empty() && pdu.auth.type == dcerpc::AuthType::none;
  if (!no_type && changes_context(alter)) return refuse("it changes a presentation context that is negotiated");
  AuthResult result = alter_security(pdu, size);
  if (result == AuthResult::failed) return fault_and_close(pdu.call_id, 0, fault_, false, why_);
  if (pdu.flags.has(PfcFlags::kSupportHeaderSign)) sign_header_ = true;  // clients may come to it later
  Arena arena(1u << 20, 4096);
  BindAck ack;
  if (alter.contexts.empty() || !negotiate(alter, false, arena, ack))
    return refuse("its list of presentation contexts is malformed, or changes one that is negotiated");
  acknowledge(PacketType::alter_context_resp, pdu, ack, result == AuthResult::go_on);
}

void ServerConnection::auth3(const Pdu& pdu, std::size_t size) {
  Security* security = pdu.auth_value.empty() ? nullptr : security_of(pdu.auth.context_id);
  if (!bound_ || security == nullptr || security->done || security->failed)
    return fault_and_close(pdu.call_id, 0, dcerpc::kProtocolError, false, "auth3 where none is expected");
  auto refuse = [&](u32 status, const std::string& why) {
    security->failed = true;
    fault_and_close(pdu.call_id, 0, status, false, why);
  };
  constexpr u32 kNoMemory = 0x1C00001B;  // nca_s_fault_remote_no_memory: what Windows makes of it
  if (!padding_is_there(pdu, size, dcerpc::kHeaderSize + 4)) return refuse(kNoMemory, "auth3 with too much padding");
  if (pdu.auth.type != security->type || pdu.auth.level != security->level)
    return refuse(dcerpc::kProtocolError, "auth3 that does not fit its bind");
  // No answer, whatever comes of it: requests will be refused.
  if (advance_security(pdu, *security) == AuthResult::failed) note("RPC: auth3: " + why_);
  if (!std::exchange(token_, {}).empty()) {
    security->failed = true;
    note("RPC: auth3 as the last leg of an authentication that needs another one: alter_context is for that");
  }
}

bool ServerConnection::negotiate(const dcerpc::Bind& bind, bool first, Arena& arena, BindAck& ack) {
  auto answers = arena.make<dcerpc::ContextAnswer>(bind.contexts.size());
  for (std::size_t i = 0; i < bind.contexts.size(); ++i)
    if (!negotiate_one(bind.contexts[i], first, is_chosen(bind, i), answers[i])) return false;
  ack.results = answers;
  return true;
}

// Of several contexts for one interface in a PDU, which a client offers for different transfer syntaxes, one is
// accepted: the first with NDR64, else the first with NDR.
bool ServerConnection::is_chosen(const dcerpc::Bind& bind, std::size_t i) const {
  auto rank = [&](const dcerpc::ContextElement& element) {
    int best = 0;
    for (const auto& transfer : element.transfer_syntaxes.span()) {
      if (transfer == dcerpc::kNdr) best = std::max(best, 1);
      if (transfer == dcerpc::kNdr64 && endpoint_.offer_ndr64) best = 2;
    }
    return best;
  };
  const dcerpc::ContextElement& mine = bind.contexts[i];
  for (std::size_t k = 0; k < bind.contexts.size(); ++k) {
    const dcerpc::ContextElement& other = bind.contexts[k];
    if (k == i || other.abstract_syntax != mine.abstract_syntax) continue;
    if (rank(other) > rank(mine) || (k < i && rank(other) == rank(mine))) return false;
  }
  return true;
}

// A context that is negotiated stays what it is: another interface, or another transfer syntax that the server knows,
// is a protocol error.
bool ServerConnection::changes_context(const dcerpc::Bind& bind) const {
  for (const dcerpc::ContextElement& element : bind.contexts.span()) {
    auto known = contexts_.find(element.context_id);
    if (known == contexts_.end()) continue;
    if (known->second.target->id != element.abstract_syntax) return true;
    for (const auto& offered : element.transfer_syntaxes.span())
      if ((offered == dcerpc::kNdr || offered == dcerpc::kNdr64) && offered != known->second.transfer) return true;
  }
  return false;
}

// [MS-RPCE] 3.3.1.5.3 for features; [C706] 12.6.3.1 for contexts.
bool ServerConnection::negotiate_one(const dcerpc::ContextElement& element, bool first, bool chosen,
                                     dcerpc::ContextAnswer& answer) {
  if (element.transfer_syntaxes.empty()) return false;
  answer.result = dcerpc::ContextResult::provider_rejection;
  answer.reason.value = dcerpc::ProviderReason::kAbstractSyntaxNotSupported;
  if (auto features = first ? dcerpc::bind_time_features(element.transfer_syntaxes[0]) : std::nullopt) {
    if (std::exchange(features_seen_, true)) return false;
    answer.result = dcerpc::ContextResult::negotiate_ack;
    answer.reason.value = *features & (dcerpc::kKeepConnectionOnOrphan | dcerpc::kSecurityContextMultiplexing);
    return true;
  }
  const ServedInterface* target = find_interface(element.abstract_syntax);
  if (target == nullptr) return true;
  answer.reason.value = dcerpc::ProviderReason::kTransferSyntaxesNotSupported;
  if (!chosen) return true;
  auto known = contexts_.find(element.context_id);
  bool want_ndr64 = endpoint_.offer_ndr64;
  dcerpc::SyntaxId best{};
  for (const auto& transfer : element.transfer_syntaxes.span()) {
    bool fits = known != contexts_.end() ? transfer == known->second.transfer
                                         : transfer == dcerpc::kNdr || (want_ndr64 && transfer == dcerpc::kNdr64);
    if (fits && best != dcerpc::kNdr64) best = transfer;
  }
  if (best == dcerpc::SyntaxId{}) return true;
  if (known == contexts_.end()) {
    answer.reason.value = dcerpc::ProviderReason::kLocalLimitExceeded;
    if (contexts_.size() >= endpoint_.max_contexts) return true;
    contexts_[element.context_id] = {target, best};
  }
  answer = {dcerpc::ContextResult::acceptance, {}, best};
  return true;
}

// The same major version, and at least the client's minor one ([C706] 6.1.1).
const ServedInterface* ServerConnection::find_interface(const dcerpc::SyntaxId& id) const {
  for (const auto& served : endpoint_.interfaces)
    if (served.id.uuid == id.uuid && served.id.major() == id.major() && served.id.minor() >= id.minor()) return &served;
  return nullptr;
}

void ServerConnection::acknowledge(PacketType type, const Pdu& to, BindAck& ack, bool with_token) {
  Pdu pdu = reply(type, to.call_id);
  if (multiplexed_ && type == PacketType::bind_ack) pdu.flags.value |= PfcFlags::kConcMpx;
  if (to.flags.has(PfcFlags::kSupportHeaderSign)) pdu.flags.value |= PfcFlags::kSupportHeaderSign;
  ack.max_xmit_frag = ack.max_recv_frag = max_fragment_;
  ack.assoc_group_id = association_;
  static constexpr u8 kZeros[16] = {};
  ack.pad2 = ByteView(kZeros, (4 - (ack.sec_addr.size() + 2) % 4) % 4);
  dcerpc::AlterContextResp altered;
  static_cast<BindAck&>(altered) = ack;
  pdu.body = type == PacketType::bind_ack ? &ack : static_cast<void*>(&altered);
  wire::OutBuffer empty_trailer;
  if (with_token) {
    pdu.auth = to.auth;
    pdu.auth.pad_length = 0;
    pdu.auth_value = token_;
    if (token_.empty()) {  // Windows sends the trailer all the same, and auth_length 0
      wire::encode(pdu.auth, empty_trailer);
      (type == PacketType::bind_ack ? ack.auth_pad : altered.auth_pad) = empty_trailer.view();
    }
  }
  send(pdu);
  token_.clear();
}

// ---- requests ----

void ServerConnection::request(const Fragment& fragment) {
  const Pdu& pdu = fragment.pdu;
  u32 id = pdu.call_id;
  if (!bound_) return fault_and_close(id, 0, dcerpc::kProtocolError, false, "a request before bind");
  if (fragment.bytes.size() > endpoint_.max_fragment)
    return fault_and_close(
        id, 0, dcerpc::kProtocolError, true,
        fmt::format("a fragment of {} bytes; {} were negotiated", fragment.bytes.size(), max_fragment_));
  bool goes_on = partial_ && partial_->call_id == id;
  Security* named = pdu.auth_value.empty() ? (default_security_ ? security_of(*default_security_) : nullptr)
                                           : security_of(pdu.auth.context_id);
  if (!goes_on && named != nullptr && !named->done && !named->failed)
    return fault_and_close(id, 0, dcerpc::kProtocolError, false, "a request before its security context is complete");
  if (goes_on || !pdu.flags.has(PfcFlags::kFirstFrag))
    later_fragment(fragment);
  else
    first_fragment(fragment);
}

void ServerConnection::first_fragment(const Fragment& fragment) {
  const Pdu& pdu = fragment.pdu;
  const auto& request = pdu.as<dcerpc::Request>();
  if (!multiplexed_ && is_answer_due())
    return fault_and_close(pdu.call_id, 0, dcerpc::kProtocolError, true,
                           "a request while another one is served, without PFC_CONC_MPX");
  if (partial_) {
    // Without multiplexing the fault is about the request that was begun.
    u32 id = multiplexed_ ? pdu.call_id : partial_->call_id;
    u16 context = multiplexed_ ? 0 : partial_->context_id;
    return fault_and_close(id, context, dcerpc::kProtocolError, true, "a request inside another one's fragments");
  }
  if (pdu.flags.has(PfcFlags::kPendingCancel))
    return fault_and_close(pdu.call_id, 0, 0x000006BD, false, "a request that is cancelled before it begins");
  auto context = contexts_.find(request.context_id);
  if (context == contexts_.end()) {
    note(fmt::format("RPC: a request in presentation context {}, which was not negotiated", request.context_id));
    return send_fault(pdu.call_id, 0, dcerpc::kUnknownInterface, false);
  }
  bool allowed = true;
  const Security* security = requester(pdu, allowed);
  auto refuse = [&](const std::string& why) {
    fault_and_close(pdu.call_id, request.context_id, dcerpc::kAccessDenied, true, why);
  };
  if (!allowed) return refuse(why_);
  if (security != nullptr && security->failed) return refuse("its sender's authentication failed");
  auto stub = open_protected(fragment.bytes, stub_offset(pdu), pdu, security, sign_header_);
  if (!stub.ok())
    return fault_and_close(pdu.call_id, request.context_id, dcerpc::kSecurityPackageError, true, stub.error().text);
  if (stub->size() > endpoint_.max_request) return refuse("a request that is too large");

  Call call;
  call.call_id = pdu.call_id;
  call.context_id = request.context_id;
  call.opnum = request.opnum;
  call.target = context->second.target;
  if (pdu.flags.has(PfcFlags::kObjectUuid)) call.object = request.object;
  call.format = {pdu.big_endian(), context->second.transfer == dcerpc::kNdr64};
  call.association = association_;
  if (security != nullptr) {
    call.level = security->level;
    call.security_id = security->context_id;
    call.security = security->context.get();
  }
  call.stub.assign(stub->begin(), stub->end());
  if (pdu.flags.has(PfcFlags::kLastFrag)) {
    if (!verification_holds(pdu, call, context->second)) return refuse(why_);
    return complete(std::move(call));
  }
  if (request.alloc_hint > endpoint_.max_request) return refuse("a request that announces too many bytes");
  partial_ = Partial{pdu.call_id, request.context_id, std::move(call), security};
}

void ServerConnection::later_fragment(const Fragment& fragment) {
  const Pdu& pdu = fragment.pdu;
  const auto& request = pdu.as<dcerpc::Request>();
  if (!partial_ || partial_->call_id != pdu.call_id) {
    if (!multiplexed_) {
      u32 id = partial_ ? partial_->call_id : pdu.call_id;
      u16 context = partial_ ? partial_->context_id : 0;
      return fault_and_close(id, context, dcerpc::kProtocolError, true, "a fragment of a request that was not begun");
    }
    if (!partial_ && !contexts_.contains(request.context_id)) {
      note("RPC: a fragment of a request that was not begun");
      return send_fault(pdu.call_id, 0, dcerpc::kUnknownInterface, false);
    }
    bool allowed = true;
    if (!partial_) requester(pdu, allowed);
    if (!allowed) return fault_and_close(pdu.call_id, request.context_id, dcerpc::kAccessDenied, true, why_);
    return fault_and_close(pdu.call_id, partial_ ? 0 : request.context_id, dcerpc::kProtocolError, true,
                           "a fragment of a request that was not begun");
  }
  Call& call = partial_->call;
  // Context, opnum and sender are those of the first fragment, whatever this one says; a second one that calls itself
  // first is told so only if it is the sender's.
  auto wrong = [&](u32 status, const std::string& why) {
    fault_and_close(partial_->call_id, partial_->context_id, status, true, why);
  };
  const Security* security = partial_->security;
  if (security != nullptr && security->protects() && pdu.auth_value.empty())
    return wrong(dcerpc::kProtocolError, "a fragment that is not protected, though the first one was");
  auto stub = open_protected(fragment.bytes, stub_offset(pdu), pdu, security, sign_header_);
  if (!stub.ok()) return wrong(dcerpc::kSecurityPackageError, stub.error().text);
  if (pdu.flags.has(PfcFlags::kFirstFrag)) return wrong(dcerpc::kProtocolError, "a first fragment again");
  std::size_t room = endpoint_.max_request - call.stub.size();
  if (stub->size() > room || request.alloc_hint > room)
    return wrong(dcerpc::kAccessDenied, "a request of more bytes than are taken");
  call.stub.insert(call.stub.end(), stub->begin(), stub->end());
  if (!pdu.flags.has(PfcFlags::kLastFrag)) return;
  Partial whole = *std::exchange(partial_, std::nullopt);
  if (!verification_holds(pdu, whole.call, contexts_.at(whole.context_id)))
    return fault_and_close(whole.call_id, whole.context_id, dcerpc::kAccessDenied, true, why_);
  complete(std::move(whole.call));
}

// [MS-RPCE] 2.2.2.13: what the trailer repeats must be what the connection says. It is cut off the stub.
bool ServerConnection::verification_holds(const Pdu& pdu, Call& call, const Context& context) {
  if (call.security == nullptr || call.level < AuthLevel::packet) return true;
  auto at = dcerpc::find_verification_trailer(call.stub);
  if (!at) return true;
  Arena arena(1u << 16, 1024);
  std::size_t consumed = 0;
  auto trailer = wire::decode<dcerpc::VerificationTrailer>(ByteView(call.stub).subspan(*at), arena, nullptr, &consumed);
  why_ = "a verification trailer that contradicts the connection";
  if (!trailer.ok()) return true;  // bytes that look like one
  for (const auto& command : trailer->commands.span()) {
    switch (command.command.type()) {
      case dcerpc::VerificationCommandCode::kBitmask1:
        if ((command.bits & dcerpc::VerificationCommand::kSupportHeaderSigning) != 0 && !sign_header_) return false;
        break;
      case dcerpc::VerificationCommandCode::kPcontext:
        if (command.interface_id.uuid != context.target->id.uuid || command.transfer_syntax != context.transfer)
          return false;
        break;
      case dcerpc::VerificationCommandCode::kHeader2:
        if (command.packet_type != PacketType::request || command.call_id != pdu.call_id ||
            command.context_id != call.context_id || command.opnum != call.opnum)
          return false;
        break;
      default:
        if (command.command.must_process()) return false;
    }
  }
  call.stub.resize(*at);
  return true;
}

void ServerConnection::complete(Call call) {
  if (pending_.size() >= endpoint_.max_pending || pending_.contains(call.call_id)) {
    bool twice = pending_.contains(call.call_id);
    note(twice ? "RPC: a call id that is in use" : "RPC: too many calls at once on one connection");
    if (twice) return fault_and_close(call.call_id, call.context_id, dcerpc::kProtocolError, false, "a call id twice");
    return send_fault(call.call_id, call.context_id, dcerpc::kServerTooBusy, false);
  }
  AuthLevel least = call.target->least_level;
  if (auth::effective_level(static_cast<auth::Level>(call.level)) <
      auth::effective_level(static_cast<auth::Level>(least))) {
    note(fmt::format("RPC: interface {}: client asks for level {}, server requires {}", call.target->id.to_string(),
                     level_text(call.level), level_text(least)));
    return send_fault(call.call_id, call.context_id, dcerpc::kAccessDenied, false);
  }
  if (call.opnum >= call.target->opnums) {
    note(fmt::format("RPC: interface {} has no opnum {}", call.target->id.to_string(), call.opnum));
    return send_fault(call.call_id, call.context_id, dcerpc::kOpnumOutOfRange, false);
  }
  count(&Statistics::calls_in);
  pending_[call.call_id] = {call.context_id, call.security_id, call.security != nullptr};
  calls_.push_back(std::move(call));
}

// ---- answers ----

void ServerConnection::respond(const Call& call, ByteView stub) {
  auto found = pending_.find(call.call_id);
  if (found == pending_.end()) return;
  const Security* security = found->second.secured ? security_of(found->second.security_id) : nullptr;
  const bool orphaned = found->second.orphaned;
  pending_.erase(found);
  if (orphaned || closing_) return;
  std::size_t room = (max_fragment_ - kRequestHeader - trailer_room(security)) & ~std::size_t{15};
  std::size_t before = out_.size();
  bool first = true;
  do {
    std::size_t n = std::min(room, stub.size());
    Pdu pdu = reply(PacketType::response, call.call_id);
    pdu.flags.value =
        static_cast<u8>((first ? PfcFlags::kFirstFrag : 0) | (n == stub.size() ? PfcFlags::kLastFrag : 0));
    dcerpc::Response response;
    response.alloc_hint = static_cast<u32>(stub.size());
    response.context_id = call.context_id & 0xFF;  // Windows answers with the low byte alone
    response.stub_data = stub.first(n);
    pdu.body = &response;
    Status done = append_protected(pdu, response.stub_data, security, sign_header_, out_);
    if (!done.ok()) {
      out_.truncate(before);
      return fault_and_close(call.call_id, call.context_id, dcerpc::kSecurityPackageError, true, done.error().text);
    }
    count(&Statistics::packets_out);
    stub = stub.subspan(n);
    first = false;
  } while (!stub.empty());
}

void ServerConnection::fault(const Call& call, u32 status, bool executed) {
  auto found = pending_.find(call.call_id);
  if (found == pending_.end()) return;
  const bool orphaned = found->second.orphaned;
  pending_.erase(found);
  if (orphaned || closing_) return;
  send_fault(call.call_id, call.context_id, status, executed);
}

Pdu ServerConnection::reply(PacketType type, u32 call_id) const {
  Pdu pdu;
  pdu.type = type;
  pdu.call_id = call_id;
  return pdu;
}

void ServerConnection::send(Pdu& pdu) {
  count(&Statistics::packets_out);
  if (!wire::encode(pdu, out_)) closing_ = true;
}

void ServerConnection::shut_down() {
  if (!bound_ || closing_ || is_answer_due()) return;
  Pdu pdu = reply(PacketType::shutdown, 0);
  dcerpc::Shutdown body;
  pdu.body = &body;
  send(pdu);
  closing_ = true;
}

void ServerConnection::nak(const Pdu& to, RejectReason reason, const std::string& why) {
  note("RPC: bind refused: " + why);
  Pdu pdu = reply(PacketType::bind_nak, to.call_id);
  dcerpc::RuntimeVersion versions[] = {{5, 0}};
  static constexpr u8 kPad[3] = {};
  dcerpc::BindNak body{reason, wire::List<dcerpc::RuntimeVersion>(versions), kPad};
  pdu.body = &body;
  send(pdu);
  closing_ = true;
}

void ServerConnection::send_fault(u32 call_id, u16 context_id, u32 status, bool executed) {
  Pdu pdu = reply(PacketType::fault, call_id);
  if (!executed) pdu.flags.value |= PfcFlags::kDidNotExecute;
  static constexpr u8 kReserved[4] = {};
  dcerpc::Fault body{32, context_id, 0, 0, {status}, kReserved};
  pdu.body = &body;
  send(pdu);
}

void ServerConnection::fault_and_close(u32 call_id, u16 context_id, u32 status, bool executed, const std::string& why) {
  note(fmt::format("RPC: {}: {}", dcerpc::fault_text(status), why));
  send_fault(call_id, context_id, status, executed);
  closing_ = true;
}

}  // namespace ropewalk::rpc
