// What is in the stubs of DCE/RPC calls: the parameters of a method, and the ROP buffers that some of them carry.
#pragma once

#include "dissect/tree_parts.h"
#include "protocol/dcerpc/interface.h"

namespace ropewalk::dissect {

// A stub as parameters (`info` null: as bytes), and the verification trailer that may stand behind those of a request.
struct StubParts {
  Part parameters;
  std::optional<wire::Node> trailer{};
};
StubParts read_stub(const wire::StructInfo* info, ByteView stub, bool is_request, const wire::Context* chain);

// The ROP buffers in a stub, opened, and the session that they belong to: the context handle it is called by. Both may
// be empty. The views live as long as the stub and the arena.
struct StubRops {
  std::string session;
  std::vector<ByteView> payloads;
};
StubRops rops_of_request(const dcerpc::Interface& known, u16 opnum, ByteView stub, Arena& arena,
                         const wire::Context* chain);
StubRops rops_of_response(const dcerpc::Interface& known, u16 opnum, ByteView stub, Arena& arena,
                          const wire::Context* chain);

// What a method of a MAPI interface, of the endpoint mapper or of management returned: the last four bytes of its
// parameters. Nothing where it returns none, or where the stub cannot be read.
std::optional<u32> result_of_stub(const dcerpc::Interface& known, const dcerpc::Method& method, ByteView stub,
                                  bool big_endian, const wire::Context* chain);

// The error in what a method returned; 0 is none. NspiUnbind answers 1 where it has ended a session ([MS-OXNSPI]
// 3.1.4.1.2).
u32 error_of(const dcerpc::Interface& known, u16 opnum, u32 returned);

// Writes beside the bytes of towers what they mean: ports and addresses.
void explain_towers(wire::Node& node);

}  // namespace ropewalk::dissect
