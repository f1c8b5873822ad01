// The RPC server as `ropewalk serve` runs it, with two interfaces more that other implementations' tests call: rpcecho,
// and as much of the domain controllers' netlogon as Samba's protocol tests use.
//
// Usage: rpc_test_server DATA ADDRESS PASSWORD [KEYTAB]
// Makes the account ADDRESS in the new folder DATA, and others without passwords in its address book, listens on
// 127.0.0.1 (the endpoint mapper at 135, HTTPS at 443, RPC at any free port), prints "listening on BINDING" for each
// and then "ready", and serves until SIGTERM.
#include <fmt/format.h>
#include <signal.h>

#include <random>

#include "directory/address_book.h"
#include "net/signal.h"
#include "protocol/dcerpc/status.h"
#include "protocol/echo/methods.h"
#include "server/rpc/service.h"
#include "server/server.h"

namespace ropewalk::server {
namespace {

constexpr u32 kMostElements = 1u << 20;  // that an answer may hold
constexpr u32 kLongestSleep = 60;        // seconds; scanners send any number

template <class In, class Method>
RpcAnswer with(const RpcCall& call, const Method& method) {
  Arena arena(8u << 20, 4096);
  auto in = parameters<In>(call.call, arena);
  return in ? method(*in) : RpcAnswer{dcerpc::kBadStubData, {}};
}

// Answers as Samba's server does, whose clients check it.
class EchoService final : public RpcService {
 public:
  const dcerpc::Interface& interface() const override { return echo::kEcho; }
  u16 opnums() const override { return 10; }

  net::Awaitable<RpcAnswer> run(RpcCall& call) override {
    if (call.call.opnum == 6) co_return co_await sleep(call);
    co_return call.call.opnum <= 4 ? data(call) : structures(call);
  }

 private:
  static RpcAnswer data(const RpcCall& call) {
    auto answer = [&](const auto& out) { return answer_with(call.call, out); };
    switch (call.call.opnum) {
      case 0:
        return with<echo::AddOne>(call, [&](const auto& in) { return answer(echo::AddOne{in.number + 1}); });
      case 1:
        return with<echo::DataIn>(call, [&](const auto& in) { return answer(echo::DataOut{in.data}); });
      case 2:
        return with<echo::DataIn>(call, [&](const auto&) { return answer(echo::NothingOut{}); });
      case 3:
        return with<echo::AddOne>(call, [&](const auto& in) {
          if (in.number > kMostElements) return RpcAnswer{dcerpc::kBadStubData, {}};
          std::vector<u8> bytes(in.number);
          for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<u8>(i);
          return answer(echo::DataOut{{bytes}});
        });
      default:
        return with<echo::TestCallIn>(call, [&](const auto& in) {
          return answer(echo::TestCallOut{ndr::Pointer<ndr::WideString>::to(in.text)});
        });
    }
  }

  static RpcAnswer structures(const RpcCall& call) {
    auto answer = [&](const auto& out) { return answer_with(call.call, out); };
    switch (call.call.opnum) {
      case 5:
        return with<echo::TestCall2In>(call, [&](const auto& in) {
          return answer(echo::TestCall2Out{info(in.level), 0});
        });
      case 7:
        return with<echo::TestEnum>(call, answer);
      case 8:
        return with<echo::TestSurrounding>(call, [&](const auto& in) {
          const std::size_t length = in.data.surrounding.size();
          if (length > kMostElements / 2) return RpcAnswer{dcerpc::kBadStubData, {}};
          std::vector<u16> twice(2 * length);
          return answer(echo::TestSurrounding{{wire::List<u16>(twice)}});
        });
      default:
        return with<echo::TestDoublePointerIn>(call, [&](const auto& in) {
          const bool reaches = in.data && *in.data;
          return answer(echo::TestDoublePointerOut{reaches ? **in.data : u16{0}});
        });
    }
  }

  // The values that Samba's server has for each level.
  static echo::Info info(u16 level) {
    echo::Info info;
    info.level = level;
    info.v8 = static_cast<u8>(level < 6 ? 10 * level : 10 * (level + 1));
    info.v16 = static_cast<u16>(10 * level);
    info.v32 = 10u * level;
    info.inner8 = 80;
    info.v64 = level == 4 ? 40 : level == 5 ? 60 : 90;
    return info;
  }

