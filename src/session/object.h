// Server objects: what a client's handles stand for, [MS-OXCROPS] 1.3.1.
#pragma once

#include <memory>

#include "base/types.h"

namespace ropewalk::session {

enum class ObjectKind : u8 { logon, folder, message, attachment, table, stream, subscription };

// The text form for log lines and errors: "folder".
constexpr const char* kind_name(ObjectKind kind) {
  constexpr const char* kNames[] = {
      "logon", "folder", "message", "attachment", "table", "stream", "notification subscription"};
  return kNames[static_cast<std::size_t>(kind)];
}

// A resource: belongs to its session's handle table and lives until released, or until its logon is.
class Object {
 public:
  Object(ObjectKind kind, u8 logon_id) : kind_(kind), logon_id_(logon_id) {}
  virtual ~Object() = default;
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  ObjectKind kind() const { return kind_; }
  // Which of the session's logons it was opened in.
  u8 logon_id() const { return logon_id_; }

 private:
  ObjectKind kind_;
  u8 logon_id_;
};

}  // namespace ropewalk::session
