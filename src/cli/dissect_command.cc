// `ropewalk dissect FILE`: what the MAPI conversations in a capture say.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/secret_options.h"
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
  std::string filter;
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

void run(const Options& options, Outcome& outcome) {
  if (options.fields) {
    if (!write_output(field_list())) outcome.fail("cannot write to standard output");
    return;
  }
  if (options.file.empty()) return outcome.misuse("dissect needs a capture: ropewalk dissect FILE");
  auto secrets = secrets_of(options.secrets);
  if (!secrets) return outcome.misuse(secrets.error().text);
  dissect::DissectOptions how;
  how.secrets = *std::move(secrets);
  how.trees = options.full || options.json || !options.filter.empty();
  auto filter = dissect::Filter::parse(options.filter, dissect::operation_names());
  if (!filter) return outcome.misuse(filter.error().text);
  dissect::Diagnosis diagnosis;
  if (options.redact && !options.json) return outcome.misuse("--redact is for --json");
  if (options.bytes && !options.full) return outcome.misuse("--bytes is for --full");
  bool written = true;
  std::optional<i64> start;
  dissect::Statistics statistics;
  auto show = [&](const dissect::Operation& operation) {
    if (!start) start = operation.frames.front().time;
    diagnosis.add(operation);
    if (!written || !dissect::matches(*filter, operation)) return;
    if (options.stats) {
      statistics.add(operation);
    } else if (options.json && options.redact) {
      dissect::Operation plain = operation;
      dissect::redact(plain);
      written = write_output(boost::json::serialize(dissect::to_json(plain)) + "\n");
    } else if (options.json) {
      written = write_output(boost::json::serialize(dissect::to_json(operation)) + "\n");
    } else if (options.full) {
      written = write_output(dissect::full_text(operation, *start, options.bytes));
    } else {
      written = write_output(dissect::summary_line(operation, *start));
    }
  };
  auto done = dissect::dissect_file(options.file, how, show);
  if (!done) return outcome.misuse(done.error().text);
  if (options.stats) written = write_output(statistics.text(done->counts));
  if (options.filter.empty())
    for (const dissect::Finding& finding : diagnosis.findings())
      written = written && write_output(options.json ? boost::json::serialize(dissect::to_json(finding)) + "\n"
                                                     : "! " + dissect::to_text(finding));
  if (!written) return outcome.fail("cannot write to standard output");
  if (!done->trouble.empty()) return outcome.fail(done->trouble);
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
  command->add_flag("--fields", options->fields, "List every field that a filter can name");
  command->callback([options, &outcome] { run(*options, outcome); });
}

}  // namespace ropewalk::cli
