#include "client/exchange/exchange_address_book.h"

#include <fmt/format.h>

#include "client/exchange/address_entry.h"
#include "client/exchange/address_table.h"
#include "mapi/value_fields.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
using mapi::PropertyBag;
namespace tag = mapi::tag;

constexpr u32 kMostMatches = 1000;  // of an ambiguous name

class Container final : public AddressContainer {
 public:
  Container(std::shared_ptr<SharedNspi> nspi, ContainerPlace place)
      : nspi_(std::move(nspi)), place_(std::move(place)) {}
  Outcome<std::unique_ptr<Table>> contents() override { return make_address_table(nspi_, place_); }
  Outcome<i32> compare(ByteView entry_id, ByteView other_entry_id) override {
    return nspi_->read([&](NspiSession& session) -> Outcome<i32> {
      nspi::Stat stat = session.first();
      ROPEWALK_TRY(stat.container_id, place_.id_in(session));
      ROPEWALK_TRY(u32 id, id_of(session, entry_id));
      ROPEWALK_TRY(u32 other, id_of(session, other_entry_id));
      return session.compare_mids(stat, id, other);
    });
  }

 private:
  std::shared_ptr<SharedNspi> nspi_;
  ContainerPlace place_;
};

// Those whom an ambiguous name may mean.
Outcome<Rows> named(NspiSession& session, const std::string& name, const nspi::Stat& stat) {
  const NameCondition anr(name);
  auto matches = session.get_matches(stat, &anr.restriction(), kMostMatches, name_columns().first(1));
  if (!matches.ok() && matches.error().code == mapi::ErrorCode::table_too_big)
    return Failure{
        mapi::ErrorCode::table_too_big,
        fmt::format("more than {} entries of the address book may be meant by \"{}\": write more of the name",
                    kMostMatches, name)};
  ROPEWALK_TRY(const auto found, std::move(matches));
  // Its rows have ephemeral entry identifiers, [MS-OXNSPI] 3.1.4.1.10; these have permanent ones.
  if (found.ids.empty()) return Rows({name_columns().begin(), name_columns().end()});
  ROPEWALK_TRY(auto answer, session.query_rows(stat, found.ids, static_cast<u32>(found.ids.size()), name_columns()));
  return std::move(answer.rows);
}

class ExchangeAddressBook final : public AddressBook {
 public:
  explicit ExchangeAddressBook(std::shared_ptr<SharedNspi> nspi) : nspi_(std::move(nspi)) {}

  Outcome<std::vector<PropertyBag>> resolve(std::string_view text) override {
    const std::string name(text);
    return nspi_->read([&](NspiSession& session) -> Outcome<std::vector<PropertyBag>> {
      const nspi::Stat stat = session.first();
      ROPEWALK_TRY(auto answer, session.resolve_names(stat, std::span(&name, 1), name_columns()));
      std::vector<PropertyBag> found;
      if (answer.ids.empty() || answer.ids[0] == kUnresolved) return found;
      if (answer.ids[0] == kAmbiguous) {
        ROPEWALK_TRY(answer.rows, named(session, name, stat));
      }
      for (std::size_t i = 0; i < answer.rows.size(); ++i) found.push_back(bag_of(answer.rows[i]));
      return found;
    });
  }

  Outcome<std::vector<PropertyBag>> hierarchy() override {
    return nspi_->read([](NspiSession& session) { return session.special_table(); });
  }

  Outcome<std::unique_ptr<AddressContainer>> open_container(ByteView entry_id) override {
    const ContainerPlace place(std::vector<u8>(entry_id.begin(), entry_id.end()));
    ROPEWALK_CHECK(nspi_->read([&](NspiSession& session) { return place.id_in(session); }));
    return std::unique_ptr<AddressContainer>(new Container(nspi_, place));
  }

  Outcome<std::unique_ptr<AddressEntry>> open_entry(ByteView entry_id) override {
    return nspi_->read([&](NspiSession& session) -> Outcome<std::unique_ptr<AddressEntry>> {
      ROPEWALK_TRY(u32 id, id_of(session, entry_id));
      return exchange::open_entry(nspi_, session, id);
    });
  }

  // The mailbox's server is the one that the user's entry names.
  Outcome<Endpoints> endpoints() override {
    const std::string user = nspi_->options().user_dn;
    return nspi_->read([&](NspiSession& session) -> Outcome<Endpoints> {
      nspi::Stat here = session.first();
      const PropTag columns[] = {PropTag(tag::PidTagEmailAddress),
                                 PropTag(tag::PidTagAddressBookHomeMessageDatabase).with_type(mapi::PropType::string)};
      ROPEWALK_TRY(auto found, session.resolve_names(here, std::span(&user, 1), columns));
      if (found.rows.empty()) return session.endpoints(user, {});
      return session.endpoints(text_of(found.rows[0], columns[0]), text_of(found.rows[0], columns[1]));
    });
  }

 private:
  std::shared_ptr<SharedNspi> nspi_;
};

}  // namespace

Outcome<std::unique_ptr<AddressBook>> open_address_book_at(const ChannelOptions& options) {
  ROPEWALK_TRY(auto nspi, SharedNspi::open(options));
  return std::unique_ptr<AddressBook>(new ExchangeAddressBook(std::move(nspi)));
}

}  // namespace ropewalk::client::exchange
