#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/directory_access.h"
#include "directory/directory.h"
#include "server/config.h"

namespace ropewalk::cli {
namespace {

struct UserOptions {
  DirectoryPlace place;
  std::string address, name, dn;
  std::vector<std::string> assignments;
  bool password_stdin = false, json = false, delete_mailbox = false, ntlm = false;
  std::string on_off;
};

Status add_user(const UserOptions& options, std::string password) {
  auto added = add_user_with_mailbox(options.place,
                                     {options.address, options.name, options.dn, std::move(password), options.ntlm});
  return added.ok() ? Status() : Status(added.error());
}

Status set_properties(const UserOptions& options, const Assignments& assignments) {
  ROPEWALK_TRY(auto book, open_address_book(options.place));
  ROPEWALK_TRY(const auto object, book->find_by_address(options.address));
  if (!object || object->user_id == 0)
    return Error{fmt::format("cannot change {}: there is no such user", options.address)};
  return book->together([&]() -> Status {
    ROPEWALK_CHECK(book->change(object->id, assignments.change));
    return set_links(*book, object->id, assignments);
  });
}

Status set_password(const UserOptions& options, const std::string& password) {
  ROPEWALK_TRY(auto directory, open_directory(options.place));
  ROPEWALK_TRY(const auto config, config_of(options.place));
  ROPEWALK_TRY(const auto user, directory->find_by_address(options.address));
  if (user && !config.ldap.url.empty()) {
    ROPEWALK_TRY(const bool is_copied, directory->is_copied(user->id));
    if (is_copied)
      return Error{fmt::format("cannot set the password of {}: it is the one of {}, where the user comes from",
                               user->address, config.ldap.url)};
  }
  return directory->set_password(options.address, password, options.ntlm);
}

Status switch_ntlm(const UserOptions& options) {
  ROPEWALK_TRY(auto directory, open_directory(options.place));
  if (options.on_off == "off") return directory->switch_ntlm_off(options.address);
  if (!options.password_stdin)
    return Error{
        fmt::format("cannot switch NTLM on for {}: it needs the user's password (--password-stdin)", options.address)};
  ROPEWALK_TRY(const std::string password, read_password());
  return directory->switch_ntlm_on(options.address, password);
}

Status list_users(const UserOptions& options) {
  ROPEWALK_TRY(auto directory, open_directory(options.place));
  ROPEWALK_TRY(auto users, directory->list());
  std::string text;
  boost::json::array list;
  std::size_t width = 0;
  for (const auto& user : users) width = std::max(width, user.address.size());
  for (const auto& user : users) {
    list.push_back({{"address", user.address}, {"name", user.name}, {"dn", user.legacy_dn}, {"ntlm", user.ntlm}});
    text +=
        fmt::format("{:<{}}  {}  {}{}\n", user.address, width, user.name, user.legacy_dn, user.ntlm ? "  [NTLM]" : "");
  }
  if (options.json) text = boost::json::serialize(list) + "\n";
  if (!write_output(text)) return Error{"cannot write to standard output"};
  return {};
}

using Options = std::shared_ptr<UserOptions>;

CLI::App* subcommand(CLI::App* user, const Options& options, const std::string& name, const std::string& what,
                     bool needs_address) {
  CLI::App* command = user->add_subcommand(name, what);
  add_place_options(command, options->place);
  if (needs_address)
    command->add_option("ADDRESS", options->address, "The user's address: user1@ropewalk.test")->required();
  return command;
}

void with_password(CLI::App* command, const Options& options, Outcome& outcome,
                   std::function<Status(const UserOptions&, const std::string&)> work) {
  command->add_flag("--password-stdin", options->password_stdin, "Read the password from standard input")->required();
  command->callback([options, &outcome, work] {
    auto password = read_password();
    if (!password) return outcome.fail(password.error());
    Status done = work(*options, *password);
    if (!done) outcome.fail(done.error());
  });
}

}  // namespace

void add_user_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<UserOptions>();
  CLI::App* user = root.add_subcommand("user", "Add, change, list and remove users, set their passwords");
  user->require_subcommand(1);

  CLI::App* add = subcommand(user, options, "add", "Add a user and make the mailbox", true);
  add->add_option("--name", options->name, "The name for people (default: the address before '@')")->type_name("NAME");
  add->add_option("--dn", options->dn, "The legacy DN (default: made from the organization)")->type_name("DN");
  add->add_flag("--ntlm", options->ntlm, "Let the user sign in with NTLM too; stores a hash for it, encrypted");
  with_password(add, options, outcome, add_user);

  CLI::App* set = subcommand(user, options, "set", "Change a user's properties in the address book", true);
  set->add_option(
         "ATTRIBUTE=VALUE", options->assignments,
         "displayName=NAME, mail=ADDRESS, thumbnailPhoto=@FILE, manager=ADDRESS; without a value: none any more")
      ->required();
  set->callback([options, &outcome] {
    auto assignments = read_assignments(options->assignments);
    if (!assignments) return outcome.misuse(assignments.error().text);
    Status done = set_properties(*options, *assignments);
    if (!done) outcome.fail(done.error());
  });

  CLI::App* list = subcommand(user, options, "list", "List the users", false);
  list->add_flag("--json", options->json, "As a list of objects with address, name, dn and ntlm");
  list->callback([options, &outcome] {
    Status done = list_users(*options);
    if (!done) outcome.fail(done.error());
  });

  CLI::App* passwd = subcommand(user, options, "passwd", "Set a user's password", true);
  passwd->add_flag("--ntlm", options->ntlm, "Switch NTLM on for the user too");
  with_password(passwd, options, outcome, set_password);

  CLI::App* ntlm = subcommand(user, options, "ntlm", "Switch NTLM on or off for a user", true);
  ntlm->add_option("on|off", options->on_off, "Switching on needs the user's password")
      ->required()
      ->check(CLI::IsMember({"on", "off"}));
  ntlm->add_flag("--password-stdin", options->password_stdin, "Read the password from standard input");
  ntlm->callback([options, &outcome] {
    Status done = switch_ntlm(*options);
    if (!done) outcome.fail(done.error());
  });

  CLI::App* remove = subcommand(user, options, "remove", "Remove a user; the mailbox stays", true);
  remove->add_flag("--delete-mailbox", options->delete_mailbox, "Delete the mailbox too, for good");
  remove->callback([options, &outcome] {
    Status done = remove_user_of(options->place, options->address, options->delete_mailbox);
    if (!done) outcome.fail(done.error());
  });
}

}  // namespace ropewalk::cli
