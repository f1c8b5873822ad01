#include "cli/client_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <map>

#include "cli/trace.h"

namespace ropewalk::cli {

using client::Failure;
namespace tag = mapi::tag;

std::shared_ptr<ClientOptions> add_client_options(CLI::App& command) {
  auto options = std::make_shared<ClientOptions>();
  auto group = [&](CLI::Option* option) { option->group("Where the mailbox is"); };
  group(command.add_option("--server", options->server,
                           "https://HOST[:PORT], http://HOST[:PORT], ncacn_ip_tcp:HOST[PORT], ncacn_http:HOST[:PORT], "
                           "file:///DATA or the path of a mailbox file"));
  group(command.add_option("--user", options->user,
                           "Whose mailbox: an address; without --server, autodiscover finds the server"));
  group(command.add_option("--autodiscover", options->autodiscover,
                           "Ask this autodiscover server and no other: a URL, HOST or HOST:PORT"));
  group(
      command.add_option("--dn", options->dn, "The mailbox's legacy DN, for servers that cannot find it by the user"));
  group(command.add_flag("--password-stdin", options->password_stdin, "Read the password from standard input"));
  group(command.add_flag("--insecure", options->insecure, "Take any TLS certificate"));
  group(command.add_option("--ca", options->ca, "Trust the certificates in this PEM file"));
  group(command.add_flag("--plain", options->plain, "Send and ask for ROP buffers without compression and XOR"));
  group(command.add_option("--profile", options->profile, "The profile, instead of the one in ~/.config/ropewalk"));
  group(command.add_option("--service", options->service, "Which service of the profile, instead of its default"));
  auto choice = [&](const char* name, std::string& value, std::vector<std::string> of, const char* help) {
    CLI::Option* option = command.add_option(name, value, help)->check(CLI::IsMember(std::move(of)));
    group(option->type_name("TEXT"));
  };
  choice("--auth", options->auth, {"basic", "ntlm", "kerberos", "negotiate", "none"},
         "basic (the default), ntlm, kerberos or negotiate; over RPC ntlm (the default), kerberos or negotiate, over "
         "RPC over HTTP also none");
  choice("--http-auth", options->http_auth, {"basic", "ntlm", "kerberos", "negotiate"},
         "Over RPC over HTTP, to the proxy: basic (the default), ntlm, kerberos or negotiate");
  choice("--level", options->level, {"connect", "packet", "integrity", "privacy"},
         "Over RPC: connect, packet, integrity or privacy (the default)");
  group(
      command.add_option("--mapper-port", options->mapper_port, "Over RPC: the endpoint mapper's port (default: 135)")
          ->check(CLI::Range(1, 65535))
          ->type_name("TEXT"));
  group(command.add_flag("--trace", options->trace, "Print the conversation with the server, ROP by ROP, to stderr"));
  return options;
}

namespace {

void override_settings(client::Service& service, const ClientOptions& options) {
  if (!options.user.empty()) service.settings["user"] = options.user;
  if (!options.dn.empty()) service.settings["dn"] = options.dn;
  if (!options.ca.empty()) service.settings["ca"] = options.ca;
  if (options.insecure) service.settings["insecure"] = "true";
  if (options.plain) service.settings["plain"] = "true";
  if (!options.auth.empty()) service.settings["auth"] = options.auth;
  if (!options.http_auth.empty()) service.settings["http_auth"] = options.http_auth;
  if (!options.level.empty()) service.settings["level"] = options.level;
  if (!options.mapper_port.empty()) service.settings["mapper_port"] = options.mapper_port;
}

// Asks for a password once, when a provider wants it: store and address book have the same.
class TerminalHost : public client::Host {
 public:
  explicit TerminalHost(const ClientOptions& options) : from_stdin_(options.password_stdin) {
    observer_ = options.observer;
    if (options.trace && !observer_) observer_ = trace_to_stderr();
  }
  client::Outcome<std::string> password(const client::Service& service) override {
    std::string who = service.get("user", service.name);
    if (auto known = known_.find(service.name + "/" + who); known != known_.end()) return known->second;
    auto typed = from_stdin_ ? password_from_stdin() : ask_password("Password of " + who + ": ");
    if (!typed.ok()) return Failure{mapi::ErrorCode::login_failure, typed.error().text};
    return known_[service.name + "/" + who] = *std::move(typed);
  }
  std::function<void(const client::Traffic&)> observer() override { return observer_; }

