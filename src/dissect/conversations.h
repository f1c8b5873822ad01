// What everything that follows one capture has in common.
#pragma once

#include <map>
#include <set>

#include "dissect/address_book_names.h"
#include "dissect/dissector.h"
#include "dissect/mapi_session.h"
#include "protocol/dcerpc/types.h"

namespace ropewalk::dissect {

class RpcAssociation;

// Where operations are numbered and handed out, and what one connection tells of others. Bounded: what is used least
// is forgotten first.
class Conversations {
 public:
  static constexpr std::size_t kMaxSessions = 256, kMaxPorts = 4096;

  Conversations(DissectOptions options, OnOperation on_operation)
      : options_(std::move(options)), on_operation_(std::move(on_operation)) {}

  const DissectOptions& options() const { return options_; }
  DissectCounts& counts() { return counts_; }

  // Numbers the operation and hands it out, if the filter wants it.
  u64 emit(Operation& operation);
  // The time of the capture's first frame.
  void set_start(i64 time) { start_ = time; }

  // Endpoints that an endpoint mapper named: "192.0.2.1:6001" serves that interface.
  void name_port(std::string endpoint, const dcerpc::SyntaxId& interface_id);
  const dcerpc::SyntaxId* named_port(const std::string& endpoint) const;

  // The session of an EMSMDB context handle or MAPI/HTTP cookie; made where it is new.
  MapiSession& session(const std::string& key);
  // What an NSPI session told of its objects, by the same keys.
  AddressBookNames& address_book(const std::string& key);
  // The association of a virtual connection of RPC over HTTP, by its cookie; made where it is new.
  std::shared_ptr<RpcAssociation> virtual_connection(const Guid& cookie);

 private:
  struct Session {
    MapiSession session;
    AddressBookNames address_book;
    u64 used = 0;
  };
  Session& session_state(const std::string& key);

  DissectOptions options_;
  OnOperation on_operation_;
  DissectCounts counts_;
  std::map<std::string, dcerpc::SyntaxId> ports_;
  std::map<std::string, Session> sessions_;
  struct Virtual {
    std::shared_ptr<RpcAssociation> association;
    u64 used = 0;
  };
  std::map<Guid, Virtual> virtual_;
  u64 clock_ = 0;
  i64 start_ = 0;
};

// Adds the FastTransfer streams that a session has complete to the operation which completed them.
void add_streams(MapiSession& session, bool trees, Operation& operation);

// Writes words into the tree of an address book's operation, and takes in what it tells. `session`: its key, empty
// where none is known; `asked` is made by a request and used by its response.
void explain_address_book(Conversations& all, const std::string& session, AddressBookNames::Asked& asked,
                          Operation& operation);

}  // namespace ropewalk::dissect
