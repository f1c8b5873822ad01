// `ropewalk demo`: a server with two mailboxes and real mail, the client at work on it, and what they say to each
// other.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/demo.h"
#include "cli/demo_address_book.h"
#include "cli/trace.h"
#include "client/autodiscover/search.h"
#include "directory/directory.h"
#include "server/server.h"
#include "server/user_with_mailbox.h"
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
  store::MailboxStores stores(data);
  ROPEWALK_TRY(const directory::User user,
               server::add_user_with_mailbox(*people, stores,
                                             {.address = std::string(address), .password = password, .ntlm = true}));
  auto mailbox = stores.open(user.mailbox_guid);
  if (!mailbox.ok()) return Error{mailbox.error().text};
  std::vector<const mapi::MessageContent*> contents;
  for (const Sample& sample : samples) contents.push_back(&sample.content);
  auto imported = (*mailbox)->import((*mailbox)->special(store::SpecialFolder::inbox), contents);
  if (!imported.ok()) return Error{"cannot import the sample mail: " + imported.error().text};
  return {};
}

// Sees a packet go by, for somebody else to wait for.
class Lookout {
 public:
  explicit Lookout(std::string_view packet) : packet_(packet) {}
  void see(const client::Traffic& traffic) {
    if (traffic.kind != client::Traffic::Kind::packet_sent || traffic.type != packet_) return;
    std::lock_guard lock(mutex_);
    seen_ = true;
    changed_.notify_all();
  }
  bool wait_for(std::chrono::seconds time) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, time, [this] { return seen_; });
  }

 private:
  const std::string_view packet_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool seen_ = false;
};

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
    ROPEWALK_CHECK(add_demo_entries(data_.path()));
    server::Config config;
    config.data = data_.path();
    config.https_port = options_.port;
    config.rpc_port = config.epm_port = 0;
    config.log_level = server::LogLevel::warning;
    ROPEWALK_TRY(server_, server::Server::start(config));
    say(fmt::format("{} messages of {} imported into the mailbox of {}, 3 into that of {}.\n", samples_.size(), folder,
                    kUser1, kUser2));
    say("The server listens at " + url() + "\n\n");
    say("=== MAPI over HTTP ===\n\n");
    bool good = talk();
    good = second_mailbox() && good;
    good = wrong_password() && good;
    say("=== The address book, found from the mail address ===\n\n");
    good = address_book() && good;
    std::string mapper;
    for (const auto& at : server_->listening())
      if (at.is_endpoint_mapper) mapper = std::to_string(at.port);
    say("=== RPC over TCP: the endpoint mapper, then the mailbox's port; sealed by NTLM ===\n\n");
    const std::map<std::string, std::string> over_tcp{{"server", "ncacn_ip_tcp:127.0.0.1"}, {"mapper_port", mapper}};
    good = classic("RPC", over_tcp) && good;
    good = show_address_book(" over RPC: NSPI", over_tcp, 1) && good;
    say("=== RPC over HTTP: a channel each way, signed in and sealed by NTLM ===\n\n");
    good = classic("RPC over HTTP", {{"server", "ncacn_http:" + url().substr(url().find("//") + 2)},
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
  // The heading, what `work` says over the network, and whether it found what it should.
  bool show(const std::string& title, const std::function<client::Outcome<std::string>()>& work) {
    say(fmt::format("{}. {}\n", shown_.size() + 1, title));
    const auto found = work();
    Shown shown{title, found.ok() ? *found : found.error().text, found.ok()};
    say(found.ok() ? "As it should be:\n" + *found + "\n" : "WRONG: " + found.error().text + "\n\n");
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
    std::unique_ptr<client::MessageStore> store;
    auto connect = [&]() -> client::Outcome<std::string> {
      ROPEWALK_TRY(store, session.open_store());
      return fmt::format("Logged on as {}\n", kUser1);
    };
    if (!show("Connecting", connect)) return false;
    bool good = true;
    for (const DemoStep& step : demo_steps(samples_)) good = show(step.title, [&] { return step.run(*store); }) && good;
    return good;
  }
  bool second_mailbox() {
    client::SimpleHost host(password_);
    client::Session session(profile(kUser2), host);
    return show("The second mailbox", [&]() -> client::Outcome<std::string> {
      ROPEWALK_TRY(auto store, session.open_store());
      ROPEWALK_TRY(u64 count, count_messages(*store));
      if (count != 3)
        return client::Failure{mapi::ErrorCode::error, fmt::format("its Inbox holds {} messages, not 3", count)};
      return std::string("Its Inbox holds its own 3 messages\n");
    });
  }
  bool wrong_password() {
    client::SimpleHost host("not the password");
    client::Session session(profile(kUser1), host);
    return show("A wrong password", [&]() -> client::Outcome<std::string> {
      auto store = session.open_store();
      if (store.ok()) return client::Failure{mapi::ErrorCode::error, "it opened the mailbox"};
      if (store.error().code != mapi::ErrorCode::login_failure) return store.error();
      return store.error().text + "\n";
    });
  }
  // What a new profile does: the server from the address, then the address book.
  bool address_book() {
    std::string server;
    const bool found =
        show("Autodiscover: the server of " + std::string(kUser1), [&]() -> client::Outcome<std::string> {
          client::autodiscover::SearchOptions options;
          options.address = kUser1;
          options.password = password_;
          options.server = url();  // no DNS knows it
          options.ca_file = certificate();
          options.on_step = [this](const client::autodiscover::Step& step) {
            if (!options_.quiet) say(fmt::format("    {} {}: {}\n", step.what, step.where, step.result));
          };
          ROPEWALK_TRY(const auto settings, client::autodiscover::search(options));
          const auto ways = client::autodiscover::ways_in(settings.settings);
          if (ways.empty()) return client::Failure{mapi::ErrorCode::not_found, "the server names no way in"};
          server = ways.front();
          return fmt::format("{} is served at {}\n", settings.address, server);
        });
    return found && show_address_book("", {{"server", server}, {"ca", certificate()}}, kEveryStep);
  }
  static constexpr std::size_t kEveryStep = ~std::size_t{0};
  // The first steps of so many.
  bool show_address_book(const std::string& how, std::map<std::string, std::string> settings, std::size_t most) {
    settings["user"] = kUser1;
    client::Profile made;
    made.services.push_back({"demo", "exchange", std::move(settings)});
    client::SimpleHost host(password_, observer());
    client::Session session(made, host);
    std::unique_ptr<client::AddressBook> book;
    bool good = true;
    for (const AddressBookStep& step : address_book_steps()) {
      if (most-- == 0) break;
      good = show(step.title + how,
                  [&]() -> client::Outcome<std::string> {
                    if (book == nullptr) {
                      ROPEWALK_TRY(book, session.open_address_book());
                    }
                    return step.run(*book);
                  }) &&
             good;
    }
    book.reset();
    say("\n");
    return good;
  }
  // The classic conversation, over whatever carries it.
  bool classic(const std::string& carrier, std::map<std::string, std::string> settings) {
    settings["user"] = kUser1;
    client::Profile made;
    made.services.push_back({"demo", "exchange", std::move(settings)});
    Lookout lookout("request AsyncEMSMDB EcDoAsyncWaitEx");
    client::SimpleHost host(password_, [&lookout, shown = observer()](const client::Traffic& traffic) {
      if (shown) shown(traffic);
      lookout.see(traffic);
    });
    client::Session session(made, host);
    std::unique_ptr<client::MessageStore> store;
    auto look = [&]() -> client::Outcome<std::string> {
      ROPEWALK_TRY(store, session.open_store());
      ROPEWALK_TRY(u64 count, count_messages(*store));
      if (count < samples_.size())
        return client::Failure{mapi::ErrorCode::error, fmt::format("its Inbox holds only {} messages", count)};
      return fmt::format("The Inbox holds {} messages here too\n", count);
    };
    if (!show("The same mailbox over " + carrier + ": bind, EcDoConnectEx, EcDoRpcExt2", look)) return false;
    // AsyncEMSMDB is asked for on a connection that is bound to EMSMDB already.
    return show("Being told over " + carrier + ": EcDoAsyncConnectEx, alter_context, EcDoAsyncWaitEx", [&] {
      return write_and_be_told(*store, "Written over " + carrier,
                               [&] { return lookout.wait_for(std::chrono::seconds(20)); });
    });
  }
  static client::Outcome<u64> count_messages(client::MessageStore& store) {
    ROPEWALK_TRY(client::FolderId id, store.special(client::SpecialFolder::inbox));
    ROPEWALK_TRY(auto inbox, store.open_folder(id));
    ROPEWALK_TRY(auto table, inbox->messages());
    ROPEWALK_TRY(client::Position position, table->position());
    return u64{position.count};
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
