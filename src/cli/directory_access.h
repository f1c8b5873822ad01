// For commands that work on the directory of a data folder: users and the rest of the address book.
#pragma once

#include <boost/json/object.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "directory/address_book.h"
#include "directory/directory.h"

namespace CLI {
class App;
}
namespace ropewalk::server {
struct Config;
}

namespace ropewalk::cli {

struct DirectoryPlace {
  std::string data, config_file;
};

// --data and --config.
void add_place_options(CLI::App* command, DirectoryPlace& place);

// Where the configuration is to be found, and what it says; of a file that need not be there, the defaults.
std::string config_path_of(const DirectoryPlace& place);
Result<server::Config> config_of(const DirectoryPlace& place);

// `make`: where there is none, one is made.
Result<std::unique_ptr<directory::Directory>> open_directory(const DirectoryPlace& place, bool make = false);
Result<std::unique_ptr<directory::AddressBook>> open_address_book(const DirectoryPlace& place, bool make = false);

// The user with his mailbox, or neither.
Result<directory::User> add_user_with_mailbox(const DirectoryPlace& place, const directory::NewUser& wanted);
Status remove_user_of(const DirectoryPlace& place, const std::string& address, bool delete_mailbox);

// The first line of standard input.
Result<std::string> read_password();

// "department=Sales", "proxyAddresses=smtp:a@x" (again for each value), "thumbnailPhoto=@photo.jpg" (the file's bytes),
// "title=" (none any more), "manager=user2@ropewalk.test".
struct Assignments {
  directory::ObjectChange change;
  struct LinkTargets {
    directory::Link link;
    std::vector<std::string> targets;  // none: take all away
  };
  std::vector<LinkTargets> links;
};
// The error is one of usage: an attribute nobody knows, a value it cannot have, a file that is not there.
Result<Assignments> read_assignments(const std::vector<std::string>& words);

// Who is called so: by address, DN, alias or name. Error: nobody, or several.
Result<directory::Object> find_object(directory::AddressBook& book, const std::string& who);
// The links of `assignments` in place of what they were.
Status set_links(directory::AddressBook& book, u32 id, const Assignments& assignments);

// All that is known of an object, attributes by their names; binary ones in base64, links as addresses.
Result<boost::json::object> json_of(directory::AddressBook& book, const directory::Object& object);

}  // namespace ropewalk::cli
