#include "server/addressbook/http_endpoint.h"

#include <fmt/format.h>

#include "protocol/mapihttp/address_book_tables.h"
#include "server/addressbook/http_calls.h"
#include "server/autodiscover/announcement.h"
#include "server/identity.h"

// Results of co_await are named before they are tested, and arguments before they are passed: g++ 12 lays the frames of
// some other forms out wrongly.

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using mapihttp::RequestType;
using mapihttp::ResponseCode;
using net::Awaitable;

constexpr std::string_view kPath = "/mapi/nspi";
// A person's photo fits, and names by the thousand.
constexpr std::size_t kMaxBody = 4u << 20;
constexpr auto kUnbound = static_cast<ErrorCode>(1);  // "UnbindSuccess", [MS-OXNSPI] 3.1.4.1.2

NspiCaller caller_of(const MapiHttpCall& call) { return {call.user->id, call.user->address, call.request.peer}; }

// Where the caller finds what he asks for: on the server that he asked, by the name that he knows it by.
std::string url_of(const MapiHttpCall& call, std::string_view path) {
  auto base = BaseUrl::of_host(call.request.headers.get("Host"), call.request.is_tls);
  return fmt::format("{}{}?MailboxId={}", base ? base->text() : std::string(), path, mailbox_id(*call.user));
}

}  // namespace

AddressBookEndpoint::AddressBookEndpoint(Parts parts, const MapiHttpSettings& settings)
    : parts_(parts),
      front_({parts.registry, parts.pool, parts.log}, {kPath, "address book", mapihttp::is_of_address_book, kMaxBody},
             settings) {}

bool AddressBookEndpoint::serves(std::string_view path) { return plain_mapihttp_path(path) == kPath; }

Awaitable<void> AddressBookEndpoint::handle(net::HttpRequest& request, net::HttpResponder& responder) {
  Call call(request, responder);
  const bool admitted = co_await front_.admit(call, parts_.sign_in);
  if (!admitted) co_return;
  switch (call.type) {
    case RequestType::bind:
      co_await bind(call);
      break;
    case RequestType::unbind:
      co_await unbind(call);
      break;
    case RequestType::ping:
      co_await front_.answer_ping(call);
      break;
    default:
      co_await ask(call);
      break;
  }
}

ErrorCode AddressBookEndpoint::open_session(Call& call, u32 flags, const nspi::Stat& stat,
                                            std::shared_ptr<session::Session>& made) {
  if (auto former = front_.former_session(call)) end(*former);
  const ErrorCode error = parts_.service.bind(caller_of(call), flags, stat);
  if (error != ErrorCode::none) return error;
  session::ClientContext client;
  client.code_page = stat.code_page;
  client.lcid_sort = stat.sort_locale;
  client.lcid_string = stat.template_locale;
  client.version = client_version(call.request.headers);
  client.application = call.request.headers.get(mapihttp::kClientApplication).substr(0, 256);
  client.info = call.request.headers.get(mapihttp::kClientInfo).substr(0, 256);
  client.address = call.request.peer;
  auto session = std::make_shared<session::Session>(identity_of(*call.user), std::move(client));
  auto added = parts_.registry.add(session, Call::Clock::now());
  if (!added) {
    parts_.log.warning(fmt::format("{}: {}", call.who(), added.error().text));
    return ErrorCode::too_many_sessions;
  }
  if (auto evicted = *std::move(added)) evicted->notifications.close();
  made = std::move(session);
  return ErrorCode::none;
}

void AddressBookEndpoint::end(session::Session& session) {
  if (auto gone = parts_.registry.remove(session.id())) gone->notifications.close();
}

Awaitable<void> AddressBookEndpoint::bind(Call& call) {
  Arena arena;
  auto body = read_mapihttp_body<mapihttp::BindRequest>(call.request, arena);
  if (!body.ok()) {
    co_await front_.refuse_body(call, body.error());
    co_return;
  }
  std::shared_ptr<session::Session> made;
  const nspi::Stat stat = body->state ? body->state.value : nspi::Stat{};
  auto open = [&] { return open_session(call, body->flags, stat, made); };
  mapihttp::BindResponse response;
  response.error_code = co_await net::run(parts_.pool, open);
  if (made != nullptr) {
    call.join(made);
    response.server_guid = parts_.service.server_guid();
    parts_.log.info(fmt::format("{}: address book opened, client {}", call.who(), made->client.application));
  }
  co_await front_.answer_with(call, response);
}

Awaitable<void> AddressBookEndpoint::unbind(Call& call) {
  Arena arena;
  // Some clients send no body at all.
  if (!call.request.body.empty()) {
    auto body = read_mapihttp_body<mapihttp::UnbindRequest>(call.request, arena);
    if (!body.ok()) {
      co_await front_.refuse_body(call, body.error());
      co_return;
    }
  }
  end(*call.session);
  parts_.log.info(call.who() + ": address book closed");
  mapihttp::UnbindResponse response;
  response.error_code = kUnbound;
  co_await front_.answer_with(call, response);
}

Awaitable<void> AddressBookEndpoint::ask(Call& call) {
  Arena arena;
  AddressBookHttpCall asked{parts_.service, caller_of(call), url_of(call, "/mapi/emsmdb/"),
                            url_of(call, "/mapi/nspi/")};
  auto read = address_book_work(call.type, bytes_of(call.request.body), asked, arena);
  if (!read.ok()) {
    co_await front_.refuse_body(call, read.error());
    co_return;
  }
  MapiHttpWork work;
  work.run = *std::move(read);
  co_await front_.serve_in_turn(call, work);
}

}  // namespace ropewalk::server
