#include "inspect/page_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "inspect/page_files.h"
#include "mapi/ascii_case.h"
#include "net/signal.h"
#include "net/worker_pool.h"

namespace ropewalk::inspect {
namespace {

using namespace std::chrono_literals;
using net::Awaitable;
using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponseHead;

constexpr std::string_view kCookie = "__Host-ropewalk";
constexpr auto kBeat = 250ms;        // how often a watcher looks
constexpr int kBeatsOfSilence = 60;  // then a comment keeps the connection

// Nothing from elsewhere is loaded, nobody else may embed the page or see where it stands.
HttpResponseHead head_of(int status, std::string_view type) {
  HttpResponseHead head(status);
  head.add("Content-Type", type)
      .add("Cache-Control", "no-store")
      .add("Content-Security-Policy",
           "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
           "form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
      .add("X-Content-Type-Options", "nosniff")
      .add("X-Frame-Options", "DENY")
      .add("Referrer-Policy", "no-referrer")
      .add("Cross-Origin-Opener-Policy", "same-origin")
      .add("Cross-Origin-Resource-Policy", "same-origin");
  return head;
}

bool is_address(const std::string& host) {
  in6_addr six;
  in_addr four;
  return inet_pton(AF_INET, host.c_str(), &four) == 1 || inet_pton(AF_INET6, host.c_str(), &six) == 1;
}

bool same_host(std::string_view a, std::string_view b) { return net::same_name(a, b); }

// The session that the request's cookies name.
std::string_view session_of(const HttpRequest& request) {
  for (std::string_view cookies : request.headers.all("Cookie")) {
    while (!cookies.empty()) {
      std::string_view one = cookies.substr(0, cookies.find(';'));
      cookies.remove_prefix(std::min(cookies.size(), one.size() + 1));
      while (one.starts_with(' ')) one.remove_prefix(1);
      if (one.size() > kCookie.size() && one.starts_with(kCookie) && one[kCookie.size()] == '=')
        return one.substr(kCookie.size() + 1);
    }
  }
  return {};
}

// A page of this server asks, not one of somebody else's. Browsers tell; other clients need not.
bool is_own_request(const HttpRequest& request) {
  const std::string_view site = request.headers.get("Sec-Fetch-Site");
  return site.empty() || site == "same-origin" || site == "none";
}

}  // namespace

std::string objection_to_host(std::string_view host, const std::vector<std::string>& host_names) {
  std::string name(host);
  if (name.starts_with('[')) {
    const auto end = name.find(']');
    name = end == std::string::npos ? "" : name.substr(1, end - 1);
  } else if (const auto colon = name.rfind(':'); colon != std::string::npos) {
    name.resize(colon);
  }
  if (is_address(name) || same_host(name, "localhost")) return {};
  if (std::any_of(host_names.begin(), host_names.end(), [&](const std::string& own) { return same_host(own, name); }))
    return {};
  return fmt::format(
      "the page is not served under the name '{}': use localhost or an address, or add the name to "
      "host_names in the server's configuration",
      name.substr(0, 200));
}

class PageServer::Impl {
 public:
  Impl(PageServerOptions options, ApiSource& source) : options_(std::move(options)), source_(source), pool_(3) {}

  Status start();
  void stop() {
    if (http_ != nullptr) http_->stop(500ms);
  }

  std::string url_;

 private:
  Awaitable<void> handle(HttpRequest& request, HttpResponder& responder);
  Awaitable<void> serve(HttpRequest& request, HttpResponder& responder, std::string path, bool known);
  // What they are given lives until they are done.
  Awaitable<void> answer(HttpResponder& responder, const ApiAnswer& said);
  Awaitable<void> plain(HttpResponder& responder, int status, std::string_view text);
  Awaitable<void> sign_in(HttpRequest& request, HttpResponder& responder);
  Awaitable<void> events(HttpResponder& responder);

