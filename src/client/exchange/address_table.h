// Rows of an address book: a container's, or those that something picked.
#pragma once

#include "client/exchange/shared_nspi.h"

namespace ropewalk::client::exchange {

/// A container in whatever session there is.
class ContainerPlace {
 public:
  /// Empty: the Global Address List.
  explicit ContainerPlace(std::vector<u8> entry_id = {}) : entry_id_(std::move(entry_id)) {}
  /// Its Minimal Entry ID in the session; `not_found` where there is none such.
  Outcome<u32> id_in(NspiSession& session) const;

 private:
  std::vector<u8> entry_id_;
};

/// An object that was picked: its number in one session, and its DN.
struct Picked {
  u32 id = 0;
  std::string dn;
};
/// Of the objects that NspiGetMatches found, whose rows have PidTagEmailAddress (which is the DN) in first place.
std::vector<Picked> picked_of(const NspiSession::Matches& matches);
/// Their numbers in this session, in place of those that they had; 0 for those that are gone.
Outcome<void> find_again(NspiSession& session, std::vector<Picked>& picked);

/// All of a container, or these objects (`epoch`: of their numbers).
std::unique_ptr<Table> make_address_table(std::shared_ptr<SharedNspi> nspi, ContainerPlace place);
std::unique_ptr<Table> make_address_table(std::shared_ptr<SharedNspi> nspi, std::vector<Picked> picked, u64 epoch);

}  // namespace ropewalk::client::exchange
