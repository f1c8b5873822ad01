// A blocking HTTP/1.1 client: one object, one connection, one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace ropewalk::net {

struct HttpClientOptions {
  std::string host{};  // name or address to connect to
  u16 port = 0;        // 0: 443 with TLS, else 80
  bool tls = true;
  std::string server_name{};                          // for SNI, the certificate and Host; empty: host
  std::string ca_file{};                              // PEM; empty: the system's store
  bool insecure = false;                              // take any certificate
  std::chrono::milliseconds connect_timeout{10'000};  // to connect, and again for the TLS handshake
  std::chrono::milliseconds timeout{60'000};          // the longest silence while sending or receiving
  std::size_t max_body = 256 << 20;                   // bytes of a response
};

struct HttpClientRequest {
  std::string_view method = "GET";
  std::string_view target = "/";
  std::span<const HttpHeader> headers{};  // Host, Content-Length and Connection are added
  std::string_view body{};
  // Gets each piece of the body as it arrives (long polls), instead of HttpClientResponse::body. False: stop and close.
  std::function<bool(int status, const HttpHeaders& headers, std::string_view piece)> on_body{};
  std::chrono::milliseconds timeout{0};  // instead of the options'; 0: those
};

struct HttpClientResponse {
  int status = 0;
  std::string reason;
  HttpHeaders headers;
  std::string body;
};

class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  // Connects where there is no connection, sends, and reads the response; any status is a success here. Cookies and
  // redirects are the caller's. An error says in words what failed against which server.
  Result<HttpClientResponse> request(const HttpClientRequest& request);
  // Connects where there is no connection; request() does that too.
  Status connect();

  // For requests and responses that travel piece by piece, both at once, as RPC over HTTP has them. begin() sends the
  // head with that Content-Length and the body's beginning, send() more of the body; take() gives what has arrived of
  // the response, without waiting, its body appended. The connection has no other use afterwards.
  Status begin(const HttpClientRequest& request, u64 content_length);
  Status send(std::string_view piece);
  struct Arrived {
    bool head = false;      // the head is there
    bool complete = false;  // so is the body
  };
  Result<Arrived> take(HttpClientResponse& response);
  // Waits until one of them has something to take(), or to say (its end); they share nobody's thread.
  enum class Waited { ready, timeout, interrupted };
  static Waited wait_for_any(std::span<HttpClient* const> clients, std::chrono::milliseconds time);

  // Ends a request under way in another thread, which then fails with "interrupted"; so do later ones. Any thread.
  void interrupt();
  // Takes interrupt() back.
  void resume();
  void close();
  bool connected() const;
  // Which of this object's connections it is that stands, counted from 1; 0: none.
  u64 connection() const;
  // The server's certificate on the connection that stands, in DER; empty without one.
  std::vector<u8> peer_certificate() const;
  const HttpClientOptions& options() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ropewalk::net
