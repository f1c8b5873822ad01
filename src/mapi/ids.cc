#include "mapi/ids.h"

#include <fmt/format.h>

namespace ropewalk::mapi {
namespace {

std::string id_text(u64 raw) {
  FolderId id{raw};
  return fmt::format("{:04X}-{:012X}", id.replid(), id.globcnt());
}

void append_id(u64 raw, std::string& out) { out += id_text(raw); }

}  // namespace

template <class Tag>
std::string ObjectId<Tag>::to_string() const {
  return id_text(value);
}
template std::string FolderId::to_string() const;
template std::string MessageId::to_string() const;
template std::string ChangeNumber::to_string() const;

const wire::TypeInfo& wire_type(std::type_identity<FolderId>) {
  static constexpr wire::TypeInfo info{"FolderId", 8, wire::Form::unsigned_number, append_id};
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<MessageId>) {
  static constexpr wire::TypeInfo info{"MessageId", 8, wire::Form::unsigned_number, append_id};
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<ChangeNumber>) {
  static constexpr wire::TypeInfo info{"ChangeNumber", 8, wire::Form::unsigned_number, append_id};
  return info;
}

}  // namespace ropewalk::mapi
