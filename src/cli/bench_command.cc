// `ropewalk bench`: load on a MAPI/HTTP server, and what it answers to it.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fstream>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/load_generator.h"
#include "cli/text_table.h"
#include "client/exchange/exchange_provider.h"

namespace ropewalk::cli {
namespace {

struct Options {
  ClientOptions where;  // but for the user, of whom there may be many
  std::string user, users_from, scenario = "open-folder";
  bool json = false;
  int server_pid = 0;
  LoadOptions load;
};

struct User {
  std::string address, password;
};

// "ADDRESS" or "ADDRESS PASSWORD" a line; the common password where a line has none.
Result<std::vector<User>> users_of(const Options& options, const std::string& password) {
  std::vector<User> users;
  if (!options.user.empty()) users.push_back({options.user, password});
  if (options.users_from.empty()) return users;
  std::ifstream in(options.users_from);
  if (!in) return Error{"cannot read " + options.users_from};
  for (std::string line; std::getline(in, line);) {
    auto space = line.find_first_of(" \t");
    std::string address = line.substr(0, space);
    if (address.empty() || address[0] == '#') continue;
    auto from = space == std::string::npos ? space : line.find_first_not_of(" \t", space);
    users.push_back({address, from == std::string::npos ? password : line.substr(from)});
  }
  return users;
}

// Each user's server is looked for where none is named: they need not have the same.
Result<client::exchange::ChannelOptions> channel_of(const Options& options, const User& user) {
  ClientOptions where = options.where;
  where.user = user.address;
  ROPEWALK_TRY(client::Profile profile, profile_of(where));
  auto service = profile.choose({});
  if (!service.ok()) return Error{service.error().text};
  if ((*service)->provider != "exchange") return Error{"bench works on servers, not on files"};
  client::SimpleHost host(user.password);
  auto channel = client::exchange::channel_options(**service, host);
  if (!channel.ok()) return Error{channel.error().text};
  return *std::move(channel);
}

Status set_up(Options& options) {
  std::string password;
  if (options.where.password_stdin) {
    ROPEWALK_TRY(password, password_from_stdin());
  }
  ROPEWALK_TRY(auto users, users_of(options, password));
  for (const User& user : users) {
    ROPEWALK_TRY(auto channel, channel_of(options, user));
    options.load.users.push_back(std::move(channel));
  }
  for (const auto& channel : options.load.users)
    if (options.load.scenario == Scenario::bound &&
        (channel.carrier != client::exchange::Carrier::rpc_tcp || channel.rpc_port == 0))
      return Error{"--scenario bound works on one port of RPC: ncacn_ip_tcp:HOST[PORT]"};
  options.load.sessions = std::max(options.load.sessions, options.load.connections);
  if (options.server_pid > 0) options.load.server_pid = options.server_pid;
  return {};
}

boost::json::value json_of(const LoadOptions& load, const LoadResult& result) {
  auto per_second = [&](u64 n) { return static_cast<double>(n) / result.seconds; };
  boost::json::object made{{"scenario", name(load.scenario)},
                           {"connections", load.connections},
                           {"sessions", load.sessions},
                           {"seconds", result.seconds},
                           {"requests", result.requests},
                           {"requests_per_second", per_second(result.requests)},
                           {"rows", result.rows},
                           {"rows_per_second", per_second(result.rows)},
                           {"errors", result.errors},
                           {"bytes", result.bytes},
                           {"p50_ms", result.p50},
                           {"p90_ms", result.p90},
                           {"p99_ms", result.p99},
                           {"max_ms", result.max},
                           {"client_cpu_us_per_request", result.client_cpu_us}};
  if (result.server_cpu_us) made["server_cpu_us_per_request"] = *result.server_cpu_us;
  if (result.server_cpu_us && result.rows > 0)
    made["server_cpu_us_per_row"] =
        *result.server_cpu_us * static_cast<double>(result.requests) / static_cast<double>(result.rows);
  if (result.server_memory) made["server_memory_bytes"] = *result.server_memory;
  if (!result.first_error.empty()) made["first_error"] = result.first_error;
  return made;
}

std::string text_of_result(const LoadOptions& load, const LoadResult& result) {
  std::string text = fmt::format("{}, {} connections, {} sessions, {:.1f} s\n", name(load.scenario), load.connections,
                                 load.sessions, result.seconds);
  auto line = [&](std::string_view what, const std::string& value) {
    text += fmt::format("  {:<26} {}\n", what, value);
  };
  line("requests/s", fmt::format("{:.0f}", static_cast<double>(result.requests) / result.seconds));
  if (result.rows > 0) line("rows/s", fmt::format("{:.0f}", static_cast<double>(result.rows) / result.seconds));
  if (result.server_memory) line("server memory", size_text(*result.server_memory));
  if (load.scenario == Scenario::idle || load.scenario == Scenario::bound) return text;
  line("latency p50/p90/p99/max",
       fmt::format("{:.2f} / {:.2f} / {:.2f} / {:.2f} ms", result.p50, result.p90, result.p99, result.max));
  line("errors", std::to_string(result.errors) + (result.errors > 0 ? " (" + result.first_error + ")" : ""));
  line("client CPU per request", fmt::format("{:.1f} µs", result.client_cpu_us));
  if (result.server_cpu_us) line("server CPU per request", fmt::format("{:.1f} µs", *result.server_cpu_us));
  if (result.server_cpu_us && result.rows > 0)
    line("server CPU per row", fmt::format("{:.2f} µs", *result.server_cpu_us * static_cast<double>(result.requests) /
                                                            static_cast<double>(result.rows)));
  return text;
}

}  // namespace

void add_bench_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("bench", "Put load on a server and measure its answers");
  auto options = std::make_shared<Options>();
  LoadOptions& load = options->load;
  ClientOptions& where = options->where;
  command->add_option("SERVER", where.server,
                      "https://HOST[:PORT], http://HOST[:PORT], ncacn_ip_tcp:HOST[PORT] or ncacn_http:HOST[:PORT]; "
                      "without it, the profile or autodiscover says where the mailboxes are");
  command->add_option("--scenario", options->scenario, "open-folder, query-rows, contents-table, create, idle or bound")
      ->capture_default_str()
      ->check(CLI::IsMember({"open-folder", "query-rows", "contents-table", "create", "idle", "bound"}));
  command->add_option("--connections", load.connections, "Connections, a thread each")
      ->capture_default_str()
      ->check(CLI::Range(1u, 1024u));
  command->add_option("--sessions", load.sessions, "Sessions, spread over the connections")
      ->check(CLI::Range(1u, 1'000'000u));
  command->add_option("--seconds", load.seconds, "How long")->capture_default_str()->check(CLI::Range(0.1, 86400.0));
  command->add_option("--rows", load.rows, "Rows to ask for at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  command->add_option("--columns", load.columns, "Columns of the rows")
      ->capture_default_str()
      ->check(CLI::Range(1u, 12u));
  command->add_option("--body", load.body, "Characters in a created message")
      ->capture_default_str()
      ->check(CLI::Range(1u, 14'000u));
  command->add_flag("--compress", load.compress, "Compression and XOR both ways, as mail programs do");
  command->add_option("--auth", where.auth, "Sign in by basic, ntlm, kerberos or negotiate; over RPC also none");
  command->add_option("--http-auth", where.http_auth, "To the proxy of RPC over HTTP");
  command->add_option("--level", where.level, "Over RPC: connect, packet, integrity or privacy (the default)");
  command->add_option("--user", options->user, "Whose mailbox: an address");
  command->add_option("--users-from", options->users_from, "A file with an address, or address and password, a line");
  command->add_option("--autodiscover", where.autodiscover,
                      "Ask this autodiscover server and no other: a URL, HOST or HOST:PORT");
  command->add_option("--profile", where.profile, "The profile, instead of the one in ~/.config/ropewalk");
  command->add_option("--dn", where.dn, "The mailbox's legacy DN");
  command->add_flag("--password-stdin", where.password_stdin, "Read the password from standard input");
  command->add_flag("--insecure", where.insecure, "Take any TLS certificate");
  command->add_option("--ca", where.ca, "Trust the certificates in this PEM file");
  command->add_option("--server-pid", options->server_pid, "The server's process on this machine, to measure its CPU");
  command->add_flag("--json", options->json, "A JSON object");
  command->callback([options, &outcome] {
    options->load.scenario = *parse_scenario(options->scenario);
    if (const std::string& server = options->where.server; !server.empty())
      if (auto read = client::service_of_url(server, {}); !read.ok()) return outcome.misuse(read.error().text);
    Status ready = set_up(*options);
    if (!ready.ok()) return outcome.fail(ready.error());
    if (options->load.users.empty()) return outcome.misuse("whose mailboxes? --user ADDRESS or --users-from FILE");
    auto result = generate_load(options->load);
    if (!result.ok()) return outcome.fail(result.error());
    write_output(options->json ? boost::json::serialize(json_of(options->load, *result)) + "\n"
                               : text_of_result(options->load, *result));
    if (result->errors > 0)
      outcome.fail(fmt::format("{} of {} requests failed: {}", result->errors, result->errors + result->requests,
                               result->first_error));
  });
}

}  // namespace ropewalk::cli
