// What a provider of message stores and address books is, and how one comes in as a shared object.
//
// A third party writes a shared object against this header and objects.h, compiled by the compiler that built Ropewalk:
//
//     struct Mine : ropewalk::client::Provider { ... };
//     ROPEWALK_PROVIDER(Mine)
//
// and names it in the profile: provider = "mine" (ropewalk-provider-mine.so, looked for in the directories of
// ROPEWALK_PROVIDER_PATH, then in the installed one), or provider = "/a/path/mine.so".
// examples/provider holds a complete one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "client/address_book.h"
#include "client/objects.h"

namespace ropewalk::client {

/// One entry of a profile: which provider opens it, and what it has to know. All settings are text; their names are the
/// provider's own (the exchange provider's: exchange/settings.h).
struct Service {
  std::string name;
  std::string provider;
  std::map<std::string, std::string> settings;

  /// The setting, or `otherwise` where it is absent.
  std::string get(const std::string& key, std::string_view otherwise = {}) const;
};

/// Bytes on their way to or from a server, for whoever wants to watch.
struct Traffic {
  enum class Kind {
    request,
    response,
    packet_sent,      // an RPC packet that is no more than that: `type` names it, `number` is its size in bytes
    packet_received,  // likewise
  };
  Kind kind{};
  std::string type;                  // "Connect", "Execute", ...; over RPC "EcDoConnectEx", ...
  u64 number = 0;                    // a request and its response have the same
  std::string head;                  // request or status line and header fields, credentials left out
  ByteView body;                     // as sent: of a response, after the PROCESSING/PENDING/DONE lines
  ByteView rops;                     // Execute: the ROP buffer in plain, without RPC_HEADER_EXT
  ByteView request_rops;             // of a response: what it answers
  std::chrono::microseconds took{};  // of a response
};

/// What a provider may ask of the program around it.
class Host {
 public:
  virtual ~Host() = default;
  /// The password for that service; a failure where nobody can be asked.
  virtual Outcome<std::string> password(const Service& service) = 0;
  /// Null where nobody watches. Called on the thread that speaks.
  virtual std::function<void(const Traffic&)> observer() { return {}; }
};

/// A kind of message store or address book. Lives as long as the program; any thread.
class Provider {
 public:
  virtual ~Provider() = default;
  virtual Outcome<std::unique_ptr<MessageStore>> open_store(const Service& service, Host& host) = 0;
  /// By default `not_supported`.
  virtual Outcome<std::unique_ptr<AddressBook>> open_address_book(const Service& service, Host& host);
};

/// Finds a provider: one built in ("exchange", "local") or a shared object. Loaded once, never unloaded.
Outcome<Provider*> find_provider(const std::string& name);

}  // namespace ropewalk::client

/// Defines the entry that a provider's shared object must have.
#define ROPEWALK_PROVIDER(Type)                                   \
  extern "C" ropewalk::client::Provider* ropewalk_provider_v1() { \
    static Type provider;                                         \
    return &provider;                                             \
  }
