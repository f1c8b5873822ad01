// `ropewalk directory`: whole address books in and out of files.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/directory_access.h"
#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/text_table.h"
#include "directory/directory_import.h"
#include "mapi/property_names.h"

namespace ropewalk::cli {
namespace {

using directory::EntryFormat;
using directory::ImportCounts;

constexpr std::size_t kMostListed = 10'000;  // rejected lines that --json lists; the count is complete

struct DirectoryOptions {
  DirectoryPlace place;
  std::string file, format;
  bool json = false, mailboxes = false;
};

Result<EntryFormat> format_of(const DirectoryOptions& options) {
  const std::string named = options.format.empty() ? options.file : "." + options.format;
  if (auto format = directory::format_of_file(named)) return *format;
  return Error{fmt::format("{} is no name of a file of entries: it ends in .ldif, .csv or .vcf, or --format says which",
                           options.file)};
}

std::string summary(const ImportCounts& counts, double seconds) {
  std::string out = fmt::format("{} entries in {:.1f} s: {} added, {} changed", counts.entries, seconds, counts.added,
                                counts.changed);
  if (counts.removed > 0) out += fmt::format(", {} removed", counts.removed);
  if (counts.skipped > 0) out += fmt::format(", {} neither people nor groups", counts.skipped);
  if (counts.rejected > 0) out += fmt::format("; {} REJECTED", counts.rejected);
  return out + "\n";
}

std::string unknown_names(const ImportCounts& counts) {
  std::string out;
  for (const std::string& name : counts.unknown) out += (out.empty() ? "" : ", ") + printable(name);
  return out;
}

directory::ImportOptions import_options(const DirectoryOptions& options, Progress& progress,
                                        boost::json::array& rejected) {
  directory::ImportOptions import;
  import.reject = [&](u64 line, const std::string& why) {
    if (options.json) {
      if (rejected.size() < kMostListed) rejected.push_back(boost::json::object{{"line", line}, {"why", why}});
  return;
}
progress.clear();
fmt::print(stderr, "ropewalk: {}:{}: {}\n", options.file, line, printable(why));
};  // namespace
import.progress = [&](u64 offset, const ImportCounts& counts) {
  progress.update(offset, fmt::format("{} entries", counts.entries));
};  // namespace ropewalk::cli
if (options.mailboxes) {
  import.make_user = [&](const std::string& address, const std::string& name)
                         ->Result<i64> {
                           ROPEWALK_TRY(const auto user,
                                        add_user_with_mailbox(options.place, {.address = address, .name = name}));
  return user.id;
};
}
return import;
}

void import_directory(const DirectoryOptions& options, Outcome& outcome) {
  auto format = format_of(options);
  if (!format) return outcome.misuse(format.error().text);
  std::error_code ignored;
  if (options.file != "-" && std::filesystem::is_directory(options.file, ignored))
    return outcome.misuse(fmt::format("cannot read {}: it is a folder", options.file));
  std::ifstream file;
  if (options.file != "-") file.open(options.file, std::ios::binary);
  if (options.file != "-" && !file)
    return outcome.misuse(fmt::format("cannot read {}: {}", options.file, std::strerror(errno)));
  std::istream& input = options.file == "-" ? std::cin : file;
  auto book = open_address_book(options.place, true);
  if (!book) return outcome.fail(book.error());
  const u64 size = options.file == "-" ? 0 : std::filesystem::file_size(options.file, ignored);
  Progress progress(size);
  boost::json::array rejected;
  const auto begin = std::chrono::steady_clock::now();
  auto counts = directory::import_file(**book, *format, input, import_options(options, progress, rejected));
  progress.clear();
  if (!counts) return outcome.fail(fmt::format("cannot import {}: {}", options.file, counts.error().text));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (options.json) {
    boost::json::array unknown;
    for (const std::string& name : counts->unknown) unknown.emplace_back(name);
    boost::json::object out{
        {"entries", counts->entries},    {"added", counts->added},     {"changed", counts->changed},
        {"removed", counts->removed},    {"skipped", counts->skipped}, {"rejected", counts->rejected},
        {"unknown_attributes", unknown}, {"seconds", seconds},         {"rejected_lines", rejected}};
    write_output(pretty_json(out) + "\n");
  } else {
    if (!counts->unknown.empty())
      fmt::print(stderr, "left aside, for the address book has no place for it: {}\n", unknown_names(*counts));
    write_output(summary(*counts, seconds));
  }
  if (counts->rejected > 0)
    outcome.fail(fmt::format("{} entries or lines of {} were rejected", counts->rejected, options.file));
}

void export_directory(const DirectoryOptions& options, Outcome& outcome) {
  const bool to_output = options.file.empty() || options.file == "-";
  Result<EntryFormat> format = EntryFormat::ldif;
  if (!to_output || !options.format.empty()) format = format_of(options);
  if (!format) return outcome.misuse(format.error().text);
  auto book = open_address_book(options.place);
  if (!book) return outcome.fail(book.error());
  u64 all = 0;
  Status counted = (*book)->for_all([&](const directory::Object&) { ++all; });
  if (!counted) return outcome.fail(counted.error());
  std::ofstream file;
  if (!to_output) file.open(options.file, std::ios::binary | std::ios::trunc);
  if (!to_output && !file)
    return outcome.misuse(fmt::format("cannot write {}: {}", options.file, std::strerror(errno)));
  Progress progress(all);
  auto counts = directory::export_entries(**book, *format, [&](std::string_view text, u64 objects) {
    progress.update(objects, fmt::format("{} entries", objects));
    return to_output ? write_output(text)
                     : static_cast<bool>(file.write(text.data(), static_cast<std::streamsize>(text.size())));
  });
  progress.clear();
  if (counts.ok() && !to_output && !file.flush()) counts = Error{"the file cannot be written"};
  if (!counts)
    return outcome.fail(
        fmt::format("cannot export to {}: {}", to_output ? "standard output" : options.file, counts.error().text));
  if (!to_output) write_output(fmt::format("{} entries exported to {}\n", counts->objects, options.file));
}

// The catalogue's name: ids from 0x8000 on have one in the address book alone.
std::string property_of(const directory::Attribute& attribute) {
  if (attribute.tag == 0) return {};
  for (const auto& known : mapi::property_catalogue())
    if (known.kind == mapi::PropertyKind::tag && known.tag() == attribute.tag) return std::string(known.name);
  return mapi::PropTag(attribute.tag).to_string();
}

void list_attributes(const DirectoryOptions& options) {
  if (options.json) {
    boost::json::array list;
    for (const auto& attribute : directory::attributes()) {
      list.push_back(boost::json::object{{"name", attribute.name},
                                         {"aliases", attribute.aliases},
                                         {"vcard", attribute.vcard},
                                         {"property", property_of(attribute)}});
    }
    write_output(pretty_json(list) + "\n");
    return;
  }
  TextTable table({{"ATTRIBUTE", false, 12, false}, {"PROPERTY", false, 12, true}, {"ALSO CALLED", false, 12, true}});
  for (const auto& attribute : directory::attributes()) {
    table.add({std::string(attribute.name), property_of(attribute), std::string(attribute.aliases)});
  }
  write_output(table.to_text(terminal_width()));
}

}  // namespace

void add_directory_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<DirectoryOptions>();
  CLI::App* directory = root.add_subcommand("directory", "Import and export the address book");
  directory->require_subcommand(1);

