#include <array>
#include <vector>

#include "protocol/rop/control.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

// [MS-OXCROPS] 3.2.5.1: the object is gone and nobody is answered, whatever the handle was.
RopOutcome release(RopContext& context, rop::RopReader& requests, wire::OutBuffer&) {
  rop::ReleaseRequest request;
  if (!requests.read(request)) return RopOutcome::malformed;
  if (request.input_handle_index >= context.handles.size()) return RopOutcome::done;
  u32 handle = context.handles[request.input_handle_index];
  context.session.handles.release(handle);
  context.session.notifications.forget(handle);
  return RopOutcome::done;
}

constexpr HandlerRow kRelease{rop::RopId::release, release, true};

// Every row at its RopId.
using Dispatch = std::array<const HandlerRow*, 256>;

Dispatch join() {
  Dispatch all{};
  all[static_cast<u8>(kRelease.id)] = &kRelease;
  for (auto family : {logon_handlers(), folder_handlers(), folder_content_handlers(), table_handlers(),
                      bookmark_handlers(), message_handlers(), recipient_handlers(), attachment_handlers(),
                      property_handlers(), named_property_handlers(), stream_handlers(), notification_handlers()})
    for (const HandlerRow& row : family) all[static_cast<u8>(row.id)] = &row;
  return all;
}

const Dispatch& dispatch() {
  static const Dispatch all = join();
  return all;
}

}  // namespace

const HandlerRow* find_handler(rop::RopId id) { return dispatch()[static_cast<u8>(id)]; }

std::vector<rop::RopId> served_rops() {
  std::vector<rop::RopId> ids;
  for (const HandlerRow* row : dispatch())
    if (row != nullptr) ids.push_back(row->id);
  return ids;
}

}  // namespace ropewalk::server
