// [MS-OXCTABL] 2.2.2.9 to 2.2.2.15: bookmarks in tables.
#include "protocol/rop/oxctabl.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

ErrorCode create_bookmark(RopContext& context, const rop::CreateBookmarkRequest& request,
                          rop::CreateBookmarkResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  if (table->table_kind == TableKind::attachments) return ErrorCode::not_supported;
  if (!table->has_columns) return ErrorCode::null_object;
  auto bookmark = table->table->create_bookmark();
  if (!bookmark.ok()) return bookmark.error().code;
  response.bookmark = context.arena.copy(ByteView(*bookmark));
  return ErrorCode::none;
}

ErrorCode seek_row_bookmark(RopContext& context, const rop::SeekRowBookmarkRequest& request,
                            rop::SeekRowBookmarkResponse& response) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  begin_view(context, request.input_handle_index, *table);
  if (table->table_kind == TableKind::attachments) return ErrorCode::not_supported;
  if (!table->has_columns) return ErrorCode::null_object;
  auto moved = table->table->seek_bookmark(request.bookmark, request.row_count);
  if (!moved.ok()) return moved.error().code;
  bool wants = request.want_row_moved_count != 0;
  response.row_no_longer_visible = moved->row_gone;
  response.has_sought_less = wants && moved->rows != request.row_count;
  response.rows_sought = wants ? moved->rows : 0;
  return ErrorCode::none;
}

ErrorCode free_bookmark(RopContext& context, const rop::FreeBookmarkRequest& request, rop::FreeBookmarkResponse&) {
  auto* table = context.get<TableObject>(request.input_handle_index);
  if (table == nullptr) return context.missing(request.input_handle_index);
  if (table->table_kind == TableKind::attachments) return ErrorCode::not_supported;
  if (!table->has_columns) return ErrorCode::null_object;
  auto done = table->table->free_bookmark(request.bookmark);
  return done.ok() ? ErrorCode::none : done.error().code;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::create_bookmark, rop::CreateBookmarkRequest, rop::CreateBookmarkResponse, create_bookmark>(),
    handler_row<RopId::seek_row_bookmark, rop::SeekRowBookmarkRequest, rop::SeekRowBookmarkResponse,
                seek_row_bookmark>(),
    handler_row<RopId::free_bookmark, rop::FreeBookmarkRequest, rop::FreeBookmarkResponse, free_bookmark>(),
};

}  // namespace

std::span<const HandlerRow> bookmark_handlers() { return kHandlers; }

}  // namespace ropewalk::server
