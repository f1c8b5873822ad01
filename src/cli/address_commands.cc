// `ropewalk contact`, `group`, `room` and `public-folder`: what is in the address book beside users.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <memory>

#include "cli/command.h"
#include "cli/commands.h"
#include "cli/directory_access.h"
#include "cli/json_text.h"
#include "cli/text_table.h"
#include "directory/attributes.h"

namespace ropewalk::cli {
namespace {

using directory::AddressBook;
using directory::Kind;
using directory::Link;
using directory::Object;

struct AddressOptions {
  DirectoryPlace place;
  std::string who, name, filter;
  std::vector<std::string> assignments, members;
  bool json = false, deep = false, equipment = false, delete_mailbox = false, has_account = false, has_password = false;
  std::optional<u32> capacity;
};
using Options = std::shared_ptr<AddressOptions>;
using Work = Status (*)(AddressBook& book, const AddressOptions& options, Assignments& assignments);

// What a family of commands is about.
struct Family {
  std::string name;  // "contact"
  std::string one;   // "a contact"
  std::vector<Kind> kinds;

  bool has(Kind kind) const { return std::ranges::find(kinds, kind) != kinds.end(); }
};
const Family kContacts{"contact", "a contact", {Kind::contact}};
const Family kGroups{"group", "a group", {Kind::group, Kind::dynamic_group}};
const Family kFolders{"public-folder", "a public folder", {Kind::public_folder}};
const Family kRooms{"room", "a room or equipment", {Kind::room, Kind::equipment}};

Result<Object> find_of(AddressBook& book, const Family& family, const std::string& who) {
  ROPEWALK_TRY(const Object object, find_object(book, who));
  if (family.has(object.kind)) return object;
  return Error{fmt::format("{} is not {} but a {}", who, family.one, directory::name_of(object.kind))};
}

CLI::App* subcommand(CLI::App* family, const Options& options, const std::string& name, const std::string& what) {
  CLI::App* command = family->add_subcommand(name, what);
  add_place_options(command, options->place);
  return command;
}

void with_assignments(CLI::App* command, const Options& options) {
  command->add_option(
      "ATTRIBUTE=VALUE", options->assignments,
      "Properties: department=Sales, thumbnailPhoto=@FILE, manager=ADDRESS; without a value: none any more");
}

// Opens the address book and does `work` all or not at all.
Status in_address_book(const AddressOptions& options, bool make, Work work, Assignments& assignments) {
  ROPEWALK_TRY(auto book, open_address_book(options.place, make));
  return book->together([&] { return work(*book, options, assignments); });
}

void run(CLI::App* command, const Options& options, Outcome& outcome, bool make, Work work) {
  command->callback([=, &outcome] {
    auto assignments = read_assignments(options->assignments);
    if (!assignments) return outcome.misuse(assignments.error().text);
    Status done = in_address_book(*options, make, work, *assignments);
    if (!done) outcome.fail(done.error());
  });
}

Status add_contact(AddressBook& book, const AddressOptions& options, Assignments& assignments) {
  directory::ObjectChange as = std::move(assignments.change);
  as.address = options.who;
  if (!options.name.empty()) as.name = options.name;
  ROPEWALK_TRY(const Object made, book.add(Kind::contact, as));
  return set_links(book, made.id, assignments);
}

// Where one without an address may be: `options.who` is the address or only the name.
Result<Object> add_named(AddressBook& book, Kind kind, const AddressOptions& options, Assignments& assignments) {
  directory::ObjectChange as = std::move(assignments.change);
  const bool is_address = options.who.find('@') != options.who.npos;
  if (is_address) as.address = options.who;
  if (!options.name.empty())
    as.name = options.name;
  else if (!is_address && !as.name)
    as.name = options.who;
  if (!options.filter.empty()) as.filter = options.filter;
  return book.add(as.filter ? Kind::dynamic_group : kind, as);
}

Status add_public_folder(AddressBook& book, const AddressOptions& options, Assignments& assignments) {
  ROPEWALK_TRY(const Object made, add_named(book, Kind::public_folder, options, assignments));
  return set_links(book, made.id, assignments);
}

Status add_group(AddressBook& book, const AddressOptions& options, Assignments& assignments) {
  ROPEWALK_TRY(const Object made, add_named(book, Kind::group, options, assignments));
  for (const std::string& member : options.members) {
    ROPEWALK_TRY(const Object object, find_object(book, member));
    ROPEWALK_CHECK(book.add_link(made.id, Link::member, object.id));
  }
  return set_links(book, made.id, assignments);
}

template <const Family& family>
Status set(AddressBook& book, const AddressOptions& options, Assignments& assignments) {
  ROPEWALK_TRY(const Object object, find_of(book, family, options.who));
  directory::ObjectChange change = std::move(assignments.change);
  if (!options.name.empty()) change.name = options.name;
  if (!options.filter.empty()) change.filter = options.filter;
  ROPEWALK_CHECK(book.change(object.id, change));
  return set_links(book, object.id, assignments);
}

template <const Family& family>
Status remove(AddressBook& book, const AddressOptions& options, Assignments&) {
  ROPEWALK_TRY(const Object object, find_of(book, family, options.who));
  return book.remove(object.id);
}

Status change_members(AddressBook& book, const AddressOptions& options, bool adds) {
  ROPEWALK_TRY(const Object group, find_of(book, kGroups, options.who));
  if (group.kind == Kind::dynamic_group)
    return Error{fmt::format("the members of {} are whom its filter means: change that", options.who)};
  for (const std::string& member : options.members) {
    ROPEWALK_TRY(const Object object, find_object(book, member));
    Status done =
        adds ? book.add_link(group.id, Link::member, object.id) : book.remove_link(group.id, Link::member, object.id);
    if (!done.ok() && !adds) return Error{fmt::format("{} is no member of {}", member, options.who)};
    if (!done.ok()) return done;
  }
  return {};
}

Status print_objects(AddressBook& book, const std::vector<Object>& objects, bool json) {
  if (json) {
    boost::json::array list;
    for (const Object& object : objects) {
      ROPEWALK_TRY(auto one, json_of(book, object));
      list.push_back(std::move(one));
    }
    return write_output(pretty_json(list) + "\n") ? Status() : Status(Error{"cannot write to standard output"});
  }
  TextTable table({{"ADDRESS", false, 12, true}, {"NAME", false, 8, true}, {"KIND", false, 4, false}});
  for (const Object& object : objects)
    table.add({object.address, object.name + (object.hidden ? " (hidden)" : ""),
               object.kind == Kind::contact && object.user_id != 0 ? "mail user" : std::string(name_of(object.kind))});
  if (write_output(table.to_text(terminal_width()))) return {};
  return Error{"cannot write to standard output"};
}

template <const Family& family>
Status list(AddressBook& book, const AddressOptions& options, Assignments&) {
  std::vector<Object> objects;
  ROPEWALK_CHECK(book.for_all([&](const Object& object) {
    if (family.has(object.kind)) objects.push_back(object);
  }));
  std::ranges::sort(objects, {}, [](const Object& object) { return std::tie(object.name, object.id); });
  return print_objects(book, objects, options.json);
}

Status list_members(AddressBook& book, const AddressOptions& options, Assignments&) {
  ROPEWALK_TRY(const Object group, find_of(book, kGroups, options.who));
  ROPEWALK_TRY(const auto ids, book.members(group.id, options.deep));
  std::vector<Object> objects;
  for (u32 id : ids) {
    ROPEWALK_TRY(const auto object, book.find(id));
    if (object) objects.push_back(*object);
  }
  return print_objects(book, objects, options.json);
}

void add_list(CLI::App* family, const Options& options, Outcome& outcome, const std::string& what, Work work) {
  CLI::App* command = subcommand(family, options, "list", what);
  command->add_flag("--json", options->json, "As a list of objects with all attributes");
  run(command, options, outcome, false, work);
}

CLI::App* with_who(CLI::App* command, const Options& options, const std::string& what) {
  command->add_option("WHO", options->who, what)->required();
  return command;
}

constexpr const char* kWho = "Whom: by address, DN, alias or name";

void add_member_commands(CLI::App* group, const Options& options, Outcome& outcome) {
  CLI::App* members = with_who(subcommand(group, options, "members", "List the members of a group"), options, kWho);
  members->add_flag("--deep", options->deep, "In place of groups among them, their members");
  members->add_flag("--json", options->json, "As a list of objects with all attributes");
  run(members, options, outcome, false, list_members);

  CLI::App* add = with_who(subcommand(group, options, "add-member", "Add members to a group"), options, kWho);
  add->add_option("MEMBER", options->members, "The members, by address, DN, alias or name")->required();
  run(add, options, outcome, false,
      [](AddressBook& book, const AddressOptions& given, Assignments&) { return change_members(book, given, true); });

  CLI::App* remove =
      with_who(subcommand(group, options, "remove-member", "Take members out of a group"), options, kWho);
  remove->add_option("MEMBER", options->members, "The members, by address, DN, alias or name")->required();
  run(remove, options, outcome, false,
      [](AddressBook& book, const AddressOptions& given, Assignments&) { return change_members(book, given, false); });
}

// The user's object as `kind` says, else the user goes again.
Status settle_user(const AddressOptions& options, const directory::User& user, Kind kind, Assignments& assignments) {
  ROPEWALK_TRY(auto book, open_address_book(options.place));
  ROPEWALK_TRY(const auto object, book->find_by_user(user.id));
  if (!object) return Error{fmt::format("{} is gone again", options.who)};
  directory::ObjectChange change = std::move(assignments.change);
  if (options.capacity)
    ROPEWALK_CHECK(
        directory::set_values(*directory::find_attribute("capacity"), {std::to_string(*options.capacity)}, change));
  Status done = book->together([&]() -> Status {
    ROPEWALK_CHECK(book->set_kind(object->id, kind));
    ROPEWALK_CHECK(book->change(object->id, change));
    return set_links(*book, object->id, assignments);
  });
  if (done.ok()) return {};
  (void)remove_user_of(options.place, user.address, kind != Kind::contact);
  return done;
}

Status add_room(const AddressOptions& options, Assignments& assignments) {
  ROPEWALK_TRY(const directory::User user,
               add_user_with_mailbox(options.place, {.address = options.who, .name = options.name}));
  return settle_user(options, user, options.equipment ? Kind::equipment : Kind::room, assignments);
}

// Somebody whose mail is elsewhere, and who signs in here: to the address book.
Status add_mail_user(const AddressOptions& options, Assignments& assignments) {
  ROPEWALK_TRY(const std::string password, read_password());
  ROPEWALK_TRY(auto people, open_directory(options.place, true));
  ROPEWALK_TRY(const directory::User user,
               people->add_user({.address = options.who, .name = options.name, .password = password}));
  return settle_user(options, user, Kind::contact, assignments);
}

// With the user, where there is one.
Status remove_one(const AddressOptions& options, const Family& family) {
  ROPEWALK_TRY(auto book, open_address_book(options.place));
  ROPEWALK_TRY(const Object object, find_of(*book, family, options.who));
  if (object.user_id == 0) return book->remove(object.id);
  book.reset();
  return remove_user_of(options.place, object.address, options.delete_mailbox);
}

void remove_with_user(CLI::App* command, const Options& options, Outcome& outcome, const Family& family) {
  command->callback([options, &outcome, &family] {
    Status done = remove_one(*options, family);
    if (!done) outcome.fail(done.error());
  });
}

}  // namespace

void add_contact_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<AddressOptions>();
  CLI::App* contact = root.add_subcommand("contact", "Add, change, list and remove people of elsewhere");
  contact->require_subcommand(1);
  CLI::App* add = with_who(subcommand(contact, options, "add", "Add a contact"), options, "The address");
  add->add_option("--name", options->name, "The name for people (default: the address before '@')")->type_name("NAME");
  auto* account =
      add->add_flag("--account", options->has_account, "Let them sign in here: a mail user, without a mailbox");
  add->add_flag("--password-stdin", options->has_password, "Read the account's password from standard input")
      ->needs(account);
  account->needs("--password-stdin");
  with_assignments(add, options);
  add->callback([options, &outcome] {
    auto assignments = read_assignments(options->assignments);
    if (!assignments) return outcome.misuse(assignments.error().text);
    Status done = options->has_account ? add_mail_user(*options, *assignments)
                                       : in_address_book(*options, true, add_contact, *assignments);
    if (!done) outcome.fail(done.error());
  });
  CLI::App* change = with_who(subcommand(contact, options, "set", "Change a contact's properties"), options, kWho);
  change->add_option("--name", options->name, "Another name")->type_name("NAME");
  with_assignments(change, options);
  run(change, options, outcome, false, set<kContacts>);
  add_list(contact, options, outcome, "List the contacts", list<kContacts>);
  remove_with_user(
      with_who(subcommand(contact, options, "remove", "Remove a contact, with the account"), options, kWho), options,
      outcome, kContacts);
}

