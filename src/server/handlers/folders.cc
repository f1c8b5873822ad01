// [MS-OXCFOLD]: folders and the tables of what is in them.
#include "base/utf16.h"
#include "mapi/code_page.h"
#include "protocol/rop/oxcfold.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using namespace session;

// [MS-OXCFOLD] 2.2.1.3.1 DeleteFolderFlags, 2.2.1.13.1 and 2.2.1.14.1 TableFlags.
constexpr u8 kDelMessages = 0x01, kDelFolders = 0x04;
constexpr u8 kAssociated = 0x02, kDepth = 0x04, kNoNotifications = 0x10, kSoftDeletes = 0x20, kUseUnicode = 0x40,
             kSuppressesNotifications = 0x80;
constexpr u8 kGenericFolder = 1, kSearchFolder = 2;

std::string given_text(ByteView text, bool is_unicode, const RopContext& context) {
  return is_unicode ? utf16_to_utf8(text) : mapi::string8_to_utf8(text, context.session.client.code_page);
}

ErrorCode open_folder(RopContext& context, const rop::OpenFolderRequest& request, rop::OpenFolderResponse&) {
  auto store = store_at(context, request.input_handle_index);
  if (!store) return context.missing(request.input_handle_index);
  ObjectKind from = context.object(request.input_handle_index)->kind();
  if (from != ObjectKind::logon && from != ObjectKind::folder) return ErrorCode::not_supported;
  if (!store->folder_exists(request.folder_id)) return ErrorCode::not_found;
  return context.open(
      request.output_handle_index,
      std::make_unique<FolderObject>(context.object(request.input_handle_index)->logon_id(), store, request.folder_id));
}

ErrorCode create_folder(RopContext& context, const rop::CreateFolderRequest& request,
                        rop::CreateFolderResponse& response) {
  auto* parent = context.get<FolderObject>(request.input_handle_index);
  if (parent == nullptr) return context.missing(request.input_handle_index);
  if (request.folder_type != kGenericFolder && request.folder_type != kSearchFolder) return ErrorCode::invalid_param;
  store::NewFolder wanted;
  wanted.parent = parent->id;
  bool is_unicode = request.use_unicode_strings != 0;
  wanted.name = given_text(request.display_name, is_unicode, context);
  wanted.comment = given_text(request.comment, is_unicode, context);
  wanted.type = static_cast<store::FolderType>(request.folder_type);
  wanted.open_existing = request.open_existing != 0;
  if (wanted.name.empty()) return ErrorCode::invalid_param;
  auto created = parent->store->create_folder(wanted);
  if (!created.ok()) return created.error().code;
  response.folder_id = created->id;
  response.is_existing_folder = created->existed;
  return context.open(request.output_handle_index,
                      std::make_unique<FolderObject>(parent->logon_id(), parent->store, created->id));
}

ErrorCode delete_folder(RopContext& context, const rop::DeleteFolderRequest& request,
                        rop::DeleteFolderResponse& response) {
  auto* parent = context.get<FolderObject>(request.input_handle_index);
  if (parent == nullptr) return context.missing(request.input_handle_index);
  auto folder = parent->store->folder(request.folder_id);
  if (!folder.ok()) return folder.error().code;
  if (folder->parent != parent->id) return ErrorCode::not_found;
  auto whole = parent->store->delete_folder(request.folder_id, {(request.delete_folder_flags & kDelMessages) != 0,
                                                                (request.delete_folder_flags & kDelFolders) != 0});
  if (!whole.ok()) return whole.error().code;
  response.partial_completion = !*whole;
  return ErrorCode::none;
}

ErrorCode open_table(RopContext& context, u8 index, u8 flags, FolderObject& folder, TableKind kind,
                     store::Outcome<std::unique_ptr<store::Table>> opened, u32& row_count) {
  if (!opened.ok()) return opened.error().code;
  auto count = (*opened)->row_count();
  if (!count.ok()) return count.error().code;
  row_count = *count;
  (*opened)->set_code_page(context.session.client.code_page);
  auto object = std::make_unique<TableObject>(folder.logon_id(), kind, *std::move(opened));
  TableObject& table = *object;
  // The folder may be released before the table: both hold the store.
  table.store = folder.store;
  table.folder = folder.id;
  table.associated = kind == TableKind::contents && (flags & kAssociated) != 0;
  table.deep = kind == TableKind::hierarchy && (flags & kDepth) != 0;
  if (ErrorCode code = context.open(index, std::move(object)); code != ErrorCode::none) return code;
  table.notifies = (flags & (kNoNotifications | kSuppressesNotifications)) == 0;
  return ErrorCode::none;
}

ErrorCode get_hierarchy_table(RopContext& context, const rop::GetHierarchyTableRequest& request,
                              rop::GetHierarchyTableResponse& response) {
  auto* folder = context.get<FolderObject>(request.input_handle_index);
  if (folder == nullptr) return context.missing(request.input_handle_index);
  if ((request.table_flags &
       ~(kDepth | 0x08 | kNoNotifications | kSoftDeletes | kUseUnicode | kSuppressesNotifications)) != 0)
    return ErrorCode::invalid_param;
  return open_table(context, request.output_handle_index, request.table_flags, *folder, TableKind::hierarchy,
                    folder->store->hierarchy_table(folder->id, (request.table_flags & kDepth) != 0),
                    response.row_count);
}

ErrorCode get_contents_table(RopContext& context, const rop::GetContentsTableRequest& request,
                             rop::GetContentsTableResponse& response) {
  auto* folder = context.get<FolderObject>(request.input_handle_index);
  if (folder == nullptr) return context.missing(request.input_handle_index);
  if ((request.table_flags & 0x04) != 0) return ErrorCode::invalid_param;
  return open_table(context, request.output_handle_index, request.table_flags, *folder, TableKind::contents,
                    folder->store->contents_table(folder->id, (request.table_flags & kAssociated) != 0),
                    response.row_count);
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    brief(handler_row<RopId::open_folder, rop::OpenFolderRequest, rop::OpenFolderResponse, open_folder>()),
    handler_row<RopId::create_folder, rop::CreateFolderRequest, rop::CreateFolderResponse, create_folder>(),
    handler_row<RopId::delete_folder, rop::DeleteFolderRequest, rop::DeleteFolderResponse, delete_folder>(),
    brief(handler_row<RopId::get_hierarchy_table, rop::GetHierarchyTableRequest, rop::GetHierarchyTableResponse,
                      get_hierarchy_table>()),
    brief(handler_row<RopId::get_contents_table, rop::GetContentsTableRequest, rop::GetContentsTableResponse,
                      get_contents_table>()),
};

}  // namespace

std::span<const HandlerRow> folder_handlers() { return kHandlers; }

}  // namespace ropewalk::server
