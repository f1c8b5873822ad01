// What a ROP's handler works with, and how handlers are listed.
#pragma once

#include <algorithm>

#include "mapi/recipient_row.h"
#include "protocol/rop/rop_buffer.h"
#include "server/environment.h"
#include "server/rop_runner.h"
#include "session/objects.h"
#include "session/session.h"

namespace ropewalk::server {

using mapi::ErrorCode;

// One ROP input buffer under way. Handlers borrow everything in it; views in responses may point into the arena.
struct RopContext {
  const Environment& environment;
  session::Session& session;
  Arena& arena;                                // for the current ROP's answer
  std::span<u32> handles;                      // the buffer's server object handle table
  std::size_t room = 0;                        // bytes that the current ROP's response may take
  mapi::RowColumns columns{};                  // of the rows in the current ROP's response
  mapi::RecipientColumns recipient_columns{};  // of the recipient rows in it
  RopChain* chain = nullptr;                   // where the client takes more than one output buffer

  bool is_last = false;  // nothing follows the current ROP in its buffer

  // After the current request was read: what follows it must still be able to come back in a RopBufferTooSmall.
  void note_rest(const rop::RopReader& requests) {
    constexpr std::size_t kTooSmallHead = 3;
    is_last = requests.at_end();
    std::size_t reserved = is_last ? 0 : kTooSmallHead + requests.rest().size();
    room -= std::min(room, reserved);
  }

  // Whether the current ROP may go on in a further output buffer.
  bool may_chain() const { return chain != nullptr && is_last; }
  // Has `rest`, what is left of the current ROP, executed into a further output buffer, worth opening for `room` bytes.
  template <class Req>
  void chain_on(const Req& rest, std::size_t room_wanted) {
    wire::OutBuffer buffer;
    rop::RopWriter writer(buffer);
    if (!writer.add(rest) || !writer.finish(handles)) return;
    chain->next.assign(buffer.view().begin(), buffer.view().end());
    chain->room_wanted = room_wanted;
  }

  // What an event bus calls to have the session told of something at `handle`. Outlives the session without harm.
  std::function<void()> waker(u32 handle) const {
    return [queue = std::weak_ptr(session.notification_queue), handle] {
      if (auto alive = queue.lock()) alive->push(std::make_unique<session::Notification>(handle));
    };
  }

  // The object that an index of the handle table stands for; null where there is none.
  session::Object* object(u8 index) const {
    return index < handles.size() ? session.handles.find(handles[index]) : nullptr;
  }
  // The same as a T. Where it is null, missing() says which error that is.
  template <class T>
  T* get(u8 index) const {
    session::Object* found = object(index);
    return found != nullptr && found->kind() == T::kKind ? static_cast<T*>(found) : nullptr;
  }
  // ecNullObject for a handle that stands for nothing, ecNotSupported for an object that has no such ROP.
  ErrorCode missing(u8 index) const {
    return object(index) == nullptr ? ErrorCode::null_object : ErrorCode::not_supported;
  }

  // Gives the object a handle and puts it into the table. ecMAPIOOM where the session holds as many as it may.
  ErrorCode open(u8 index, std::unique_ptr<session::Object> object) {
    if (index >= handles.size()) return ErrorCode::null_object;
    u32 handle = session.handles.add(std::move(object));
    if (handle == session::kNoHandle) return ErrorCode::mapi_oom;
    handles[index] = handle;
    return ErrorCode::none;
  }
};

// How one ROP ended.
enum class RopOutcome {
  done,       // answered, or in need of no answer
  malformed,  // its request could not be decoded: nothing after it can be either
  too_big,    // the answer does not fit into the room left; nothing was appended
};

struct HandlerRow {
  rop::RopId id;
  RopOutcome (*run)(RopContext& context, rop::RopReader& requests, wire::OutBuffer& out);
  bool is_brief = false;  // reads a row or two, or none: short enough for a thread that others wait for
};

constexpr HandlerRow brief(HandlerRow row) {
  row.is_brief = true;
  return row;
}

// Decodes a request, has it handled, encodes its answer: the failure response where the handler returns an error
// (a warning that comes with the success form, as PartlyFoundResponse has one, is none).
template <class Req, class Res, ErrorCode (*handle)(RopContext&, const Req&, Res&)>
RopOutcome run_handler(RopContext& context, rop::RopReader& requests, wire::OutBuffer& out) {
  Req request{};
  if (!requests.read(request)) return RopOutcome::malformed;
  context.note_rest(requests);
  Res response{};
  context.columns = {};
  context.recipient_columns = {};
  ErrorCode code = handle(context, request, response);
  u8 dest = 0;
  if constexpr (requires { request.dest_handle_index; }) dest = request.dest_handle_index;
  response.return_value = code;
  if (!response.ok()) response = Res{};
  rop::make_failure(response, rop::response_index_of(request), dest, code);
  wire::Context recipients = wire::add_context(context.recipient_columns, nullptr);
  wire::Context columns = wire::add_context(context.columns, &recipients);
  std::size_t before = out.size();
  if (!wire::encode(response, out, &columns) || out.size() - before > context.room) {
    out.truncate(before);
    return RopOutcome::too_big;
  }
  return RopOutcome::done;
}

template <rop::RopId id, class Req, class Res, ErrorCode (*handle)(RopContext&, const Req&, Res&)>
constexpr HandlerRow handler_row() {
  static_assert(Req::kRop == id);
  return {id, run_handler<Req, Res, handle>};
}

// The handler's row; null where the server does not execute this ROP.
const HandlerRow* find_handler(rop::RopId id);
// Every ROP that the server executes, by id.
std::vector<rop::RopId> served_rops();

}  // namespace ropewalk::server
