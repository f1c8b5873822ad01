// The client library and its commands against `ropewalk serve` as a process of its own, and against mailbox files.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

#include "cli/demo.h"
#include "client/session.h"
#include "directory/directory.h"
#include "program.h"
#include "store/mailbox_stores.h"

namespace ropewalk {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kUser = "user1@ropewalk.test";
constexpr const char* kPassword = "a sound password";

// A data folder with one mailbox that holds the sample mail, and what was imported.
class Data {
 public:
  Data() : samples(cli::load_samples(std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail").value()) {
    auto people = directory::Directory::open(folder()).value();
    auto user = people->add_user({kUser, {}, {}, kPassword}).value();
    store::MailboxStores stores(folder());
    auto mailbox = stores.create({user.name, user.address, user.legacy_dn, user.mailbox_guid}).value();
    std::vector<const mapi::MessageContent*> contents;
    for (const auto& sample : samples) contents.push_back(&sample.content);
    auto imported = mailbox->import(mailbox->special(store::SpecialFolder::inbox), contents);
    EXPECT_TRUE(imported.ok()) << (imported.ok() ? "" : imported.error().text);
  }
  std::string folder() const { return temporary.path("data"); }

  TestFolder temporary;
  std::vector<cli::Sample> samples;
};

// `ropewalk serve` on it.
class Served {
 public:
  explicit Served(const Data& data, bool tls = true)
      : process({"serve", "--data", data.folder(), tls ? "--https-port" : "--http-port", "0"}),
        ca(data.folder() + "/tls/certificate.pem") {
    const std::string announced = "listening on ", line = process.read_line(std::chrono::seconds(60));
    if (line.starts_with(announced)) url = line.substr(announced.size(), line.find("/mapi") - announced.size());
  }
  Program process;
  std::string url, ca;
};

void run_steps(client::MessageStore& store, const std::vector<cli::Sample>& samples) {
  for (const auto& step : cli::demo_steps(samples)) {
    auto told = step.run(store);
    EXPECT_TRUE(told.ok()) << step.title << ": " << (told.ok() ? "" : told.error().text);
  }
}

client::Profile profile(std::map<std::string, std::string> settings, const std::string& provider) {
  client::Profile made;
  made.services.push_back({"test", provider, std::move(settings)});
  return made;
}

TEST(ClientEndToEnd, LibraryOverHttps) {
  Data data;
  Served served(data);
  ASSERT_FALSE(served.url.empty());
  client::SimpleHost host(kPassword);
  client::Session session(profile({{"server", served.url}, {"user", kUser}, {"ca", served.ca}}, "exchange"), host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  run_steps(**store, data.samples);
  store->reset();
  served.process.signal(SIGTERM);
  EXPECT_EQ(served.process.wait(), 0);
}

TEST(ClientEndToEnd, LibraryOverPlainHttpWithoutCompression) {
  Data data;
  Served served(data, false);
  ASSERT_FALSE(served.url.empty());
  client::SimpleHost host(kPassword);
  client::Session session(profile({{"server", served.url}, {"user", kUser}, {"plain", "true"}}, "exchange"), host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  run_steps(**store, data.samples);
}

// Nothing in the steps knows which provider is behind the store.
TEST(ClientEndToEnd, TheSameStepsOnAMailboxFile) {
  Data data;
  client::SimpleHost host("");
  client::Session session(profile({{"path", data.folder()}, {"user", kUser}}, "local"), host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  run_steps(**store, data.samples);
}

class Commands : public testing::Test {
 protected:
  std::vector<std::string> with_server(std::vector<std::string> words) {
    for (const char* word :
         {"--server", served_.url.c_str(), "--user", kUser, "--password-stdin", "--ca", served_.ca.c_str()})
      words.push_back(word);
    return words;
  }
  Ran run(std::vector<std::string> words, const std::string& password = kPassword) {
    return run_program(with_server(std::move(words)), password + "\n");
  }
  boost::json::value json(std::vector<std::string> words) {
    words.push_back("--json");
    Ran ran = run(words);
    EXPECT_EQ(ran.code, 0) << ran.err;
    boost::system::error_code error;
    auto value = boost::json::parse(ran.out, error);
    EXPECT_FALSE(error) << ran.out;
    return value;
  }

  Data data_;
  Served served_{data_};
};

std::string text(const boost::json::value& value, const char* key) { return value.at(key).as_string().c_str(); }

TEST_F(Commands, Folders) {
  auto folders = json({"folders"});
  bool inbox = false;
  for (const auto& folder : folders.as_array()) {
    if (text(folder, "path") != "Inbox") continue;
    inbox = true;
    EXPECT_EQ(folder.at("messages").as_int64(), static_cast<i64>(data_.samples.size()));
    EXPECT_EQ(text(folder, "class"), "IPF.Note");
  }
  EXPECT_TRUE(inbox);
  // Paths are those of folders within folders, and lead there.
  for (const auto& folder : folders.as_array()) {
    std::string path = text(folder, "path"), name = text(folder, "name");
    EXPECT_EQ(std::count(path.begin(), path.end(), '/'), folder.at("depth").as_int64()) << path;
    EXPECT_TRUE(path.ends_with(name)) << path;
  }
  EXPECT_EQ(run({"messages", "Sync Issues/Conflicts", "--json"}).out, "[]\n");
  Ran table = run({"folders"});
  EXPECT_EQ(table.code, 0);
  EXPECT_THAT(table.out, HasSubstr("Inbox"));
}

TEST_F(Commands, MessagesSortAndFilter) {
  auto all = json({"messages", "--limit", "0"});
  EXPECT_EQ(all.as_array().size(), data_.samples.size());
  auto some = json({"messages", "inbox", "--limit", "5", "--sort", "subject"});
  ASSERT_EQ(some.as_array().size(), 5u);
  std::string wanted = client::text_of(data_.samples[4].content.properties.all(), mapi::tag::PidTagSubject);
  auto found = json({"messages", "--subject", wanted});
  ASSERT_GE(found.as_array().size(), 1u);
  EXPECT_EQ(text(found.at(0), "subject"), wanted);
  EXPECT_TRUE(found.at(0).at("attachments").as_bool());
  EXPECT_EQ(run({"messages", "--sort", "sideways:up"}).code, 2);
  Ran missing = run({"messages", "No/Such/Folder"});
  EXPECT_EQ(missing.code, 1);
  EXPECT_THAT(missing.err, HasSubstr("there is no folder \"No/Such/Folder\""));
}

TEST_F(Commands, ShowAndAttachments) {
  std::string wanted = client::text_of(data_.samples[4].content.properties.all(), mapi::tag::PidTagSubject);
  std::string id = text(json({"messages", "--subject", wanted}).at(0), "id");
  auto message = json({"show", id});
  EXPECT_EQ(text(message, "subject"), wanted);
  EXPECT_EQ(message.at("attachments").as_array().size(), data_.samples[4].content.attachments.size());
  Ran shown = run({"show", id});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_THAT(shown.out, HasSubstr("Subject:     " + wanted));
  Ran properties = run({"show", id, "--properties"});
  EXPECT_THAT(properties.out, HasSubstr("PidTagSubject"));
  Ran eml = run({"show", id, "--eml"});
  EXPECT_THAT(eml.out, HasSubstr("Subject: "));

  std::string folder = data_.temporary.path("saved");
  auto saved = json({"attachments", id, "--save", folder});
  std::size_t i = 0;
  for (const auto& file : saved.as_array()) {
    std::ifstream in(text(file, "saved"), std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const auto* data = client::find_value(data_.samples[4].content.attachments[i++].properties.all(),
                                          mapi::tag::PidTagAttachDataBinary);
    ASSERT_NE(data, nullptr);
    EXPECT_EQ(bytes, text_of(data->value.bytes));
  }
  EXPECT_EQ(i, data_.samples[4].content.attachments.size());
}

TEST_F(Commands, PutAndWatch) {
  Program watching(with_server({"watch", "inbox", "--count", "1", "--json"}), std::string(kPassword) + "\n");
  std::string event, id;
  // Nothing says when the watcher is ready: messages come until it has seen one.
  for (int i = 0; i < 20 && event.empty(); ++i) {
    auto put = json({"put", "--subject", "Put by the test", "--body", "Hello", "--to", "user2@ropewalk.test"});
    id = text(put.at(0), "id");
    event = watching.read_line(std::chrono::seconds(2));
  }
  EXPECT_THAT(event, HasSubstr("\"event\":\"created\""));
  EXPECT_THAT(event, HasSubstr("\"message\":\""));
  EXPECT_EQ(watching.wait(), 0) << watching.err();
  auto message = json({"show", id});
  EXPECT_EQ(text(message, "subject"), "Put by the test");
  EXPECT_EQ(text(message, "body"), "Hello");
  EXPECT_EQ(text(message.at("recipients").at(0), "address"), "user2@ropewalk.test");

  Ran file = run({"put", std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail/09-nested-twice.eml"});
  EXPECT_EQ(file.code, 0) << file.err;
}

TEST_F(Commands, FailuresAreOneLineAndAnExitCode) {
  Ran refused = run({"folders"}, "wrong password");
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("does not accept the user \"user1@ropewalk.test\""));
  EXPECT_EQ(std::count(refused.err.begin(), refused.err.end(), '\n'), 1);
  Ran absent = run({"show", "1-FFFFFF"});
  EXPECT_EQ(absent.code, 1);
  EXPECT_THAT(absent.err, HasSubstr("ecNotFound"));
  EXPECT_EQ(run({"show", "nonsense"}).code, 1);
  EXPECT_EQ(run({"put"}).code, 2);
  Ran untrusted = run_program({"folders", "--server", served_.url, "--user", kUser, "--password-stdin"},
                              std::string(kPassword) + "\n");
  EXPECT_EQ(untrusted.code, 1);
  EXPECT_THAT(untrusted.err, HasSubstr("certificate"));
}

TEST_F(Commands, TraceShowsTheConversation) {
  Ran traced = run({"folders", "--trace"});
  EXPECT_EQ(traced.code, 0);
  EXPECT_THAT(traced.err, HasSubstr("--> Connect #1"));
  EXPECT_THAT(traced.err, HasSubstr("RopQueryRows"));
  EXPECT_THAT(traced.err, HasSubstr("RowData=[{Flag=0, PidTagFolderId="));
  EXPECT_THAT(traced.err, Not(HasSubstr("Authorization")));
}

TEST_F(Commands, BenchCountsWhatTheServerAnswers) {
  for (const char* scenario : {"open-folder", "query-rows", "contents-table", "create", "idle"}) {
    Ran bench = run_program({"bench", served_.url, "--scenario", scenario, "--seconds", "0.3", "--connections", "2",
                             "--sessions", "3", "--user", kUser, "--password-stdin", "--ca", served_.ca, "--server-pid",
                             std::to_string(served_.process.pid()), "--json"},
                            std::string(kPassword) + "\n");
    EXPECT_EQ(bench.code, 0) << scenario << ": " << bench.err;
    auto result = boost::json::parse(bench.out);
    EXPECT_EQ(result.at("errors").to_number<int>(), 0) << scenario;
    bool asks = std::string(scenario) != "idle";
    EXPECT_EQ(result.at("requests").to_number<int>() > 0, asks) << scenario;
    EXPECT_TRUE(result.as_object().contains("server_memory_bytes"));
  }
}

// What the commands say of a mailbox, by command line.
using Answers = std::map<std::string, std::string>;

// Asks with `where` for all there is to know; `saved`: a folder for attachments.
Answers ask_everything(const std::vector<std::string>& where, const std::string& input, const std::string& saved,
                       const boost::json::array& messages) {
  Answers answers;
  auto ask = [&](std::vector<std::string> words) {
    std::string line;
    for (const std::string& word : words) line += word + " ";
    words.insert(words.end(), where.begin(), where.end());
    Ran ran = run_program(words, input);
    std::string out = ran.out;
    for (std::string* said : {&line, &out})
      for (auto at = said->find(saved); at != said->npos; at = said->find(saved))
        said->replace(at, saved.size(), "SAVED");
    answers[line] = std::to_string(ran.code) + "\n" + out;
  };
  for (const char* format : {"", "--json"}) {
    std::vector<std::string> json;
    if (*format != 0) json.push_back(format);
    auto with = [&](std::vector<std::string> words) {
      words.insert(words.end(), json.begin(), json.end());
      ask(words);
    };
    with({"folders"});
    with({"folders", "--all"});
    with({"messages", "--limit", "0"});
    with({"messages", "--limit", "7", "--sort", "subject"});
    with({"messages", "--limit", "0", "--sort", "size:desc"});
    with({"messages", "--subject", "the"});
    with({"messages", "Sent Items"});
    with({"messages", "No/Such/Folder"});
    with({"show", "1"});
    with({"show", "49"});
    with({"show", "1-FFFFFF"});
    with({"attachments", "1-FFFFFF"});
  }
  std::size_t place = 0;
  for (const auto& message : messages) {
    const bool has_attachments = message.at("attachments").as_bool();
    const bool is_large = message.at("size").as_int64() > 20'000;
    if (place++ % 6 != 0 && !has_attachments && !is_large) continue;
    std::string id = text(message, "id");
    ask({"show", id, "--json"});
    ask({"show", id, "--eml"});
    ask({"show", id, "--properties", "--json"});
    if (has_attachments) ask({"attachments", id, "--save", saved, "--json"});
  }
  return answers;
}

std::map<std::string, std::string> files_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  return files;
}

// Every command says the same of a mailbox, and ends with the same exit code, whether it reads the file itself or asks
// a server for it.
TEST(ClientEndToEnd, ProvidersAreNotToldApart) {
  Data data;
  std::vector<std::string> local = {"--server", "file://" + data.folder(), "--user", kUser};
  Ran listed = run_program({"messages", "--limit", "0", "--json", local[0], local[1], local[2], local[3]});
  ASSERT_EQ(listed.code, 0) << listed.err;
  const auto messages = boost::json::parse(listed.out);
  ASSERT_EQ(messages.as_array().size(), data.samples.size());
  std::string saved_here = data.temporary.path("saved-local"), saved_there = data.temporary.path("saved-exchange");
  Answers here = ask_everything(local, "", saved_here, messages.as_array());
  Served served(data);
  ASSERT_FALSE(served.url.empty());
  Answers there = ask_everything({"--server", served.url, "--user", kUser, "--password-stdin", "--ca", served.ca},
                                 std::string(kPassword) + "\n", saved_there, messages.as_array());
  ASSERT_EQ(here.size(), there.size());
  for (const auto& [line, answer] : here) EXPECT_EQ(answer, there[line]) << line;
  auto files = files_in(saved_here);
  EXPECT_GE(files.size(), 10u);
  EXPECT_EQ(files, files_in(saved_there));
}

// What one provider writes the other reads.
TEST(ClientEndToEnd, ProvidersWriteTheSame) {
  Data data;
  std::vector<std::string> local = {"--server", "file://" + data.folder(), "--user", kUser};
  auto put = [&](std::vector<std::string> where, const std::string& input, const std::string& file) {
    where.insert(where.begin(), {"put", file, "--json"});
    Ran ran = run_program(where, input);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return text(boost::json::parse(ran.out).at(0), "id");
  };
  auto shown = [&](std::vector<std::string> where, const std::string& input, const std::string& id) {
    where.insert(where.begin(), {"show", id, "--json"});
    Ran ran = run_program(where, input);
    EXPECT_EQ(ran.code, 0) << ran.err;
    auto message = boost::json::parse(ran.out);
    message.as_object().erase("id");
    // What an embedded message takes depends on which of its properties the store made itself.
    for (auto& attachment : message.at("attachments").as_array())
      if (attachment.at("method").as_int64() == 5) attachment.as_object().erase("size");
    return boost::json::serialize(message);
  };
  auto eml = [&](std::vector<std::string> where, const std::string& input, const std::string& id) {
    where.insert(where.begin(), {"show", id, "--eml"});
    Ran ran = run_program(where, input);
    EXPECT_EQ(ran.code, 0) << ran.err;
    // Attachments tell when they were made, in parameters that may be folded.
    std::string unfolded = std::regex_replace(ran.out, std::regex("\\r\\n[ \\t]+"), " ");
    return std::regex_replace(unfolded, std::regex("(creation|modification)-date=\"[^\"]*\""), "$1-date");
  };
  const std::string mail = std::string(ROPEWALK_SOURCE_DIR) + "/examples/mail/";
  for (const char* name : {"05-png-and-pdf.eml", "09-nested-twice.eml"}) {
    std::string by_file = put(local, "", mail + name);
    Served served(data);
    ASSERT_FALSE(served.url.empty());
    const std::vector<std::string> remote = {"--server",         served.url, "--user", kUser,
                                             "--password-stdin", "--ca",     served.ca};
    const std::string password = std::string(kPassword) + "\n";
    std::string by_server = put(remote, password, mail + name);
    EXPECT_NE(by_file, by_server);
    std::string wanted = shown(remote, password, by_server);
    EXPECT_EQ(shown(remote, password, by_file), wanted) << name;
    EXPECT_EQ(eml(remote, password, by_file), eml(remote, password, by_server)) << name;
    served.process.signal(SIGTERM);
    EXPECT_EQ(served.process.wait(), 0);
    EXPECT_EQ(shown(local, "", by_server), wanted) << name;
  }
}

// One line on what is wrong and exit code 1, at once and in the middle of work.
TEST(ClientEndToEnd, AServerThatIsGone) {
  Data data;
  Served served(data);
  ASSERT_FALSE(served.url.empty());
  const std::vector<std::string> remote = {"--server",         served.url, "--user", kUser,
                                           "--password-stdin", "--ca",     served.ca};
  auto run = [&](std::vector<std::string> words) {
    words.insert(words.end(), remote.begin(), remote.end());
    return run_program(words, std::string(kPassword) + "\n");
  };
  ASSERT_EQ(run({"folders"}).code, 0);
  client::SimpleHost host(kPassword);
  client::Session session(profile({{"server", served.url}, {"user", kUser}, {"ca", served.ca}}, "exchange"), host);
  auto store = session.open_store();
  ASSERT_TRUE(store.ok()) << store.error().text;
  auto inbox = (*store)->special(client::SpecialFolder::inbox);
  ASSERT_TRUE(inbox.ok());
  served.process.signal(SIGKILL);
  EXPECT_EQ(served.process.wait(), -SIGKILL);

  auto folder = (*store)->open_folder(*inbox);
  ASSERT_FALSE(folder.ok());
  EXPECT_THAT(folder.error().text, HasSubstr("cannot connect"));
  for (std::vector<std::string> words : {std::vector<std::string>{"folders"},
                                         {"messages", "--json"},
                                         {"show", "1"},
                                         {"attachments", "1"},
                                         {"put", "--subject", "x", "--body", "y"},
                                         {"watch"}}) {
    Ran ran = run(words);
    EXPECT_EQ(ran.code, 1) << words[0];
    EXPECT_EQ(ran.out, "") << words[0];
    EXPECT_THAT(ran.err, HasSubstr("cannot reach the server")) << words[0];
    EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  }
}

TEST(ClientEndToEnd, AProfileSaysWhere) {
  Data data;
  std::string file = data.temporary.path("profile.toml");
  Ran set = run_program({"profile", "set", "--profile", file, "--server", "file://" + data.folder(), "--user", kUser});
  EXPECT_EQ(set.code, 0) << set.err;
  Ran folders = run_program({"folders", "--profile", file, "--json"});
  EXPECT_EQ(folders.code, 0) << folders.err;
  EXPECT_THAT(folders.out, HasSubstr("\"Inbox\""));
}

// Each heading stands before what it is of, and over RPC every packet is named.
constexpr std::string_view kSaidInOrder = R"(=== MAPI over HTTP ===
1. Connecting
--> Connect #1
2. The folders of the mailbox
RopGetHierarchyTable
As it should be:
=== The address book
    POST https://
autodiscover.xml
--> Bind #
<-- QueryRows #
NspiQueryRows ErrorCode=ecNone
Rope Makers
"chandler"
--> GetMatches
=== RPC over TCP
> bind epmapper
> request epmapper ept_map
> bind EMSMDB
> auth3 EMSMDB
> request EMSMDB EcDoConnectEx
< response EMSMDB EcDoRpcExt2
> request EMSMDB EcDoAsyncConnectEx
> alter_context AsyncEMSMDB
< alter_context_resp AsyncEMSMDB
> request AsyncEMSMDB EcDoAsyncWaitEx
> request EMSMDB EcDoDisconnect
> bind NSPI
> request NSPI NspiQueryRows
Rope Makers
=== RPC over HTTP
> rts CONN/A1
< rts CONN/A3
> bind EMSMDB
> alter_context AsyncEMSMDB
> request EMSMDB EcDoDisconnect
)";

TEST(ClientEndToEnd, TheDemonstrationFindsWhatItExpects) {
  Program demo({"demo", "--once"});
  EXPECT_EQ(demo.wait(std::chrono::seconds(120)), 0) << demo.out() << demo.err();
  EXPECT_THAT(demo.out(), HasSubstr("RopQueryRows"));
  std::size_t at = 0;
  std::istringstream lines{std::string(kSaidInOrder)};
  for (std::string line; std::getline(lines, line);) {
    const auto found = demo.out().find(line, at);
    ASSERT_NE(found, std::string::npos) << line << " is missing or out of order in\n" << demo.out();
    at = found;
  }
  EXPECT_THAT(demo.out(), Not(HasSubstr("WRONG")));
}

}  // namespace
}  // namespace ropewalk
