// A blocking TCP client: one object, one connection, one thread at a time but for interrupt().
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::net {

class TcpClient {
 public:
  using Milliseconds = std::chrono::milliseconds;
  static std::unique_ptr<TcpClient> make();
  virtual ~TcpClient() = default;

  // Connects to a name or an address, once; an error says to what it could not, and why.
  virtual Status connect(const std::string& host, u16 port, Milliseconds timeout) = 0;
  // All of it within the time, or an error.
  virtual Status send(ByteView bytes, Milliseconds timeout) = 0;
  // What arrives next, valid until the next call; an error where the other side ends the connection.
  virtual Result<ByteView> receive(Milliseconds timeout) = 0;
  // Ends a call under way in another thread, and later ones, with "interrupted". Any thread.
  virtual void interrupt() = 0;
  // The address that was reached: "192.0.2.1".
  virtual const std::string& peer() const = 0;
};

}  // namespace ropewalk::net
