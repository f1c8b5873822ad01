// What an address book says of one entry, as text, JSON and vCard.
#pragma once

#include <string>

#include "client/address_book.h"

namespace ropewalk::cli {

// "PidTagAddressBookMember"; in hexadecimal where there is no name. Ids from 0x8000 on mean something else in
// mailboxes.
std::string address_property_name(mapi::PropTag tag);

struct AddressCard {
  // Others who point at the entry, or at whom it points.
  struct Links {
    std::string heading;  // "Member of"
    std::string name;     // "member_of", in JSON
    client::Rows entries;
  };
  mapi::PropertyBag properties;
  bool is_group = false;
  client::Rows members;                     // of a group
  std::vector<mapi::PropertyBag> managers;  // whose the entry's is, his own, and so on upwards
  std::vector<Links> links{};
};

std::string text_of_card(const AddressCard& card);
std::string json_of_card(const AddressCard& card);
// [RFC 6350]; what the address book's own files know of these properties.
std::string vcard_of(const AddressCard& card);

}  // namespace ropewalk::cli
