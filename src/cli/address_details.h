// An entry of the address book as its server wants it to be shown: in the words and order of a details template.
#pragma once

#include <string>
#include <vector>

#include "client/address_book.h"

namespace ropewalk::cli {

// One thing that a template shows: "Office:" on the page "General".
struct DetailsField {
  std::string page, label;
  mapi::PropTag property;
  std::vector<std::string> values;  // none: the entry has no such
};

// The template's fields with what the entry says in them, in their order; none where the server has no template for it.
client::Outcome<std::vector<DetailsField>> details_of(client::AddressEntry& entry);

std::string text_of_details(const std::vector<DetailsField>& fields);
std::string json_of_details(const std::vector<DetailsField>& fields);

}  // namespace ropewalk::cli
