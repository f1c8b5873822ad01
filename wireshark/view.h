// A message as Wireshark shows it: what is told of it as a whole, its field tree, the columns, and what listens.
#pragma once

#include "dissect/tree_parts.h"
#include "wireshark/emitter.h"
#include "wireshark/messages.h"

namespace ropewalk::shark {

// `part`: its field tree, read from `source`; null where only columns and listeners are wanted.
void show(const Message& message, const dissect::Part* part, Source source, packet_info* pinfo, proto_tree* tree);

// Whether a field tree is of use: to be shown, or for the expert information that is told of it.
bool wants_trees(proto_tree* tree);

// The context in which a message's ROPs are read; lives on the stack as long as the reading.
class RopContext {
 public:
  RopContext(const Message& message, const wire::Context* outer);
  const wire::Context* chain() const { return chain_; }

 private:
  rop::AnsweredRequests answered_;
  rop::PublicLogons publics_;
  wire::Context requests_, logons_;
  const wire::Context* chain_;
};

// What Wireshark calls its listeners by.
struct Taps {
  int messages = -1, follow = -1, objects = -1;
};
extern Taps taps;
void register_taps();  // for statistics and for following a session
// For following: which session the frame that is being dissected is of.
void remember_session(packet_info* pinfo, const Message& message);
void register_statistics();  // the tables

}  // namespace ropewalk::shark
