#include "rpc/client_connection.h"

#include <fmt/format.h>

namespace ropewalk::rpc {

using dcerpc::PacketType;
using dcerpc::Pdu;
using dcerpc::PfcFlags;

namespace {

constexpr u16 kFeatures = 0xFFFF;
constexpr const char* kEnding = "the server has asked to end the connection";

std::string reason_text(const dcerpc::ContextAnswer& answer) {
  switch (answer.reason.value) {
    case dcerpc::ProviderReason::kAbstractSyntaxNotSupported:
      return "the server does not serve this interface";
    case dcerpc::ProviderReason::kTransferSyntaxesNotSupported:
      return "the server takes none of the transfer syntaxes offered";
    case dcerpc::ProviderReason::kLocalLimitExceeded:
      return "the server takes no further interface on this connection";
    default:
      return fmt::format("the server refuses this interface (result {}, reason {})", static_cast<int>(answer.result),
                         answer.reason.value);
  }
}

std::string reject_text(dcerpc::RejectReason reason) {
  std::string name;
  wire_type(std::type_identity<dcerpc::RejectReason>{}).text(static_cast<u64>(reason), name);
  return fmt::format("the server refuses to bind: {}", name.empty() ? std::to_string(static_cast<int>(reason)) : name);
}

}  // namespace

void ClientConnection::sent(std::size_t n) {
  sent_ += n;
  if (sent_ < out_.size()) return;
  out_.clear();
  sent_ = 0;
}

// ---- binding ----

u16 ClientConnection::bind(const dcerpc::SyntaxId& interface_id) {
  u16 number = static_cast<u16>(contexts_.size());
  Context context;
  context.interface_id = interface_id;
  context.offers.push_back(next_wire_id_++);
  if (settings_.offer_ndr64) context.offers.push_back(next_wire_id_++);
  contexts_.push_back(std::move(context));
  to_ask_.push_back(number);
  if (asked_ || !error_.empty()) return number;
  if (!bound_) {
    ByteView token;
    std::vector<u8> first;
    if (settings_.security != nullptr) {
      security_ = Security{settings_.type, settings_.level, 0, std::move(settings_.security)};
      auto step = security_->context->step({});
      if (!step.ok()) {
        fail(step.error().text);
        return number;
      }
      security_->done = step->done;
      first = std::move(step->token);
      token = first;
    }
    to_ask_.pop_front();
    send_bind(PacketType::bind, {number}, token);
  } else {
    to_ask_.pop_front();
    send_bind(PacketType::alter_context, {number}, {});
  }
  return number;
}

void ClientConnection::send_bind(PacketType type, const std::vector<u16>& contexts, ByteView token) {
  bool first = type == PacketType::bind;
  std::vector<dcerpc::ContextElement> elements;
  std::vector<dcerpc::SyntaxId> syntaxes{
      dcerpc::kNdr, dcerpc::kNdr64,
      dcerpc::bind_time_syntax(dcerpc::kSecurityContextMultiplexing | dcerpc::kKeepConnectionOnOrphan)};
  auto one = [&](std::size_t i) { return wire::List<dcerpc::SyntaxId>(std::span<dcerpc::SyntaxId>(&syntaxes[i], 1)); };
  wire_order_.clear();
  for (u16 number : contexts) {
    const Context& context = contexts_[number];
    for (std::size_t i = 0; i < context.offers.size(); ++i) {
      elements.push_back({context.offers[i], 0, context.interface_id, one(i)});
      wire_order_.push_back(context.offers[i]);
    }
  }
  if (first) {
    elements.push_back({next_wire_id_++, 0, contexts_[contexts.front()].interface_id, one(2)});
    wire_order_.push_back(kFeatures);
  }
  dcerpc::AlterContext body;
  body.max_xmit_frag = body.max_recv_frag = first ? settings_.max_fragment : max_fragment_;
  body.assoc_group_id = first ? settings_.association : association_;
  body.contexts = wire::List<dcerpc::ContextElement>(elements);
  Pdu pdu;
  pdu.type = type;
  pdu.call_id = ++last_call_;
  if (first) pdu.flags.value |= PfcFlags::kConcMpx;
  if (security_ && settings_.sign_header) pdu.flags.value |= PfcFlags::kSupportHeaderSign;
  dcerpc::Bind bind;
  static_cast<dcerpc::Bind&>(bind) = body;
  pdu.body = first ? static_cast<void*>(&bind) : &body;
  static constexpr u8 kZeros[16] = {};
  if (!token.empty()) {
    std::size_t size = 12;
    for (const auto& element : elements) size += 24 + 20 * element.transfer_syntaxes.size();
    std::size_t pad = auth_padding(size);
    bind.auth_pad = body.auth_pad = ByteView(kZeros, pad);
    pdu.auth = {security_->type, security_->level, static_cast<u8>(pad), 0, security_->context_id};
    pdu.auth_value = token;
  }
  being_asked_ = contexts;
  asked_ = true;
  send(pdu);
}

void ClientConnection::acknowledged(const Pdu& pdu) {
  if (!asked_) return fail("the server acknowledges what nobody asked");
  const auto& ack = pdu.as<dcerpc::BindAck>();
  bool first = pdu.type == PacketType::bind_ack;
  if (first) {
    max_fragment_ = std::min(settings_.max_fragment, ack.max_recv_frag);
    if (max_fragment_ < 1432) return fail(fmt::format("the server takes fragments of {} bytes", ack.max_recv_frag));
    association_ = ack.assoc_group_id;
    std::string_view address = text_of(ack.sec_addr);
    address_ = std::string(address.substr(0, address.find('\0')));
    multiplexed_ = pdu.flags.has(PfcFlags::kConcMpx);
    sign_header_ = settings_.sign_header && pdu.flags.has(PfcFlags::kSupportHeaderSign);
  }
  asked_ = false;
  take_results(ack);
  if (!take_token(pdu)) return;  // a further leg is on its way, or it failed
  bound_ = true;
  if (to_ask_.empty()) return;
  std::vector<u16> next(to_ask_.begin(), to_ask_.end());
  to_ask_.clear();
  send_bind(PacketType::alter_context, next, {});
}

void ClientConnection::take_results(const dcerpc::BindAck& ack) {
  for (std::size_t i = 0; i < wire_order_.size(); ++i) {
    if (wire_order_[i] == kFeatures) continue;
    for (u16 number : being_asked_) {
      Context& context = contexts_[number];
      if (std::find(context.offers.begin(), context.offers.end(), wire_order_[i]) == context.offers.end()) continue;
      if (i < ack.results.size() && ack.results[i].result == dcerpc::ContextResult::acceptance) {
        context.state = State::accepted;
        context.wire_id = wire_order_[i];
        context.ndr64 = ack.results[i].transfer_syntax == dcerpc::kNdr64;
      } else if (context.state == State::asked) {
        context.refusal = i < ack.results.size() ? reason_text(ack.results[i]) : "the server does not answer for it";
      }
    }
  }
  for (u16 number : being_asked_)
    if (contexts_[number].state == State::asked) contexts_[number].state = State::refused;
}

// True when authentication is through, on this side and on the other.
bool ClientConnection::take_token(const Pdu& pdu) {
  Security* mine = security();
  if (mine == nullptr || mine->done) return true;
  auto step = mine->context->step(pdu.auth_value);
  if (!step.ok()) {
    fail(step.error().text);
    return false;
  }
  mine->done = step->done;
  if (step->token.empty()) {
    if (!mine->done) fail("authentication came to no end");
    return mine->done;
  }
  // NTLM's last leg goes in an auth3, which nobody answers; the others' in an alter_context ([MS-RPCE] 2.2.1.1.7).
  if (mine->type != dcerpc::AuthType::ntlm) {
    send_bind(PacketType::alter_context, being_asked_, step->token);
    return false;
  }
  Pdu last;
  last.type = PacketType::auth3;
  last.call_id = ++last_call_;
  if (sign_header_) last.flags.value |= PfcFlags::kSupportHeaderSign;
  static constexpr u8 kPad[4] = {};
  dcerpc::Auth3 body{kPad};
  last.body = &body;
  last.auth = {mine->type, mine->level, 0, 0, mine->context_id};
  last.auth_value = step->token;
  send(last);
  return true;
}

ClientConnection::State ClientConnection::state(u16 context_id) const { return contexts_.at(context_id).state; }
std::string ClientConnection::refusal(u16 context_id) const { return contexts_.at(context_id).refusal; }
ndr::Format ClientConnection::format(u16 context_id) const { return {false, contexts_.at(context_id).ndr64}; }

// ---- calls ----

Result<u32> ClientConnection::call(u16 context_id, u16 opnum, ByteView stub, const std::optional<Guid>& object) {
  if (!error_.empty()) return Error{error_};
  if (ending_) return Error{kEnding};
  if (!bound_ || context_id >= contexts_.size() || contexts_[context_id].state != State::accepted)
    return Error{fmt::format("a call of opnum {} on an interface that is not bound", opnum)};
  if (!waiting_.empty() && !multiplexed_)
    return Error{"the server takes one call at a time on a connection, and one is waiting"};
  const Context& context = contexts_[context_id];
  u32 id = ++last_call_;
  std::size_t header = kRequestHeader + (object ? 16 : 0);
  std::size_t room = (max_fragment_ - header - trailer_room(security())) & ~std::size_t{15};
  bool first = true;
  do {
    std::size_t n = std::min(room, stub.size());
    Pdu pdu;
    pdu.type = PacketType::request;
    pdu.call_id = id;
    pdu.flags.value =
        static_cast<u8>((first ? PfcFlags::kFirstFrag : 0) | (n == stub.size() ? PfcFlags::kLastFrag : 0) |
                        (object ? PfcFlags::kObjectUuid : 0));
    dcerpc::Request request;
    request.alloc_hint = static_cast<u32>(stub.size());
    request.context_id = context.wire_id;
    request.opnum = opnum;
    if (object) request.object = *object;
    request.stub_data = stub.first(n);
    pdu.body = &request;
    ROPEWALK_CHECK(append_protected(pdu, request.stub_data, security(), sign_header_, out_));
    stub = stub.subspan(n);
    first = false;
  } while (!stub.empty());
  waiting_[id] = {context_id, {}};
  return id;
}

void ClientConnection::cancel(u32 call_id) {
  if (!waiting_.contains(call_id)) return;
  Pdu pdu;
  pdu.type = PacketType::co_cancel;
  pdu.call_id = call_id;
  dcerpc::CoCancel body;
  pdu.body = &body;
  send(pdu);
}

// The server may answer all the same; nobody waits for it.
void ClientConnection::orphan(u32 call_id) {
  if (waiting_.erase(call_id) == 0) return;
  Pdu pdu;
  pdu.type = PacketType::orphaned;
  pdu.call_id = call_id;
  dcerpc::Orphaned body;
  pdu.body = &body;
  send(pdu);
}

void ClientConnection::send(Pdu& pdu) {
  if (!wire::encode(pdu, out_)) fail("a PDU that is too long for its length field");
}

// ---- answers ----

void ClientConnection::receive(ByteView bytes) {
  while (!bytes.empty() && error_.empty()) {
    auto take = [&](std::size_t until) {
      std::size_t n = std::min(bytes.size(), until - std::min(until, in_.size()));
      in_.insert(in_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n));
      bytes = bytes.subspan(n);
    };
    if (in_.size() < dcerpc::kHeaderSize) take(dcerpc::kHeaderSize);
    if (in_.size() < dcerpc::kHeaderSize) return;
    auto start = dcerpc::read_start(std::span<const u8, dcerpc::kHeaderSize>(in_.data(), dcerpc::kHeaderSize));
    if (start.rpc_vers != 5 || start.frag_length < dcerpc::kHeaderSize)
      return fail(
          fmt::format("the server does not speak RPC: version {}, frag_length {}", start.rpc_vers, start.frag_length));
    take(start.frag_length);
    if (in_.size() < start.frag_length) return;
    std::vector<u8> fragment = std::exchange(in_, {});
    process(fragment);
  }
}

