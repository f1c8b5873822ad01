#include "dissect/conversations.h"

#include <algorithm>

namespace ropewalk::dissect {

u64 Conversations::emit(Operation& operation) {
  operation.number = ++counts_.operations;
  if (!options_.filter || options_.filter(operation)) on_operation_(operation);
  return operation.number;
}

void Conversations::name_port(std::string endpoint, const dcerpc::SyntaxId& interface_id) {
  if (ports_.size() < kMaxPorts) ports_.insert_or_assign(std::move(endpoint), interface_id);
}

const dcerpc::SyntaxId* Conversations::named_port(const std::string& endpoint) const {
  auto found = ports_.find(endpoint);
  return found == ports_.end() ? nullptr : &found->second;
}

MapiSession& Conversations::session(const std::string& key) {
  auto found = sessions_.find(key);
  if (found == sessions_.end()) {
    if (sessions_.size() >= kMaxSessions)
      sessions_.erase(std::min_element(sessions_.begin(), sessions_.end(),
                                       [](const auto& a, const auto& b) { return a.second.used < b.second.used; }));
    found = sessions_.try_emplace(key).first;
  }
  found->second.used = ++clock_;
  return found->second.session;
}

}  // namespace ropewalk::dissect
