// Which fields a description can have, over all its branches: what filters and Wireshark call by name.
#pragma once

#include <string>
#include <vector>

#include "wire/scalar.h"
#include "wire/struct_info.h"

namespace ropewalk::wire {

// What a field's value is.
enum class FieldForm : u8 { number, bytes, guid, text, list, structure };

// One field of one structure.
struct FieldInfo {
  std::string structure;  // the innermost structure around it, "RopOpenFolderRequest"
  std::string field;      // its name in that structure; of an element, the list's
  std::string type;       // as wire::Node::type: "FID", "bytes", the structure's name
  FieldForm form = FieldForm::number;
  const TypeInfo* scalar = nullptr;  // of numbers
  auto operator<=>(const FieldInfo&) const = default;
};

// The fields of a structure and of those inside it, each once, in the order of structures and names. Descriptions
// branch on values, so they are read with random ones until nothing new turns up: a branch that one draw in hundreds
// takes may be missed. The same list every time.
std::vector<FieldInfo> list_fields(const StructInfo& info);

}  // namespace ropewalk::wire