void add_group_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<AddressOptions>();
  CLI::App* group = root.add_subcommand("group", "Add, change, list and remove groups and their members");
  group->require_subcommand(1);
  CLI::App* add = with_who(subcommand(group, options, "add", "Add a group"), options, "The address, or only a name");
  add->add_option("--name", options->name, "The name for people (default: the address before '@')")->type_name("NAME");
  add->add_option("--filter", options->filter,
                  "Make it a dynamic group: whom this LDAP filter means, \"(department=Sales)\"")
      ->type_name("FILTER");
  add->add_option("--member", options->members, "A member (again for each)")->type_name("WHO")->allow_extra_args(false);
  with_assignments(add, options);
  run(add, options, outcome, true, add_group);
  CLI::App* change = with_who(subcommand(group, options, "set", "Change a group's properties"), options, kWho);
  change->add_option("--name", options->name, "Another name")->type_name("NAME");
  change->add_option("--filter", options->filter, "Another filter of a dynamic group")->type_name("FILTER");
  with_assignments(change, options);
  run(change, options, outcome, false, set<kGroups>);
  add_list(group, options, outcome, "List the groups", list<kGroups>);
  run(with_who(subcommand(group, options, "remove", "Remove a group"), options, kWho), options, outcome, false,
      remove<kGroups>);
  add_member_commands(group, options, outcome);
}