 private:
  bool from_stdin_;
  std::map<std::string, std::string> known_;
  std::function<void(const client::Traffic&)> observer_;
};

}  // namespace

Result<client::Profile> profile_of(const ClientOptions& options) {
  client::Profile profile;
  if (!options.server.empty()) {
    ROPEWALK_TRY(client::Service service, client::service_of_url(options.server, options.user));
    override_settings(service, options);
    profile.services.push_back(std::move(service));
    return profile;
  }
  std::string path = options.profile.empty() ? client::Profile::default_path() : options.profile;
  ROPEWALK_TRY(profile, client::Profile::load(path));
  const bool is_named =
      !options.autodiscover.empty() || (options.service.empty() && !client::knows_server_of(profile, options.user));
  if (!options.user.empty() && is_named) {
    profile = {};
    profile.services.push_back(client::service_to_find(options.user, options.autodiscover));
  }
  for (client::Service& service : profile.services) override_settings(service, options);
  if (!options.service.empty()) profile.default_service = options.service;
  return profile;
}

namespace {

// The session that the options mean, and who is asked for its password.
template <class Opened>
std::optional<Opened> opened_session(const ClientOptions& options, Outcome& outcome) {
  auto profile = profile_of(options);
  if (!profile.ok()) {
    outcome.misuse(profile.error().text);
    return std::nullopt;
  }
  Opened opened;
  opened.host = std::make_unique<TerminalHost>(options);
  opened.session = std::make_unique<client::Session>(*std::move(profile), *opened.host);
  return opened;
}

}  // namespace

std::optional<OpenedStore> open_store(const ClientOptions& options, Outcome& outcome) {
  auto opened = opened_session<OpenedStore>(options, outcome);
  if (!opened) return opened;
  auto store = opened->session->open_store();
  if (!store.ok()) {
    outcome.fail(store.error().text);
    return std::nullopt;
  }
  opened->store = *std::move(store);
  return opened;
}

std::optional<OpenedAddressBook> open_address_book(const ClientOptions& options, Outcome& outcome) {
  auto opened = opened_session<OpenedAddressBook>(options, outcome);
  if (!opened) return opened;
  auto book = opened->session->open_address_book();
  if (!book.ok()) {
    outcome.fail(book.error().text);
    return std::nullopt;
  }
  opened->book = *std::move(book);
  return opened;
}

Result<std::string> password_from_stdin() {
  std::string line;
  int c = 0;
  while ((c = std::getchar()) != EOF && c != '\n') {
    line += static_cast<char>(c);
    if (line.size() > 1024) return Error{"the password on standard input is longer than 1024 bytes"};
  }
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return Error{"there is no password on standard input"};
  return line;
}

Result<std::string> ask_password(const std::string& prompt) {
  int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal < 0) return Error{"a password is needed and there is no terminal to ask on; use --password-stdin"};
  termios before{};
  bool silent = tcgetattr(terminal, &before) == 0;
  termios quiet = before;
  quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  if (silent) tcsetattr(terminal, TCSAFLUSH, &quiet);
  [[maybe_unused]] auto prompted = ::write(terminal, prompt.data(), prompt.size());
  std::string line;
  char c = 0;
  while (::read(terminal, &c, 1) == 1 && c != '\n' && line.size() < 1024) line += c;
  if (silent) tcsetattr(terminal, TCSAFLUSH, &before);
  [[maybe_unused]] auto ended = ::write(terminal, "\n", 1);
  ::close(terminal);
  if (line.empty()) return Error{"no password was given"};
  return line;
}

std::string short_id(u64 id) {
  client::MessageId parts{id};
  return fmt::format("{:X}-{:X}", parts.replid(), parts.globcnt());
}

std::optional<u64> parse_id(std::string_view text) {
  auto dash = text.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 4) return std::nullopt;
  auto hex = [](std::string_view digits) -> std::optional<u64> {
    u64 value = 0;
    if (digits.empty() || digits.size() > 12) return std::nullopt;
    for (char c : digits) {
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
      if (digit < 0) return std::nullopt;
      value = value << 4 | static_cast<u64>(digit);
    }
    return value;
  };
  auto replid = hex(text.substr(0, dash));
  auto counter = hex(text.substr(dash + 1));
  if (!replid || !counter) return std::nullopt;
  return client::MessageId::make(static_cast<u16>(*replid), *counter).value;
}

client::Outcome<MessageRef> find_message(client::MessageStore& store, const std::string& folder,
                                         const std::string& message) {
  ROPEWALK_TRY(client::FolderId folder_id, store.find_folder(folder));
  if (auto id = parse_id(message)) return MessageRef{folder_id, client::MessageId{*id}};
  char* end = nullptr;
  unsigned long place = std::strtoul(message.c_str(), &end, 10);
  if (end == message.c_str() || *end != 0 || place == 0 || place > 0x7FFFFFFF)
    return Failure{mapi::ErrorCode::invalid_param, "\"" + message +
                                                       "\" is neither a message's id (like 1-2A) nor its place " +
                                                       "in the list (1, 2, ...); `ropewalk messages` shows both"};
  ROPEWALK_TRY(auto opened, store.open_folder(folder_id));
  ROPEWALK_TRY(auto table, opened->messages());
  const client::PropTag columns[] = {client::PropTag(tag::PidTagMid)};
  const client::SortOrder order[] = {{client::PropTag(tag::PidTagMessageDeliveryTime), true}};
  ROPEWALK_CHECK(table->set_columns(columns));
  ROPEWALK_CHECK(table->sort(order));
  if (place > 1) ROPEWALK_CHECK(table->seek(client::Origin::beginning, static_cast<i32>(place - 1)));
  ROPEWALK_TRY(client::Rows rows, table->query(1));
  if (rows.empty()) return Failure{mapi::ErrorCode::not_found, "\"" + folder + "\" holds no message number " + message};
  return MessageRef{folder_id, client::MessageId{client::number_of(rows[0], columns[0])}};
}

std::string time_text(FileTime time) {
  if (time.value == 0) return {};
  std::time_t seconds = time.to_unix();
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return time.to_string();
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts)};
}

std::string size_text(u64 bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{} KB", (bytes + 512) / 1024);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / (1024 * 1024));
}

}  // namespace ropewalk::cli
