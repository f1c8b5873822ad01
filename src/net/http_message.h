// HTTP messages as values, for the server and the client alike: [RFC 9110], [RFC 9112].
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.h"

namespace ropewalk::net {

struct HttpHeader {
  std::string_view name, value;
};

// Header fields in the order they came. Names compare without regard to case. Lives in two allocations.
class HttpHeaders {
 public:
  void add(std::string_view name, std::string_view value);
  // The first field of that name; empty where there is none. The view lives until the next add() or clear().
  std::string_view get(std::string_view name) const;
  bool has(std::string_view name) const;
  // Every value of that name, for the fields that may come more than once (Set-Cookie, Cookie).
  std::vector<std::string_view> all(std::string_view name) const;
  std::size_t size() const { return fields_.size(); }
  HttpHeader operator[](std::size_t index) const;
  void clear();
  // Gives memory back that a large message left behind.
  void shrink();

 private:
  struct Field {
    u32 name, name_size, value, value_size;  // places in text_
  };
  const Field* find(std::string_view name) const;
  std::string text_;
  std::vector<Field> fields_;
};

// What a handler keeps with a connection, from one of its requests to the next.
class ConnectionState {
 public:
  virtual ~ConnectionState() = default;
};

// A request as it arrived. The server owns it; it lives until the handler's coroutine ends. A handler may move parts
// out.
struct HttpRequest {
  HttpRequest() = default;
  HttpRequest(HttpRequest&&) = default;
  HttpRequest& operator=(HttpRequest&&) = default;

  std::string method;  // as sent: "POST"
  std::string path;    // the target before '?', not percent-decoded
  std::string query;   // the target after '?', without it
  HttpHeaders headers;
  std::string body;  // complete, transfer coding removed
  std::string peer;  // the client's address without the port
  u16 peer_port = 0;
  bool is_tls = false;
  // Left alone by the server between the requests of one connection, freed with it. Only the handler at work uses it.
  std::shared_ptr<ConnectionState> kept;
};

// Status and header fields of a response under construction. Content-Length, Transfer-Encoding, Connection and Date are
// the server's business; do not add them.
class HttpResponseHead {
 public:
  // `reason`: the reason phrase; empty: the status code's own.
  explicit HttpResponseHead(int status = 200, std::string reason = {});
  // Control characters (header injection) become spaces.
  HttpResponseHead& add(std::string_view name, std::string_view value);
  int status() const { return status_; }
  const std::string& reason() const { return reason_; }
  std::string_view lines() const { return lines_; }  // "Name: value\r\n"...

 private:
  int status_;
  std::string reason_, lines_;
};

// "Not Found" for 404; "Unknown" for a code without a name.
std::string_view http_reason(int status);
bool same_name(std::string_view a, std::string_view b);  // ASCII, without regard to case
// Appends "name: value\r\n", control characters replaced by spaces.
void append_header(std::string& lines, std::string_view name, std::string_view value);

}  // namespace ropewalk::net
