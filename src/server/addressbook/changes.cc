// The methods that change objects, and who may: [MS-OXNSPI] 3.1.4.1.14, 3.1.4.1.15.
#include <fmt/format.h>

#include <algorithm>

#include "server/addressbook/service_impl.h"

namespace ropewalk::server {

using directory::Kind;
using directory::Link;
using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;

namespace {

constexpr u32 kDelete = 1;  // fDelete, [MS-OXNSPI] 2.2.1.15
constexpr std::size_t kMostCertificateBytes = 256u << 10;

// What people may change of themselves: their certificates.
bool is_own_property(PropTag property) {
  return property.id() == PropTag(mapi::tag::PidTagUserX509Certificate).id() ||
         property.id() == PropTag(mapi::tag::PidTagAddressBookX509Certificate).id();
}

Failure denied(std::string why) { return {ErrorCode::access_denied, std::move(why)}; }

Outcome<void> add_value(directory::ObjectChange& change, const mapi::Property& property) {
  if (!is_own_property(property.tag) || property.tag.type() != PropType::multiple_binary)
    return denied(property.tag.to_string() + " cannot be changed by clients");
  std::size_t bytes = 0;
  for (const mapi::Value& item : property.value.items) bytes += item.bytes.size();
  if (bytes > kMostCertificateBytes) return denied("certificates of more than 256 KiB");
  change.set.set(property.tag, property.value);
  return {};
}

}  // namespace

bool is_modifiable_link(const Entry& entry, const LinkProperty& link) {
  if (entry.list || link.backwards) return false;
  return (link.link == Link::member && display_type(entry) == kDistList) ||
         (link.link == Link::delegate_of && display_type(entry) == kMailUser);
}

ErrorCode AddressBookService::mod_props(const NspiCaller& caller, const nspi::Stat& stat, NspiColumns removed,
                                        std::span<const mapi::Property> row) {
  auto work = [&]() -> Outcome<void> {
    ROPEWALK_CHECK(check_code_page(stat.code_page));
    if (!removed) return Failure{ErrorCode::invalid_param, "no list of properties to be removed"};
    Arena arena(1u << 16, 256);
    ROPEWALK_TRY(auto object, impl_->reader(caller, arena).find_object(stat.current_record));
    if (!object) return Failure{ErrorCode::invalid_param, fmt::format("there is no object {:#x}", stat.current_record)};
    Entry entry;
    entry.object = *object;
    if (display_type(entry) != kMailUser)
      return Failure{ErrorCode::invalid_object, object->name + " is nobody's own entry"};
    if (object->user_id == 0 || object->user_id != caller.user_id)
      return denied("the entry of " + object->name + " is somebody else's");
    directory::ObjectChange change;
    for (const mapi::Property& property : row) ROPEWALK_CHECK(add_value(change, property));
    for (PropTag property : *removed) {
      if (!is_own_property(property)) return denied(property.to_string() + " cannot be removed by clients");
      if (change.set.find_id(property.id()) == nullptr) change.removed.push_back(property);
    }
    if (auto changed = impl_->parts.book.change(object->id, change); !changed) return denied(changed.error().text);
    return {};
  };
  auto done = work();
  return done ? ErrorCode::none : impl_->failed(caller, "NspiModProps", done.error());
}

// Whose links these are, and whether the caller may change them.
Outcome<directory::Object> AddressBookService::Impl::changed_links(const NspiCaller& caller, EntryReader& reader,
                                                                   PropTag property, u32 id) {
  const LinkProperty* link = link_property(property.id());
  const bool known =
      link != nullptr && !link->backwards && (link->link == Link::member || link->link == Link::delegate_of);
  if (!known) return Failure{ErrorCode::not_found, property.to_string() + " cannot be changed"};
  ROPEWALK_TRY(auto object, reader.find_object(id));
  if (!object) return Failure{ErrorCode::invalid_param, fmt::format("there is no object {:#x}", id)};
  Entry entry;
  entry.object = *object;
  if (!is_modifiable_link(entry, *link)) return denied(fmt::format("{} of {}", property.to_string(), object->name));
  ROPEWALK_TRY(auto self, caller_object(caller));
  u32 owner = object->id;  // of delegates: the one for whom they are
  if (link->link == Link::member) {
    ROPEWALK_TRY(auto owners, parts.book.linked(object->id, Link::owner));
    owner = owners.empty() ? 0 : owners.front();
  }
  if (!self || self->id != owner)
    return denied(fmt::format("{} of {} is for its owner to change", property.to_string(), object->name));
  return *object;
}

ErrorCode AddressBookService::mod_link_att(const NspiCaller& caller, u32 flags, PropTag tag, u32 id,
                                           std::span<const ByteView> entry_ids) {
  auto work = [&]() -> Outcome<void> {
    Arena arena(1u << 16, 256);
    auto reader = impl_->reader(caller, arena);
    ROPEWALK_TRY(auto object, impl_->changed_links(caller, reader, tag, id));
    const Link link = link_property(tag.id())->link;
    const bool remove = (flags & kDelete) != 0;
    std::vector<u32> targets;
    for (ByteView bytes : entry_ids) {
      const auto named = read_entry_id(bytes, impl_->guid);
      std::optional<u32> target;
      if (named) {
        target = named->id;
        if (!target) {
          ROPEWALK_TRY(target, reader.find_dn(named->dn));
        }
      }
      std::optional<directory::Object> there;
      if (target) {
        ROPEWALK_TRY(there, reader.find_object(*target));
      }
      if (there)
        targets.push_back(there->id);
      else if (!remove)  // what is not there is in no list either
        return denied("an entry identifier names nobody");
    }
    ROPEWALK_TRY(auto now, impl_->parts.book.linked(object.id, link));
    auto changed = impl_->parts.book.together([&]() -> Status {
      for (u32 target : targets) {
        const auto at = std::ranges::find(now, target);
        if ((at != now.end()) != remove) continue;
        if (remove) {
          now.erase(at);
          ROPEWALK_CHECK(impl_->parts.book.remove_link(object.id, link, target));
        } else {
          now.push_back(target);
          ROPEWALK_CHECK(impl_->parts.book.add_link(object.id, link, target));
        }
      }
      return {};
    });
    if (!changed) return denied(changed.error().text);
    return {};
  };
  auto done = work();
  return done ? ErrorCode::none : impl_->failed(caller, "NspiModLinkAtt", done.error());
}

}  // namespace ropewalk::server
