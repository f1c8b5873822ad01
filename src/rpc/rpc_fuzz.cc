// What a peer can do to either side of a connection: the server is fed the input, and then the client. The first byte
// tells in what pieces.
#include "protocol/echo/methods.h"
#include "protocol/mgmt/methods.h"
#include "rpc/client_connection.h"
#include "rpc/services.h"

namespace {

using namespace ropewalk;
using namespace ropewalk::rpc;

void feed(ByteView bytes, std::size_t piece, auto& side) {
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    side.receive(bytes.subspan(at, std::min(piece, bytes.size() - at)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  ByteView bytes(data + 1, size - 1);
  std::size_t piece = 1 + data[0] * 16;
  Associations associations;
  Endpoint endpoint;
  endpoint.associations = &associations;
  endpoint.address = "135";
  endpoint.interfaces = {{mgmt::kManagement.id, 5}, {echo::kEcho.id, 10}};
  endpoint.make_security = [](auth::Mechanism mechanism, const std::string&) {
    auth::ServerOptions options;
    options.hashes = [](std::string_view, std::string_view) { return auth::HashAnswer{}; };
    options.allow_anonymous = true;
    options.dce_style = true;
    return auth::make_server(mechanism, options);
  };
  ServerConnection server(endpoint);
  feed(bytes, piece, server);
  for (const Call& call : server.take_calls()) {
    Answer answer = serve_management(call, endpoint, {});
    if (answer.ok())
      server.respond(call, *answer);
    else
      server.fault(call, answer.error());
  }
  ClientConnection client({});
  client.bind(echo::kEcho.id);
  feed(bytes, piece, client);
  if (client.error().empty() && client.bound() && client.state(0) == ClientConnection::State::accepted)
    (void)client.call(0, 1, bytes);
  return 0;
}
