// `ropewalk capture` follows an endpoint mapper to the port it names, and `ropewalk dissect` reads what it kept.
#include <csignal>

#include "base/test_support.h"
#include "served_rpc.h"

namespace ropewalk {
namespace {

class CaptureCommand : public ServedRpc {
 protected:
  // One conversation, from the mapper to EcDoDisconnect.
  void converse() { ASSERT_EQ(run({"connect", "ncacn_ip_tcp:127.0.0.1"}).code, 0); }
};

TEST_F(CaptureCommand, WidensItsFilterToWhatTheMapperNames) {
  start();
  const std::string file = folder_.path("kept.pcap");
  Program capture({"capture", "-i", "lo", "--port", mapper_, "-w", file});
  // It listens a moment after it starts: conversations until one is seen.
  std::string line;
  for (int i = 0; i < 10 && line.empty(); ++i) {
    ASSERT_NO_FATAL_FAILURE(converse());
    line = capture.read_line(std::chrono::seconds(2));
  }
  ASSERT_NO_FATAL_FAILURE(converse());
  capture.signal(SIGINT);
  const int code = capture.wait();
  if (code == 2) GTEST_SKIP() << "no right to capture here: " << capture.err();
  EXPECT_EQ(code, 0) << capture.err();
  EXPECT_NE(capture.err().find("an endpoint mapper names 127.0.0.1:" + mailbox_), std::string::npos) << capture.err();
  EXPECT_NE(capture.err().find("packets in " + file), std::string::npos) << capture.err();
  EXPECT_NE(capture.out().find("EMSMDB EcDoRpcExt2 request"), std::string::npos) << capture.out();

  const std::string port = "tcp.port == " + mailbox_;
  Ran summary = run_program({"dissect", file, "--password", std::string("user1=") + kPassword, "--filter",
                             port + " and mapi.rop == \"RopLogon\""});
  EXPECT_EQ(summary.code, 0) << summary.err;
  EXPECT_NE(summary.out.find("[Logon]: success"), std::string::npos) << summary.out;
  Ran sealed = run_program({"dissect", file, "--json", "--filter", port + " and mapi.operation == \"EcDoRpcExt2\""});
  EXPECT_NE(sealed.out.find("NTLM, privacy (6)"), std::string::npos) << sealed.out.substr(0, 2000);
}

TEST(DissectCommand, CapturingEndsInTimeWherePacketsAreNone) {
  Program capture({"capture", "-i", "lo", "-q", "--duration", "1", "--count", "1000000"});
  const auto begin = std::chrono::steady_clock::now();
  const int code = capture.wait();
  if (code == 2) GTEST_SKIP() << "no right to capture here: " << capture.err();
  EXPECT_EQ(code, 0) << capture.err();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(DissectCommand, WrongOptionsAndFilesAreOneLine) {
  auto refused = [](const std::vector<std::string>& words, const std::string& part) {
    Ran ran = run_program(words);
    EXPECT_EQ(ran.code, 2) << words[1];
    EXPECT_NE(ran.err.find(part), std::string::npos) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  };
  TestFolder folder;
  std::ofstream(folder.path("bad.toml")) << "[ports]\nrpc = [70000]\n";
  std::ofstream(folder.path("odd.toml")) << "[show]\ncolour = \"red\"\n";
  refused({"dissect"}, "needs a capture");
  refused({"dissect", folder.path("absent.pcap")}, "absent.pcap");
  refused({"dissect", folder.path("bad.toml")}, "not a capture");
  refused({"dissect", "x", "--filter", "mapi.OpenFoldr"}, "mapi.OpenFolder");
  refused({"dissect", "x", "--redact"}, "--json");
  refused({"dissect", "x", "--depth", "2"}, "--full");
  refused({"dissect", "x", "--nt-hash", "user1=zz"}, "32 hexadecimal digits");
  refused({"dissect", "x", "--keytab", folder.path("absent.keytab")}, "absent.keytab");
  refused({"dissect", "x", "--keytab", folder.path("bad.toml")}, "bad.toml");
  refused({"dissect", "x", "--preferences", folder.path("bad.toml")}, "line 2");
  refused({"dissect", "x", "--preferences", folder.path("odd.toml")}, "no preference show.colour");
  refused({"capture", "-i", "no-such-interface"}, "no such interface");
}

TEST(DissectCommand, ACaptureOfSomethingElseIsSaidToBeOne) {
  auto file = shared_path("captures/zeek-smb2_krb.pcap");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  Ran ran = run_program({"dissect", file.string()});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("nothing to explain (frames: 100, TCP connections: 1, of them SMB: 1)"), std::string::npos)
      << ran.err;
  Ran counted = run_program({"dissect", "--stats", file.string()});
  EXPECT_EQ(counted.code, 0) << counted.err;
}

TEST(DissectCommand, TheFileMayFollowASecret) {
  auto file = shared_path("captures/samba-sealed-ntlm.pcapng");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  Ran ran =
      run_program({"dissect", "--password", "user1=a", "--nt-hash", "user2=" + std::string(32, '0'), file.string()});
  EXPECT_EQ(ran.code, 0) << ran.err;
}

TEST(DissectCommand, ListsTheFieldsThatFiltersName) {
  Ran fields = run_program({"dissect", "--fields"});
  EXPECT_EQ(fields.code, 0);
  for (const char* name :
       {"mapi.rop\t", "frame.number\t", "mapi.OpenFolder.FolderId\tFolderId\t", "[MS-OXCROPS] 2.2.4.1.1"})
    EXPECT_NE(fields.out.find(name), std::string::npos) << name;
}

}  // namespace
}  // namespace ropewalk
