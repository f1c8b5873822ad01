#include "server/oab/endpoint.h"

#include <fmt/format.h>

#include <charconv>

#include "mapi/ascii_case.h"
#include "protocol/mapihttp/headers.h"
#include "server/emsmdb_service.h"

// Results of co_await are named before they are tested, and arguments before they are passed: g++ 12 lays the frames of
// some other forms out wrongly.

namespace ropewalk::server {
namespace {

constexpr std::string_view kRoot = "/oab/";

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

net::HttpResponseHead head_of(int status, const OabPublisher::File& file) {
  net::HttpResponseHead head(status);
  head.add("Content-Type", file.type);
  head.add("ETag", file.etag);
  head.add("Accept-Ranges", "bytes");
  head.add("Cache-Control", "private, no-cache");
  head.add(mapihttp::kServerApplication, server_application());
  return head;
}

}  // namespace

bool OabEndpoint::serves(std::string_view path) {
  return mapi::equal_ignoring_ascii_case(path.substr(0, kRoot.size()), kRoot);
}

std::optional<ByteRange> parse_range(std::string_view header, std::size_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit) || header.find(',') != header.npos) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == header.npos) return std::nullopt;
  const std::string_view from = header.substr(0, dash), to = header.substr(dash + 1);
  if (from.empty()) {
    const auto last = number(to);
    if (!last) return std::nullopt;
    const std::size_t length = std::min(*last, size);
    return ByteRange{size - length, length};
  }
  const auto first = number(from), end = to.empty() ? std::optional(size) : number(to);
  if (!first || !end || (!to.empty() && *end < *first)) return std::nullopt;
  if (*first >= size) return ByteRange{};
  const std::size_t last = std::min(*end, size - 1);
  return ByteRange{*first, last - *first + 1};
}

net::Awaitable<void> OabEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  HttpSignIn::UserPtr user = co_await sign_in_.user_of(request, responder);
  if (user == nullptr) co_return;
  const std::string& root = publisher_.path();
  std::shared_ptr<const OabPublisher::File> file;
  if (mapi::equal_ignoring_ascii_case(std::string_view(request.path).substr(0, root.size()), root))
    file = publisher_.find(std::string_view(request.path).substr(root.size()));
  if (request.method != "GET" && request.method != "HEAD") {
    net::HttpResponseHead head(405);
    head.add("Allow", "GET, HEAD");
    co_await responder.send(head, "");
  } else if (file != nullptr) {
    co_await send_file(*file, request, responder);
  } else {
    const bool is_early = publisher_.is_empty();
    net::HttpResponseHead head(is_early ? 503 : 404);
    if (is_early) head.add("Retry-After", "30");
    head.add("Content-Type", "text/plain");
    co_await responder.send(head, is_early ? "The offline address book is being made.\n" : "There is no such file.\n");
  }
}

net::Awaitable<void> OabEndpoint::send_file(const OabPublisher::File& file, net::HttpRequest& request,
                                            net::HttpResponder& responder) {
  if (request.headers.get("If-None-Match") == file.etag) {
    net::HttpResponseHead head = head_of(304, file);
    co_await responder.send(head, "");
    co_return;
  }
  std::string_view condition = request.headers.get("If-Range");
  auto range = parse_range(request.headers.get("Range"), file.bytes.size());
  if (!condition.empty() && condition != file.etag) range = std::nullopt;
  if (!range) {
    net::HttpResponseHead head = head_of(200, file);
    co_await responder.send(head, file.bytes);
    co_return;
  }
  const bool is_good = range->length != 0;
  net::HttpResponseHead head = head_of(is_good ? 206 : 416, file);
  head.add("Content-Range",
           is_good ? fmt::format("bytes {}-{}/{}", range->first, range->first + range->length - 1, file.bytes.size())
                   : fmt::format("bytes */{}", file.bytes.size()));
  const std::string_view part = std::string_view(file.bytes).substr(range->first, range->length);
  co_await responder.send(head, part);
}

}  // namespace ropewalk::server
