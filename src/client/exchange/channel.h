// How a session's requests reach the server: the four requests of [MS-OXCMAPIHTTP] 2.2.4, whatever carries them.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "client/provider.h"
#include "net/http_client.h"
#include "protocol/mapihttp/headers.h"

namespace ropewalk::client::exchange {

/// What requests travel over.
enum class Carrier { http, rpc_tcp, rpc_http };

struct ChannelOptions {
  Carrier carrier = Carrier::http;
  net::HttpClientOptions http;
  // For tools that run many sessions over one, signed in by basic; empty: one of its own.
  std::shared_ptr<net::HttpClient> connection;
  std::string target;  // "/mapi/emsmdb/?MailboxId=..."
  std::string user, password;
  std::string user_dn;
  std::string client_application;
  u32 code_page = 1252, lcid = 1033;
  bool plain = false;
  u16 rpc_port = 0;                   // of RPC over TCP; 0: ask the endpoint mapper
  u16 mapper_port = 135;              // the endpoint mapper's
  std::string http_auth = "basic";    // basic, ntlm, kerberos, negotiate
  std::string rpc_auth = "ntlm";      // ntlm, kerberos, negotiate; over HTTP also none
  std::string rpc_level = "privacy";  // connect, packet, integrity, privacy
  std::function<void(const Traffic&)> observer;
};

/// What all connections of one session share: cookies or handles, the client's identity, the count of requests. Any
/// thread.
class ChannelState {
 public:
  explicit ChannelState(ChannelOptions options);

  const ChannelOptions& options() const { return options_; }
  const std::string& client_info() const { return client_info_; }
  /// "{GUID}:n", n counting up.
  std::string next_request_id(u64& number);
  u64 next_number() { return ++requests_; }
  std::string cookies() const;
  /// `late`: the response was begun long ago, what came since then stays.
  void take_cookie(std::string_view set_cookie, bool late);
  void forget_cookies();

  /// Over RPC: the association of the session's connections, and its context handle.
  struct RpcSession {
    u32 association = 0;
    Guid handle;
  };
  RpcSession rpc_session() const;
  void set_rpc_session(const RpcSession& session);

 private:
  const ChannelOptions options_;
  std::string client_info_, request_guid_;
  std::atomic<u64> requests_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> cookies_;
  RpcSession rpc_session_;
};

/// How a request went wrong: what the server's session is worth after it.
struct ChannelFailure {
  Failure failure;
  bool session_lost = false;  // the server does not know (or trust) the session any more
};

/// One connection. One thread at a time, but for interrupt().
class Channel {
 public:
  virtual ~Channel() = default;
  /// Sends `body`, a request of that type, and gives the response's body. `rops`: for the observer, the plain ROP
  /// buffer inside.
  virtual Result<std::vector<u8>, ChannelFailure> post(mapihttp::RequestType type, ByteView body,
                                                       ByteView rops = {}) = 0;
  /// Tells the observer of a response; apart from post() because what is inside it is known only to the caller.
  virtual void observe_response(ByteView rops) = 0;
  /// Ends a request under way on another thread, and later ones.
  virtual void interrupt() = 0;
};

/// As the state's options say.
std::unique_ptr<Channel> make_channel(const std::shared_ptr<ChannelState>& state);

}  // namespace ropewalk::client::exchange
