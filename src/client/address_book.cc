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

Outcome<Endpoints> AddressBook::endpoints() { return unsupported("endpoints"); }

Outcome<i32> AddressContainer::compare(ByteView, ByteView) { return unsupported("order to ask for"); }

Outcome<std::unique_ptr<Table>> AddressEntry::linked(PropTag) { return unsupported("entries to follow links of"); }
Outcome<void> AddressEntry::change(std::span<const mapi::Property>, std::span<const PropTag>) {
  return unsupported("entries to change");
}
Outcome<void> AddressEntry::change_links(PropTag, LinkChange, std::span<const std::vector<u8>>) {
  return unsupported("entries to change");
}
Outcome<std::vector<DialogControl>> AddressEntry::details() { return unsupported("details templates"); }

}  // namespace ropewalk::client
