// ROP input and output buffers, [MS-OXCROPS] 2.2.1: RopSize, the ROPs, the handle table. As described structures, for
// dissectors, clients and tests; and, for a server, one request at a time without a list of them.
#pragma once

#include "protocol/rop/any_rop.h"

namespace ropewalk::rop {

// RopSize counts itself.
inline constexpr std::size_t kRopSizeWidth = 2;
// A place in a handle table that holds no handle (yet).
inline constexpr u32 kNoHandle = 0xFFFFFFFF;

// How much an arena may hold for the decoding of a buffer of that size: room for the structures of any honest buffer
// (none is more than some 20 times its bytes), so that a dishonest one cannot ask for memory that it has not paid for.
constexpr std::size_t arena_limit(std::size_t buffer_size) { return (64u << 10) + 32 * buffer_size; }

struct InputBuffer {
  static constexpr std::string_view kName = "RopInputBuffer";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.1";
  wire::List<AnyRopRequest> rops;
  wire::List<u32> handles;

  static void fields(auto& m, auto& v) {
    v.sized(
        "RopSize", u16{}, [&] { v.until_end("RopsList", m.rops); }, kRopSizeWidth);
    v.until_end("ServerObjectHandleTable", m.handles);
  }
};

// Rows are shown as such where AnsweredRequests in the context tell their columns. A ResponseMatcher in the context goes
// on from one buffer of a response to the next.
struct OutputBuffer {
  static constexpr std::string_view kName = "RopOutputBuffer";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.1";
  wire::List<AnyRopResponse> rops;
  wire::List<u32> handles;

  static void fields(auto& m, auto& v) {
    ResponseMatcher alone(wire::context<AnsweredRequests>(v));
    const ResponseMatcher* matcher = wire::context<ResponseMatcher>(v);
    v.with(matcher != nullptr ? *matcher : alone, [&] {
      v.sized(
          "RopSize", u16{}, [&] { v.until_end("RopsList", m.rops); }, kRopSizeWidth);
    });
    v.until_end("ServerObjectHandleTable", m.handles);
  }
};

// The handle table by itself.
struct HandleTable {
  static constexpr std::string_view kName = "ServerObjectHandleTable";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.1";
  wire::List<u32> handles;
  static void fields(auto& m, auto& v) { v.until_end("Handles", m.handles); }
};

// A buffer taken apart into its two halves; views into it.
struct RopBufferParts {
  ByteView rops;
  ByteView handles;  // 4 bytes each

  std::size_t handle_count() const { return handles.size() / 4; }
  u32 handle(std::size_t i) const { return load_le<u32>(handles.data() + 4 * i); }
};
Result<RopBufferParts, wire::WireError> split_rop_buffer(ByteView buffer);

// Hands out the requests of an input buffer one at a time. Views in what it hands out point into the buffer, lists into
// the arena. After a failure it stands where it stood: the rest cannot be told apart.
class RopReader {
 public:
  RopReader(ByteView rops, Arena& arena, const wire::Context* context = nullptr)
      : rest_(rops), arena_(arena), context_(context) {}

  bool at_end() const { return rest_.empty(); }
  // The next request's; only where not at_end().
  RopId id() const { return static_cast<RopId>(rest_[0]); }
  // From the next request on: what RopBufferTooSmall returns.
  ByteView rest() const { return rest_; }

  // Reads the next request as a T; false where its bytes are not one, and error() tells why.
  template <class T>
  bool read(T& request) {
    wire::Decoder decoder(rest_, arena_, context_);
    T::fields(request, decoder);
    if (!decoder.ok()) return refuse(wire::struct_info<T>);
    rest_ = rest_.subspan(decoder.offset());
    return true;
  }
  // Reads the next request, whatever it is, into the arena: an instance of what request_info(id()) tells. Null where
  // its bytes are not one, or where the id has no structure.
  const void* read_any();

  const wire::WireError& error() const { return error_; }

 private:
  bool refuse(const wire::StructInfo& info);

  ByteView rest_;
  Arena& arena_;
  const wire::Context* context_;
  wire::WireError error_;
};

// Writes an input or output buffer to the end of `out`: ROPs one after the other, then the handles.
class RopWriter {
 public:
  explicit RopWriter(wire::OutBuffer& out) : out_(out), begin_(out.size()) { store_le<u16>(out.extend(2), 0); }

  // Appends a request or response; false, with nothing appended, where its layout cannot express it.
  template <class T>
  bool add(const T& rop, const wire::Context* context = nullptr) {
    return wire::encode(rop, out_, context);
  }
  // For whoever appends a ROP by other means, and takes it back by truncate().
  wire::OutBuffer& out() { return out_; }
  // What RopSize would say now.
  std::size_t rop_size() const { return out_.size() - begin_; }

  // Sets RopSize and appends the handle table. False where the ROPs are too long for RopSize.
  bool finish(std::span<const u32> handles);

 private:
  wire::OutBuffer& out_;
  std::size_t begin_;
};

}  // namespace ropewalk::rop