void ClientConnection::process(std::span<u8> bytes) {
  Arena arena(1u << 20, 4096);
  auto pdu = wire::decode<Pdu>(bytes, arena);
  if (!pdu.ok()) return fail("the server's PDU is malformed: " + pdu.error().text());
  switch (pdu->type) {
    case PacketType::bind_ack:
    case PacketType::alter_context_resp:
      return acknowledged(*pdu);
    case PacketType::bind_nak:
      return fail(reject_text(pdu->as<dcerpc::BindNak>().reject_reason));
    case PacketType::response:
      return response(bytes, *pdu);
    case PacketType::fault:
      return fault(*pdu);
    case PacketType::shutdown:
      ending_ = true;  // [C706] 12.6.4.11: what is under way comes to its end first
      return;
    default:
      return fail(fmt::format("the server sends {}", dcerpc::packet_name(pdu->type)));
  }
}

void ClientConnection::response(std::span<u8> bytes, const Pdu& pdu) {
  auto found = waiting_.find(pdu.call_id);
  if (found == waiting_.end()) return;  // of a call that was orphaned
  const Security* mine = security();
  if (mine != nullptr && mine->protects() && pdu.auth_value.empty())
    return fail("the server's answer is not protected, though the connection is");
  auto stub = open_protected(bytes, kRequestHeader, pdu, mine, sign_header_);
  if (!stub.ok()) return fail("the server's answer: " + stub.error().text);
  std::vector<u8>& whole = found->second.stub;
  if (whole.size() + stub->size() > settings_.max_response)
    return fail(fmt::format("the server's answer is longer than {} bytes", settings_.max_response));
  whole.insert(whole.end(), stub->begin(), stub->end());
  if (!pdu.flags.has(PfcFlags::kLastFrag)) return;
  Reply reply;
  reply.call_id = pdu.call_id;
  reply.format = {pdu.big_endian(), contexts_[found->second.context_id].ndr64};
  reply.stub = std::move(whole);
  waiting_.erase(found);
  replies_.push_back(std::move(reply));
}

void ClientConnection::fault(const Pdu& pdu) {
  const auto& fault = pdu.as<dcerpc::Fault>();
  if (asked_) return fail("the server refuses: " + dcerpc::fault_text(fault.status.value));
  if (waiting_.erase(pdu.call_id) == 0) return;
  Reply reply;
  reply.call_id = pdu.call_id;
  reply.fault = fault.status.value != 0 ? fault.status.value : dcerpc::kProtocolError;
  reply.executed = !pdu.flags.has(PfcFlags::kDidNotExecute);
  replies_.push_back(std::move(reply));
}

}  // namespace ropewalk::rpc
