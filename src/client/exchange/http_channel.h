// Requests and responses of MAPI/HTTP over one connection: headers, cookies, meta-tags, response codes.
// [MS-OXCMAPIHTTP] 2.2, 3.1.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "client/provider.h"
#include "net/http_client.h"
#include "protocol/mapihttp/headers.h"

namespace ropewalk::client::exchange {

struct ChannelOptions {
  net::HttpClientOptions http;
  std::shared_ptr<net::HttpClient> connection;  // for tools that run many sessions over one; empty: one of its own
  std::string target;                           // "/mapi/emsmdb/?MailboxId=..."
  std::string user, password;
  std::string user_dn;
  std::string client_application;
  u32 code_page = 1252, lcid = 1033;
  bool plain = false;
  std::function<void(const Traffic&)> observer;
};

/// What all connections of one session share: cookies, the client's identity, the count of requests. Any thread.
class ChannelState {
 public:
  explicit ChannelState(ChannelOptions options);

  const ChannelOptions& options() const { return options_; }
  const std::string& authorization() const { return authorization_; }
  const std::string& client_info() const { return client_info_; }
  /// "{GUID}:n", n counting up.
  std::string next_request_id(u64& number);
  std::string cookies() const;
  void take_cookie(std::string_view set_cookie);
  void forget_cookies();

 private:
  const ChannelOptions options_;
  std::string authorization_, client_info_, request_guid_;
  std::atomic<u64> requests_{0};
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> cookies_;
};

/// How a request went wrong: what the server's session is worth after it.
struct ChannelFailure {
  Failure failure;
  bool session_lost = false;  // the server does not know (or trust) the session any more
};

/// One connection. One thread at a time, but for interrupt().
class HttpChannel {
 public:
  explicit HttpChannel(std::shared_ptr<ChannelState> state);

  /// Sends `body` and gives the response's body, behind DONE and its headers. `rops`: for the observer, the plain ROP
  /// buffer inside.
  Result<std::vector<u8>, ChannelFailure> post(mapihttp::RequestType type, ByteView body, ByteView rops = {});
  /// Tells the observer of a response; apart from post() because what is inside it is known only to the caller.
  void observe_response(ByteView rops);
  /// Ends a request under way on another thread, and later ones.
  void interrupt() { client_->interrupt(); }

 private:
  struct Last {  // what observe_response() tells
    std::string type, head;
    u64 number = 0;
    std::vector<u8> body, request_rops;
    std::chrono::microseconds took{};
  };

  std::shared_ptr<ChannelState> state_;
  std::shared_ptr<net::HttpClient> client_;
  Last last_;
};

/// The code that says best what an X-ResponseCode means to a caller of MAPI.
mapi::ErrorCode error_of(mapihttp::ResponseCode code);
/// True where the session is over for that reason.
bool ends_session(mapihttp::ResponseCode code);

}  // namespace ropewalk::client::exchange
