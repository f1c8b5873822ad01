#include "client/exchange/exchange_address_book.h"

#include <algorithm>

#include "base/utf16.h"
#include "client/exchange/address_table.h"
#include "mapi/entry_id.h"
#include "mapi/value_fields.h"
#include "wire/describe.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
using mapi::PropertyBag;
using mapi::PropType;
namespace tag = mapi::tag;

constexpr u32 kMostMatches = 1000;    // of an ambiguous name
constexpr u32 kDistributionList = 1;  // PidTagDisplayType, [MS-OXOABK] 2.2.3.11
constexpr std::size_t kTagsAtOnce = 500;

const PropTag kNameColumns[] = {PropTag(tag::PidTagEntryId),      PropTag(tag::PidTagDisplayName),
                                PropTag(tag::PidTagEmailAddress), PropTag(tag::PidTagAddressType),
                                PropTag(tag::PidTagSmtpAddress),  PropTag(tag::PidTagDisplayType)};

PropTag in_unicode(PropTag tag) {
  if (tag.type() == PropType::string8) return tag.with_type(PropType::string);
  return tag.type() == PropType::multiple_string8 ? tag.with_type(PropType::multiple_string) : tag;
}

// The Minimal Entry ID of an entry identifier; 0: nobody has it.
Outcome<u32> id_of(SharedNspi& nspi, ByteView entry_id) {
  Arena arena;
  auto bad = [] { return Failure{ErrorCode::invalid_entry_id, "this is no entry identifier of an address book"}; };
  if (entry_id.size() < 4) return bad();
  if (entry_id[0] == 0x87) {
    auto read = wire::decode<mapi::EphemeralEntryId>(entry_id, arena);
    return read.ok() ? Outcome<u32>(read->body.mid) : bad();
  }
  auto read = wire::decode<mapi::AddressBookEntryId>(entry_id, arena);
  if (!read.ok()) return bad();
  const std::string dn(read->body.x500_dn.text());
  ROPEWALK_TRY(auto ids, nspi.session->dn_to_mid(std::span(&dn, 1)));
  return ids.empty() ? 0 : ids[0];
}

class Entry final : public AddressEntry {
 public:
  static Outcome<std::unique_ptr<AddressEntry>> open(std::shared_ptr<SharedNspi> nspi, u32 id) {
    nspi::Stat stat = nspi->session->first();
    stat.current_record = id;
    ROPEWALK_TRY(PropertyBag known, nspi->session->get_props(stat, kNameColumns));
    const mapi::Value* entry_id = known.find(PropTag(tag::PidTagEntryId));
    if (entry_id == nullptr) return Failure{ErrorCode::not_found, "the address book has no such entry"};
    auto entry = std::unique_ptr<Entry>(new Entry(std::move(nspi), stat));
    entry->entry_id_.assign(entry_id->bytes.begin(), entry_id->bytes.end());
    entry->is_list_ = number_of(known.all(), tag::PidTagDisplayType) == kDistributionList;
    return std::unique_ptr<AddressEntry>(std::move(entry));
  }

  std::span<const u8> entry_id() const override { return entry_id_; }
  bool is_list() const override { return is_list_; }

  Outcome<PropertyBag> get(std::span<const PropTag> tags) override {
    std::lock_guard lock(nspi_->mutex);
    return nspi_->session->get_props(stat_, tags);
  }

  Outcome<PropertyBag> get_all() override {
    std::lock_guard lock(nspi_->mutex);
    ROPEWALK_TRY(auto tags, nspi_->session->get_prop_list(stat_.current_record));
    for (PropTag& tag : tags) tag = in_unicode(tag);
    PropertyBag all;
    for (std::size_t at = 0; at < tags.size(); at += kTagsAtOnce) {
      auto some = std::span(tags).subspan(at, std::min(kTagsAtOnce, tags.size() - at));
      ROPEWALK_TRY(PropertyBag bag, nspi_->session->get_props(stat_, some));
      for (const mapi::Property& property : bag.all()) all.set(property.tag, property.value);
    }
    return all;
  }

