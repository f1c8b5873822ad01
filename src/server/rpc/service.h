// What answers the calls of an RPC interface, whatever they came through.
#pragma once

#include <map>
#include <mutex>

#include "directory/directory.h"
#include "net/awaitable.h"
#include "rpc/server_connection.h"
#include "wire/describe.h"

namespace ropewalk::server {

// Whether anybody still waits for answers. Any thread.
class GivenUp {
 public:
  bool is_set() const {
    std::lock_guard guard(lock_);
    return set_;
  }
  void set() {
    std::lock_guard guard(lock_);
    set_ = true;
    for (auto& [name, hook] : hooks_) hook();
  }
  // `hook` is called once when that happens, under a lock: it must be short. Returns a name for unwatch(); nobody is
  // called after that. A flag that is set already calls nobody.
  u64 watch(std::function<void()> hook) {
    std::lock_guard guard(lock_);
    hooks_.emplace(++last_, std::move(hook));
    return last_;
  }
  void unwatch(u64 name) {
    std::lock_guard guard(lock_);
    hooks_.erase(name);
  }

 private:
  mutable std::mutex lock_;
  bool set_ = false;
  u64 last_ = 0;
  std::map<u64, std::function<void()>> hooks_;
};

// Where one connection comes from.
struct RpcLink {
  std::string peer, local_address;
  // Who signed in below RPC (HTTP); null: nobody, and the call's own caller counts.
  std::shared_ptr<const directory::User> user{};
  u16 peer_port = 0, local_port = 0;  // 0: not those of one connection
};

// A call on its way through the server.
struct RpcCall {
  rpc::Call call;
  RpcLink link;
  std::string transport;  // "ncacn_ip_tcp"
  std::shared_ptr<GivenUp> given_up;

  // Who calls, as the security context proved; empty: nobody.
  auth::Identity caller() const { return call.security == nullptr ? auth::Identity{} : call.security->who(); }
};

// A stub, or a fault instead of it.
struct RpcAnswer {
  u32 fault = 0;  // 0: none
  std::vector<u8> stub{};
};

class RpcService {
 public:
  virtual ~RpcService() = default;
  virtual const dcerpc::Interface& interface() const = 0;
  // Opnums from this one on do not exist.
  virtual u16 opnums() const = 0;
  // Runs on an I/O thread, which it must not block. The call lives until the answer is there.
  virtual net::Awaitable<RpcAnswer> run(RpcCall& call) = 0;
};

// The parameters of a call; nullopt: the stub is not what the method takes. They live as long as the arena and the
// call.
template <class In>
std::optional<In> parameters(const rpc::Call& call, Arena& arena) {
  wire::Context format = wire::add_context(call.format, nullptr);
  std::size_t consumed = 0;  // clients pad their stubs as they like
  auto read = wire::decode<In>(call.stub, arena, &format, &consumed);
  if (!read) return std::nullopt;
  return *read;
}

// The answer with these results, in the format of the call.
template <class Out>
RpcAnswer answer_with(const rpc::Call& call, const Out& results) {
  constexpr u32 kOutOfMemory = 0x0000000E;  // ERROR_OUTOFMEMORY
  const ndr::Format as = call.answer_format();
  wire::Context format = wire::add_context(as, nullptr);
  wire::OutBuffer out;
  if (!wire::encode(results, out, &format)) return {kOutOfMemory, {}};
  return {0, {out.view().begin(), out.view().end()}};
}

}  // namespace ropewalk::server
