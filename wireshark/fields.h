// The display-filter fields: those of the catalogue, made from the descriptions, and those that the plugin adds.
#pragma once

#include <array>
#include <string_view>

#include "base/types.h"
#include "wire/tree.h"
#include "wireshark/epan.h"
#include "wireshark/shape.h"

namespace ropewalk::shark {

struct Field {
  int id = -1;
  Shape shape = Shape::none;
};

// The field of `name` directly in `structure`, both as in wire::Node, that can take the node's value; one that fits any
// field where the catalogue has none.
Field field_of(std::string_view structure, std::string_view name, const wire::Node& node);
// "mapi.PidTagSubject", where `name` is a property that can have such a value; id -1 where it is none.
Field property_field(std::string_view name, const wire::Node& node);
// "mapi.OpenFolder", which stands where the structure does; -1 where the catalogue has none.
int structure_field(std::string_view structure);
// Remembers, for a tree's nodes, which of some subtrees are open. By the name of what is in it.
int subtree(std::string_view name);

// What is told of a message beside its fields.
struct OwnFields {
  int operation, interface_name, rop, object, error, error_name, session, session_id, request_in, response_in, time,
      header, line, tags;
};
extern OwnFields own;

struct OwnExperts {
  expert_field malformed, failed, undecoded, truncated, unmatched;
};
extern OwnExperts expert;

// The protocols: the built-in one called "mapi", and those that the plugin adds.
struct Protocols {
  int mapi = -1, async = -1, rpch = -1;
};
extern Protocols protocols;

// Registers all of them; once. False where Wireshark has no protocol called "mapi".
bool register_fields();

}  // namespace ropewalk::shark
