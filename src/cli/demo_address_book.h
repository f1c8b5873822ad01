// The part of `ropewalk demo` that shows the address book.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/address_book.h"

namespace ropewalk::cli {

// A contact, and a group that has everybody, for the directory of a data folder.
Status add_demo_entries(const std::string& data);

// One thing that is shown and checked, on an address book with two users and what add_demo_entries() made.
struct AddressBookStep {
  std::string title;
  // What it found, for people; a failure where somebody is missing or too many are there.
  std::function<client::Outcome<std::string>(client::AddressBook& book)> run;
};
std::vector<AddressBookStep> address_book_steps();

}  // namespace ropewalk::cli
