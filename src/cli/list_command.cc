// `ropewalk list`: the lists that the address book is divided into.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/directory_access.h"
#include "cli/json_text.h"
#include "cli/text_table.h"
#include "mapi/ascii_case.h"

namespace ropewalk::cli {
namespace {

using directory::AddressBook;
using directory::AddressList;

struct ListOptions {
  DirectoryPlace place;
  std::string which, below, name;
  std::optional<std::string> filter;
  bool hidden = false, shown = false, json = false;
};
using Options = std::shared_ptr<ListOptions>;
using Lists = std::vector<AddressList>;
using Work = Status (*)(AddressBook& book, const ListOptions& options);

// "All Address Lists/All Rooms".
std::string path_of(const AddressList& list, const Lists& lists) {
  auto above = std::ranges::find(lists, list.parent, &AddressList::id);
  return (above == lists.end() ? "" : path_of(*above, lists) + "/") + list.name;
}

// By path or, where no other has it, by name; any case.
Result<AddressList> find_list(const Lists& lists, const std::string& which) {
  const AddressList* found = nullptr;
  for (const AddressList& list : lists) {
    const std::string path = path_of(list, lists);
    if (mapi::equal_ignoring_ascii_case(path, which)) return list;
    if (!mapi::equal_ignoring_ascii_case(list.name, which)) continue;
    if (found != nullptr)
      return Error{fmt::format("\"{}\" are several address lists: say {} or {}", which, path_of(*found, lists), path)};
    found = &list;
  }
  if (found != nullptr) return *found;
  return Error{fmt::format("there is no address list \"{}\" (see `ropewalk list list`)", which)};
}

Status add(AddressBook& book, const ListOptions& options) {
  if (options.which.find('/') != options.which.npos)
    return Error{
        fmt::format("an address list's name has no '/': \"{}\" (--below says where it stands)", options.which)};
  u32 parent = 0;
  if (!options.below.empty()) {
    ROPEWALK_TRY(const Lists lists, book.lists());
    ROPEWALK_TRY(const AddressList above, find_list(lists, options.below));
    parent = above.id;
  }
  ROPEWALK_TRY(const AddressList made, book.add_list(parent, options.which, options.filter.value_or("")));
  return options.hidden ? book.change_list(made.id, {.hidden = true}) : Status();
}

Status set(AddressBook& book, const ListOptions& options) {
  ROPEWALK_TRY(const Lists lists, book.lists());
  ROPEWALK_TRY(const AddressList list, find_list(lists, options.which));
  directory::ListChange change{.filter = options.filter};
  if (!options.name.empty()) change.name = options.name;
  if (options.hidden || options.shown) change.hidden = options.hidden;
  return book.change_list(list.id, change);
}

Status remove(AddressBook& book, const ListOptions& options) {
  ROPEWALK_TRY(const Lists lists, book.lists());
  ROPEWALK_TRY(const AddressList list, find_list(lists, options.which));
  if (list.is_global) return Error{"the Global Address List stays"};
  if (std::ranges::find(lists, list.id, &AddressList::parent) != lists.end())
    return Error{fmt::format("cannot remove \"{}\": there are address lists below it", path_of(list, lists))};
  return book.remove_list(list.id);
}

// Whom a list without a filter shows.
std::string kinds_text(const AddressList& list) {
  if (list.is_global) return "everybody";
  std::string text;
  for (u32 bit = 0; bit < 32; ++bit)
    if ((list.kinds & (1u << bit)) != 0) {
      const auto name = directory::name_of(static_cast<directory::Kind>(bit));
      if (name != "unknown") text += fmt::format("{}{}", text.empty() ? "" : ", ", name);
    }
  return text;
}

Status show(AddressBook& book, const ListOptions& options) {
  ROPEWALK_TRY(const Lists lists, book.lists());
  TextTable table({{"LIST", false, 12, true}, {"SHOWS", false, 8, true}, {"OBJECTS", true, 7, false}});
  boost::json::array all;
  for (const AddressList& list : lists) {
    u64 count = 0;
    ROPEWALK_CHECK(book.for_each(list.id, [&](const directory::Object&) { ++count; }));
    const std::string path = path_of(list, lists);
    table.add({path + (list.hidden ? " (hidden)" : ""), list.filter.empty() ? kinds_text(list) : list.filter,
               std::to_string(count)});
    all.push_back(boost::json::object{{"path", path},
                                      {"name", list.name},
                                      {"guid", list.guid.to_string()},
                                      {"dn", list.legacy_dn},
                                      {"filter", list.filter},
                                      {"global", list.is_global},
                                      {"hidden", list.hidden},
                                      {"objects", count}});
  }
  if (write_output(options.json ? pretty_json(all) + "\n" : table.to_text(terminal_width()))) return {};
  return Error{"cannot write to standard output"};
}

CLI::App* subcommand(CLI::App* family, const Options& options, Outcome& outcome, const std::string& name,
                     const std::string& what, Work work) {
  CLI::App* command = family->add_subcommand(name, what);
  add_place_options(command, options->place);
  command->callback([=, &outcome] {
    auto book = open_address_book(options->place);
    if (!book) return outcome.fail(book.error());
    Status done = (*book)->together([&] { return work(**book, *options); });
    if (!done) outcome.fail(done.error());
  });
  return command;
}

}  // namespace

void add_list_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<ListOptions>();
  CLI::App* list = root.add_subcommand("list", "Add, change, list and remove address lists");
  list->require_subcommand(1);
  constexpr const char* kWhich = "Which: its name, or its path (\"All Address Lists/All Rooms\")";
  constexpr const char* kFilter =
      "Whom it shows, as an LDAP filter: \"(department=Sales)\"; empty: by kinds, or nobody";

  CLI::App* more = subcommand(list, options, outcome, "add", "Add an address list", add);
  more->add_option("NAME", options->which, "Its name")->required();
  more->add_option("--below", options->below, "The list below which it stands (default: at the top)")
      ->type_name("LIST");
  more->add_option("--filter", options->filter, kFilter)->type_name("FILTER");
  more->add_flag("--hidden", options->hidden, "Clients do not see it among the lists");
  more->footer(
      "Examples:\n"
      "  ropewalk list add --data DIR Departments\n"
      "  ropewalk list add --data DIR Sales --below Departments --filter \"(department=Sales)\"\n"
      "What it shows can be had offline too: lists = [\"Sales\"] in the configuration's section [oab].");

  CLI::App* change = subcommand(list, options, outcome, "set", "Change an address list", set);
  change->add_option("LIST", options->which, kWhich)->required();
  change->add_option("--name", options->name, "Another name")->type_name("NAME");
  change->add_option("--filter", options->filter, kFilter)->type_name("FILTER");
  auto* hidden = change->add_flag("--hidden", options->hidden, "Clients do not see it among the lists");
  change->add_flag("--shown", options->shown, "Clients see it again")->excludes(hidden);

  CLI::App* all = subcommand(list, options, outcome, "list", "List the address lists", show);
  all->add_flag("--json", options->json, "As a list of objects");

  subcommand(list, options, outcome, "remove", "Remove an address list; whom it shows stays", remove)
      ->add_option("LIST", options->which, kWhich)
      ->required();
}

}  // namespace ropewalk::cli
