// The whole server: the parts put together and listening. Runs inside the program, a test or the demonstration.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "server/config.h"
#include "server/rop_runner.h"
#include "server/tap.h"

namespace ropewalk::directory {
class AddressBook;
class Directory;
}  // namespace ropewalk::directory
namespace ropewalk::session {
class Registry;
}

namespace ropewalk::server {

class RpcService;

// Owns everything it serves with. One process may run several, on different data folders.
class Server {
 public:
  struct Listening {
    std::string url;  // "https://127.0.0.1:8443/mapi/emsmdb/", "ncacn_ip_tcp:127.0.0.1[49152]"
    std::string address;
    u16 port;
    bool is_tls;
    bool is_endpoint_mapper = false;
    bool is_rpc_over_http = false;  // "https://127.0.0.1:8443/rpc/rpcproxy.dll", beside MAPI over HTTP at the same port
  };

  // Listens when it returns. Errors say what to do: the port that is in use, the folder that cannot be written, the
  // certificate that does not fit. `rops`, where it is given, runs the ROPs instead of the server's own processor.
  // `more`: RPC interfaces beside the mailbox's, which outlive the server.
  static Result<std::unique_ptr<Server>> start(const Config& config, std::unique_ptr<RopRunner> rops = nullptr,
                                               std::vector<RpcService*> more = {});
  ~Server();  // stop()

  const std::vector<Listening>& listening() const;
  directory::Directory& directory();
  directory::AddressBook& address_book();
  session::Registry& sessions();
  // Where whoever watches live puts himself.
  Tap& tap();
  // The server's certificate; null where neither HTTPS nor an admin port is configured.
  std::shared_ptr<net::TlsContext> tls();
  Log& log();

  // Reads certificate and key again now (they are also read when their files change).
  Status reload_certificate();
  // Ends what waits, finishes what is under way (as long as Config::grace allows), closes. Any thread but the server's
  // own.
  void stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::server
