// What of RPC this program does: the methods of its interfaces, the PDUs that carry them, and those of RPC over HTTP; and
// the request types of MAPI over HTTP, and the files of the offline address book.
#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "cli/coverage.h"

namespace ropewalk::cli {

struct RpcCoverage {
  std::string_view group;  // "EMSMDB", "PDUs"
  std::string name;        // "EcDoConnectEx", "bind", "CONN/A1"
  int number = -1;         // opnum or PTYPE
  std::string_view source;
  bool described = false;  // request and response have a description
  bool dissected = false;  // `ropewalk decode` knows them by name
  bool served = false;     // or, for what only clients send, understood; for what only servers send, sent
  bool called = false;     // the other way round
  TestedBy tested = TestedBy::nothing;
};

// Every method that an interface's document has on the wire, every PDU, every named RTS PDU, every request type that has a
// body; by group.
std::vector<RpcCoverage> rpc_coverage();

std::string rpc_coverage_text(const std::vector<RpcCoverage>& rows);
std::string rpc_coverage_markdown(const std::vector<RpcCoverage>& rows);
boost::json::value rpc_coverage_json(const std::vector<RpcCoverage>& rows);

}  // namespace ropewalk::cli