  CLI::App* import = directory->add_subcommand("import", "Entries of a file: those that are there are changed");
  add_place_options(import, options->place);
  import->add_option("FILE", options->file, "A file ending in .ldif, .csv or .vcf; \"-\": standard input")->required();
  import->add_option("--format", options->format, "What the file is, whatever its name")
      ->check(CLI::IsMember({"ldif", "csv", "vcf"}));
  import->add_flag("--mailboxes", options->mailboxes,
                   "Make users with mailboxes of people (without passwords), else they become contacts");
  import->add_flag("--json", options->json, "Print counts and rejected lines as JSON");
  import->callback([options, &outcome] { import_directory(*options, outcome);
});

CLI::App* exporting = directory->add_subcommand("export", "Every entry into a file, hidden ones too");
add_place_options(exporting, options->place);
exporting->add_option("FILE", options->file, "A file ending in .ldif, .csv or .vcf (default: LDIF to standard output)");
exporting->add_option("--format", options->format, "What to write, whatever the name")
    ->check(CLI::IsMember({"ldif", "csv", "vcf"}));
exporting->callback([options, &outcome] { export_directory(*options, outcome); });

CLI::App* names = directory->add_subcommand("attributes", "List the attributes of entries and their names");
names->add_flag("--json", options->json, "As a list of objects with name, aliases, vcard and property");
names->callback([options] { list_attributes(*options); });
}

}  // namespace ropewalk::cli
