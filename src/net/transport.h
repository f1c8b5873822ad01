// A non-blocking byte stream over a TCP socket, plain or TLS. Never waits: it says what to wait for. Shared by the
// server's coroutines and the blocking client. An idle one holds no buffer.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/types.h"

struct ssl_st;
struct ssl_ctx_st;

namespace ropewalk::net {

enum class Io {
  done,         // what was asked for
  wants_read,   // again when the socket is readable
  wants_write,  // again when the socket is writable
  closed,       // the stream is over; error() may say why
};

enum class TlsRole { server, client };

class Transport {
 public:
  // Borrows the socket, which must be non-blocking and outlive this. `tls` null: plain.
  explicit Transport(int socket, const std::shared_ptr<ssl_ctx_st>& tls = nullptr, TlsRole role = TlsRole::server);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // TLS only; to be called until done.
  Io handshake();
  // On done, `count` bytes (at least one) are in `into`.
  Io read(std::span<char> into, std::size_t& count);
  // Takes bytes from the front of `parts` as far as the socket does; done when all are with the kernel.
  Io write(std::span<std::string_view> parts);
  // Tells the other side that no more will come, as far as that works without waiting.
  void shut_down();
  // Bytes have been received that read() has not given out: reading must come before waiting.
  bool buffered() const;
  bool is_tls() const { return ssl_ != nullptr; }
  ssl_st* ssl() const { return ssl_; }
  // Why it closed, in words; empty for an ordinary end.
  const std::string& error() const { return error_; }

 private:
  Io read_plain(std::span<char> into, std::size_t& count);
  Io write_plain(std::span<std::string_view> parts);
  Io write_tls(std::span<std::string_view> parts);
  Io after(int result);
  Io flush();
  Io fail(const char* operation);

  int socket_;
  ssl_st* ssl_ = nullptr;
  std::string pending_;  // encrypted bytes the socket would not take yet
  std::string error_;
};

}  // namespace ropewalk::net
