#include "inspect/remote_api.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <chrono>

namespace ropewalk::inspect {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostAnswer = 64u << 20;  // bytes
constexpr i64 kUnattended = 60;                 // seconds until nobody is asked for news any more

i64 seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// What the server says is wrong.
std::string error_in(const net::HttpClientResponse& response) {
  boost::json::error_code failed;
  const boost::json::value value = boost::json::parse(response.body, failed);
  const auto* object = failed ? nullptr : value.if_object();
  const auto* text = object == nullptr ? nullptr : object->if_contains("error");
  if (text != nullptr && text->is_string()) return std::string(text->get_string());
  return fmt::format("status {} {}", response.status, response.reason);
}

}  // namespace

std::optional<RemoteOptions> parse_admin_url(std::string_view url) {
  constexpr std::string_view kScheme = "https://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  if (url.ends_with('/')) url.remove_suffix(1);
  RemoteOptions options;
  std::string_view port;
  if (url.starts_with('[')) {
    const auto end = url.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    options.host = url.substr(1, end - 1);
    port = url.substr(end + 1);
  } else {
    options.host = url.substr(0, url.find(':'));
    port = url.substr(options.host.size());
  }
  if (options.host.empty() || options.host.find_first_of("/?#@ ") != std::string::npos) return std::nullopt;
  options.port = 443;
  if (port.empty()) return options;
  const char* end = port.data() + port.size();
  auto [at, failed] = std::from_chars(port.data() + 1, end, options.port);
  if (port.front() != ':' || failed != std::errc{} || at != end || options.port == 0) return std::nullopt;
  return options;
}

RemoteApi::RemoteApi(RemoteOptions options) : options_(std::move(options)) {}

RemoteApi::~RemoteApi() {
  {
    std::lock_guard guard(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (poller_.joinable()) poller_.join();
}

Result<std::unique_ptr<RemoteApi>> RemoteApi::start(RemoteOptions options) {
  std::unique_ptr<RemoteApi> api(new RemoteApi(std::move(options)));
  ROPEWALK_CHECK(api->sign_in());
  api->poller_ = std::thread([made = api.get()] { made->poll(); });
  return api;
}

Result<net::HttpClientResponse> RemoteApi::ask(const std::string& method, const std::string& target,
                                               const std::string& body) {
  std::unique_ptr<net::HttpClient> client;
  std::string cookie;
  {
    std::lock_guard guard(lock_);
    cookie = cookie_;
    if (!idle_.empty()) {
      client = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (client == nullptr) {
    net::HttpClientOptions options;
    options.host = options_.host;
    options.port = options_.port;
    options.ca_file = options_.ca_file;
    options.insecure = options_.insecure;
    options.max_body = kMostAnswer;
    client = std::make_unique<net::HttpClient>(std::move(options));
  }
  std::vector<net::HttpHeader> headers;
  if (!cookie.empty()) headers.push_back({"Cookie", cookie});
  if (!body.empty()) headers.push_back({"Content-Type", "application/json"});
  auto response = client->request({.method = method, .target = target, .headers = headers, .body = body});
  if (response) {
    std::lock_guard guard(lock_);
    idle_.push_back(std::move(client));
  }
  return response;
}

Status RemoteApi::sign_in() {
  const std::string body = boost::json::serialize(boost::json::object{{"password", options_.password}});
  ROPEWALK_TRY(const net::HttpClientResponse response, ask("POST", "/login", body));
  const std::string cookie(response.headers.get("Set-Cookie"));
  if (response.status != 200 || cookie.empty())
    return Error{fmt::format("cannot sign in at https://{}:{}/: {}", options_.host, options_.port, error_in(response))};
  std::lock_guard guard(lock_);
  cookie_ = cookie.substr(0, cookie.find(';'));
  return {};
}

ApiAnswer RemoteApi::get(std::string_view path, std::string_view query) {
  looked_ = seconds_now();
  const std::string target = fmt::format("/api/{}{}{}", path, query.empty() ? "" : "?", query);
  auto response = ask("GET", target, "");
  if (response && response->status == 401) {
    if (Status again = sign_in(); !again) return api_error(502, again.error().text);
    response = ask("GET", target, "");
  }
  if (!response) return api_error(502, response.error().text);
  ApiAnswer answer{response->status, std::move(response->body)};
  if (path != "state") return answer;
  // Signing out is this program's affair, not the page's.
  constexpr std::string_view kSignOut = "\"sign_out\":true";
  if (const auto at = answer.body.find(kSignOut); at != std::string::npos)
    answer.body.replace(at, kSignOut.size(), "\"sign_out\":false");
  return answer;
}

u64 RemoteApi::version() {
  looked_ = seconds_now();
  return version_;
}

// Asks for news while somebody looks.
void RemoteApi::poll() {
  std::string before;
  std::unique_lock guard(lock_);
  while (!wake_.wait_for(guard, 500ms, [this] { return stopping_; })) {
    const i64 looked = looked_;
    if (seconds_now() - looked > kUnattended) continue;
    guard.unlock();
    const ApiAnswer state = get("state", "");
    looked_ = looked;  // this was nobody's look
    if (state.body != before) ++version_;
    before = state.body;
    guard.lock();
  }
}

}  // namespace ropewalk::inspect
