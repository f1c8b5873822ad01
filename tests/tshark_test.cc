// An independent reader, Wireshark's, finds nothing malformed in what server and client say to each other.
#include "tshark.h"
#include "rop_client.h"

namespace ropewalk {
namespace {

using shark::Capture;
using shark::Ran;
using shark::run;

// Folders, a table, a message with a recipient: what the demonstration does.
void converse(LiveServer& server) {
  RopClient client(server);
  client.logon();
  ASSERT_EQ(client.open_folder(client.inbox(), 1), ErrorCode::none);
  client.put_message(client.inbox(), "seen by a shark");
  rop::GetContentsTableRequest table;
  table.input_handle_index = 1;
  table.output_handle_index = 2;
  EXPECT_EQ(client.call<rop::GetContentsTableResponse>(table).row_count, 1u);
  client.http.notification_wait();
  client.http.disconnect();
}

class Tshark : public testing::TestWithParam<bool> {};

TEST_P(Tshark, FindsNothingMalformed) {
  if (run("tshark --version").status != 0) GTEST_SKIP() << "tshark is not installed";
  bool tls = GetParam();
  LiveServer server([&](server::Config& config) {
    if (!tls) return;
    config.http_port = std::nullopt;
    config.https_port = 0;
  });
  u16 port = server.server().listening().front().port;
  Capture capture((server.folder() / "lo.pcapng").string(), "tcp port " + std::to_string(port));
  if (!capture.is_running()) GTEST_SKIP() << "capturing on the loopback device is not permitted: " << capture.said();
  converse(server);
  capture.stop();
  std::string read =
      "tshark -r '" + capture.path() + "' -d tcp.port==" + std::to_string(port) + (tls ? ",tls" : ",http");
  std::string known = tls ? "tls.record" : "http.request or http.response";
  Ran all = run(read + " -Y '" + known + "' -T fields -e frame.number | wc -l");
  ASSERT_EQ(all.status, 0);
  EXPECT_GT(std::stoi(all.out), 10) << "too little was captured to tell";
  Ran malformed = run(read + " -Y '_ws.malformed or _ws.expert.severity >= 8388608' -V");
  EXPECT_EQ(malformed.status, 0);
  EXPECT_EQ(malformed.out, "");
  if (tls) return;
  Ran types = run(read + " -Y http.request -T fields -e http.request.line");
  EXPECT_NE(types.out.find("X-RequestType: Execute"), std::string::npos) << types.out;
  Ran responses = run(read + " -Y http.response -T fields -e http.response.code | sort -u");
  EXPECT_EQ(responses.out, "200\n");
}

INSTANTIATE_TEST_SUITE_P(Transports, Tshark, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Tls" : "PlainHttp"; });

}  // namespace
}  // namespace ropewalk
