#include "client/address_book.h"

namespace ropewalk::client {
namespace {

Failure unsupported(std::string_view what) {
  return {mapi::ErrorCode::not_supported, "this address book resolves names alone; it has no " + std::string(what)};
}

}  // namespace

Outcome<std::vector<mapi::PropertyBag>> AddressBook::hierarchy() { return unsupported("hierarchy"); }
Outcome<std::unique_ptr<AddressContainer>> AddressBook::open_container(ByteView) { return unsupported("containers"); }
Outcome<std::unique_ptr<AddressEntry>> AddressBook::open_entry(ByteView) { return unsupported("entries to open"); }

}  // namespace ropewalk::client