  Outcome<std::unique_ptr<Table>> members() override {
    if (!is_list_) return Failure{ErrorCode::not_supported, "only a group has members"};
    std::lock_guard lock(nspi_->mutex);
    nspi::Stat stat = stat_;
    stat.container_id = tag::PidTagAddressBookMember;
    auto found = nspi_->session->get_matches(stat, nullptr, 100'000, std::span(kNameColumns, 1));
    if (!found.ok() && found.error().code != ErrorCode::not_found) return std::move(found).error();
    return make_address_table(nspi_, nspi_->session->first(), found.ok() ? found->ids : std::vector<u32>());
  }

  Outcome<std::unique_ptr<AddressEntry>> manager() override {
    std::lock_guard lock(nspi_->mutex);
    const PropTag wanted[] = {PropTag(tag::PidTagAddressBookManagerDistinguishedName)};
    ROPEWALK_TRY(PropertyBag bag, nspi_->session->get_props(stat_, wanted));
    const std::string dn = bag.text(wanted[0]);
    if (dn.empty()) return std::unique_ptr<AddressEntry>();
    ROPEWALK_TRY(auto ids, nspi_->session->dn_to_mid(std::span(&dn, 1)));
    if (ids.empty() || ids[0] == 0) return std::unique_ptr<AddressEntry>();
    return open(nspi_, ids[0]);
  }

 private:
  Entry(std::shared_ptr<SharedNspi> nspi, const nspi::Stat& stat) : nspi_(std::move(nspi)), stat_(stat) {}

  std::shared_ptr<SharedNspi> nspi_;
  nspi::Stat stat_;  // at this entry
  std::vector<u8> entry_id_;
  bool is_list_ = false;
};

class Container final : public AddressContainer {
 public:
  Container(std::shared_ptr<SharedNspi> nspi, u32 id) : nspi_(std::move(nspi)), id_(id) {}
  Outcome<std::unique_ptr<Table>> contents() override {
    nspi::Stat stat = nspi_->session->first();
    stat.container_id = id_;
    return make_address_table(nspi_, stat);
  }

 private:
  std::shared_ptr<SharedNspi> nspi_;
  u32 id_;
};

class ExchangeAddressBook final : public AddressBook {
 public:
  explicit ExchangeAddressBook(std::unique_ptr<NspiSession> session) : nspi_(std::make_shared<SharedNspi>()) {
    nspi_->session = std::move(session);
  }

  Outcome<std::vector<PropertyBag>> resolve(std::string_view text) override {
    std::lock_guard lock(nspi_->mutex);
    const std::string name(text);
    const nspi::Stat stat = nspi_->session->first();
    ROPEWALK_TRY(auto answer, nspi_->session->resolve_names(stat, std::span(&name, 1), kNameColumns));
    std::vector<PropertyBag> found;
    if (answer.ids.empty() || answer.ids[0] == kUnresolved) return found;
    if (answer.ids[0] == kAmbiguous) {
      ROPEWALK_TRY(answer.rows, named(name, stat));
    }
    for (std::size_t i = 0; i < answer.rows.size(); ++i) found.push_back(bag_of(answer.rows[i]));
    return found;
  }

  Outcome<std::vector<PropertyBag>> hierarchy() override {
    std::lock_guard lock(nspi_->mutex);
    return nspi_->session->special_table();
  }

  Outcome<std::unique_ptr<AddressContainer>> open_container(ByteView entry_id) override {
    if (entry_id.empty()) return std::unique_ptr<AddressContainer>(new Container(nspi_, 0));
    ROPEWALK_TRY(auto containers, hierarchy());
    for (const PropertyBag& bag : containers) {
      const mapi::Value* id = bag.find(PropTag(tag::PidTagEntryId));
      if (id == nullptr || !std::ranges::equal(id->bytes, entry_id)) continue;
      auto number = static_cast<u32>(number_of(bag.all(), tag::PidTagAddressBookContainerId));
      return std::unique_ptr<AddressContainer>(new Container(nspi_, number));
    }
    return Failure{ErrorCode::not_found, "the address book has no such container"};
  }

  Outcome<std::unique_ptr<AddressEntry>> open_entry(ByteView entry_id) override {
    std::lock_guard lock(nspi_->mutex);
    ROPEWALK_TRY(u32 id, id_of(*nspi_, entry_id));
    if (id == 0) return Failure{ErrorCode::not_found, "the address book has no such entry"};
    return Entry::open(nspi_, id);
  }

 private:
  // Those whom an ambiguous name may mean.
  Outcome<Rows> named(const std::string& name, const nspi::Stat& stat) {
    const std::vector<u8> wide = utf8_to_utf16(name);
    mapi::TaggedPropertyValue value;
    value.tag = PropTag(tag::PidTagAnr);
    value.value = mapi::Value::of(ByteView(wide));
    mapi::Restriction anr;
    anr.type = mapi::RestrictType::property;
    anr.relop = mapi::RelOp::eq;
    anr.tag = value.tag;
    anr.values = std::span<mapi::TaggedPropertyValue>(&value, 1);
    ROPEWALK_TRY(auto found, nspi_->session->get_matches(stat, &anr, kMostMatches, kNameColumns));
    return std::move(found.rows);
  }

  std::shared_ptr<SharedNspi> nspi_;
};

}  // namespace

Outcome<std::unique_ptr<AddressBook>> make_address_book(std::unique_ptr<NspiSession> session) {
  return std::unique_ptr<AddressBook>(new ExchangeAddressBook(std::move(session)));
}

}  // namespace ropewalk::client::exchange
