// The address book's request types over HTTP on AddressBookService: bodies in, bodies out. [MS-OXCMAPIHTTP] 2.2.5
#pragma once

#include <functional>

#include "protocol/mapihttp/headers.h"
#include "server/addressbook/address_book_service.h"
#include "wire/encoder.h"
#include "wire/error.h"

namespace ropewalk::server {

// Who asks whom. Outlives the work that it is for.
struct AddressBookHttpCall {
  AddressBookService& service;
  NspiCaller caller;
  std::string mailbox_url, address_book_url;  // the caller's, UTF-8
};

// Reads the body of a request type of the address book but Bind, Unbind and PING. What is returned does what was asked
// for, and appends the response's body; it throws what no response can tell. `body` and `arena` outlive it. An error:
// the body cannot be read.
Result<std::function<void(wire::OutBuffer& out)>, wire::WireError> address_book_work(mapihttp::RequestType type,
                                                                                     ByteView body,
                                                                                     const AddressBookHttpCall& call,
                                                                                     Arena& arena);

}  // namespace ropewalk::server
