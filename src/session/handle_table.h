// Server object handles: [MS-OXCROPS] 1.3.1, 3.2.5.1.
#pragma once

#include <unordered_map>

#include "session/object.h"

namespace ropewalk::session {

// The handle value that stands for no object.
inline constexpr u32 kNoHandle = 0xFFFFFFFF;

// Maps handles to the objects they own. Values are not used again while the session lives, so that a stale handle finds
// nothing rather than a stranger. One thread at a time.
class HandleTable {
 public:
  // How many objects one session may hold; Exchange's own limits are smaller for each kind.
  static constexpr std::size_t kMaxObjects = 32768;

  // The new handle, or kNoHandle when the table is full.
  u32 add(std::unique_ptr<Object> object);
  // Null where the handle stands for nothing.
  Object* find(u32 handle) const;
  // The object as a T, or null where it is absent or of another kind. T names its kind as T::kKind.
  template <class T>
  T* find_as(u32 handle) const {
    Object* object = find(handle);
    return object != nullptr && object->kind() == T::kKind ? static_cast<T*>(object) : nullptr;
  }
  // Destroys the object; releasing a logon destroys all that was opened in it. False if there is none.
  bool release(u32 handle);
  // Destroys every object of a logon, the logon included.
  void release_logon(u8 logon_id);
  std::size_t size() const { return objects_.size(); }
  template <class F>
  void for_each(F&& visit) const {
    for (auto& [handle, object] : objects_) visit(handle, *object);
  }

 private:
  u32 next_ = 1;
  std::unordered_map<u32, std::unique_ptr<Object>> objects_;
};

}  // namespace ropewalk::session