void add_room_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<AddressOptions>();
  CLI::App* room = root.add_subcommand("room", "Add, change, list and remove rooms and equipment");
  room->require_subcommand(1);
  CLI::App* add = with_who(subcommand(room, options, "add", "Add a room with its mailbox"), options, "The address");
  add->add_option("--name", options->name, "The name for people (default: the address before '@')")->type_name("NAME");
  add->add_option("--capacity", options->capacity, "How many people it holds")->type_name("N");
  add->add_flag("--equipment", options->equipment, "No room but equipment: a projector, a car");
  with_assignments(add, options);
  add->callback([options, &outcome] {
    auto assignments = read_assignments(options->assignments);
    if (!assignments) return outcome.misuse(assignments.error().text);
    Status done = add_room(*options, *assignments);
    if (!done) outcome.fail(done.error());
  });
  CLI::App* change = with_who(subcommand(room, options, "set", "Change a room's properties"), options, kWho);
  change->add_option("--name", options->name, "Another name")->type_name("NAME");
  with_assignments(change, options);
  run(change, options, outcome, false, set<kRooms>);
  add_list(room, options, outcome, "List the rooms and equipment", list<kRooms>);
  CLI::App* gone = with_who(subcommand(room, options, "remove", "Remove a room; its mailbox stays"), options, kWho);
  gone->add_flag("--delete-mailbox", options->delete_mailbox, "Delete the mailbox too, for good");
  remove_with_user(gone, options, outcome, kRooms);
}

void add_public_folder_command(CLI::App& root, Outcome& outcome) {
  auto options = std::make_shared<AddressOptions>();
  CLI::App* folder =
      root.add_subcommand("public-folder", "Add, change, list and remove public folders in the address book");
  folder->require_subcommand(1);
  CLI::App* add =
      with_who(subcommand(folder, options, "add", "Add a public folder"), options, "The address, or only a name");
  add->add_option("--name", options->name, "The name for people (default: the address before '@')")->type_name("NAME");
  with_assignments(add, options);
  run(add, options, outcome, true, add_public_folder);
  CLI::App* change = with_who(subcommand(folder, options, "set", "Change a public folder's properties"), options, kWho);
  change->add_option("--name", options->name, "Another name")->type_name("NAME");
  with_assignments(change, options);
  run(change, options, outcome, false, set<kFolders>);
  add_list(folder, options, outcome, "List the public folders", list<kFolders>);
  run(with_who(subcommand(folder, options, "remove", "Remove a public folder"), options, kWho), options, outcome, false,
      remove<kFolders>);
}

}  // namespace ropewalk::cli
