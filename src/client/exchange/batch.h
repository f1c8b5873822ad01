// ROPs that travel together in one Execute, and where their responses go.
#pragma once

#include <string>
#include <vector>

#include "client/failure.h"
#include "protocol/rop/rop_buffer.h"

namespace ropewalk::client::exchange {

/// A server object of one session context; worth nothing in the next one.
struct Handle {
  u32 value = rop::kNoHandle;
  u64 epoch = 0;
};

/// Build it, give it to RopSession::execute(), read the responses. They are views into the batch: keep it.
///
///     Batch batch;
///     rop::OpenFolderRequest open;
///     open.input_handle_index = batch.place(logon);
///     open.output_handle_index = batch.new_place();
///     rop::OpenFolderResponse opened;
///     batch.add(open, opened);
class Batch {
 public:
  /// Where a handle stands in the handle table.
  u8 place(Handle handle);
  /// A place that the server is to fill.
  u8 new_place();
  /// After execute(): what the server put there.
  u32 handle_at(u8 place) const { return handles_[place]; }

  /// A ROP that nobody answers.
  template <class Request>
  void add(const Request& request) {
    append(request);
  }
  /// A ROP and the place of its response, which must outlive execute(). `columns`: of the rows in the response; copied.
  template <class Request, class Response>
  void add(const Request& request, Response& response, std::span<const mapi::PropTag> columns = {}) {
    append(request);
    Call& call = calls_.back();
    call.into = &response;
    call.columns.assign(columns.begin(), columns.end());
    call.read = [](wire::Decoder& decoder, void* into) { Response::fields(*static_cast<Response*>(into), decoder); };
  }
  /// The same for the last ROP of a batch whose server may answer it several times over (chained responses).
  template <class Request, class Response>
  void add_chained(const Request& request, std::vector<Response>& responses,
                   std::span<const mapi::PropTag> columns = {}) {
    append(request);
    Call& call = calls_.back();
    call.into = &responses;
    call.columns.assign(columns.begin(), columns.end());
    call.chained = true;
    call.read = [](wire::Decoder& decoder, void* into) {
      auto& list = *static_cast<std::vector<Response>*>(into);
      Response::fields(list.emplace_back(), decoder);
    };
  }

  bool empty() const { return calls_.empty(); }
  /// Bytes of the requests so far.
  std::size_t size() const { return rops_.size(); }

 private:
  friend class RopSession;
  struct Call {
    rop::RopId id{};
    bool chained = false, answered = false;
    void* into = nullptr;  // null: nobody answers
    void (*read)(wire::Decoder& decoder, void* into) = nullptr;
    std::vector<mapi::PropTag> columns{};
  };

  template <class Request>
  void append(const Request& request) {
    encodable_ = wire::encode(request, rops_) && encodable_;
    calls_.push_back({Request::kRop});
  }

  wire::OutBuffer rops_;
  std::vector<u32> handles_;
  std::vector<Call> calls_;
  u64 epoch_ = 0;  // of the handles in it; 0: none yet
  bool mixed_epochs_ = false, encodable_ = true;
  std::vector<std::vector<u8>> answers_;  // what the responses are views into
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>(std::size_t{256} << 20);
};

/// The failure that a ROP's return value means: "cannot open the folder: RopOpenFolder answered ecNotFound (...)".
template <class Response>
Failure rop_failure(std::string_view attempted, const Response& response) {
  return failure(response.return_value, std::string(attempted) + ": " + rop::name(Response::kRop) + " answered");
}

/// Leaves the function with a failure where the response is one.
#define ROPEWALK_ROP_CHECK(attempted, response)                                                      \
  do {                                                                                               \
    if (!(response).ok()) return ::ropewalk::client::exchange::rop_failure((attempted), (response)); \
  } while (false)

}  // namespace ropewalk::client::exchange
