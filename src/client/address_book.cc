#include "client/address_book.h"

#include "base/utf16.h"
#include "mapi/property_tags.h"

namespace ropewalk::client {
namespace {

Failure unsupported(std::string_view what) {
  return {mapi::ErrorCode::not_supported, "this address book resolves names alone; it has no " + std::string(what)};
}

}  // namespace

PropTag in_unicode(PropTag tag) {
  using enum mapi::PropType;
  if (tag.type() == string8) return tag.with_type(string);
  return tag.type() == multiple_string8 ? tag.with_type(multiple_string) : tag;
}

NameCondition::NameCondition(std::string_view name) : text_(utf8_to_utf16(name)) {
  value_.tag = PropTag(mapi::tag::PidTagAnr);
  value_.value = mapi::Value::of(ByteView(text_));
  restriction_.type = mapi::RestrictType::property;
  restriction_.relop = mapi::RelOp::eq;
  restriction_.tag = value_.tag;
  restriction_.values = std::span<mapi::TaggedPropertyValue>(&value_, 1);
}

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
