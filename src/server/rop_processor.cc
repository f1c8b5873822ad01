#include "server/rop_processor.h"

#include <algorithm>

#include "protocol/rop/control.h"
#include "server/notify.h"
#include "server/rop_context.h"

namespace ropewalk::server {
namespace {

// A ROP that this server describes but does not execute: answered with what [MS-OXCROPS] 3.2.5.1 wants, the rest goes
// on.
RopOutcome refuse(RopContext& context, rop::RopReader& requests, wire::OutBuffer& out) {
  rop::RopId id = requests.id();
  const void* request = requests.read_any();
  if (request == nullptr) return RopOutcome::malformed;
  context.note_rest(requests);
  std::size_t before = out.size();
  rop::encode_failure(id, request, ErrorCode::not_implemented, out);
  if (out.size() - before <= context.room) return RopOutcome::done;
  out.truncate(before);
  return RopOutcome::too_big;
}

// Tells the client to send what was not executed again, with more room: [MS-OXCROPS] 3.2.5.2.
void answer_too_small(ByteView rest, std::size_t needed, wire::OutBuffer& out) {
  rop::BufferTooSmallResponse response;
  response.size_needed = static_cast<u16>(std::min<std::size_t>(needed, 0xFFFF));
  response.request_buffers = rest;
  wire::encode(response, out);
}

// The room a buffer needs is not known before its ROPs have run; this is what Exchange's own clients allow at most.
constexpr std::size_t kRoomToAskFor = 0x7FFF;

}  // namespace

mapi::ErrorCode RopProcessor::run(session::Session& session, ByteView input, wire::OutBuffer& out, std::size_t max_out,
                                  RopChain* chain) {
  auto parts = rop::split_rop_buffer(input);
  if (!parts.ok()) {
    environment_.refused(session.user.address + ": " + parts.error().text());
    return ErrorCode::rpc_format;
  }
  // One buffer at a time runs on a thread; its memory serves the next one. Requests may take what their sender paid for
  // in bytes; answers, one ROP at a time, what the store has to tell.
  thread_local Arena asked, answered;
  asked.reset(rop::arena_limit(input.size()));
  auto handles = asked.make<u32>(parts->handle_count());
  for (std::size_t i = 0; i < handles.size(); ++i) handles[i] = parts->handle(i);

  // Answers, the handle table and RopSize share max_out; RopSize is a 16-bit number.
  std::size_t fixed = rop::kRopSizeWidth + parts->handles.size();
  std::size_t most = std::min<std::size_t>(max_out, 0xFFFF + parts->handles.size());
  std::size_t budget = most > fixed ? most - fixed : 0;

  std::size_t start = out.size();
  rop::RopWriter writer(out);
  auto used = [&] { return writer.rop_size() - rop::kRopSizeWidth; };
  auto left = [&] { return budget - std::min(budget, used()); };
  RopContext context{environment_, session, answered, handles};
  context.chain = chain;
  rop::RopReader requests(parts->rops, asked);
  while (!requests.at_end()) {
    ByteView rest = requests.rest();
    answered.reset();
    context.room = left();
    const HandlerRow* row = find_handler(requests.id());
    RopOutcome outcome = row != nullptr ? row->run(context, requests, out) : refuse(context, requests, out);
    if (outcome == RopOutcome::malformed) {
      environment_.refused(session.user.address + ": " + requests.error().text());
      out.truncate(start);
      return ErrorCode::rpc_format;
    }
    if (outcome == RopOutcome::too_big) {
      answer_too_small(rest, kRoomToAskFor, out);
      break;
    }
  }
  if (used() > budget) {
    out.truncate(start);
    return ErrorCode::buffer_too_small;
  }
  append_notifications(session, left(), out);
  writer.finish(handles);
  return ErrorCode::none;
}

bool RopProcessor::is_brief(ByteView input) const {
  constexpr std::size_t kMostBytes = 1024, kMostRops = 16;
  if (input.size() > kMostBytes) return false;
  auto parts = rop::split_rop_buffer(input);
  if (!parts.ok()) return true;  // refused at once
  Arena arena(kMostBytes * 64, kMostBytes);
  rop::RopReader requests(parts->rops, arena);
  for (std::size_t count = 0; !requests.at_end(); ++count) {
    const HandlerRow* row = find_handler(requests.id());
    if (row == nullptr || !row->is_brief || count == kMostRops) return false;
    if (requests.read_any() == nullptr) break;
  }
  return true;
}

}  // namespace ropewalk::server
