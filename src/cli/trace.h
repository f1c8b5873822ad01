// The conversation with a server as text: a line per ROP, or whole field trees.
#pragma once

#include <functional>
#include <string>

#include "client/provider.h"

namespace ropewalk::cli {

struct TraceOptions {
  bool full = false;   // the field tree of every ROP instead of one line
  bool color = false;  // terminal colours
};

// An observer for client::Host that follows a conversation and prints each message: "--> Execute #3 (…)", then a line
// per ROP with its key fields. Any thread; `print` is called with whole messages, one at a time.
std::function<void(const client::Traffic&)> trace_to(std::function<void(const std::string&)> print,
                                                     TraceOptions options = {});
std::function<void(const client::Traffic&)> trace_to_stderr(TraceOptions options = {});

}  // namespace ropewalk::cli
