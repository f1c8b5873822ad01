// One MAPI session as seen from outside: its handles and what they stand for, whatever transport carries its ROPs.
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>

#include "dissect/operation.h"
#include "protocol/rop/any_rop.h"

namespace ropewalk::dissect {

// The ROPs of a request, kept until the response comes.
struct RopRequests {
  // Owns a copy of what `payloads` (ROP input buffers, opened) hold, up to where they can be read.
  explicit RopRequests(std::span<const ByteView> payloads);
  RopRequests(const RopRequests&) = delete;
  RopRequests& operator=(const RopRequests&) = delete;

  std::vector<u8> bytes;
  Arena arena;
  std::vector<rop::AnyRopRequest> list;
  std::vector<const u8*> begins;  // of each, in `bytes`: RopId, LogonId, handle indices
  std::vector<u32> handles;

  // The handle at a place of the table; kNoHandle outside.
  u32 handle(std::size_t index) const;
  // Where in the table what the i-th request acts on is.
  u8 input_index(std::size_t i) const;
  u32 input_handle(std::size_t i) const { return handle(input_index(i)); }
};

// What a handle stands for.
struct ServerObject {
  std::string kind;   // "Folder"
  std::string name;   // "Inbox"; may be empty
  std::string rop;    // that made it
  u64 operation = 0;  // in which it was made
  u64 folder_id = 0;
  std::vector<mapi::PropTag> columns;  // of a table
  std::vector<u8> stream;              // of a fast transfer, as far as it came
  u32 pieces = 0;                      // buffers that it came in
  std::string text() const;            // `Folder "Inbox"`
};

// A FastTransfer stream, put together.
struct TransferredStream {
  std::string origin;  // "from 12 buffers of RopFastTransferSourceGetBuffer"
  std::vector<u8> bytes;
};

// Not thread-safe.
class MapiSession : public rop::TableColumns {
 public:
  static constexpr std::size_t kMaxObjects = 16384, kMaxNames = 16384;
  static constexpr std::size_t kMaxStreams = 4u << 20;  // bytes of all streams of the session that are under way

  std::span<const mapi::PropTag> columns(u32 handle) const override;
  const ServerObject* object(u32 handle) const;

  // A ROP that succeeded, with what it answered. Where it opened something: the handle of that, else kNoHandle.
  struct Done {
    const rop::AnyRopRequest& request;
    const rop::AnyRopResponse& response;
    u32 handle, opened;
  };
  // Called by learn() for each.
  void set_observer(std::function<void(const Done&)> observer) { observer_ = std::move(observer); }
  const rop::PublicLogons& public_logons() const { return public_logons_; }
  // What is known of these handles and of logons, for showing a message again when the session has gone on.
  MapiSession excerpt(std::span<const u32> handles) const;

  // Notes for each ROP of a request.
  std::vector<RopNote> notes(const RopRequests& requests) const;
  // Takes in what a response (ROP output buffers, opened) says; a note for each of its ROPs. `requests` may be null.
  std::vector<RopNote> learn(const RopRequests* requests, std::span<const ByteView> payloads, u64 operation);
  // The streams that were complete with the response learned last.
  std::vector<TransferredStream> take_streams() { return std::exchange(streams_, {}); }
  // Writes what handles stand for beside the handle indices in a tree; `requests` are its own, or the answered ones.
  void annotate(wire::Node& tree, const RopRequests* requests) const;

 private:
  struct Answer;  // a response with the request it answers
  void take(const Answer& answer);
  void opened(const Answer& answer);
  void tell(const Answer& answer) const;
  void name_folder(u64 folder_id, std::string name);
  void learn_rows(const Answer& answer);
  void transfer(const Answer& answer);
  void add_piece(u32 handle, ByteView bytes);
  void end_stream(ServerObject& object, std::string_view rop);
  void release(const RopRequests& requests, std::size_t i);
  std::string described(const RopRequests& requests, std::size_t i) const;
  void annotate_rops(wire::Node& buffer, const RopRequests* requests) const;

  std::unordered_map<u32, ServerObject> objects_;
  std::unordered_map<u64, std::string> folders_;
  rop::PublicLogons public_logons_;
  std::vector<TransferredStream> streams_;
  std::size_t stream_bytes_ = 0;
  std::function<void(const Done&)> observer_;
};

}  // namespace ropewalk::dissect
