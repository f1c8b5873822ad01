// Finds out what a TCP connection speaks and hands it to who follows that.
#pragma once

#include "dissect/rpc_association.h"

namespace ropewalk::dissect {

// A protocol followed over one connection.
class Follower {
 public:
  virtual ~Follower() = default;
  virtual void data(capture::Side from, ByteView bytes, const capture::Frame& frame) = 0;
  virtual void gap(capture::Side from, u64 bytes) = 0;
  // What is to be said of the next operation.
  virtual void note(capture::Side from, std::string text) = 0;
  virtual void end(const capture::Frame&) {}
};

// True where the bytes can begin a request or response of HTTP/1.
bool looks_like_http(ByteView bytes);

std::unique_ptr<Follower> make_http_follower(Conversations& all, const Link& link);
std::unique_ptr<Follower> make_rpc_follower(Conversations& all, const Link& link);

// A reader for the connection, who looks at its first bytes.
std::unique_ptr<capture::StreamReader> follow_tcp(Conversations& all, const capture::Connection& connection);

}  // namespace ropewalk::dissect
