// `ropewalk import` and `ropewalk export`, the built program, on a real mailbox.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "base/test_support.h"
#include "directory/directory.h"
#include "mime/import.h"
#include "store/mailbox_stores.h"

namespace ropewalk {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Ran {
  int code;
  std::string out, err;
};

// A data folder with one user, and the program run on it.
class ImportExport : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = fs::temp_directory_path() / "ropewalk-import-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto directory = directory::Directory::open(data());
    ASSERT_TRUE(directory.ok()) << directory.error().text;
    auto user = (*directory)->add_user({"user1@ropewalk.test"});
    ASSERT_TRUE(user.ok()) << user.error().text;
    mailbox_guid_ = user->mailbox_guid;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string data() const { return folder_ + "/data"; }
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string account() const { return " --data " + data() + " --mailbox user1@ropewalk.test "; }

  Ran run(const std::string& arguments) const {
    std::string command = ROPEWALK_PROGRAM " " + arguments + " >" + path("out") + " 2>" + path("err");
    int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, read_file(path("out")), read_file(path("err"))};
  }
  boost::json::object run_json(const std::string& arguments) const {
    Ran ran = run(arguments + " --json");
    EXPECT_EQ(ran.code, 0) << ran.err;
    return boost::json::parse(ran.out).as_object();
  }
  std::shared_ptr<store::MailboxStore> mailbox() const {
    store::MailboxStores stores(data());
    auto opened = stores.open(mailbox_guid_);
    EXPECT_TRUE(opened.ok()) << opened.error().text;
    return opened.value_or(nullptr);
  }

  std::string folder_;
  Guid mailbox_guid_;
};

const std::string kExamples = std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail";

// An .eml file that begins with a "From " line is an mbox, whose last empty line belongs to no message.
std::string without_last_lines(std::string text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

// What an export must bring back: the texts and every attachment's bytes.
std::multiset<std::string> contents_of(const std::string& raw) {
  std::multiset<std::string> out;
  auto imported = mime::import_message(bytes_of(raw));
  EXPECT_TRUE(imported.ok());
  auto add = [&](auto&& self, const mapi::MessageContent& message) -> void {
    for (u16 id : {0x0037, 0x1000})
      out.insert(std::to_string(id) +
                 without_last_lines(message.properties.text(mapi::PropTag(id, mapi::PropType::string))));
    if (auto* html = message.properties.find(mapi::PropTag(0x10130102)))
      out.insert(without_last_lines(std::string(text_of(html->bytes))));
    for (const auto& attachment : message.attachments) {
      if (attachment.embedded) self(self, *attachment.embedded);
      if (auto* data = attachment.properties.find(mapi::PropTag(0x37010102)))
        out.insert(without_last_lines(std::string(text_of(data->bytes))));
    }
  };
  add(add, imported->message);
  return out;
}

TEST_F(ImportExport, ExamplesGoInAndComeOut) {
  auto counts = run_json("import" + account() + kExamples);
  EXPECT_EQ(counts["messages"].as_int64(), 48);
  EXPECT_EQ(counts["failed"].as_int64(), 0);
  EXPECT_EQ(counts["skipped"].as_int64(), 1);  // the README
  auto exported = run_json("export" + account() + "--folder inbox -o " + path("exported"));
  EXPECT_EQ(exported["messages"].as_int64(), 48);
  std::multiset<std::string> before, after;
  for (const auto& entry : fs::directory_iterator(kExamples))
    if (entry.path().extension() == ".eml") before.merge(contents_of(read_file(entry.path())));
  for (const auto& one : exported["files"].as_array())
    after.merge(contents_of(read_file(std::string(one.as_object().at("file").as_string()))));
  EXPECT_EQ(before.size(), after.size());
  EXPECT_TRUE(before == after);
  std::string id(exported["files"].as_array().front().as_object().at("id").as_string());
  Ran one = run("export" + account() + "--message " + id + " -o -");
  EXPECT_EQ(one.code, 0) << one.err;
  EXPECT_EQ(one.out, read_file(path("exported/" + id + ".eml")));
  auto problems = mailbox()->verify();
  ASSERT_TRUE(problems.ok());
  EXPECT_TRUE(problems->empty()) << problems->front();
}

TEST_F(ImportExport, CorpusGoesInAndNothingIsLost) {
  auto corpus = shared_path("mail/eml");
  if (corpus.empty()) GTEST_SKIP() << "the shared mail corpus is absent";
  auto counts = run_json("import" + account() + "--folder Corpus/All " + corpus.string());
  EXPECT_EQ(counts["messages"].as_int64(), 358);
  EXPECT_EQ(counts["failed"].as_int64(), 0);
  auto exported = run_json("export" + account() + "--folder corpus/all -o " + path("exported"));
  EXPECT_EQ(exported["messages"].as_int64(), 358);
  std::multiset<std::string> before, after;
  for (const auto& entry : fs::directory_iterator(corpus)) {
    bool broken = entry.path().filename() == "stalwart-malformed-007.eml";  // see mime/export_test.cc
    if (entry.path().extension() == ".eml" && !broken) before.merge(contents_of(read_file(entry.path())));
  }
  for (const auto& entry : fs::directory_iterator(path("exported"))) after.merge(contents_of(read_file(entry.path())));
  for (const std::string& one : before) {
    auto at = after.find(one);
    ASSERT_NE(at, after.end()) << one.substr(0, 200);
    after.erase(at);
  }
}

TEST_F(ImportExport, MboxFiles) {
  auto corpus = shared_path("mail/mbox");
  if (corpus.empty()) GTEST_SKIP() << "the shared mail corpus is absent";
  auto counts = run_json("import" + account() + corpus.string());
  EXPECT_EQ(counts["files"].as_int64(), 10);
  EXPECT_EQ(counts["messages"].as_int64(), 44);
}

TEST_F(ImportExport, RemarksNameTheirFile) {
  std::ofstream(path("a.eml")) << "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n";
  std::ofstream(path("b.mbox")) << "From - \nSubject: 1\n\nx\n\nFrom - \nContent-Transfer-Encoding: x-odd\n\ny\n";
  Ran ran = run("import" + account() + path("a.eml") + " " + path("b.mbox"));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find(path("a.eml") + ": "), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find(path("b.mbox") + " (message 2): "), std::string::npos) << ran.err;
  EXPECT_TRUE(ran.out.starts_with("3 messages")) << ran.out;
}

TEST_F(ImportExport, WhatCannotBeDoneIsSaid) {
  struct {
    std::string arguments;
    int code;
  } cases[] = {
      {"import" + account() + path("nothing-here.eml"), 2},
      {"import --data " + data() + " --mailbox user2@ropewalk.test " + kExamples, 1},
      {"import --data " + path("elsewhere") + " --mailbox user1@ropewalk.test " + kExamples, 1},
      {"import " + kExamples, 2},
      {"export" + account() + "-o x", 2},
      {"export" + account() + "--message zz -o x", 2},
      {"export" + account() + "--message 1-FFFFFF -o " + path("x"), 1},
      {"export" + account() + "--folder Nowhere -o " + path("x"), 1},
  };
  run("import" + account() + kExamples + "/01-plain.eml");
  for (const auto& one : cases) {
    Ran ran = run(one.arguments);
    EXPECT_EQ(ran.code, one.code) << one.arguments << ran.err;
    EXPECT_TRUE(ran.err.starts_with("ropewalk: ")) << ran.err;
  }
}

}  // namespace
}  // namespace ropewalk
