#include "client/exchange/address_entry.h"

#include <algorithm>

#include "client/exchange/address_table.h"
#include "mapi/code_page.h"
#include "mapi/entry_id.h"
#include "protocol/nspi/templates.h"
#include "wire/describe.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
using mapi::PropertyBag;
using mapi::PropType;
namespace tag = mapi::tag;

constexpr u32 kDistributionList = 1,
              kAgent = 3;  // PidTagDisplayType, [MS-OXOABK] 2.2.3.11; a dynamic group is an agent
constexpr u32 kMostMembers = 100'000;
constexpr std::size_t kTagsAtOnce = 500;

Failure no_such_entry() { return {ErrorCode::not_found, "the address book has no such entry"}; }

Outcome<std::vector<DialogControl>> controls_in(ByteView data, u32 code_page) {
  Arena arena;
  auto read = wire::decode<nspi::TemplateData>(data, arena);
  if (!read.ok())
    return Failure{ErrorCode::rpc_failed, "the server's details template cannot be read: " + read.error().text()};
  std::vector<DialogControl> controls;
  for (const nspi::TemplateRow& row : read->rows) {
    DialogControl control{static_cast<DialogControl::Kind>(row.type),
                          {},
                          row.property,
                          row.flags,
                          row.size,
                          row.x,
                          row.y,
                          row.width,
                          row.height};
    const ByteView text = data.subspan(std::min<std::size_t>(row.text, data.size()));
    control.text = mapi::string8_to_utf8(
        text.first(static_cast<std::size_t>(std::ranges::find(text, 0) - text.begin())), code_page);
    controls.push_back(std::move(control));
  }
  return controls;
}

class Entry final : public AddressEntry {
 public:
  Entry(std::shared_ptr<SharedNspi> nspi, u32 id, const PropertyBag& known)
      : nspi_(std::move(nspi)),
        id_(id),
        epoch_(nspi_->epoch()),
        display_type_(static_cast<u32>(number_of(known.all(), tag::PidTagDisplayType))) {
    const mapi::Value* entry_id = known.find(PropTag(tag::PidTagEntryId));
    entry_id_.assign(entry_id->bytes.begin(), entry_id->bytes.end());
  }

  std::span<const u8> entry_id() const override { return entry_id_; }
  bool is_list() const override { return display_type_ == kDistributionList || display_type_ == kAgent; }

  Outcome<PropertyBag> get(std::span<const PropTag> tags) override {
    return nspi_->read([&](NspiSession& session) -> Outcome<PropertyBag> {
      ROPEWALK_TRY(nspi::Stat here, place(session));
      return session.get_props(here, tags);
    });
  }

  Outcome<PropertyBag> get_all() override {
    return nspi_->read([&](NspiSession& session) -> Outcome<PropertyBag> {
      ROPEWALK_TRY(nspi::Stat here, place(session));
      ROPEWALK_TRY(auto tags, session.get_prop_list(here.current_record));
      for (PropTag& tag : tags) tag = in_unicode(tag);
      PropertyBag all;
      for (std::size_t at = 0; at < tags.size(); at += kTagsAtOnce) {
        auto some = std::span(tags).subspan(at, std::min(kTagsAtOnce, tags.size() - at));
        ROPEWALK_TRY(PropertyBag bag, session.get_props(here, some));
        for (const mapi::Property& property : bag.all()) all.set(property.tag, property.value);
      }
      return all;
    });
  }

  Outcome<std::unique_ptr<Table>> members() override {
    if (!is_list()) return Failure{ErrorCode::not_supported, "only a group has members"};
    return linked(PropTag(tag::PidTagAddressBookMember));
  }

  Outcome<std::unique_ptr<Table>> linked(PropTag property) override {
    return nspi_->read([&](NspiSession& session) -> Outcome<std::unique_ptr<Table>> {
      ROPEWALK_TRY(nspi::Stat here, place(session));
      here.container_id = property.value;
      const PropTag dn[] = {PropTag(tag::PidTagEmailAddress)};
      auto found = session.get_matches(here, nullptr, kMostMembers, dn);
      if (!found.ok() && found.error().code != ErrorCode::not_found) return std::move(found).error();
      return make_address_table(nspi_, found.ok() ? picked_of(*found) : std::vector<Picked>(), nspi_->epoch());
    });
  }

