#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "cli/command.h"
#include "cli/program.h"

namespace ropewalk::cli {
namespace {

struct Ran {
  int code;
  std::string out;
  std::string err;
};

Ran run(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "ropewalk");
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  int code = run_program(static_cast<int>(arguments.size()), arguments.data());
  std::string out = testing::internal::GetCapturedStdout();
  return {code, out, testing::internal::GetCapturedStderr()};
}

TEST(Program, SaysItsVersion) {
  Ran ran = run({"--version"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, "ropewalk " ROPEWALK_VERSION "\n");
}

TEST(Program, AnswersWrongUsageWithOneLineAndTwo) {
  for (auto& arguments : std::vector<std::vector<const char*>>{
           {}, {"no-such-command"}, {"completion"}, {"completion", "csh"}, {"--no-such-option"}, {"man", "nothing"}}) {
    Ran ran = run(arguments);
    EXPECT_EQ(ran.code, 2);
    EXPECT_TRUE(ran.err.starts_with("ropewalk: ")) << ran.err;
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Program, NamesTheHelpOfTheCommandThatWentWrong) {
  for (auto& [arguments, named] : std::vector<std::pair<std::vector<const char*>, const char*>>{
           {{"--no-such-option"}, "`ropewalk --help`"},
           {{"serve", "--no-such-option"}, "`ropewalk serve --help`"},
           {{"room", "add", "--capacity", "many"}, "`ropewalk room add --help`"}}) {
    Ran ran = run(arguments);
    EXPECT_NE(ran.err.find(named), std::string::npos) << ran.err;
  }
}

TEST(Client, AServerThatIsNoneIsMisuse) {
  for (const char* server : {"nonsense", "ncacn_http:", "ncacn_ip_tcp:h[x]", "https://", "imap://h"})
    for (auto& command : std::vector<std::vector<const char*>>{{"folders", "--server", server},
                                                               {"messages", "--server", server},
                                                               {"show", "1", "--server", server},
                                                               {"attachments", "1", "--server", server},
                                                               {"put", "--subject", "x", "--server", server},
                                                               {"watch", "--server", server},
                                                               {"profile", "set", "--server", server},
                                                               {"bench", server, "--user", "user1@ropewalk.test"},
                                                               {"connect", server}}) {
      Ran ran = run(command);
      EXPECT_EQ(ran.code, 2) << command[0] << " " << server;
      EXPECT_TRUE(ran.err.starts_with("ropewalk: the server \"" + std::string(server) + "\" is n")) << ran.err;
      EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
      EXPECT_EQ(ran.out, "");
    }
}

TEST(Program, CompletesFromItsOwnDefinitions) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    Ran ran = run({"completion", shell});
    EXPECT_EQ(ran.code, 0);
    EXPECT_NE(ran.out.find("completion"), std::string::npos) << ran.out;
    EXPECT_NE(ran.out.find("man"), std::string::npos);
  }
}

TEST(Program, HasAManualPagePerCommand) {
  EXPECT_TRUE(run({"man"}).out.starts_with(".TH ROPEWALK 1"));
  Ran ran = run({"man", "completion"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(ran.out.starts_with(".TH ROPEWALK\\-COMPLETION 1")) << ran.out;
  EXPECT_NE(ran.out.find("bash, zsh or fish"), std::string::npos);
}

TEST(Decode, ShowsTheTreeAndTakesItsJsonBack) {
  const char* kHex = "00-48:00 6900,0000 10000000";
  Ran text = run({"decode", "property-row", "--columns", "PidTagSubject,0x0E080003", "--hex", kHex});
  EXPECT_EQ(text.code, 0) << text.err;
  EXPECT_NE(text.out.find("PidTagSubject: Hi\n"), std::string::npos) << text.out;
  EXPECT_NE(text.out.find("PidTagMessageSize: 16\n"), std::string::npos) << text.out;
  Ran json = run({"decode", "property-row", "--json", "--context", "PidTagSubject PidTagMessageSize", "--hex", kHex});
  EXPECT_EQ(json.code, 0) << json.err;
  std::string path = testing::TempDir() + "cli_test_row.json";
  std::ofstream(path) << json.out;
  Ran back = run({"encode", "property-row", path.c_str(), "--columns", "PR_SUBJECT,PR_MESSAGE_SIZE"});
  EXPECT_EQ(back.err, "");
  EXPECT_EQ(back.out, "0048006900000010000000\n");
}

TEST(Decode, TakesTheRequestOfAResponse) {
  Ran ran = run({"decode", "rop-response", "--context", "0700 000000 0000 0100 1F003700", "--hex",
                 "07 00 00000000 00 4F006B00 0000"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("PidTagSubject: Ok\n"), std::string::npos) << ran.out;
  ran = run({"decode", "rop-response", "--context", "0700", "--hex", "07 00 00000000 00 4F006B00 0000"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("context: RopGetPropertiesSpecificRequest"), std::string::npos) << ran.err;
}

TEST(Decode, NamesTheFieldAtFault) {
  Ran ran = run({"decode", "restriction", "--hex", "0002"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "ropewalk: Restriction.RestrictCount: 2 bytes needed, 1 left at 0x0001\n");
  EXPECT_NE(ran.out.find("RestrictType: 0"), std::string::npos);  // the tree up to there
  ran = run({"decode", "tagged-property-value", "--hex", "0300080E 10000000 FF"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "ropewalk: TaggedPropertyValue: 1 byte left over at 0x0008\n");
}

TEST(Decode, WrongUsage) {
  for (auto& arguments : std::vector<std::vector<const char*>>{{"decode"},
                                                               {"decode", "restriction"},
                                                               {"decode", "restricton", "--hex", "FF"},
                                                               {"decode", "restriction", "--hex", "F"},
                                                               {"decode", "restriction", "/no/such/file"},
                                                               {"decode", "restriction", "-", "--hex", "FF"},
                                                               {"decode", "property-row", "--columns", "PidTagNo"},
                                                               {"encode"}}) {
    Ran ran = run(arguments);
    EXPECT_EQ(ran.code, 2);
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
  EXPECT_NE(run({"decode", "restricton", "--hex", "FF"}).err.find("did you mean"), std::string::npos);
}

TEST(Decode, ListsEveryKind) {
  Ran ran = run({"decode", "--list"});
  EXPECT_EQ(ran.code, 0);
  for (const char* kind : {"rop-request", "rop-response", "rop-input-buffer", "rop-output-buffer", "rpc-ext-buffer",
                           "restriction", "entry-id", "property-row", "tagged-property-value", "idset",
                           "mapihttp-request", "mapihttp-response", "RopLogonResponse"})
    EXPECT_NE(("\n" + ran.out).find("\n" + std::string(kind) + "\n"), std::string::npos) << kind;
}

}  // namespace
}  // namespace ropewalk::cli