  PageServerOptions options_;
  ApiSource& source_;
  net::WorkerPool pool_;
  std::atomic<int> watchers_{0};
  std::unique_ptr<net::HttpServer> http_;
};

Status PageServer::Impl::start() {
  if (options_.token.empty() == (options_.gate == nullptr)) return Error{"the page needs a token or a password"};
  net::HttpServerOptions http;
  http.endpoints = options_.endpoints;
  http.threads = 1;
  http.max_body = 64u << 10;
  http.max_connections = 256;
  http.log = options_.log;
  ROPEWALK_TRY(http_, net::HttpServer::start(std::move(http), [this](HttpRequest& request, HttpResponder& responder) {
                 return handle(request, responder);
               }));
  const auto& at = http_->listening().front();
  const bool is_v6 = at.address.find(':') != std::string::npos;
  url_ = fmt::format("{}://{}{}{}:{}/", at.is_tls ? "https" : "http", is_v6 ? "[" : "", at.address, is_v6 ? "]" : "",
                     at.port);
  if (!options_.token.empty()) url_ += options_.token + "/";
  return {};
}

Awaitable<void> PageServer::Impl::plain(HttpResponder& responder, int status, std::string_view text) {
  const HttpResponseHead head = head_of(status, "text/plain; charset=utf-8");
  co_await responder.send(head, text);
}

Awaitable<void> PageServer::Impl::answer(HttpResponder& responder, const ApiAnswer& said) {
  const HttpResponseHead head = head_of(said.status, "application/json");
  co_await responder.send(head, said.body);
}

Awaitable<void> PageServer::Impl::handle(HttpRequest& request, HttpResponder& responder) {
  const std::string objection = objection_to_host(request.headers.get("Host"), options_.host_names);
  if (!objection.empty()) {
    co_await plain(responder, 421, objection);
    co_return;
  }
  std::string path = request.path.substr(1);
  bool known = true;
  if (options_.gate == nullptr) {
    const auto slash = path.find('/');
    if (slash == std::string::npos || !same_secret(std::string_view(path).substr(0, slash), options_.token)) {
      co_await plain(responder, 404, "Nothing is served here. The page's whole address was printed when it started.\n");
      co_return;
    }
    path.erase(0, slash + 1);
  } else {
    known = options_.gate->is_signed_in(session_of(request));
  }
  co_await serve(request, responder, std::move(path), known);
}

Awaitable<void> PageServer::Impl::serve(HttpRequest& request, HttpResponder& responder, std::string path, bool known) {
  const bool is_post = request.method == "POST";
  if ((is_post || path.starts_with("api/")) && !is_own_request(request)) {
    co_await plain(responder, 403, "Only the page itself may ask for this.\n");
    co_return;
  }
  if (is_post && options_.gate != nullptr && path == "login") {
    co_await sign_in(request, responder);
    co_return;
  }
  if (is_post && options_.gate != nullptr && path == "logout") {
    options_.gate->sign_out(session_of(request));
    const ApiAnswer done{200, "{}"};
    co_await answer(responder, done);
    co_return;
  }
  if (request.method != "GET" && request.method != "HEAD") {
    co_await plain(responder, 405, "The page is read with GET.\n");
    co_return;
  }
  if (path == "api/events" && known) {
    co_await events(responder);
    co_return;
  }
  if (path.starts_with("api/")) {
    if (!known) {
      const ApiAnswer refusal = api_error(401, "sign in first");
      co_await answer(responder, refusal);
      co_return;
    }
    const std::string what = path.substr(4), query = request.query;
    ApiAnswer said = co_await net::run(pool_, [&] { return source_.get(what, query); });
    co_await answer(responder, said);
    co_return;
  }
  if (path.empty()) path = known ? "index.html" : "login.html";
  const PageFile* file = find_page_file(path);
  const bool is_public = path.starts_with("login.") || path.ends_with(".css") || path.ends_with(".svg");
  if (file == nullptr || (!known && !is_public)) {
    co_await plain(responder, 404, "Nothing is served here.\n");
    co_return;
  }
  const HttpResponseHead head = head_of(200, file->type);
  co_await responder.send(head, file->content);
}

Awaitable<void> PageServer::Impl::sign_in(HttpRequest& request, HttpResponder& responder) {
  boost::json::error_code failed;
  const boost::json::value asked = boost::json::parse(request.body, failed);
  const auto* object = failed ? nullptr : asked.if_object();
  const auto* password = object == nullptr ? nullptr : object->if_contains("password");
  if (password == nullptr || !password->is_string()) {
    const ApiAnswer refusal = api_error(400, "a password is needed");
    co_await answer(responder, refusal);
    co_return;
  }
  const std::string text(password->get_string());
  const AdminGate::Verdict verdict =
      co_await net::run(pool_, [&] { return options_.gate->sign_in(text, request.peer); });
  if (verdict.session.empty()) {
    if (options_.log)
      options_.log(fmt::format("{}: sign-in to the admin page refused: {}", request.peer, verdict.reason));
    const ApiAnswer refusal = api_error(verdict.retry_in > 0ms ? 429 : 401, verdict.reason);
    HttpResponseHead head = head_of(refusal.status, "application/json");
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(verdict.retry_in).count();
    if (seconds > 0) head.add("Retry-After", fmt::format("{}", seconds));
    co_await responder.send(head, refusal.body);
    co_return;
  }
  if (options_.log) options_.log(fmt::format("{}: the administrator signed in", request.peer));
  HttpResponseHead head = head_of(200, "application/json");
  head.add("Set-Cookie", fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Strict", kCookie, verdict.session));
  co_await responder.send(head, "{}");
}

// A line whenever something is new: [the WHATWG's server-sent events].
Awaitable<void> PageServer::Impl::events(HttpResponder& responder) {
  if (watchers_.fetch_add(1) >= kMostWatchers) {
    --watchers_;
    const ApiAnswer refusal = api_error(503, "too many pages are open");
    co_await answer(responder, refusal);
    co_return;
  }
  struct Leave {
    std::atomic<int>& count;
    ~Leave() { --count; }
  } leave{watchers_};
  net::Signal interrupted;
  responder.on_interrupt([interrupted](net::Interrupt) { interrupted.set(); });
  const HttpResponseHead head = head_of(200, "text/event-stream");
  bool good = co_await responder.begin_chunked(head, ": watching\n\n");
  u64 told = ~u64{0};
  for (int silence = 0; good;) {
    const u64 now = source_.version();
    if (now != told) {
      told = now;
      silence = 0;
      const ApiAnswer state = co_await net::run(pool_, [&] { return source_.get("state", ""); });
      const std::string event = "data: " + state.body + "\n\n";
      good = co_await responder.write_chunk(event);
    } else if (++silence >= kBeatsOfSilence) {
      silence = 0;
      good = co_await responder.write_chunk(": still here\n\n");
    }
    if (!good) break;
    const bool over = co_await interrupted.wait_for(kBeat);
    if (over) break;
  }
  if (good) co_await responder.finish();
}

PageServer::PageServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PageServer::~PageServer() { impl_->stop(); }
const std::string& PageServer::url() const { return impl_->url_; }
void PageServer::stop() { impl_->stop(); }

Result<std::unique_ptr<PageServer>> PageServer::start(PageServerOptions options, ApiSource& source) {
  auto impl = std::make_unique<Impl>(std::move(options), source);
  ROPEWALK_CHECK(impl->start());
  return std::unique_ptr<PageServer>(new PageServer(std::move(impl)));
}

}  // namespace ropewalk::inspect