  Outcome<std::unique_ptr<AddressEntry>> manager() override {
    return nspi_->read([&](NspiSession& session) -> Outcome<std::unique_ptr<AddressEntry>> {
      ROPEWALK_TRY(nspi::Stat here, place(session));
      const PropTag wanted[] = {PropTag(tag::PidTagAddressBookManagerDistinguishedName)};
      ROPEWALK_TRY(PropertyBag bag, session.get_props(here, wanted));
      const std::string dn = bag.text(wanted[0]);
      if (dn.empty()) return std::unique_ptr<AddressEntry>();
      ROPEWALK_TRY(auto ids, session.dn_to_mid(std::span(&dn, 1)));
      if (ids.empty() || ids[0] == 0) return std::unique_ptr<AddressEntry>();
      return open_entry(nspi_, session, ids[0]);
    });
  }

  Outcome<void> change(std::span<const mapi::Property> values, std::span<const PropTag> removed) override {
    ROPEWALK_CHECK(look());
    return nspi_->change([&](NspiSession& session) -> Outcome<void> {
      ROPEWALK_TRY(nspi::Stat here, place(session));
      return session.mod_props(here, removed, values);
    });
  }

  Outcome<void> change_links(PropTag property, LinkChange change, std::span<const std::vector<u8>> entry_ids) override {
    ROPEWALK_CHECK(look());
    return nspi_->change([&](NspiSession& session) -> Outcome<void> {
      ROPEWALK_TRY(nspi::Stat here, place(session));
      return session.mod_link_att(change == LinkChange::remove ? kDelete : kNoFlags, property, here.current_record,
                                  entry_ids);
    });
  }

  Outcome<std::vector<DialogControl>> details() override {
    return nspi_->read([&](NspiSession& session) -> Outcome<std::vector<DialogControl>> {
      ROPEWALK_TRY(auto data, session.template_info(display_type_));
      if (data.empty()) return std::vector<DialogControl>();
      return controls_in(data, session.code_page());
    });
  }

 private:
  // A STAT at this entry.
  Outcome<nspi::Stat> place(NspiSession& session) {
    if (epoch_ != nspi_->epoch()) {
      ROPEWALK_TRY(id_, exchange::id_of(session, entry_id_));
      epoch_ = nspi_->epoch();
    }
    if (id_ == 0) return no_such_entry();
    nspi::Stat here = session.first();
    here.current_record = id_;
    return here;
  }

  // What is changed is looked at first: whether the session is still there is known before, for a change whose answer
  // never came is not sent again.
  Outcome<void> look() {
    const PropTag name[] = {PropTag(tag::PidTagDisplayName)};
    ROPEWALK_CHECK(get(name));
    return {};
  }

  std::shared_ptr<SharedNspi> nspi_;
  u32 id_;     // in the session
  u64 epoch_;  // of that number
  std::vector<u8> entry_id_;
  u32 display_type_;
};

}  // namespace

std::span<const PropTag> name_columns() {
  static const PropTag kColumns[] = {PropTag(tag::PidTagEntryId),      PropTag(tag::PidTagDisplayName),
                                     PropTag(tag::PidTagEmailAddress), PropTag(tag::PidTagAddressType),
                                     PropTag(tag::PidTagSmtpAddress),  PropTag(tag::PidTagDisplayType)};
  return kColumns;
}

Outcome<u32> id_of(NspiSession& session, ByteView entry_id) {
  Arena arena;
  auto bad = [] { return Failure{ErrorCode::invalid_entry_id, "this is no entry identifier of an address book"}; };
  auto read = wire::decode<mapi::EntryId>(entry_id, arena);
  if (!read.ok()) return bad();
  if (read->as<mapi::EphemeralEntryIdBody>() != nullptr)
    return Failure{ErrorCode::invalid_entry_id, "this entry identifier was good for one session with the server alone"};
  const auto* permanent = read->as<mapi::AddressBookEntryIdBody>();
  if (permanent == nullptr) return bad();
  const std::string dn(permanent->x500_dn.text());
  ROPEWALK_TRY(auto ids, session.dn_to_mid(std::span(&dn, 1)));
  return ids.empty() ? 0 : ids[0];
}

Outcome<std::unique_ptr<AddressEntry>> open_entry(std::shared_ptr<SharedNspi> nspi, NspiSession& session, u32 id) {
  if (id == 0) return no_such_entry();
  nspi::Stat here = session.first();
  here.current_record = id;
  ROPEWALK_TRY(PropertyBag known, session.get_props(here, name_columns()));
  if (known.find(PropTag(tag::PidTagEntryId)) == nullptr) return no_such_entry();
  return std::unique_ptr<AddressEntry>(new Entry(std::move(nspi), id, known));
}

}  // namespace ropewalk::client::exchange
