// `ropewalk demo`: a server with two mailboxes and real mail, the client at work on it, and what they say to each
// other.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/demo.h"
#include "cli/trace.h"
#include "directory/directory.h"
#include "server/server.h"
#include "store/mailbox_stores.h"

namespace ropewalk::cli {
namespace {

namespace fs = std::filesystem;

struct Options {
  bool once = false, json = false, full = false, quiet = false;
  u16 port = 0;
};

constexpr std::string_view kUser1 = "user1@ropewalk.test", kUser2 = "user2@ropewalk.test";

// A folder that goes with its owner.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "ropewalk-demo-XXXXXX").string();
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code error;
    if (!path_.empty()) fs::remove_all(path_, error);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// A user with a mailbox that holds the samples.
Status add_mailbox(const std::string& data, std::string_view address, const std::string& password,
                   std::span<const Sample> samples) {
  ROPEWALK_TRY(auto people, directory::Directory::open(data));
  ROPEWALK_TRY(directory::User user, people->add_user({std::string(address), {}, {}, password, true}));
  store::MailboxStores stores(data);
  auto mailbox = stores.create({user.name, user.address, user.legacy_dn, user.mailbox_guid});
  if (!mailbox.ok()) return Error{mailbox.error().text};
  std::vector<const mapi::MessageContent*> contents;
  for (const Sample& sample : samples) contents.push_back(&sample.content);
  auto imported = (*mailbox)->import((*mailbox)->special(store::SpecialFolder::inbox), contents);
  if (!imported.ok()) return Error{"cannot import the sample mail: " + imported.error().text};
  return {};
}

struct Shown {
  std::string title, text;
  bool ok = false;
};

class Demo {
 public:
  explicit Demo(const Options& options) : options_(options) {}

  // Everything but waiting; true if every step's result was what it should be.
  Result<bool> run() {
    if (data_.path().empty()) return Error{"cannot make a temporary folder"};
    std::string folder = sample_mail_folder();
    if (folder.empty()) return Error{"the sample mail (examples/mail) is not there"};
    ROPEWALK_TRY(samples_, load_samples(folder));
    ROPEWALK_CHECK(add_mailbox(data_.path(), kUser1, password_, samples_));
    ROPEWALK_CHECK(add_mailbox(data_.path(), kUser2, password_,
                               std::span(samples_).first(std::min<std::size_t>(3, samples_.size()))));
    server::Config config;
    config.data = data_.path();
    config.https_port = options_.port;
    config.rpc_port = config.epm_port = 0;
    config.log_level = server::LogLevel::warning;
    ROPEWALK_TRY(server_, server::Server::start(config));
    say(fmt::format("{} messages of {} imported into the mailbox of {}, 3 into that of {}.\n", samples_.size(), folder,
                    kUser1, kUser2));
    say("The server listens at " + url() + "\n\n");
    bool good = talk();
    good = second_mailbox() && good;
    good = wrong_password() && good;
    std::string mapper;
    for (const auto& at : server_->listening())
      if (at.is_endpoint_mapper) mapper = std::to_string(at.port);
    good = same_mailbox("The same mailbox over RPC: endpoint mapper, bind, EcDoConnectEx, EcDoRpcExt2, sealed",
                        {{"server", "ncacn_ip_tcp:127.0.0.1"}, {"mapper_port", mapper}}) &&
           good;
    good = same_mailbox("The same mailbox over RPC over HTTP: two channels, signed in and sealed by NTLM",
                        {{"server", "ncacn_http:" + url().substr(url().find("//") + 2)},
                         {"http_auth", "ntlm"},
                         {"ca", certificate()}}) &&
           good;
    if (options_.json) print_json();
    return good;
  }

  std::string url() const {
    const auto& listening = server_->listening().front();
    return fmt::format("https://{}:{}", listening.address, listening.port);
  }
  std::string how_to_connect() const {
    return fmt::format(
        "Connect to it with:\n"
        "  echo {} | ropewalk messages --server {} --user {} --password-stdin --ca {}\n"
        "(users {} and {}, password {}; any MAPI/HTTP client: {})\n",
        password_, url(), kUser1, certificate(), kUser1, kUser2, password_, server_->listening().front().url);
  }
  void stop() { server_->stop(); }

 private:
  std::string certificate() const { return data_.path() + "/tls/certificate.pem"; }
  void say(const std::string& text) const {
    if (!options_.json) write_output(text);
  }
  client::Profile profile(std::string_view user) const {
    client::Profile made;
    made.services.push_back(
        {"demo", "exchange", {{"server", url()}, {"user", std::string(user)}, {"ca", certificate()}}});
    return made;
  }
  bool show(const std::string& title, const client::Outcome<std::string>& found) {
    Shown shown{title, found.ok() ? *found : found.error().text, found.ok()};
    say(fmt::format("{}. {}: {}\n{}\n", shown_.size() + 1, title, found.ok() ? "as it should be" : "WRONG",
                    found.ok() ? *found : found.error().text + "\n"));
    shown_.push_back(std::move(shown));
    return found.ok();
  }

