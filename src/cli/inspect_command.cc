// `ropewalk inspect FILE|--live URL`: a capture, or a running server, as a page in the browser.
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/client_command.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/dissect_preferences.h"
#include "cli/progress.h"
#include "cli/signals.h"
#include "inspect/file_loader.h"
#include "inspect/page_server.h"
#include "inspect/remote_api.h"

extern char** environ;

namespace ropewalk::cli {
namespace {

struct Options {
  std::string file, preferences, spool, live, ca;
  SecretOptions secrets;
  int port = 0;
  bool open = false, insecure = false;
};

void open_browser(const std::string& url) {
  std::string program = "xdg-open", address = url;
  char* arguments[] = {program.data(), address.data(), nullptr};
  signal(SIGCHLD, SIG_IGN);  // nobody waits for it
  pid_t child = 0;
  if (posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0)
    fmt::print(stderr, "ropewalk: cannot start xdg-open; open the address above yourself\n");
}

// Tells how far reading is; true when a signal came meanwhile.
bool watch_loading(const inspect::Progress& progress, const inspect::OperationStore& store, const sigset_t& signals) {
  Progress bar(100);
  while (progress.get().is_loading) {
    const timespec pause{0, 100'000'000};
    if (sigtimedwait(&signals, nullptr, &pause) > 0) return true;
    bar.update(static_cast<u64>(progress.get().share * 100), fmt::format("{} operations", store.extent().count));
  }
  return false;
}

// The page, with its address printed.
Result<std::unique_ptr<inspect::PageServer>> serve_page(const Options& options, inspect::ApiSource& source) {
  inspect::PageServerOptions page;
  page.endpoints = {{"127.0.0.1", static_cast<u16>(options.port), nullptr}};
  page.token = inspect::random_token();
  ROPEWALK_TRY(auto server, inspect::PageServer::start(std::move(page), source));
  write_output(server->url() + "\n");
  if (options.open) open_browser(server->url());
  return server;
}

void wait_for_end(const sigset_t& signals) {
  int caught = 0;
  sigwait(&signals, &caught);
}

void run_live(const Options& options, Outcome& outcome) {
  auto remote = inspect::parse_admin_url(options.live);
  if (!remote)
    return outcome.misuse(
        fmt::format("--live needs a server's admin port, https://HOST:PORT/, not \"{}\"", options.live));
  remote->ca_file = options.ca;
  remote->insecure = options.insecure;
  auto password = isatty(STDIN_FILENO) != 0
                      ? ask_password(fmt::format("Password of the administrator of {}: ", options.live))
                      : password_from_stdin();
  if (!password) return outcome.misuse("--live needs the administrator's password: " + password.error().text);
  remote->password = *std::move(password);
  const sigset_t signals = block_signals({SIGTERM, SIGINT});
  auto api = inspect::RemoteApi::start(*std::move(remote));
  if (!api) return outcome.fail(api.error());
  auto server = serve_page(options, **api);
  if (!server) return outcome.fail(server.error());
  wait_for_end(signals);
  (*server)->stop();
}

Result<dissect::DissectOptions> dissect_options(const Options& options) {
  ROPEWALK_TRY(const DissectPreferences preferences, read_preferences(options.preferences));
  dissect::DissectOptions how;
  ROPEWALK_TRY(how.secrets, secrets_of(merged(preferences.secrets, options.secrets)));
  how.rpc_ports = preferences.rpc_ports;
  return how;
}

void run(const Options& options, Outcome& outcome) {
  if (!options.live.empty()) return run_live(options, outcome);
  if (options.file.empty()) return outcome.misuse("inspect needs a FILE, or --live URL");
  auto how = dissect_options(options);
  if (!how) return outcome.misuse(how.error().text);
  const sigset_t signals = block_signals({SIGTERM, SIGINT});
  inspect::OperationStore store({}, options.spool);
  inspect::Progress progress;
  auto loader = inspect::FileLoader::start(options.file, *std::move(how), store, progress);
  if (!loader) return outcome.misuse(loader.error().text);
  inspect::Api api(store, progress);
  auto server = serve_page(options, api);
  if (!server) return outcome.fail(server.error());
  if (!watch_loading(progress, store, signals)) {
    const auto facts = progress.get();
    if (!facts.note.empty()) fmt::print(stderr, "ropewalk: {}\n", facts.note);
    wait_for_end(signals);
  }
  (*server)->stop();
}

}  // namespace

void add_inspect_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      root.add_subcommand("inspect", "Show the MAPI conversations in a capture, or of a running server, as a page");
  auto* file =
      command->add_option("FILE", options->file, "A pcap or pcapng file, gzip-compressed or not; - for standard input");
  add_secret_options(*command, options->secrets);
  command
      ->add_option("--preferences", options->preferences, "TOML: ports and secrets, as `ropewalk dissect` takes them")
      ->type_name("FILE");
  command->add_option("--port", options->port, "The port of 127.0.0.1 to serve the page at (default: any free one)")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  command
      ->add_option("--live", options->live,
                   "The admin port of a running server, https://HOST:PORT/; its administrator's password is asked for "
                   "at the terminal, or read from standard input where that is none")
      ->type_name("URL")
      ->excludes(file);
  command->add_option("--ca", options->ca, "With --live: trust these certificates (PEM)")->type_name("FILE");
  command->add_flag("--insecure", options->insecure, "With --live: take any TLS certificate");
  command->add_flag("--open", options->open, "Open the page in the browser");
  command
      ->add_option("--spool", options->spool,
                   "The folder for what does not stay in memory (default: $TMPDIR, /var/tmp)")
      ->type_name("DIR");
  command->callback([options, &outcome] { run(*options, outcome); });
}

}  // namespace ropewalk::cli
