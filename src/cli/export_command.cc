// `ropewalk export`: messages of a mailbox as .eml files.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/json_text.h"
#include "cli/mailbox_access.h"
#include "cli/progress.h"
#include "mime/export.h"

namespace ropewalk::cli {
namespace {

struct ExportArguments {
  std::string data, mailbox, message, folder, output;
  bool json = false;
};

Status write_file(const std::string& path, std::string_view bytes) {
  if (path == "-") return write_output(bytes) ? Status{} : Status{Error{"cannot write to standard output"}};
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return Error{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
  bool written = std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (std::fclose(file) != 0 || !written) return Error{fmt::format("cannot write {}: {}", path, std::strerror(errno))};
  return {};
}

Status export_one(store::MailboxStore& mailbox, mapi::MessageId id, const std::string& path) {
  auto content = mailbox.export_message(id);
  if (!content) return Error{fmt::format("cannot read message {}: {}", message_id_text(id), content.error().text)};
  return write_file(path, mime::export_message(*content));
}

void export_message(store::MailboxStore& mailbox, const ExportArguments& arguments, Outcome& outcome) {
  auto id = parse_message_id(arguments.message);
  if (!id) return outcome.misuse(fmt::format("\"{}\" is no message id (one looks like 1-2A)", arguments.message));
  Status done = export_one(mailbox, *id, arguments.output);
  if (!done) outcome.fail(done.error());
}

void export_folder(store::MailboxStore& mailbox, const ExportArguments& arguments, Outcome& outcome) {
  auto folder = find_folder(mailbox, arguments.folder, false);
  if (!folder) return outcome.fail(folder.error());
  auto ids = mailbox.message_ids(*folder, false);
  if (!ids) return outcome.fail(fmt::format("cannot list {}: {}", arguments.folder, ids.error().text));
  std::error_code problem;
  std::filesystem::create_directories(arguments.output, problem);
  if (problem) return outcome.fail(fmt::format("cannot make the folder {}: {}", arguments.output, problem.message()));
  Progress progress(ids->size());
  boost::json::array files;
  u64 done = 0, failed = 0;
  for (mapi::MessageId id : *ids) {
    std::string path = fmt::format("{}/{}.eml", arguments.output, message_id_text(id));
    Status written = export_one(mailbox, id, path);
    if (!written) {
      ++failed;
      progress.clear();
      outcome.fail(written.error());
    } else if (arguments.json) {
      files.push_back(boost::json::object{{"id", message_id_text(id)}, {"file", path}});
    }
    progress.update(++done, fmt::format("{} messages", done));
  }
  progress.clear();
  if (arguments.json)
    write_output(pretty_json(boost::json::object{{"messages", done - failed}, {"failed", failed}, {"files", files}}) +
                 "\n");
  else
    write_output(fmt::format("{} messages of {} written to {}\n", done - failed, arguments.folder, arguments.output));
}

void export_mail(const ExportArguments& arguments, Outcome& outcome) {
  if (arguments.message.empty() == arguments.folder.empty())
    return outcome.misuse("export needs either --message ID or --folder PATH");
  auto mailbox = open_mailbox(arguments.data, arguments.mailbox, false);
  if (!mailbox) return outcome.fail(mailbox.error());
  if (arguments.folder.empty())
    export_message(**mailbox, arguments, outcome);
  else
    export_folder(**mailbox, arguments, outcome);
}

}  // namespace

void add_export_command(CLI::App& root, Outcome& outcome) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = root.add_subcommand("export", "Write messages of a mailbox as .eml files");
  command->add_option("--data", arguments->data, "The folder with the directory and the mailboxes")
      ->type_name("DIR")
      ->required();
  command->add_option("--mailbox", arguments->mailbox, "Whose mailbox: a user's address")
      ->type_name("ADDRESS")
      ->required();
  command->add_option("--message", arguments->message, "One message, by its id")->type_name("ID");
  command->add_option("--folder", arguments->folder, "All messages of a folder, as NAME/NAME")->type_name("PATH");
  command
      ->add_option("-o,--output", arguments->output, "A FILE (- is standard output), or a DIR for a folder's messages")
      ->type_name("FILE|DIR")
      ->required();
  command->add_flag("--json", arguments->json, "Print what was written as JSON");
  command->callback([arguments, &outcome] { export_mail(*arguments, outcome); });
}

}  // namespace ropewalk::cli
