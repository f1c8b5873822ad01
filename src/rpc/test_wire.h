// For tests alone: a client and a server that talk to each other without a network.
#pragma once

#include <gtest/gtest.h>

#include "auth/context_test_support.h"
#include "protocol/echo/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"
#include "rpc/client_connection.h"
#include "rpc/services.h"
#include "wire/describe.h"

namespace ropewalk::rpc {

// An endpoint that serves echo, management and the endpoint mapper to user1@ropewalk.test, or to nobody.
struct Bench {
  std::vector<u32> run_down;
  Associations associations{[this](u32 group) { run_down.push_back(group); }};
  EndpointMap map;
  Endpoint endpoint;
  std::vector<std::string> log;

  Bench() {
    endpoint.associations = &associations;
    endpoint.address = "135";
    endpoint.interfaces = {{echo::kEcho.id, 10}, {mgmt::kManagement.id, 5}, {epm::kEndpointMapper.id, 7}};
    endpoint.log = [this](const std::string& line) { log.push_back(line); };
    endpoint.make_security = [](auth::Mechanism mechanism, const std::string&) {
      auth::ServerOptions options;
      options.hashes = auth::one_user("user1", "Passw0rd.123");
      options.dce_style = true;
      return auth::make_server(mechanism, options);
    };
  }

  // What a server does with the calls that are complete.
  void serve(ServerConnection& server) {
    for (const Call& call : server.take_calls()) {
      Answer answer = dcerpc::kOpnumOutOfRange;
      if (call.target->id == mgmt::kManagement.id) {
        answer = serve_management(call, endpoint, [](dcerpc::AuthType) { return std::string("host/mail"); });
      } else if (call.target->id == epm::kEndpointMapper.id) {
        answer = map.serve(call, "127.0.0.1");
      } else if (call.opnum == 1) {
        answer = echo_data(call);
      }
      if (answer.ok())
        server.respond(call, *answer);
      else
        server.fault(call, answer.error());
    }
  }
  static Answer echo_data(const Call& call) {
    Arena arena;
    wire::Context format = wire::add_context(call.format, nullptr);
    auto in = wire::decode<echo::DataIn>(call.stub, arena, &format);
    if (!in.ok()) return dcerpc::kBadStubData;
    wire::OutBuffer out;
    ndr::Format answer = call.answer_format();
    wire::Context context = wire::add_context(answer, nullptr);
    wire::encode(echo::DataOut{in->data}, out, &context);
    return std::vector<u8>(out.view().begin(), out.view().end());
  }
};

// Passes bytes both ways until nobody has any.
inline void pump(Bench& bench, ClientConnection& client, ServerConnection& server) {
  for (int i = 0; i < 1000; ++i) {
    std::vector<u8> up(client.output().begin(), client.output().end());
    client.sent(up.size());
    server.receive(up);
    bench.serve(server);
    std::vector<u8> down(server.output().begin(), server.output().end());
    server.sent(down.size());
    client.receive(down);
    if (up.empty() && down.empty()) return;
  }
  FAIL() << "client and server come to no end";
}

inline ClientSettings settings(dcerpc::AuthType type, dcerpc::AuthLevel level, const std::string& password) {
  ClientSettings made;
  if (type == dcerpc::AuthType::none) return made;
  auth::ClientOptions options;
  options.account = "user1";
  options.domain = "ROPEWALK";
  options.password = password;
  options.level = static_cast<auth::Level>(level);
  options.dce_style = true;
  options.use_kerberos = false;
  auto context = auth::make_client(static_cast<auth::Mechanism>(type), options);
  EXPECT_TRUE(context.ok());
  made.type = type;
  made.level = level;
  made.security = *std::move(context);
  return made;
}

template <class T>
std::vector<u8> stub_of(const T& value, const ndr::Format& format) {
  wire::Context context = wire::add_context(format, nullptr);
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(value, out, &context));
  return {out.view().begin(), out.view().end()};
}

}  // namespace ropewalk::rpc
