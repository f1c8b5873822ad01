// What is inside the stubs of requests and responses.
#include <fmt/format.h>

#include "dissect/rpc_association.h"
#include "dissect/rpc_names.h"
#include "dissect/stubs.h"
#include "mapi/error_code.h"
#include "protocol/dcerpc/status.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"
#include "protocol/nspi/methods.h"

namespace ropewalk::dissect {

using capture::Side;

namespace {

constexpr std::size_t kArenaLimit = 64u << 20;
constexpr u16 kEcDoRpc = 2, kEcDoRpcExt2 = 11, kEptLookup = 2, kEptMap = 3;

template <class T>
bool decode_stub(ByteView stub, Arena& arena, const wire::Context* chain, T& to) {
  wire::Decoder decoder(stub, arena, chain);
  T::fields(to, decoder);
  return decoder.ok();
}

// What a method returned.
void set_result(const dcerpc::Interface& known, u32 value, Operation& operation) {
  bool is_mapi = &known != &epm::kEndpointMapper && &known != &mgmt::kManagement;
  operation.error = value;
  operation.result = value == 0 ? "success" : is_mapi ? mapi::name(mapi::ErrorCode{value}) : dcerpc::fault_text(value);
}

std::string address_of(const std::string& endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

}  // namespace

// What a call's context stands for; where the bind is not in the capture, what its port or its content tells.
RpcAssociation::Context RpcAssociation::context_of(const Call& call) const {
  auto found = contexts_.find(call.context_id);
  if (found != contexts_.end()) return found->second;
  if (const dcerpc::SyntaxId* named = all_.named_port(call.link.server))
    return {*named, dcerpc::find_interface(named->uuid), false};
  if (call.closed) return {};
  if (call.opnum != kEcDoRpc && call.opnum != kEcDoRpcExt2) return {};
  Arena arena(kArenaLimit);
  ndr::Format format{call.first.big_endian(), false};
  wire::Context chain = wire::add_context(format, nullptr);
  for (ByteView payload : rops_of_request(emsmdb::kEmsmdb, call.opnum, call.stub, arena, &chain).payloads) {
    RopRequests rops(std::span(&payload, 1));
    if (!rops.list.empty()) return {emsmdb::kEmsmdb.id, &emsmdb::kEmsmdb, false};
  }
  return {};
}

void RpcAssociation::request(Call& call, Operation& operation, Pending& pending) {
  const Context& context = pending.context;
  operation.layer = layer_of(context.id.uuid);
  operation.name = method_name(context.known, call.opnum);
  operation.opnum = call.opnum;
  ndr::Format format{call.first.big_endian(), context.ndr64};
  wire::Context chain = wire::add_context(format, nullptr);
  const dcerpc::Method* method = context.known == nullptr ? nullptr : context.known->method(call.opnum);
  const wire::StructInfo* info = method == nullptr || call.closed || call.too_long ? nullptr : method->in;
  if (info != nullptr && context.known == &emsmdb::kEmsmdb) {
    Arena arena(kArenaLimit);
    StubRops rops = rops_of_request(*context.known, call.opnum, call.stub, arena, &chain);
    pending.session = rops.session;
    if (!rops.payloads.empty()) {
      pending.rops = std::make_shared<RopRequests>(rops.payloads);
      operation.rops = all_.session(pending.session).notes(*pending.rops);
    }
  }
  if (!all_.options().trees) return;
  add_tree(call, info, &chain, operation);
  if (context.known == &epm::kEndpointMapper) explain_towers(operation.tree);
  if (pending.rops != nullptr) all_.session(pending.session).annotate(operation.tree, pending.rops.get());
  if (context.known == &nspi::kNspi && info != nullptr) {
    pending.session = context_handle_in(operation.tree);
    explain_address_book(all_, pending.session, pending.asked, operation);
  }
}

void RpcAssociation::response(Call& call, Operation& operation, Pending& pending) {
  const Context& context = pending.context;
  if (pending.operation != 0) {
    operation.layer = layer_of(context.id.uuid);
    operation.name = method_name(context.known, pending.opnum);
    operation.opnum = pending.opnum;
    operation.answers = pending.operation;
    operation.round_trip = operation.frame().time - pending.time;
  }
  ndr::Format format{call.first.big_endian(), context.ndr64};
  wire::Context chain = wire::add_context(format, nullptr);
  const dcerpc::Method* method = context.known == nullptr ? nullptr : context.known->method(pending.opnum);
  const wire::StructInfo* info = method == nullptr || call.closed || call.too_long ? nullptr : method->out;
  if (info == nullptr) {
    if (all_.options().trees) add_tree(call, nullptr, nullptr, operation);
    return;
  }
  Arena arena(kArenaLimit);
  if (auto result = result_of_stub(*context.known, *method, call.stub, format.big_endian, &chain))
    set_result(*context.known, error_of(*context.known, pending.opnum, *result), operation);
  if (context.known == &epm::kEndpointMapper) name_endpoints(call, context, pending.opnum);
  MapiSession* session = pending.session.empty() ? nullptr : &all_.session(pending.session);
  rop::AnsweredRequests answered;
  if (pending.rops != nullptr) answered = {pending.rops->list, pending.rops->handles, session};
  wire::Context asked = wire::add_context(answered, &chain);
  rop::ResponseMatcher matcher(&answered);
  wire::Context requests = wire::add_context(matcher, &asked);
  rop::PublicLogons logons = session == nullptr ? rop::PublicLogons{} : session->public_logons();
  wire::Context publics = wire::add_context(logons, pending.rops == nullptr ? &chain : &requests);
  // The tree first: what the response tells changes what tables are known to hold.
  if (all_.options().trees) add_tree(call, info, &publics, operation);
  if (context.known == &epm::kEndpointMapper) explain_towers(operation.tree);
  if (all_.options().trees && context.known == &nspi::kNspi)
    explain_address_book(all_, pending.session, pending.asked, operation);
  if (session == nullptr || context.known != &emsmdb::kEmsmdb) return;
  auto payloads = rops_of_response(*context.known, pending.opnum, call.stub, arena, &chain).payloads;
  operation.rops = session->learn(pending.rops.get(), payloads, pending.operation);
  add_streams(*session, all_.options().trees, operation);
  if (all_.options().trees) session->annotate(operation.tree, pending.rops.get());
}

void RpcAssociation::name_endpoints(const Call& call, const Context& context, u16 opnum) {
  Arena arena(kArenaLimit);
  ndr::Format format{call.first.big_endian(), context.ndr64};
  wire::Context chain = wire::add_context(format, nullptr);
  auto name = [&](ByteView octets) {
    auto binding = epm::read_tower(octets);
    if (!binding || binding->transport != epm::FloorProtocol::tcp || binding->port == 0) return;
    bool has_host = !binding->host.empty() && binding->host != "0.0.0.0";
    std::string host = has_host ? binding->host : address_of(call.link.server);
    all_.name_port(fmt::format("{}:{}", host, binding->port), binding->interface_id);
  };
  epm::MapOut map;
  if (opnum == kEptMap && decode_stub(call.stub, arena, &chain, map))
    for (const auto& tower : map.towers.items)
      if (tower) name(tower->octets);
  epm::LookupOut lookup;
  if (opnum == kEptLookup && decode_stub(call.stub, arena, &chain, lookup))
    for (const auto& entry : lookup.entries.items)
      if (entry.tower) name(entry.tower->octets);
}

// All fragments, and behind them the stub as the method's parameters.
void RpcAssociation::add_tree(const Call& call, const wire::StructInfo* info, const wire::Context* chain,
                              Operation& operation) const {
  ByteView wire = call.wire;
  operation.buffers.push_back({"PDU", "as it travelled", call.wire});
  for (std::size_t i = 0; i < call.pdus.size(); ++i) {
    std::size_t end = i + 1 < call.pdus.size() ? call.pdus[i + 1] : wire.size();
    Part part = read_part(wire::struct_info<dcerpc::Pdu>, wire.subspan(call.pdus[i], end - call.pdus[i]));
    shift(part.node, call.pdus[i]);
    if (call.pdus.size() == 1) {
      operation.tree = std::move(part.node);
    } else {
      part.node.name = fmt::format("[{}]", i);
      operation.tree.fields.push_back(std::move(part.node));
    }
  }
  wire::Node& root = operation.tree;
  if (call.pdus.size() != 1) {
    root.name = root.type = "DCE/RPC PDU[]";
    root.has_fields = true;
    root.length = wire.size();
  }
  if (call.closed || (info == nullptr && !call.opened && call.pdus.size() == 1)) return;
  StubParts parts = read_stub(info, call.stub, call.is_request(), chain);
  if (!parts.parameters.error.empty()) operation.notes.push_back("malformed: " + parts.parameters.error);
  std::string origin = call.opened ? call.protection : "as it travelled";
  if (call.pdus.size() > 1) origin += fmt::format(", from {} fragments", call.pdus.size());
  add_derived(root, operation.buffers, "Stub", std::move(origin), call.stub, std::move(parts.parameters));
  if (parts.trailer) root.fields.back().fields.push_back(*std::move(parts.trailer));
}

}  // namespace ropewalk::dissect
