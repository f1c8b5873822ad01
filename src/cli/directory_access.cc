#include "cli/directory_access.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>
#include <iostream>
#include <map>

#include "base/base64.h"
#include "cli/command.h"
#include "directory/attributes.h"
#include "directory/directory_import.h"
#include "directory/folded_text.h"
#include "server/config.h"
#include "server/user_with_mailbox.h"

namespace ropewalk::cli {
namespace {

using directory::AddressBook;
using directory::Attribute;
using directory::Field;
using directory::Object;

Result<std::string> organization_of(const DirectoryPlace& place, bool make) {
  if (!make && access((place.data + "/directory.db").c_str(), F_OK) != 0)
    return Error{fmt::format("{} holds no directory of users; `ropewalk user add --data {} ADDRESS` makes one",
                             place.data, place.data)};
  ROPEWALK_TRY(const auto config, config_of(place));
  return config.organization;
}

Result<std::string> value_of_word(const Attribute& attribute, const std::string& word) {
  if (!attribute.is_binary() || attribute.field == Field::guid || word.empty()) return word;
  if (word.front() != '@')
    return Error{fmt::format("{} is binary: give it as {}=@FILE", attribute.name, attribute.name)};
  ROPEWALK_TRY(const auto bytes, read_input(word.substr(1)));
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

std::string config_path_of(const DirectoryPlace& place) {
  return place.config_file.empty() ? server::default_config_path(place.data) : place.config_file;
}

Result<server::Config> config_of(const DirectoryPlace& place) {
  server::Config config;
  const std::string path = config_path_of(place);
  if (!place.config_file.empty() || access(path.c_str(), F_OK) == 0) ROPEWALK_CHECK(server::read_config(path, config));
  return config;
}

void add_place_options(CLI::App* command, DirectoryPlace& place) {
  command->add_option("--data", place.data, "The folder with the directory and the mailboxes")
      ->type_name("DIR")
      ->required();
  command->add_option("--config", place.config_file, "A configuration file in TOML (default: DIR/ropewalk.toml)")
      ->type_name("FILE");
}

Result<std::unique_ptr<directory::Directory>> open_directory(const DirectoryPlace& place, bool make) {
  ROPEWALK_TRY(const std::string organization, organization_of(place, make));
  return directory::Directory::open(place.data, organization);
}

Result<std::unique_ptr<AddressBook>> open_address_book(const DirectoryPlace& place, bool make) {
  ROPEWALK_TRY(const std::string organization, organization_of(place, make));
  return AddressBook::open(place.data, organization);
}

Result<directory::User> add_user_with_mailbox(const DirectoryPlace& place, const directory::NewUser& wanted) {
  ROPEWALK_TRY(auto directory, open_directory(place, true));
  store::MailboxStores mailboxes(place.data);
  return server::add_user_with_mailbox(*directory, mailboxes, wanted);
}

Status remove_user_of(const DirectoryPlace& place, const std::string& address, bool delete_mailbox) {
  ROPEWALK_TRY(auto directory, open_directory(place));
  ROPEWALK_TRY(auto user, directory->find_by_address(address));
  if (!user) return Error{fmt::format("cannot remove {}: there is no such user", address)};
  ROPEWALK_CHECK(directory->remove(user->address));
  if (!delete_mailbox) return {};
  auto removed = store::MailboxStores(place.data).remove(user->mailbox_guid);
  if (removed.ok()) return {};
  return Error{fmt::format("removed the user {}, but cannot delete the mailbox {}: {}", user->address,
                           user->mailbox_guid.to_string(), removed.error().text)};
}

Result<std::string> read_password() {
  std::string line;
  if (!std::getline(std::cin, line)) return Error{"cannot read the password: standard input is empty"};
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) return Error{"cannot take an empty password"};
  return line;
}

Result<Assignments> read_assignments(const std::vector<std::string>& words) {
  std::map<const Attribute*, std::vector<std::string>> values;
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == 0 || equals == word.npos)
      return Error{fmt::format("\"{}\" is not of the form ATTRIBUTE=VALUE", word)};
    const Attribute* attribute = directory::find_attribute(word.substr(0, equals));
    if (attribute == nullptr)
      return Error{
          fmt::format("there is no attribute {} (`ropewalk directory attributes` lists them)", word.substr(0, equals))};
    ROPEWALK_TRY(std::string value, value_of_word(*attribute, word.substr(equals + 1)));
    auto& all = values[attribute];
    if (!value.empty()) all.push_back(std::move(value));
  }
  Assignments read;
  for (const auto& [attribute, some] : values) {
    if (attribute->field != Field::link) {
      ROPEWALK_CHECK(directory::set_values(*attribute, some, read.change));
      continue;
    }
    if (!attribute->is_multiple() && some.size() > 1)
      return Error{fmt::format("{} can have one value only", attribute->name)};
    read.links.push_back({attribute->link, some});
  }
  return read;
}

Result<Object> find_object(AddressBook& book, const std::string& who) {
  std::optional<Object> found;
  if (who.starts_with('/')) {
    ROPEWALK_TRY(found, book.find_by_dn(who));
  } else if (who.find('@') != who.npos) {
    ROPEWALK_TRY(found, book.find_by_address(who));
  } else {
    std::vector<Object> called;
    const std::string folded = directory::fold(who);
    ROPEWALK_CHECK(book.for_all([&](const Object& object) {
      if (directory::fold(object.name) == folded) called.push_back(object);
    }));
    ROPEWALK_TRY(const auto aliases, book.named("=" + who, 2));
    if (called.empty() && aliases.size() == 1) {
      ROPEWALK_TRY(found, book.find(aliases.front()));
    }
    if (called.size() > 1) return Error{fmt::format("{} entries are called {}: give the address", called.size(), who)};
    if (called.size() == 1) found = called.front();
  }
  if (!found) return Error{fmt::format("there is nobody called {} in the address book", who)};
  return *found;
}

Status set_links(AddressBook& book, u32 id, const Assignments& assignments) {
  for (const auto& [link, targets] : assignments.links) {
    ROPEWALK_TRY(const auto before, book.linked(id, link));
    std::vector<u32> wanted;
    for (const std::string& target : targets) {
      ROPEWALK_TRY(const Object object, find_object(book, target));
      wanted.push_back(object.id);
    }
    for (u32 gone : before) {
      if (std::ranges::find(wanted, gone) == wanted.end()) ROPEWALK_CHECK(book.remove_link(id, link, gone));
    }
    for (u32 target : wanted) ROPEWALK_CHECK(book.add_link(id, link, target));
  }
  return {};
}

Result<boost::json::object> json_of(AddressBook& book, const Object& object) {
  boost::json::object json{{"id", object.id}};
  ROPEWALK_TRY(const auto entry, directory::entry_of(book, object, directory::EntryFormat::csv));
  for (const auto& value : entry.values) {
    const Attribute& attribute = *value.attribute;
    if (attribute.field == Field::object_class) continue;
    const bool is_bytes = attribute.is_binary() && attribute.field != Field::guid;
    const std::string text = is_bytes ? to_base64(bytes_of(value.value)) : value.value;
    if (!attribute.is_multiple()) {
      json[attribute.name] = text;
      continue;
    }
    boost::json::value& all = json[attribute.name];
    if (!all.is_array()) all.emplace_array();
    all.as_array().emplace_back(text);
  }
  return json;
}

}  // namespace ropewalk::cli
