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
#include "cli/directory_sync.h"
#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/text_table.h"
#include "directory/directory_import.h"
#include "mapi/property_names.h"
#include "server/user_with_mailbox.h"

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

using MakeUser = std::function<Result<i64>(const std::string& address, const std::string& name)>;

// Makes users with mailboxes for as long as an import goes.
Result<MakeUser> mailbox_maker(const DirectoryPlace& place) {
  ROPEWALK_TRY(std::shared_ptr<directory::Directory> people, open_directory(place, true));
  auto mailboxes = std::make_shared<store::MailboxStores>(place.data);
  return MakeUser([people, mailboxes](const std::string& address, const std::string& name) -> Result<i64> {
    auto user = server::add_user_with_mailbox(*people, *mailboxes, {.address = address, .name = name});
    if (!user.ok()) return user.error();
    return user->id;
  });
}

// Rejected lines: for people at once, as JSON at the end.
struct Rejections {
  const DirectoryOptions& options;
  Progress& progress;
  boost::json::array list{};

  void add(u64 line, const std::string& why) {
    if (!options.json) {
      progress.clear();
      fmt::print(stderr, "ropewalk: {}:{}: {}\n", options.file, line, printable(why));
    } else if (list.size() < kMostListed) {
      list.push_back(boost::json::object{{"line", line}, {"why", why}});
    }
  }
};

Result<directory::ImportOptions> import_options(const DirectoryOptions& options, Rejections& rejections) {
  directory::ImportOptions how;
  how.reject = [&rejections](u64 line, const std::string& why) { rejections.add(line, why); };
  how.progress = [&rejections](u64 offset, const ImportCounts& counts) {
    rejections.progress.update(offset, fmt::format("{} entries", counts.entries));
  };
  if (options.mailboxes) {
    ROPEWALK_TRY(how.make_user, mailbox_maker(options.place));
  }
  return how;
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
  Rejections rejections{options, progress};
  auto how = import_options(options, rejections);
  if (!how) return outcome.fail(how.error());
  const auto begin = std::chrono::steady_clock::now();
  auto counts = directory::import_file(**book, *format, input, *std::move(how));
  progress.clear();
  if (!counts) return outcome.fail(fmt::format("cannot import {}: {}", options.file, counts.error().text));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (options.json) {
    boost::json::array unknown;
    for (const std::string& name : counts->unknown) unknown.emplace_back(name);
    boost::json::object out{
        {"entries", counts->entries},    {"added", counts->added},     {"changed", counts->changed},
        {"removed", counts->removed},    {"skipped", counts->skipped}, {"rejected", counts->rejected},
        {"unknown_attributes", unknown}, {"seconds", seconds},         {"rejected_lines", rejections.list}};
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
  CLI::App* directory = root.add_subcommand("directory", "Import, export and copy the address book");
  directory->require_subcommand(1);

  CLI::App* importing = directory->add_subcommand("import", "Entries of a file: those that are there are changed");
  add_place_options(importing, options->place);
  importing->add_option("FILE", options->file, "A file ending in .ldif, .csv or .vcf; \"-\": standard input")
      ->required();
  importing->add_option("--format", options->format, "What the file is, whatever its name")
      ->check(CLI::IsMember({"ldif", "csv", "vcf"}));
  importing->add_flag("--mailboxes", options->mailboxes,
                      "Make users with mailboxes of people (without passwords), else they become contacts");
  importing->add_flag("--json", options->json, "Print counts and rejected lines as JSON");
  importing->callback([options, &outcome] { import_directory(*options, outcome); });

  CLI::App* exporting = directory->add_subcommand("export", "Every entry into a file, hidden ones too");
  add_place_options(exporting, options->place);
  exporting->add_option("FILE", options->file,
                        "A file ending in .ldif, .csv or .vcf (default: LDIF to standard output)");
  exporting->add_option("--format", options->format, "What to write, whatever the name")
      ->check(CLI::IsMember({"ldif", "csv", "vcf"}));
  exporting->callback([options, &outcome] { export_directory(*options, outcome); });

  add_directory_sync(directory, outcome);

  CLI::App* names = directory->add_subcommand("attributes", "List the attributes of entries and their names");
  names->add_flag("--json", options->json, "As a list of objects with name, aliases, vcard and property");
  names->callback([options] { list_attributes(*options); });
}

}  // namespace ropewalk::cli
