#include "dissect/conversations.h"

#include <algorithm>

#include <fmt/format.h>

#include "dissect/rpc_association.h"
#include "protocol/fasttransfer/stream.h"

namespace ropewalk::dissect {
namespace {

template <class Map>
void drop_least_used(Map& map, std::size_t most) {
  while (map.size() >= most)
    map.erase(std::min_element(map.begin(), map.end(),
                               [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
}

}  // namespace

u64 Conversations::emit(Operation& operation) {
  operation.number = ++counts_.operations;
  operation.since_start = operation.frame().time - start_;
  if (!options_.filter || options_.filter(operation)) on_operation_(operation);
  return operation.number;
}

void Conversations::name_port(std::string endpoint, const dcerpc::SyntaxId& interface_id) {
  if (options_.on_endpoint) options_.on_endpoint(endpoint);
  if (ports_.size() < kMaxPorts) ports_.insert_or_assign(std::move(endpoint), interface_id);
}

const dcerpc::SyntaxId* Conversations::named_port(const std::string& endpoint) const {
  auto found = ports_.find(endpoint);
  return found == ports_.end() ? nullptr : &found->second;
}

Conversations::Session& Conversations::session_state(const std::string& key) {
  auto found = sessions_.find(key);
  if (found == sessions_.end()) {
    drop_least_used(sessions_, kMaxSessions);
    found = sessions_.try_emplace(key).first;
  }
  found->second.used = ++clock_;
  return found->second;
}

MapiSession& Conversations::session(const std::string& key) { return session_state(key).session; }
AddressBookNames& Conversations::address_book(const std::string& key) { return session_state(key).address_book; }

std::shared_ptr<RpcAssociation> Conversations::virtual_connection(const Guid& cookie) {
  auto found = virtual_.find(cookie);
  if (found == virtual_.end()) {
    drop_least_used(virtual_, kMaxSessions);
    found = virtual_.try_emplace(cookie).first;
    found->second.association = std::make_shared<RpcAssociation>(*this);
  }
  found->second.used = ++clock_;
  return found->second.association;
}

void explain_address_book(Conversations& all, const std::string& session, AddressBookNames::Asked& asked,
                          Operation& operation) {
  const bool is_request = operation.direction == Direction::request;
  name_properties(operation.tree);
  if (is_request) asked = AddressBookNames::asked_by(operation.tree);
  AddressBookNames nameless;
  AddressBookNames& names = session.empty() ? nameless : all.address_book(session);
  const u64 at = all.counts().operations;
  if (!is_request) names.learn(operation.tree, asked, at);
  names.explain(operation.tree, at);
}

void add_streams(MapiSession& session, bool trees, Operation& operation) {
  for (TransferredStream& stream : session.take_streams()) {
    operation.notes.push_back(fmt::format("a FastTransfer stream of {} bytes, {}", stream.bytes.size(), stream.origin));
    if (!trees) continue;
    add_derived(operation.tree, operation.buffers, "FastTransfer", std::move(stream.origin), stream.bytes,
                read_part(wire::struct_info<fasttransfer::Stream>, stream.bytes));
  }
}

}  // namespace ropewalk::dissect
