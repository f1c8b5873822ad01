#include "client/session.h"

namespace ropewalk::client {

Outcome<std::unique_ptr<MessageStore>> Session::open_store(std::string_view name) {
  ROPEWALK_TRY(const Service* service, profile_.choose(name));
  ROPEWALK_TRY(Provider * provider, find_provider(service->provider));
  return provider->open_store(*service, *host_);
}

Outcome<std::unique_ptr<AddressBook>> Session::open_address_book(std::string_view name) {
  ROPEWALK_TRY(const Service* service, profile_.choose(name));
  ROPEWALK_TRY(Provider * provider, find_provider(service->provider));
  return provider->open_address_book(*service, *host_);
}

}  // namespace ropewalk::client
