// `ropewalk dissect FILE`: what the MAPI conversations in a capture say.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/dissect_preferences.h"
#include "dissect/catalogue.h"
#include "dissect/diagnosis.h"
#include "dissect/dissector.h"
#include "dissect/operation_filter.h"
#include "dissect/redact.h"
#include "dissect/report.h"
#include "dissect/statistics.h"

namespace ropewalk::cli {
namespace {

struct Options {
  std::string file;
  bool summary = false, full = false, json = false, stats = false, bytes = false, redact = false;
  SecretOptions secrets;
  std::string filter, preferences;
  std::optional<unsigned> depth;
  bool fields = false;
};

// Every name that a filter may have, with type and meaning.
std::string field_list() {
  std::string list;
  auto line = [&](std::string_view name, std::string_view type, std::string_view meaning) {
    fmt::format_to(std::back_inserter(list), "{}\t{}\t{}\n", name, type, meaning);
  };
  for (std::string_view layer : dissect::operation_names().layers)
    line(layer, "protocol", "operations of this protocol");
  for (const dissect::FilterAttribute& known : dissect::operation_names().attributes)
    line(known.name, known.type, known.meaning);
  for (const dissect::CatalogueEntry& entry : dissect::catalogue()) line(entry.name, entry.type, entry.meaning);
  line("mapi.PidTag...", "property", "any property of [MS-OXPROPS] by its name, in rows and wherever it has a value");
  return list;
}

// Operations on their way to standard output, as the options want them.
class Show {
 public:
  Show(const Options& options, unsigned depth, dissect::Filter filter)
      : options_(options), depth_(depth), filter_(std::move(filter)) {}

  void take(const dissect::Operation& operation) {
    if (!options_.redact) return show(operation);
    dissect::Operation plain = operation;
    dissect::redact(plain);
    show(plain);
  }
  bool finish(const dissect::DissectCounts& counts) {
    if (options_.stats) write(statistics_.text(counts));
    // Of a part of the conversation nobody can tell what went wrong.
    if (!options_.filter.empty()) return written_;
    for (const dissect::Finding& finding : diagnosis_.findings())
      write(options_.json ? boost::json::serialize(dissect::to_json(finding)) + "\n"
                          : "! " + dissect::to_text(finding));
    return written_;
  }

 private:
  void show(const dissect::Operation& operation) {
    if (!start_) start_ = operation.frames.front().time;
    diagnosis_.add(operation);
    if (!written_ || !dissect::matches(filter_, operation)) return;
    if (options_.stats)
      statistics_.add(operation);
    else if (options_.json)
      write_json(operation);
    else if (options_.full)
      write(dissect::full_text(operation, *start_, options_.bytes, depth_));
    else
      write(dissect::summary_line(operation, *start_));
  }
  void write_json(const dissect::Operation& operation) {
    line_.clear();
    dissect::append_json(operation, line_);
    line_ += '\n';
    write(line_);
  }
  void write(std::string_view text) { written_ = written_ && write_output(text); }

  const Options& options_;
  unsigned depth_;
  dissect::Filter filter_;
  dissect::Diagnosis diagnosis_;
  dissect::Statistics statistics_;
  std::optional<i64> start_;
  std::string line_;
  bool written_ = true;
};

Status check(const Options& options) {
  if (options.file.empty()) return Error{"dissect needs a capture: ropewalk dissect FILE"};
  if (options.redact && !options.json) return Error{"--redact is for --json"};
  if (options.bytes && !options.full) return Error{"--bytes is for --full"};
  if (options.depth && !options.full) return Error{"--depth is for --full"};
  return {};
}

Result<std::pair<dissect::DissectOptions, Show>> prepared(const Options& options) {
  ROPEWALK_CHECK(check(options));
  ROPEWALK_TRY(DissectPreferences preferences, read_preferences(options.preferences));
  dissect::DissectOptions how;
  ROPEWALK_TRY(how.secrets, secrets_of(merged(preferences.secrets, options.secrets)));
  how.trees = options.full || options.json || !options.filter.empty();
  how.rpc_ports = preferences.rpc_ports;
  ROPEWALK_TRY(auto filter, dissect::Filter::parse(options.filter, dissect::operation_names()));
  return std::pair(std::move(how), Show(options, options.depth.value_or(preferences.depth), std::move(filter)));
}

// What there is in a capture in which nothing was found.
std::string nothing_in(const std::string& file, const dissect::DissectCounts& counts) {
  std::string of;
  auto add = [&](u64 count, std::string_view words) {
    if (count != 0) of += fmt::format("{}{}: {}", of.empty() ? ", of them " : ", ", words, count);
  };
  add(counts.smb, "SMB");
  add(counts.tls, "TLS");
  add(counts.other, "something else");
  return fmt::format(
      "{}: nothing to explain (frames: {}, TCP connections: {}{}); explained are DCE/RPC over TCP, RPC over HTTP and "
      "MAPI "
      "over HTTP{}",
      file, counts.frames, counts.connections, of, counts.tls == 0 ? "" : ", where TLS does not hide them");
}

void run(const Options& options, Outcome& outcome) {
  if (options.fields) {
    if (!write_output(field_list())) outcome.fail("cannot write to standard output");
    return;
  }
  auto ready = prepared(options);
  if (!ready) return outcome.misuse(ready.error().text);
  auto& [how, show] = *ready;
  auto done = dissect::dissect_file(options.file, how, [&show](const auto& operation) { show.take(operation); });
  if (!done) return outcome.misuse(done.error().text);
  if (!show.finish(done->counts)) return outcome.fail("cannot write to standard output");
  if (!done->trouble.empty()) return outcome.fail(done->trouble);
  if (done->counts.operations == 0 && !options.stats) return outcome.fail(nothing_in(options.file, done->counts));
}

}  // namespace

void add_dissect_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand("dissect", "Explain the MAPI conversations in a capture");
  command->add_option("FILE", options->file, "A pcap or pcapng file, gzip-compressed or not; - for standard input");
  auto* summary = command->add_flag("--summary", options->summary, "One line per operation (the default)");
  auto* full = command->add_flag("--full", options->full, "Field trees")->excludes(summary);
  auto* json = command->add_flag("--json", options->json, "One JSON object per operation and line");
  json->excludes(summary)->excludes(full);
  auto* stats = command->add_flag("--stats", options->stats, "Counts, sizes, latencies, errors, top talkers");
  stats->excludes(summary)->excludes(full)->excludes(json);
  command->add_flag("--redact", options->redact, "With --json: without texts and bytes");
  command->add_flag("-x,--bytes", options->bytes, "With --full: the bytes too");
  add_secret_options(*command, options->secrets);
  command->add_option("--filter", options->filter, "Only operations that this display filter picks")->type_name("EXPR");
  command->add_option("--depth", options->depth, "With --full: so many levels of the field tree");
  command->add_option("--preferences", options->preferences, "TOML: ports, secrets, depth (see the example)")
      ->type_name("FILE");
  command->add_flag("--fields", options->fields, "List every field that a filter can name");
  command->callback([options, &outcome] { run(*options, outcome); });
}

}  // namespace ropewalk::cli