  // Prints a conversation as it goes.
  std::function<void(const client::Traffic&)> observer() const {
    if (options_.json || options_.quiet) return {};
    return trace_to([](const std::string& text) { write_output(text); }, {options_.full, is_output_terminal()});
  }
  bool talk() {
    client::SimpleHost host(password_, observer());
    client::Session session(profile(kUser1), host);
    auto store = session.open_store();
    if (!store.ok()) return show("Connecting", store.error());
    bool good = true;
    for (const DemoStep& step : demo_steps(samples_)) good = show(step.title, step.run(**store)) && good;
    return good;
  }
  bool second_mailbox() {
    client::SimpleHost host(password_);
    client::Session session(profile(kUser2), host);
    auto store = session.open_store();
    if (!store.ok()) return show("The second mailbox", store.error());
    auto count = [&]() -> client::Outcome<std::string> {
      ROPEWALK_TRY(client::FolderId id, (*store)->special(client::SpecialFolder::inbox));
      ROPEWALK_TRY(auto inbox, (*store)->open_folder(id));
      ROPEWALK_TRY(auto table, inbox->messages());
      ROPEWALK_TRY(client::Position position, table->position());
      if (position.count != 3)
        return client::Failure{mapi::ErrorCode::error,
                               fmt::format("its Inbox holds {} messages, not 3", position.count)};
      return std::string("Its Inbox holds its own 3 messages\n");
    };
    return show("The second mailbox", count());
  }
  bool wrong_password() {
    client::SimpleHost host("not the password");
    client::Session session(profile(kUser1), host);
    auto store = session.open_store();
    if (store.ok()) return show("A wrong password", client::Failure{mapi::ErrorCode::error, "it opened the mailbox"});
    if (store.error().code != mapi::ErrorCode::login_failure) return show("A wrong password", store.error());
    return show("A wrong password", store.error().text + "\n");
  }
  // The classic conversation, over whatever carries it.
  bool same_mailbox(const std::string& title, std::map<std::string, std::string> settings) {
    settings["user"] = kUser1;
    client::Profile made;
    made.services.push_back({"demo", "exchange", std::move(settings)});
    client::SimpleHost host(password_, observer());
    client::Session session(made, host);
    auto look = [&]() -> client::Outcome<std::string> {
      ROPEWALK_TRY(auto store, session.open_store());
      ROPEWALK_TRY(client::FolderId id, store->special(client::SpecialFolder::inbox));
      ROPEWALK_TRY(auto inbox, store->open_folder(id));
      ROPEWALK_TRY(auto table, inbox->messages());
      ROPEWALK_TRY(client::Position position, table->position());
      if (position.count < samples_.size())
        return client::Failure{mapi::ErrorCode::error, fmt::format("its Inbox holds only {} messages", position.count)};
      return fmt::format("The Inbox holds {} messages here too\n", position.count);
    };
    return show(title, look());
  }
  void print_json() const {
    boost::json::array steps;
    for (const Shown& step : shown_) steps.push_back({{"step", step.title}, {"ok", step.ok}, {"text", step.text}});
    boost::json::object all{{"server", url()},
                            {"user", kUser1},
                            {"password", password_},
                            {"ca", certificate()},
                            {"steps", std::move(steps)}};
    write_output(boost::json::serialize(all) + "\n");
  }

  Options options_;
  TemporaryFolder data_;
  std::string password_ = Guid::random().to_string();
  std::vector<Sample> samples_;
  std::unique_ptr<server::Server> server_;
  std::vector<Shown> shown_;
};

void wait_for_signal(const sigset_t& signals) {
  int received = 0;
  sigwait(&signals, &received);
}

}  // namespace

void add_demo_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("demo", "Show the server and the client at work, and what they say");
  auto options = std::make_shared<Options>();
  command->add_flag("--once", options->once, "End instead of serving until interrupted");
  command->add_option("--port", options->port, "The port to listen on; 0 for any free one")->capture_default_str();
  command->add_flag("--full", options->full, "The conversation as whole field trees");
  command->add_flag("--quiet", options->quiet, "Without the conversation");
  command->add_flag("--json", options->json, "The steps and their results as a JSON object");
  command->callback([options, &outcome] {
    // Blocked before any thread starts, so that waiting for them is this thread's alone.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    if (!options->once) pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    Demo demo(*options);
    auto good = demo.run();
    if (!good.ok()) return outcome.fail(good.error());
    if (!*good) outcome.fail("a step's result was not what it should be");
    if (!options->once) {
      std::string how = demo.how_to_connect();
      std::fwrite(how.data(), 1, how.size(), options->json ? stderr : stdout);
      std::fflush(stdout);
      wait_for_signal(signals);
    }
    demo.stop();
  });
}

}  // namespace ropewalk::cli
