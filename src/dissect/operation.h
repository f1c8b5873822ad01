// What the dissector tells: one operation after the other, complete.
#pragma once

#include <functional>
#include <optional>

#include "capture/packet_file.h"
#include "wire/tree.h"

namespace ropewalk::dissect {

// Bytes that the offsets of a tree count in. An operation's first buffer is what travelled: the root's offsets, and
// those of every node outside of derived buffers, count in it. Each node whose type is kDerived begins a further
// buffer: the first such node of the tree (in the order of a listing) stands for buffers[1], the next for buffers[2].
// Nodes below it count in that buffer, up to the next such node.
struct Buffer {
  std::string name;    // "stub data", "PlainPayload"
  std::string origin;  // how it came to be: "decrypted: NTLM, privacy", "as it travelled"
  std::vector<u8> bytes;
};
inline constexpr std::string_view kDerived = "plain bytes";

// A ROP of an operation.
struct RopNote {
  std::string name;          // "RopOpenFolder"
  std::optional<u32> error;  // ReturnValue, of responses that have one
  std::string object;        // what it acts on, where that is known: `Folder "Inbox"`
};

enum class Direction : u8 { request, response, one_way };

struct Operation {
  u64 number = 0;                      // from 1, in the order in which operations are complete
  std::vector<capture::Frame> frames;  // that carried it, in order; at least one
  i64 since_start = 0;                 // nanoseconds from the capture's first frame to frame()
  u64 connection = 0;                  // capture::Connection::id
  std::string src, dst;                // "192.0.2.1:6001"
  std::string layer;   // "EPM", "DCERPC", "EMSMDB", "AsyncEMSMDB", "NSPI", "RFR", "MGMT", "RTS", "MAPIHTTP", "HTTP",
                       // "AUTODISCOVER", "OAB", or the UUID of an interface that is not known
  std::string name;    // "bind", "EcDoRpcExt2", "Execute", "CONN/A1"
  std::string detail;  // a few words more: "EMSMDB v0.81; NTLM, privacy (6)"
  Direction direction = Direction::request;

  std::string result;             // of responses: "ecNotFound", "success", "nca_s_op_rng_error"
  u32 error = 0;                  // its number; 0 is success
  std::optional<u64> answers;     // number of the request that this responds to
  std::optional<i64> round_trip;  // nanoseconds since that request was complete
  std::size_t size = 0;           // bytes that travelled, headers of the transport left out
  std::vector<RopNote> rops;
  std::vector<std::string> notes;  // what is lost, encrypted, sent twice, or malformed
  std::optional<u16> opnum;        // of DCE/RPC calls
  std::optional<u32> call_id;      // of DCE/RPC PDUs
  std::string user;                // who signed in on the connection, where that was seen

  wire::Node tree;              // covers every byte of buffers[0] once; without fields where trees are not asked for
  std::vector<Buffer> buffers;  // empty where trees are not asked for

  // When it was complete.
  const capture::Frame& frame() const { return frames.back(); }
};

using OnOperation = std::function<void(const Operation&)>;
using Predicate = std::function<bool(const Operation&)>;

// {"frame","time","src","dst","layer","name","result","tree"} and more; docs/design/dissect.md lists the members.
boost::json::value to_json(const Operation& operation);
// The same as text; quicker.
void append_json(const Operation& operation, std::string& out);

}  // namespace ropewalk::dissect
