// What `ropewalk card` changes of an entry, through a server.
#pragma once

#include <string>
#include <vector>

#include "client/address_book.h"

namespace ropewalk::cli {

// Of the command line.
struct AddressChange {
  std::vector<std::string> assignments;  // "ATTRIBUTE=VALUE", as `ropewalk user set` takes them
  std::vector<std::string> new_members, former_members, new_delegates, former_delegates;

  bool empty() const {
    return assignments.empty() && new_members.empty() && former_members.empty() && new_delegates.empty() &&
           former_delegates.empty();
  }
};

// The properties that the assignments mean; the error is one of usage.
struct PropertyChange {
  mapi::PropertyBag values;
  std::vector<mapi::PropTag> removed;
};
Result<PropertyChange> read_property_change(const AddressChange& change);

// The one entry that a name or address means; a failure names those that it may mean.
client::Outcome<std::unique_ptr<client::AddressEntry>> entry_named(client::AddressBook& book, const std::string& name);

// Asks the server for all of it, one request for properties and one for each kind of link.
client::Outcome<void> change_entry(client::AddressBook& book, client::AddressEntry& entry, const AddressChange& change,
                                   const PropertyChange& properties);

}  // namespace ropewalk::cli
