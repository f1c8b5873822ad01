// `ropewalk import`: mail files into a mailbox.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/mail_import.h"
#include "cli/mailbox_access.h"
#include "cli/progress.h"

namespace ropewalk::cli {
namespace {

struct ImportArguments {
  std::string data, mailbox, folder = "Inbox";
  std::vector<std::string> paths;
  bool json = false;
};

// What --json lists at most, so that a million messages do not fill the memory with remarks; the counts are complete.
constexpr std::size_t kMostListed = 10'000;

struct Report {
  explicit Report(bool is_json, Progress& bar) : json(is_json), progress(bar) {}

  void operator()(const ImportNote& note) {
    if (!json) {
      progress.clear();
      fmt::print(stderr, "{}{}\n", note.failed ? "ropewalk: " : "", note.to_string());
      return;
    }
    if (notes.size() >= kMostListed) return;
    boost::json::object one{{"file", note.file}, {"text", note.text}, {"failed", note.failed}};
    if (note.message > 0) one["message"] = note.message;
    if (!note.part.empty()) one["part"] = note.part;
    notes.push_back(std::move(one));
  }

  bool json;
  Progress& progress;
  boost::json::array notes;
};

std::string summary(const ImportCounts& counts, u64 skipped, double seconds, const ImportArguments& arguments) {
  double rate = seconds > 0 ? static_cast<double>(counts.messages) / seconds : 0;
  std::string out = fmt::format("{} messages ({:.1f} MiB) of {} files imported into {} of {} in {:.1f} s, {:.0f}/s",
                                counts.messages, static_cast<double>(counts.bytes) / (1 << 20), counts.files,
                                arguments.folder, arguments.mailbox, seconds, rate);
  if (counts.remarks > 0) out += fmt::format("; {} remarks", counts.remarks);
  if (skipped > 0) out += fmt::format("; {} other files left alone", skipped);
  if (counts.failed > 0) out += fmt::format("; {} FAILED", counts.failed);
  return out + "\n";
}

void import_mail(const ImportArguments& arguments, Outcome& outcome) {
  auto found = find_mail(arguments.paths);
  if (!found) return outcome.misuse(found.error().text);
  auto mailbox = open_mailbox(arguments.data, arguments.mailbox, true);
  if (!mailbox) return outcome.fail(mailbox.error());
  auto folder = find_folder(**mailbox, arguments.folder, true);
  if (!folder) return outcome.fail(folder.error());

  auto begin = std::chrono::steady_clock::now();
  Progress progress(found->bytes);
  Report report(arguments.json, progress);
  MailImporter importer(*mailbox, *folder, std::ref(report));
  u64 done = 0;
  for (const MailFile& file : found->files) {
    importer.add_file(file, [&](u64 bytes) {
      done += bytes;
      progress.update(done, fmt::format("{} messages", importer.counts().messages));
    });
  }
  importer.flush();
  progress.clear();
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const ImportCounts& counts = importer.counts();
  if (arguments.json) {
    boost::json::object out{{"mailbox", arguments.mailbox}, {"folder", arguments.folder},  {"files", counts.files},
                            {"skipped", found->skipped},    {"messages", counts.messages}, {"failed", counts.failed},
                            {"bytes", counts.bytes},        {"seconds", seconds},          {"remarks", counts.remarks},
                            {"notes", report.notes}};
    write_output(pretty_json(out) + "\n");
  } else {
    write_output(summary(counts, found->skipped, seconds, arguments));
  }
  if (counts.failed > 0)
    outcome.fail(
        fmt::format("{} of {} messages could not be imported", counts.failed, counts.failed + counts.messages));
}

}  // namespace

void add_import_command(CLI::App& root, Outcome& outcome) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* command =
      root.add_subcommand("import", "Import mail (.eml and mbox files, folders of them) into a mailbox");
  command->add_option("--data", arguments->data, "The folder with the directory and the mailboxes")
      ->type_name("DIR")
      ->required();
  command->add_option("--mailbox", arguments->mailbox, "Whose mailbox: a user's address")
      ->type_name("ADDRESS")
      ->required();
  command
      ->add_option("--folder", arguments->folder, "Where to, as NAME/NAME; made where it is not there (default: Inbox)")
      ->type_name("PATH");
  command->add_flag("--json", arguments->json, "Print counts and remarks as JSON");
  command->add_option("paths", arguments->paths, "Mail files, or folders that are searched for them")
      ->type_name("FILE|DIR")
      ->required();
  command->callback([arguments, &outcome] { import_mail(*arguments, outcome); });
}

}  // namespace ropewalk::cli
