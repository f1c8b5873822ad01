#include "session/handle_table.h"

namespace ropewalk::session {

u32 HandleTable::add(std::unique_ptr<Object> object) {
  if (objects_.size() >= kMaxObjects) return kNoHandle;
  while (next_ == 0 || next_ == kNoHandle || objects_.contains(next_)) ++next_;
  objects_.emplace(next_, std::move(object));
  return next_++;
}

Object* HandleTable::find(u32 handle) const {
  auto at = objects_.find(handle);
  return at == objects_.end() ? nullptr : at->second.get();
}

bool HandleTable::release(u32 handle) {
  auto at = objects_.find(handle);
  if (at == objects_.end()) return false;
  if (at->second->kind() == ObjectKind::logon)
    release_logon(at->second->logon_id());
  else
    objects_.erase(at);
  return true;
}

void HandleTable::release_logon(u8 logon_id) {
  std::erase_if(objects_, [logon_id](const auto& entry) { return entry.second->logon_id() == logon_id; });
}

}  // namespace ropewalk::session
