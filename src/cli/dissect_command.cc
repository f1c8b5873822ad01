// `ropewalk dissect FILE`: what the MAPI conversations in a capture say.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/serialize.hpp>

#include "auth/ntlm_keys.h"
#include "base/hex.h"
#include "cli/command.h"
#include "cli/commands.h"
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
  std::vector<std::string> passwords, hashes;
  std::string keytab;
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

// "USER=SECRET"; the user may be DOMAIN\USER or USER@REALM.
Result<std::pair<std::string, std::string>> split_secret(const std::string& text, std::string_view option) {
  std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string::npos)
    return Error{fmt::format("{} needs USER=..., not \"{}\"", option, text.substr(0, text.find('=')))};
  return std::pair(dissect::secret_name(std::string_view(text).substr(0, equals)), text.substr(equals + 1));
}

Result<dissect::Secrets> secrets_of(const Options& options) {
  dissect::Secrets secrets;
  for (const std::string& text : options.passwords) {
    ROPEWALK_TRY(auto secret, split_secret(text, "--password"));
    secrets.nt_hashes.emplace(secret.first, auth::nt_hash(secret.second));
  }
  for (const std::string& text : options.hashes) {
    ROPEWALK_TRY(auto secret, split_secret(text, "--nt-hash"));
    auto bytes = from_hex(secret.second);
    if (!bytes || bytes->size() != 16)
      return Error{fmt::format("--nt-hash of {} needs 32 hexadecimal digits", secret.first)};
    std::copy(bytes->begin(), bytes->end(), secrets.nt_hashes.emplace(secret.first, auth::Key16{})->second.begin());
  }
  secrets.keytab = options.keytab;
  return secrets;
}

void run(const Options& options, Outcome& outcome) {
  if (options.fields) {
    if (!write_output(field_list())) outcome.fail("cannot write to standard output");
    return;
  }
  if (options.file.empty()) return outcome.misuse("dissect needs a capture: ropewalk dissect FILE");
  auto secrets = secrets_of(options);
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
  command
      ->add_option("--password", options->passwords, "USER=PASSWORD, which opens what NTLM protects; may be repeated")
      ->type_name("USER=PW");
  command->add_option("--nt-hash", options->hashes, "The same with the password's NT hash")->type_name("USER=HEX");
  command->add_option("--keytab", options->keytab, "Keys of services, which open what Kerberos protects");
  command->add_option("--filter", options->filter, "Only operations that this display filter picks")->type_name("EXPR");
  command->add_flag("--fields", options->fields, "List every field that a filter can name");
  command->callback([options, &outcome] { run(*options, outcome); });
}

}  // namespace ropewalk::cli
