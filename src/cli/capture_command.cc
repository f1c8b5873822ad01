// `ropewalk capture -i IFACE`: MAPI traffic as it passes, on ports that endpoint mappers name as they name them.
#include <fmt/format.h>
#include <signal.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>

#include "capture/live.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/dissect_preferences.h"
#include "dissect/diagnosis.h"
#include "dissect/dissector.h"
#include "dissect/operation_filter.h"
#include "dissect/report.h"

namespace ropewalk::cli {
namespace {

struct Options {
  std::string interface_name, file, filter, preferences;
  std::vector<u16> ports;
  u64 count = 0;
  unsigned duration = 0;
  bool quiet = false;
  SecretOptions secrets;
};

capture::LiveCapture* to_stop = nullptr;  // by the signal handler

void stop_on_signals(capture::LiveCapture& live) {
  to_stop = &live;
  struct sigaction action {};
  action.sa_handler = [](int) { to_stop->stop(); };
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

std::optional<u16> port_of(std::string_view endpoint) {
  u16 port = 0;
  auto digits = endpoint.substr(endpoint.rfind(':') + 1);
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

// One capture under way: packets into the file and to the dissector, whose mapper answers widen the filter.
class Session {
 public:
  Session(const Options& options, const std::set<u16>& more_ports, dissect::Filter filter, capture::LiveCapture live)
      : options_(options), filter_(std::move(filter)), live_(std::move(live)), ports_{135, 443, 593} {
    ports_.insert(options.ports.begin(), options.ports.end());
    ports_.insert(more_ports.begin(), more_ports.end());
  }

  Status run(dissect::Secrets secrets, const std::set<u16>& rpc_ports) {
    ROPEWALK_CHECK(live_.set_filter(capture::mapi_filter(ports_)));
    if (!options_.file.empty()) {
      ROPEWALK_TRY(capture::PacketWriter writer, capture::PacketWriter::create(options_.file, live_.link_type()));
      writer_.emplace(std::move(writer));
    }
    stop_on_signals(live_);
    say(fmt::format("capturing on {}, TCP ports 135, 443, 593 and what endpoint mappers name; Ctrl-C ends it",
                    options_.interface_name));
    dissect::DissectOptions how;
    how.secrets = std::move(secrets);
    how.trees = !options_.filter.empty();
    how.rpc_ports = rpc_ports;
    how.on_endpoint = [this](const std::string& endpoint) { widen(endpoint); };
    dissect::Dissector dissector(live_.link_type(), std::move(how), [this](const auto& operation) { show(operation); });
    ROPEWALK_CHECK(loop(dissector));
    dissector.finish();
    return conclude();
  }

 private:
  using Clock = std::chrono::steady_clock;

  Status loop(dissect::Dissector& dissector) {
    const auto end = Clock::now() + std::chrono::seconds(options_.duration);
    while (!output_failed() && (options_.duration == 0 || Clock::now() < end)) {
      if (options_.count != 0 && packets_ >= options_.count) break;
      capture::Packet packet;
      ROPEWALK_TRY(auto next, live_.next(packet));
      if (next == capture::LiveCapture::Next::stopped) break;
      if (next == capture::LiveCapture::Next::nothing_yet) {
        if (writer_) ROPEWALK_CHECK(writer_->flush());
        continue;
      }
      ++packets_;
      if (writer_) writer_->write(packet);
      dissector.add(packet);
      ROPEWALK_CHECK(trouble_);
    }
    return {};
  }

  void widen(const std::string& endpoint) {
    auto port = port_of(endpoint);
    if (!port || !ports_.insert(*port).second) return;
    trouble_ = live_.set_filter(capture::mapi_filter(ports_));
    say(fmt::format("an endpoint mapper names {}: TCP port {} is captured from here on", endpoint, *port));
  }
  void show(const dissect::Operation& operation) {
    if (!start_) start_ = operation.frames.front().time;
    diagnosis_.add(operation);
    if (!options_.quiet && dissect::matches(filter_, operation))
      write_output(dissect::summary_line(operation, *start_));
  }
  Status conclude() {
    for (const dissect::Finding& finding : diagnosis_.findings()) write_output("! " + dissect::to_text(finding));
    std::string lost = live_.dropped() == 0 ? "" : fmt::format("; {} more were lost for want of time", live_.dropped());
    say(fmt::format("{} packets{}{}", packets_, options_.file.empty() ? "" : " in " + options_.file, lost));
    if (writer_) ROPEWALK_CHECK(writer_->flush());
    if (output_failed()) return Error{"cannot write to standard output"};
    return {};
  }
  static void say(const std::string& text) { fmt::print(stderr, "ropewalk: {}\n", text); }

  const Options& options_;
  dissect::Filter filter_;
  capture::LiveCapture live_;
  std::set<u16> ports_;
  std::optional<capture::PacketWriter> writer_;
  dissect::Diagnosis diagnosis_;
  std::optional<i64> start_;
  u64 packets_ = 0;
  Status trouble_;
};

void run(const Options& options, Outcome& outcome) {
  auto preferences = read_preferences(options.preferences);
  if (!preferences) return outcome.misuse(preferences.error().text);
  auto secrets = secrets_of(merged(preferences->secrets, options.secrets));
  if (!secrets) return outcome.misuse(secrets.error().text);
  auto filter = dissect::Filter::parse(options.filter, dissect::operation_names());
  if (!filter) return outcome.misuse(filter.error().text);
  auto live = capture::LiveCapture::open(options.interface_name);
  if (!live) return outcome.misuse(live.error().text);
  Session session(options, preferences->capture_ports, *std::move(filter), *std::move(live));
  auto done = session.run(*std::move(secrets), preferences->rpc_ports);
  if (!done) outcome.fail(done.error());
}

}  // namespace

void add_capture_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand("capture", "Record and explain MAPI traffic as it passes");
  command->add_option("-i,--interface", options->interface_name, "The interface to listen on: eth0, lo, any")
      ->required();
  command->add_option("-w,--write", options->file, "Keep the packets in this pcap file")->type_name("FILE");
  command->add_option("--port", options->ports, "Listen on this TCP port too, besides 135, 443 and 593")
      ->allow_extra_args(false);
  command->add_option("--filter", options->filter, "Show only operations that this display filter picks")
      ->type_name("EXPR");
  command->add_option("-c,--count", options->count, "End after so many packets");
  command->add_option("--duration", options->duration, "End after so many seconds");
  command->add_flag("-q,--quiet", options->quiet, "Show no operations, only what went wrong at the end");
  command->add_option("--preferences", options->preferences, "TOML: ports, secrets")->type_name("FILE");
  add_secret_options(*command, options->secrets);
  command->callback([options, &outcome] { run(*options, outcome); });
}

}  // namespace ropewalk::cli
