// For tests alone: a client of the MAPI/HTTP endpoint that says exactly what a test wants it to say.
#pragma once

#include <map>

#include "base/arena.h"
#include "directory/basic_auth.h"
#include "net/http_client.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/response_stream.h"

namespace ropewalk::server {

struct TestReply {
  int status = 0;
  net::HttpHeaders headers;
  std::string raw;  // the HTTP body
  mapihttp::ResponseStream stream;
  std::string error;  // of the connection or of the response's form

  // X-ResponseCode, -1 where there is none.
  int code() const {
    auto text = headers.get(mapihttp::kResponseCode);
    return text.empty() ? -1 : std::stoi(std::string(text));
  }
  // The request type's body, as a T; T's default where it cannot be read (then `error` says why).
  template <class T>
  T body() {
    Arena arena;  // these bodies hold views of the stream alone
    auto read = wire::decode<T>(stream.body(), arena);
    if (read.ok()) return *read;
    error = read.error().text();
    return {};
  }
};

class TestClient {
 public:
  // `url` as Server::Listening has it.
  TestClient(const std::string& url, std::string login, std::string password)
      : http_(options_of(url)), path_("/mapi/emsmdb/") {
    headers["Authorization"] = directory::basic_header(login, password);
    headers["Content-Type"] = "application/mapi-http";
    headers["X-ClientInfo"] = "{2EF33C39-49C8-421C-B876-CDF7F2AC3AA0}:123";
    headers["X-ClientApplication"] = "Outlook/16.0.15928.20006";
  }

  // What every request says; an empty value leaves the header out.
  std::map<std::string, std::string> headers;
  std::map<std::string, std::string> cookies;  // as the server set them
  std::string method = "POST";
  void set_path(std::string path) { path_ = std::move(path); }
  net::HttpClient& http() { return http_; }

  TestReply request(const std::string& type, std::string_view body = {}) {
    TestReply reply;
    std::vector<std::pair<std::string, std::string>> all(headers.begin(), headers.end());
    if (!headers.contains("X-RequestType") && !type.empty()) all.emplace_back("X-RequestType", type);
    if (!headers.contains("X-RequestId"))
      all.emplace_back("X-RequestId", "{E2EA6C1C-E61B-49E9-9CFB-38184F907552}:" + std::to_string(++count_));
    std::string cookie;
    for (auto& [name, value] : cookies) cookie += (cookie.empty() ? "" : "; ") + name + "=" + value;
    if (!cookie.empty()) all.emplace_back("Cookie", cookie);
    std::vector<net::HttpHeader> fields;
    for (auto& [name, value] : all)
      if (!value.empty()) fields.push_back({name, value});
    net::HttpClientRequest wanted;
    wanted.method = method;
    wanted.target = path_;
    wanted.headers = fields;
    wanted.body = body;
    auto response = http_.request(wanted);
    if (!response.ok()) {
      reply.error = response.error().text;
      return reply;
    }
    reply.status = response->status;
    reply.headers = std::move(response->headers);
    reply.raw = std::move(response->body);
    take_cookies(reply.headers);
    if (reply.code() == 0) {
      Status fed = reply.stream.feed(bytes_of(reply.raw));
      if (fed.ok()) fed = reply.stream.finish();
      if (!fed.ok()) reply.error = fed.error().text;
    }
    return reply;
  }

  TestReply connect(std::string_view user_dn) {
    std::string dn(user_dn);
    mapihttp::ConnectRequest body;
    body.user_dn.bytes = bytes_of(dn);
    body.default_code_page = 1252;
    body.lcid_sort = body.lcid_string = 0x409;
    return request("Connect", encoded(body));
  }
  TestReply execute(ByteView rops, u32 flags = 0, u32 max_out = 0x8008) {
    wire::OutBuffer packed;
    emsmdb::append_extended_buffer(rops, {}, packed);
    mapihttp::ExecuteRequest body;
    body.flags = flags;
    body.rop_buffer = packed.view();
    body.max_rop_out = max_out;
    return request("Execute", encoded(body));
  }
  TestReply disconnect() { return request("Disconnect", encoded(mapihttp::DisconnectRequest{})); }
  TestReply notification_wait() { return request("NotificationWait", encoded(mapihttp::NotificationWaitRequest{})); }
  TestReply ping() { return request("PING"); }

  template <class T>
  static std::string encoded(const T& body) {
    wire::OutBuffer out;
    wire::encode(body, out);
    return std::string(text_of(out.view()));
  }
  static net::HttpClientOptions options_of(const std::string& url) {
    net::HttpClientOptions options;
    options.tls = url.starts_with("https");
    std::size_t host = url.find("//") + 2, colon = url.rfind(':'), slash = url.find('/', host);
    options.host = url.substr(host, colon - host);
    if (options.host.starts_with('[')) options.host = options.host.substr(1, options.host.size() - 2);
    options.port = static_cast<u16>(std::stoi(url.substr(colon + 1, slash - colon - 1)));
    options.insecure = true;
    return options;
  }

 private:
  void take_cookies(const net::HttpHeaders& from) {
    for (std::string_view text : from.all("Set-Cookie"))
      if (auto cookie = mapihttp::parse_set_cookie(text)) cookies[std::string(cookie->name)] = cookie->value;
  }

  net::HttpClient http_;
  std::string path_;
  u64 count_ = 0;
};

}  // namespace ropewalk::server
