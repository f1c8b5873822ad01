// An independent reader, Wireshark's, finds nothing malformed in what server and client say to each other.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "rop_client.h"

namespace ropewalk {
namespace {

struct Ran {
  int status = -1;
  std::string out;
};

Ran run(const std::string& command) {
  Ran ran;
  std::FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return ran;
  char block[4096];
  while (std::size_t n = std::fread(block, 1, sizeof block, pipe)) ran.out.append(block, n);
  ran.status = pclose(pipe);
  return ran;
}

// Captures one port of the loopback device into a file, while it lives.
class Capture {
 public:
  Capture(std::string path, u16 port) : path_(std::move(path)) {
    int errors[2];
    if (pipe(errors) != 0) return;
    pid_ = fork();
    if (pid_ == 0) {
      dup2(errors[1], STDERR_FILENO);
      std::string filter = "tcp port " + std::to_string(port);
      execlp("dumpcap", "dumpcap", "-i", "lo", "-f", filter.c_str(), "-w", path_.c_str(), "-a", "duration:60", nullptr);
      _exit(127);
    }
    close(errors[1]);
    // It says "File: ..." once it captures, or what it lacks.
    char c;
    while (read(errors[0], &c, 1) == 1) {
      said_ += c;
      if (said_.ends_with("File: ")) break;
    }
    running_ = said_.ends_with("File: ");
    errors_ = errors[0];
  }
  ~Capture() { stop(); }
  void stop() {
    if (pid_ <= 0) return;
    // What was sent last is on its way through the kernel.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    kill(pid_, SIGINT);
    waitpid(pid_, nullptr, 0);
    pid_ = -1;
    close(errors_);
  }
  bool is_running() const { return running_; }
  const std::string& said() const { return said_; }
  const std::string& path() const { return path_; }

 private:
  std::string path_, said_;
  pid_t pid_ = -1;
  int errors_ = -1;
  bool running_ = false;
};

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
  Capture capture((server.folder() / "lo.pcapng").string(), port);
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
