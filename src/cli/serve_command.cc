#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/signals.h"
#include "inspect/admin_page.h"
#include "protocol/epm/methods.h"
#include "server/server.h"

namespace ropewalk::cli {
namespace {

struct ServeOptions {
  std::string data, config_file, listen;
  int https_port = -1, http_port = -1, epm_port = -1, rpc_port = -1, admin_port = -1;  // -1: not given
};

// The file, and over it what the command line says.
Result<server::Config> configuration(const ServeOptions& options) {
  server::Config config;
  if (!options.config_file.empty()) {
    ROPEWALK_CHECK(server::read_config(options.config_file, config));
  } else if (std::string path = server::default_config_path(options.data); access(path.c_str(), F_OK) == 0) {
    ROPEWALK_CHECK(server::read_config(path, config));
  }
  if (!options.data.empty()) config.data = options.data;
  if (!options.listen.empty()) config.listen = options.listen;
  // Ports on the command line are all the ports there are.
  if (options.https_port >= 0 || options.http_port >= 0 || options.epm_port >= 0 || options.rpc_port >= 0)
    config.https_port = config.http_port = config.epm_port = config.rpc_port = std::nullopt;
  if (options.admin_port >= 0) config.admin_port = static_cast<u16>(options.admin_port);
  if (options.https_port >= 0) config.https_port = static_cast<u16>(options.https_port);
  if (options.http_port >= 0) config.http_port = static_cast<u16>(options.http_port);
  if (options.rpc_port >= 0) config.rpc_port = static_cast<u16>(options.rpc_port);
  if (options.epm_port >= 0) {
    config.epm_port = static_cast<u16>(options.epm_port);
    if (!config.rpc_port) config.rpc_port = 0;  // what the mapper is to tell of
  }
  if (!config.https_port && !config.http_port && !config.rpc_port) {
    config.https_port = server::kDefaultHttpsPort;
    config.rpc_port = 0;
    config.epm_port = epm::kWellKnownPort;
    config.epm_optional = true;
  }
  if (config.data.empty()) return Error{"--data DIR is needed, or 'data' in the configuration"};
  return config;
}

// Hashing a password takes 19 MiB for a moment: blocks of that size go back to the system at once.
void keep_memory_small() { mallopt(M_MMAP_THRESHOLD, 512 << 10); }

void serve(const ServeOptions& options, Outcome& outcome) {
  auto config = configuration(options);
  if (!config) return outcome.misuse(config.error().text);
  keep_memory_small();
  sigset_t signals = block_signals({SIGTERM, SIGINT, SIGHUP});
  auto server = server::Server::start(*config);
  if (!server) return outcome.fail(server.error());
  std::unique_ptr<inspect::AdminPage> admin;
  if (config->admin_port) {
    auto started = inspect::AdminPage::start(**server, *config);
    if (!started) return outcome.fail(started.error());
    admin = *std::move(started);
  }
  std::string lines;
  for (const auto& at : (*server)->listening()) {
    const char* what = at.is_endpoint_mapper ? " (endpoint mapper)" : at.is_rpc_over_http ? " (RPC over HTTP)" : "";
    lines += fmt::format("listening on {}{}\n", at.url, what);
  }
  if (admin != nullptr) lines += fmt::format("administrator's page at {}\n", admin->url());
  write_output(lines);
  for (;;) {
    int caught = 0;
    if (sigwait(&signals, &caught) != 0) continue;
    if (caught != SIGHUP) break;
    Status reloaded = (*server)->reload_certificate();
    if (!reloaded) fmt::print(stderr, "ropewalk: {}\n", reloaded.error().text);
  }
  admin.reset();
  (*server)->stop();
}

}  // namespace

void add_serve_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<ServeOptions>();
  CLI::App* command =
      root.add_subcommand("serve", "Serve mailboxes over MAPI/HTTP, RPC and RPC over HTTP until interrupted");
  command->add_option("--data", options->data, "The folder with the directory and the mailboxes")->type_name("DIR");
  command->add_option("--config", options->config_file, "A configuration file in TOML (default: DIR/ropewalk.toml)")
      ->type_name("FILE");
  command
      ->add_option("--https-port", options->https_port,
                   "The port for HTTPS; 0 takes any free one (8443 where no port is given)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command->add_option("--http-port", options->http_port, "A port for plain HTTP, where nothing is encrypted")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command->add_option("--epm-port", options->epm_port, "The port of RPC's endpoint mapper (135 where no port is given)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command
      ->add_option("--rpc-port", options->rpc_port,
                   "The port for RPC over TCP; 0 takes any free one (so where no port is given)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command
      ->add_option("--admin-port", options->admin_port,
                   "The port for the administrator's page, with TLS; 0 takes any free one (none where it is not given)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command->add_option("--listen", options->listen, "The address to listen on (default: 127.0.0.1)")
      ->type_name("ADDRESS");
  command->footer(
      "Where any of --https-port, --http-port, --epm-port and --rpc-port is given, those are all that is listened at,\n"
      "whatever the configuration says.");
  command->callback([options, &outcome] { serve(*options, outcome); });
}

}  // namespace ropewalk::cli
