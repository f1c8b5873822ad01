// [MS-OXCNOTIF] 2.2.1.2.1: asking to be told.
#include "protocol/rop/oxcnotif.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

ErrorCode register_notification(RopContext& context, const rop::RegisterNotificationRequest& request,
                                rop::RegisterNotificationResponse&) {
  auto store = store_at(context, request.input_handle_index);
  if (!store) return context.missing(request.input_handle_index);
  store::EventFilter filter;
  filter.kinds = request.notification_types.value;
  filter.whole_store = request.want_whole_store != 0;
  filter.folder = request.folder_id;
  filter.message = request.message_id;
  auto object = std::make_unique<SubscriptionObject>(context.object(request.input_handle_index)->logon_id(), store);
  SubscriptionObject& subscription = *object;
  if (ErrorCode code = context.open(request.output_handle_index, std::move(object)); code != ErrorCode::none)
    return code;
  subscription.subscription =
      store->events().subscribe(filter, context.waker(context.handles[request.output_handle_index]));
  return ErrorCode::none;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::register_notification, rop::RegisterNotificationRequest, rop::RegisterNotificationResponse,
                register_notification>(),
};

}  // namespace

std::span<const HandlerRow> notification_handlers() { return kHandlers; }

}  // namespace ropewalk::server
