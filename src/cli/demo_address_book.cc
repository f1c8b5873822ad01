#include "cli/demo_address_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/text_table.h"
#include "directory/address_book.h"

namespace ropewalk::cli {
namespace {

namespace tag = mapi::tag;
using client::AddressBook;
using client::Failure;
using client::PropTag;
using Told = client::Outcome<std::string>;

constexpr std::string_view kContact = "Ship Chandler", kGroup = "Rope Makers";
const std::vector<std::string> kEverybody{std::string(kGroup), std::string(kContact), "user1", "user2"};
const PropTag kColumns[] = {PropTag(tag::PidTagEntryId), PropTag(tag::PidTagDisplayName),
                            PropTag(tag::PidTagSmtpAddress), PropTag(tag::PidTagTitle)};

Failure wrong(const std::string& what) { return {mapi::ErrorCode::error, "not what was expected: " + what}; }

// The names in a table of the address book, which is to have just these.
client::Outcome<client::Rows> rows_of(client::Table& table, std::vector<std::string> expected) {
  ROPEWALK_CHECK(table.set_columns(kColumns));
  ROPEWALK_TRY(client::Rows rows, table.read_all());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < rows.size(); ++i) names.push_back(client::text_of(rows[i], kColumns[1]));
  std::ranges::sort(names);
  std::ranges::sort(expected);
  if (names != expected) return wrong(fmt::format("{} entries: {}", names.size(), fmt::join(names, ", ")));
  return rows;
}

std::string told(const client::Rows& rows) {
  TextTable shown({{"Name"}, {"Address"}, {"Title"}});
  for (std::size_t i = 0; i < rows.size(); ++i)
    shown.add({client::text_of(rows[i], kColumns[1]), client::text_of(rows[i], kColumns[2]),
               client::text_of(rows[i], kColumns[3])});
  return shown.to_text(100);
}

Told list_everybody(AddressBook& book) {
  ROPEWALK_TRY(auto lists, book.hierarchy());
  std::vector<std::string> names;
  for (const mapi::PropertyBag& list : lists)
    if (std::string name = client::text_of(list.all(), tag::PidTagDisplayName); !name.empty()) names.push_back(name);
  if (names.empty()) return wrong("there is no address list");
  ROPEWALK_TRY(auto container, book.open_container({}));
  ROPEWALK_TRY(auto table, container->contents());
  ROPEWALK_TRY(const client::Rows rows, rows_of(*table, kEverybody));
  return fmt::format("{}The lists: {}\n", told(rows), fmt::join(names, ", "));
}

Told resolve_names(AddressBook& book) {
  struct {
    std::string_view typed;
    std::size_t meant;
  } const cases[] = {{"chandler", 1}, {"user", 2}, {"user2@ropewalk.test", 1}, {"nobody", 0}};
  std::string text;
  for (const auto& one : cases) {
    ROPEWALK_TRY(auto found, book.resolve(one.typed));
    if (found.size() != one.meant) return wrong(fmt::format("\"{}\" means {} entries", one.typed, found.size()));
    std::vector<std::string> names;
    for (const mapi::PropertyBag& entry : found) names.push_back(client::text_of(entry.all(), tag::PidTagSmtpAddress));
    text += fmt::format("{:<22}{}\n", fmt::format("\"{}\"", one.typed),
                        names.empty() ? "nobody" : fmt::format("{}", fmt::join(names, " or ")));
  }
  return text;
}

Told open_group(AddressBook& book) {
  ROPEWALK_TRY(auto found, book.resolve(kGroup));
  if (found.size() != 1) return wrong(fmt::format("{} entries are called {}", found.size(), kGroup));
  const mapi::Value* id = found.front().find(kColumns[0]);
  if (id == nullptr) return wrong("the group has no entry identifier");
  ROPEWALK_TRY(auto group, book.open_entry(id->bytes));
  if (!group->is_list()) return wrong("the group is none");
  ROPEWALK_TRY(const mapi::PropertyBag all, group->get_all());
  ROPEWALK_TRY(auto members, group->members());
  ROPEWALK_TRY(const client::Rows rows, rows_of(*members, {std::string(kContact), "user1", "user2"}));
  return fmt::format("{} has {} properties and {} members:\n{}", kGroup, all.all().size(), rows.size(), told(rows));
}

}  // namespace

Status add_demo_entries(const std::string& data) {
  ROPEWALK_TRY(auto book, directory::AddressBook::open(data));
  directory::ObjectChange contact;
  contact.name = kContact;
  contact.address = "chandler@example.test";
  contact.set.set_text(PropTag(tag::PidTagTitle), "Supplier of hemp");
  ROPEWALK_TRY(const directory::Object supplier, book->add(directory::Kind::contact, contact));
  directory::ObjectChange group;
  group.name = kGroup;
  group.address = "ropemakers@ropewalk.test";
  ROPEWALK_TRY(const directory::Object everybody, book->add(directory::Kind::group, group));
  ROPEWALK_CHECK(book->add_link(everybody.id, directory::Link::member, supplier.id));
  for (const char* user : {"user1@ropewalk.test", "user2@ropewalk.test"}) {
    ROPEWALK_TRY(const auto object, book->find_by_address(user));
    if (!object) return Error{fmt::format("{} is not in the address book", user)};
    ROPEWALK_CHECK(book->add_link(everybody.id, directory::Link::member, object->id));
  }
  return {};
}

std::vector<AddressBookStep> address_book_steps() {
  return {{"The Global Address List", list_everybody},
          {"Names as they are typed: one means one, one means two, one nobody", resolve_names},
          {"A group and its members", open_group}};
}

}  // namespace ropewalk::cli
