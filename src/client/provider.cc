#include "client/provider.h"

#include <dlfcn.h>

#include <filesystem>
#include <mutex>

#include "client/exchange/exchange_provider.h"
#include "client/local/local_provider.h"

#ifndef ROPEWALK_PROVIDER_DIR
#define ROPEWALK_PROVIDER_DIR "/usr/local/lib/ropewalk"
#endif

namespace ropewalk::client {

using mapi::ErrorCode;

std::string Service::get(const std::string& key, std::string_view otherwise) const {
  auto found = settings.find(key);
  return found == settings.end() ? std::string(otherwise) : found->second;
}

Outcome<std::unique_ptr<AddressBook>> Provider::open_address_book(const Service& service, Host&) {
  return Failure{ErrorCode::not_supported, "the provider \"" + service.provider + "\" has no address book"};
}

namespace {

std::string shared_object_of(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  std::string file = "ropewalk-provider-" + name + ".so";
  std::string path = ROPEWALK_PROVIDER_DIR;
  if (const char* more = std::getenv("ROPEWALK_PROVIDER_PATH")) path = std::string(more) + ":" + path;
  std::size_t at = 0;
  while (at <= path.size()) {
    std::size_t colon = std::min(path.find(':', at), path.size());
    auto candidate = std::filesystem::path(path.substr(at, colon - at)) / file;
    std::error_code error;
    if (std::filesystem::exists(candidate, error)) return candidate.string();
    at = colon + 1;
  }
  return {};
}

Outcome<Provider*> load(const std::string& name) {
  std::string path = shared_object_of(name);
  if (path.empty())
    return Failure{ErrorCode::not_found, "there is no provider \"" + name +
                                             "\": neither built in (exchange, local) nor " + "ropewalk-provider-" +
                                             name + ".so in ROPEWALK_PROVIDER_PATH or " ROPEWALK_PROVIDER_DIR};
  // Never closed: objects of its classes may outlive any session.
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return Failure{ErrorCode::error, "cannot load the provider \"" + name + "\": " + dlerror()};
  auto* entry = reinterpret_cast<Provider* (*)()>(dlsym(library, "ropewalk_provider_v1"));
  Provider* provider = entry == nullptr ? nullptr : entry();
  if (provider == nullptr)
    return Failure{ErrorCode::not_supported, path + " is no provider: it has no entry ropewalk_provider_v1"};
  return provider;
}

}  // namespace

Outcome<Provider*> find_provider(const std::string& name) {
  static std::mutex mutex;
  static std::map<std::string, Provider*> known{{"exchange", &exchange_provider()}, {"local", &local_provider()}};
  std::lock_guard lock(mutex);
  if (auto found = known.find(name); found != known.end()) return found->second;
  ROPEWALK_TRY(Provider * loaded, load(name));
  known[name] = loaded;
  return loaded;
}

}  // namespace ropewalk::client
