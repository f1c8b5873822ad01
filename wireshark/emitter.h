// Field trees as Wireshark shows them: the one place where wire::Node becomes proto_tree.
#pragma once

#include <span>

#include "dissect/operation.h"
#include "wireshark/fields.h"

namespace ropewalk::shark {

// Bytes and the tvbuff that holds them.
struct Source {
  tvbuff_t* tvb = nullptr;
  ByteView bytes;
};

// Adds `node`, whose offsets count in `source`, to `tree`. `buffers` are the bytes of its derived nodes, in their
// order; those that do not stand in `source` as they are become data sources of their own. Adds no more than Wireshark
// bears. Longjmps nowhere.
void emit(const wire::Node& node, Source source, std::span<const dissect::Buffer> buffers, packet_info* pinfo,
          proto_tree* tree);

// Bytes that stand in no packet as they are, as a data source of their own.
Source add_source(ByteView bytes, const char* name, tvbuff_t* parent, packet_info* pinfo);

// False where a tree already has about as many items as Wireshark allows; nothing may be added then.
bool has_room(proto_tree* tree);

}  // namespace ropewalk::shark
