#include "cli/directory_sync.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <memory>

#include "cli/command.h"
#include "cli/directory_access.h"
#include "cli/json_text.h"
#include "cli/progress.h"
#include "cli/text_table.h"
#include "server/config.h"
#include "server/ldap_copying.h"

namespace ropewalk::cli {
namespace {

using directory::ImportCounts;
using directory::LdapCounts;

constexpr std::size_t kMostListed = 10'000;  // entries that --json lists; the counts are complete

struct SyncOptions {
  DirectoryPlace place;
  bool json = false;
};

// Entries that are not taken: for people at once, as JSON at the end.
class Report {
 public:
  explicit Report(bool json) : json_(json) {}

  void add(boost::json::array& list, std::string_view what, const std::string& dn, const std::string& why) {
    if (!json_) {
      progress.clear();
      fmt::print(stderr, "ropewalk: {} {}: {}\n", what, printable(dn), printable(why));
    } else if (list.size() < kMostListed) {
      list.push_back(boost::json::object{{"dn", dn}, {"why", why}});
    }
  }

  Progress progress{0};
  boost::json::array rejected{}, skipped{};

 private:
  const bool json_;
};

std::string text_of(const LdapCounts& counts, const std::string& url, double seconds) {
  const ImportCounts& imported = counts.imported;
  std::string out = fmt::format("{} entries of {} in {:.1f} s: {} added, {} changed, {} gone", imported.entries, url,
                                seconds, imported.added, imported.changed, counts.gone);
  if (imported.skipped > 0) out += fmt::format(", {} skipped", imported.skipped);
  if (imported.rejected > 0) out += fmt::format("; {} REJECTED", imported.rejected);
  return out + "\n";
}

boost::json::object json_of(const LdapCounts& counts, const Report& report, double seconds) {
  const ImportCounts& imported = counts.imported;
  return {{"entries", imported.entries}, {"added", imported.added},           {"changed", imported.changed},
          {"gone", counts.gone},         {"skipped", imported.skipped},       {"rejected", imported.rejected},
          {"seconds", seconds},          {"skipped_entries", report.skipped}, {"rejected_entries", report.rejected}};
}

Result<LdapCounts> copy(const SyncOptions& options, directory::LdapSource& source, Report& report) {
  ROPEWALK_TRY(const auto people, open_directory(options.place, true));
  ROPEWALK_TRY(const auto book, open_address_book(options.place, true));
  store::MailboxStores mailboxes(options.place.data);
  directory::LdapSource::Listener listener;
  listener.reject = [&](auto& dn, auto& why) { report.add(report.rejected, "rejected", dn, why); };
  listener.skip = [&](auto& dn, auto& why) { report.add(report.skipped, "skipped", dn, why); };
  listener.progress = [&](const ImportCounts& counts) {
    report.progress.update(0, fmt::format("{} entries", counts.entries));
  };
  const auto wait = [&] {
    fmt::print(stderr, "ropewalk: another copy is under way; waiting for it\n");
    return true;
  };
  ROPEWALK_TRY(const auto counts,
               server::copy_ldap({options.place.data, *book, *people, mailboxes}, source, std::move(listener), wait));
  if (!counts) return Error{"another copy is under way"};
  return *counts;
}

void sync(const SyncOptions& options, Outcome& outcome) {
  auto config = config_of(options.place);
  if (!config) return outcome.misuse(config.error().text);
  if (config->ldap.url.empty())
    return outcome.misuse(
        fmt::format("{} names no LDAP server: its section [ldap] says which", config_path_of(options.place)));
  directory::LdapSource source(config->ldap);
  Report report(options.json);
  const auto begin = std::chrono::steady_clock::now();
  auto counts = copy(options, source, report);
  report.progress.clear();
  if (!counts) return outcome.fail(counts.error());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  write_output(options.json ? pretty_json(json_of(*counts, report, seconds)) + "\n"
                            : text_of(*counts, config->ldap.url, seconds));
  if (counts->imported.rejected > 0)
    outcome.fail(fmt::format("{} entries or values of {} were rejected", counts->imported.rejected, config->ldap.url));
}

}  // namespace

void add_directory_sync(CLI::App* directory, Outcome& outcome) {
  auto options = std::make_shared<SyncOptions>();
  CLI::App* command =
      directory->add_subcommand("sync", "Copy the LDAP server of the configuration into the address book, once, now");
  add_place_options(command, options->place);
  command->add_flag("--json", options->json, "Print counts, skipped and rejected entries as JSON");
  command->callback([options, &outcome] { sync(*options, outcome); });
}

}  // namespace ropewalk::cli
