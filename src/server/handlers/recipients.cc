// [MS-OXCMSG] 2.2.3.4 to 2.2.3.6: the recipients of an open message.
#include "server/recipients.h"

#include "protocol/rop/oxcmsg.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

// What one message may have: as many as a client could list.
constexpr std::size_t kMostRecipients = 32768;
constexpr std::size_t kReadRecipientsHead = 7;

ErrorCode modify_recipients(RopContext& context, const rop::ModifyRecipientsRequest& request,
                            rop::ModifyRecipientsResponse&) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  if (!object->writable) return ErrorCode::access_denied;
  store::Message& message = *object->message;
  if (message.recipients().size() + request.recipient_rows.size() > kMostRecipients) return ErrorCode::too_big;
  auto columns = request.recipient_columns.span();
  for (const auto& row : request.recipient_rows) {
    if (!row.present) {
      message.remove_recipient(row.row_id);
      continue;
    }
    auto properties =
        recipient_properties(row.recipient_type, row.row, columns, context.session.client.code_page, context.arena);
    message.set_recipient(row.row_id, properties);
  }
  object->recipient_columns = recipient_columns(message, context.arena);
  return ErrorCode::none;
}

ErrorCode remove_all_recipients(RopContext& context, const rop::RemoveAllRecipientsRequest& request,
                                rop::RemoveAllRecipientsResponse&) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  if (!object->writable) return ErrorCode::access_denied;
  object->message->clear_recipients();
  return ErrorCode::none;
}

ErrorCode read_recipients(RopContext& context, const rop::ReadRecipientsRequest& request,
                          rop::ReadRecipientsResponse& response) {
  auto* object = context.get<MessageObject>(request.input_handle_index);
  if (object == nullptr) return context.missing(request.input_handle_index);
  constexpr std::size_t kMostRows = 0xFF;
  auto columns = context.arena.make<mapi::PropTag>(object->recipient_columns.size());
  std::ranges::copy(object->recipient_columns, columns.begin());
  context.recipient_columns.tags = columns;
  wire::Context chain = wire::add_context(context.recipient_columns, nullptr);
  const auto& recipients = object->message->recipients();
  auto rows = context.arena.make<rop::ReadRecipientRow>(std::min(recipients.size(), kMostRows));
  std::size_t count = 0;
  wire::OutBuffer measured;
  for (const store::Recipient& recipient : recipients) {
    if (recipient.row_id < request.row_id) continue;
    if (count == rows.size()) break;
    auto made = recipient_on_wire(recipient, columns, context.arena);
    rows[count].row_id = recipient.row_id;
    rows[count].recipient_type = made.type;
    rows[count].code_page_id = static_cast<u16>(context.session.client.code_page);
    rows[count].row = made.row;
    wire::encode(rows[count], measured, &chain);
    if (measured.size() + kReadRecipientsHead > context.room) break;
    ++count;
  }
  if (count == 0) return ErrorCode::not_found;
  response.recipient_rows = rows.first(count);
  return ErrorCode::none;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::modify_recipients, rop::ModifyRecipientsRequest, rop::ModifyRecipientsResponse,
                modify_recipients>(),
    handler_row<RopId::remove_all_recipients, rop::RemoveAllRecipientsRequest, rop::RemoveAllRecipientsResponse,
                remove_all_recipients>(),
    handler_row<RopId::read_recipients, rop::ReadRecipientsRequest, rop::ReadRecipientsResponse, read_recipients>(),
};

}  // namespace

std::span<const HandlerRow> recipient_handlers() { return kHandlers; }

}  // namespace ropewalk::server
