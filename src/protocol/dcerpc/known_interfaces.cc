#include "protocol/dcerpc/interface.h"
#include "protocol/echo/methods.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"
#include "protocol/nspi/methods.h"
#include "protocol/rfr/methods.h"

namespace ropewalk::dcerpc {

std::span<const Interface* const> known_interfaces() {
  static const Interface* const kAll[] = {&emsmdb::kEmsmdb,      &emsmdb::kAsyncEmsmdb, &nspi::kNspi, &rfr::kRfr,
                                          &epm::kEndpointMapper, &mgmt::kManagement,    &echo::kEcho};
  return kAll;
}

const Interface* find_interface(const Guid& uuid) {
  for (const Interface* known : known_interfaces())
    if (known->id.uuid == uuid) return known;
  return nullptr;
}

}  // namespace ropewalk::dcerpc