  // Waits without a thread.
  static net::Awaitable<RpcAnswer> sleep(RpcCall& call) {
    Arena arena(1u << 16, 1024);
    auto in = parameters<echo::TestSleep>(call.call, arena);
    if (!in || in->seconds > kLongestSleep) co_return RpcAnswer{dcerpc::kBadStubData, {}};
    net::Signal woken;
    const u64 watch = call.given_up->watch([woken] { woken.set(); });
    if (!call.given_up->is_set()) {
      const bool early = co_await woken.wait_for(std::chrono::seconds(in->seconds));
      (void)early;  // nobody is left to hear of it
    }
    call.given_up->unwatch(watch);
    co_return answer_with(call.call, *in);
  }
};

// [MS-NRPC] 3.5.4.4.1
struct ReqChallengeIn {
  static constexpr std::string_view kName = "NetrServerReqChallenge-in";
  static constexpr std::string_view kSource = "[MS-NRPC] 3.5.4.4.1";
  ndr::Pointer<ndr::WideString> primary_name;
  ndr::WideString computer_name;
  ndr::Fixed<u8, 8> client_challenge;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("PrimaryName", m.primary_name);
    n("ComputerName", m.computer_name);
    n("ClientChallenge", m.client_challenge);
  }
};
struct ReqChallengeOut {
  ndr::Fixed<u8, 8> server_challenge;
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ServerChallenge", m.server_challenge);
    n("return", m.status);
  }
};

constexpr dcerpc::Interface kNetlogon{
    "netlogon", dcerpc::syntax(guid_literal("12345678-1234-abcd-ef00-01234567cffb"), 1), {}};

// Hands out challenges, and keeps none: nobody signs in here.
class NetlogonService final : public RpcService {
 public:
  const dcerpc::Interface& interface() const override { return kNetlogon; }
  u16 opnums() const override { return 5; }
  net::Awaitable<RpcAnswer> run(RpcCall& call) override {
    if (call.call.opnum != 4) co_return RpcAnswer{dcerpc::kOpnumOutOfRange, {}};
    co_return with<ReqChallengeIn>(call, [&](const ReqChallengeIn&) {
      ReqChallengeOut out;
      for (u8& byte : out.server_challenge.items) byte = static_cast<u8>(random_());
      return answer_with(call.call, out);
    });
  }

 private:
  std::random_device random_;
};

// Whom else an address book has: three people, a contact, and a group of them.
Status add_people(Server& server) {
  auto& book = server.address_book();
  directory::ObjectChange contact, group;
  contact.name = "Contact One";
  contact.address = "contact1@partner.test";
  group.name = "Group One";
  group.address = "group1@ropewalk.test";
  ROPEWALK_TRY(auto members, book.add(directory::Kind::group, group));
  ROPEWALK_TRY(auto partner, book.add(directory::Kind::contact, contact));
  ROPEWALK_CHECK(book.add_link(members.id, directory::Link::member, partner.id));
  for (const char* name : {"user2", "user3", "user4"}) {
    directory::NewUser user;
    user.address = std::string(name) + "@ropewalk.test";
    ROPEWALK_TRY(auto added, server.directory().add_user(user));
    ROPEWALK_TRY(auto object, book.find_by_user(added.id));
    if (object) ROPEWALK_CHECK(book.add_link(members.id, directory::Link::member, object->id));
  }
  return {};
}

Result<std::unique_ptr<Server>> start(char** arguments, std::vector<RpcService*> more) {
  Config config;
  config.data = arguments[1];
  config.epm_port = 135;
  config.rpc_port = 0;
  config.https_port = 443;
  config.keytab = arguments[4] == nullptr ? "" : arguments[4];
  config.host_names = {"server.ropewalk.test"};
  ROPEWALK_TRY(auto server, Server::start(config, nullptr, std::move(more)));
  directory::NewUser user{.address = arguments[2], .password = arguments[3], .ntlm = true};
  ROPEWALK_CHECK(server->directory().add_user(user));
  ROPEWALK_CHECK(add_people(*server));
  return server;
}

int serve(char** arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  for (int name : {SIGTERM, SIGINT}) sigaddset(&signals, name);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  EchoService echo;
  NetlogonService netlogon;
  auto server = start(arguments, {&echo, &netlogon});
  if (!server) {
    fmt::print(stderr, "rpc_test_server: {}\n", server.error().text);
    return 1;
  }
  for (const auto& at : (*server)->listening()) fmt::print("listening on {}\n", at.url);
  fmt::print("ready\n");
  std::fflush(stdout);
  int caught = 0;
  while (sigwait(&signals, &caught) != 0) continue;
  (*server)->stop();
  return 0;
}

}  // namespace
}  // namespace ropewalk::server

int main(int count, char** arguments) {
  if (count == 4 || count == 5) return ropewalk::server::serve(arguments);
  std::fprintf(stderr, "usage: rpc_test_server DATA ADDRESS PASSWORD [KEYTAB]\n");
  return 2;
}
