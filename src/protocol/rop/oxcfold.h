// [MS-OXCROPS] 2.2.4: folder ROPs. What they do: [MS-OXCFOLD].
#pragma once

#include "mapi/ids.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// Text that is UTF-16LE or of 8-bit characters, as `unicode` says; without its terminator.
void text_field(std::string_view name, bool unicode, auto& bytes, auto& v) {
  if (unicode) {
    wire::String16 text{bytes};
    v(name, text);
    v.set(bytes, text.bytes);
  } else {
    wire::String8 text{bytes};
    v(name, text);
    v.set(bytes, text.bytes);
  }
}

struct OpenFolderRequest : OpeningRequest<RopId::open_folder> {
  static constexpr std::string_view kName = "RopOpenFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.1.1";
  mapi::FolderId folder_id;
  u8 open_mode_flags{};  // [MS-OXCFOLD] 2.2.1.1.1: 0x04 opens soft-deleted folders too

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
    v("OpenModeFlags", m.open_mode_flags);
  }
};

struct OpenFolderResponse : OpeningResponse<RopId::open_folder> {
  static constexpr std::string_view kName = "RopOpenFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.1.2, 2.2.4.1.3";
  u8 has_rules{};
  u8 is_ghosted{};
  u16 cheap_server_count{};           // the first of servers
  wire::List<wire::String8> servers;  // where is_ghosted

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("HasRules", m.has_rules);
    v("IsGhosted", m.is_ghosted);
    if (m.is_ghosted == 0) return;
    v("ServerCount", wire::count_of<u16>(m.servers));
    v("CheapServerCount", m.cheap_server_count);
    v("Servers", m.servers);
  }
};

struct CreateFolderRequest : OpeningRequest<RopId::create_folder> {
  static constexpr std::string_view kName = "RopCreateFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.2.1";
  u8 folder_type{};  // [MS-OXCFOLD] 2.2.1.2.1: 1 generic, 2 search
  u8 use_unicode_strings{};
  u8 open_existing{};
  u8 reserved{};
  ByteView display_name;
  ByteView comment;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderType", m.folder_type);
    v("UseUnicodeStrings", m.use_unicode_strings);
    v("OpenExisting", m.open_existing);
    v("Reserved", m.reserved);
    text_field("DisplayName", m.use_unicode_strings != 0, m.display_name, v);
    text_field("Comment", m.use_unicode_strings != 0, m.comment, v);
  }
};

struct CreateFolderResponse : OpeningResponse<RopId::create_folder> {
  static constexpr std::string_view kName = "RopCreateFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.2.2, 2.2.4.2.3";
  mapi::FolderId folder_id;
  u8 is_existing_folder{};
  u8 has_rules{};                     // where is_existing_folder
  u8 is_ghosted{};                    // where is_existing_folder
  u16 cheap_server_count{};           // the first of servers
  wire::List<wire::String8> servers;  // where is_existing_folder and is_ghosted

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("FolderId", m.folder_id);
    v("IsExistingFolder", m.is_existing_folder);
    if (m.is_existing_folder == 0) return;
    v("HasRules", m.has_rules);
    v("IsGhosted", m.is_ghosted);
    if (m.is_ghosted == 0) return;
    v("ServerCount", wire::count_of<u16>(m.servers));
    v("CheapServerCount", m.cheap_server_count);
    v("Servers", m.servers);
  }
};

// A response that says, whatever its ReturnValue, whether the ROP failed for a part of its targets.
template <class Header>
struct PartialResponse : Header {
  u8 partial_completion{};

  static void fields(auto& m, auto& v) {
    Header::header(m, v);
    v("PartialCompletion", m.partial_completion);
  }
};

struct DeleteFolderRequest : Request<RopId::delete_folder> {
  static constexpr std::string_view kName = "RopDeleteFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.3.1";
  u8 delete_folder_flags{};  // [MS-OXCFOLD] 2.2.1.3.1
  mapi::FolderId folder_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("DeleteFolderFlags", m.delete_folder_flags);
    v("FolderId", m.folder_id);
  }
};

struct DeleteFolderResponse : PartialResponse<Response<RopId::delete_folder>> {
  static constexpr std::string_view kName = "RopDeleteFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.3.2";
};

struct SetSearchCriteriaRequest : Request<RopId::set_search_criteria> {
  static constexpr std::string_view kName = "RopSetSearchCriteriaRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.4.1";
  wire::List<mapi::Restriction> restriction;  // none, or one
  wire::List<mapi::FolderId> folder_ids;
  u32 search_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    restriction_fields(m.restriction, v);
    v("FolderIdCount", wire::count_of<u16>(m.folder_ids));
    v("FolderIds", m.folder_ids);
    v("SearchFlags", m.search_flags);
  }
};

struct SetSearchCriteriaResponse : Response<RopId::set_search_criteria> {
  static constexpr std::string_view kName = "RopSetSearchCriteriaResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.4.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetSearchCriteriaRequest : Request<RopId::get_search_criteria> {
  static constexpr std::string_view kName = "RopGetSearchCriteriaRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.5.1";
  u8 use_unicode{};
  u8 include_restriction{};
  u8 include_folders{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("UseUnicode", m.use_unicode);
    v("IncludeRestriction", m.include_restriction);
    v("IncludeFolders", m.include_folders);
  }
};

struct GetSearchCriteriaResponse : Response<RopId::get_search_criteria> {
  static constexpr std::string_view kName = "RopGetSearchCriteriaResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.5.2, 2.2.4.5.3";
  wire::List<mapi::Restriction> restriction;  // none, or one
  u8 logon_id{};
  wire::List<mapi::FolderId> folder_ids;
  u32 search_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    restriction_fields(m.restriction, v);
    v("LogonId", m.logon_id);
    v("FolderIdCount", wire::count_of<u16>(m.folder_ids));
    v("FolderIds", m.folder_ids);
    v("SearchFlags", m.search_flags);
  }
};

struct MoveCopyMessagesRequest : CopyingRequest<RopId::move_copy_messages> {
  static constexpr std::string_view kName = "RopMoveCopyMessagesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.6.1";
  wire::List<mapi::MessageId> message_ids;
  u8 want_asynchronous{};
  u8 want_copy{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageIdCount", wire::count_of<u16>(m.message_ids));
    v("MessageIds", m.message_ids);
    v("WantAsynchronous", m.want_asynchronous);
    v("WantCopy", m.want_copy);
  }
};

struct MoveCopyMessagesResponse : PartialResponse<CopyingResponse<RopId::move_copy_messages>> {
  static constexpr std::string_view kName = "RopMoveCopyMessagesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.6.2, 2.2.4.6.3";
};

struct MoveFolderRequest : CopyingRequest<RopId::move_folder> {
  static constexpr std::string_view kName = "RopMoveFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.7.1";
  u8 want_asynchronous{};
  u8 use_unicode{};
  mapi::FolderId folder_id;
  ByteView new_folder_name;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("UseUnicode", m.use_unicode);
    v("FolderId", m.folder_id);
    text_field("NewFolderName", m.use_unicode != 0, m.new_folder_name, v);
  }
};

struct MoveFolderResponse : PartialResponse<CopyingResponse<RopId::move_folder>> {
  static constexpr std::string_view kName = "RopMoveFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.7.2, 2.2.4.7.3";
};

struct CopyFolderRequest : CopyingRequest<RopId::copy_folder> {
  static constexpr std::string_view kName = "RopCopyFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.8.1";
  u8 want_asynchronous{};
  u8 want_recursive{};
  u8 use_unicode{};
  mapi::FolderId folder_id;
  ByteView new_folder_name;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("WantRecursive", m.want_recursive);
    v("UseUnicode", m.use_unicode);
    v("FolderId", m.folder_id);
    text_field("NewFolderName", m.use_unicode != 0, m.new_folder_name, v);
  }
};

struct CopyFolderResponse : PartialResponse<CopyingResponse<RopId::copy_folder>> {
  static constexpr std::string_view kName = "RopCopyFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.8.2, 2.2.4.8.3";
};

// Empties a folder.
template <RopId id>
struct EmptyingRequest : Request<id> {
  u8 want_asynchronous{};
  u8 want_delete_associated{};

  static void fields(auto& m, auto& v) {
    Request<id>::header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("WantDeleteAssociated", m.want_delete_associated);
  }
};

struct EmptyFolderRequest : EmptyingRequest<RopId::empty_folder> {
  static constexpr std::string_view kName = "RopEmptyFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.9.1";
};

struct EmptyFolderResponse : PartialResponse<Response<RopId::empty_folder>> {
  static constexpr std::string_view kName = "RopEmptyFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.9.2";
};

struct HardDeleteMessagesAndSubfoldersRequest : EmptyingRequest<RopId::hard_delete_messages_and_subfolders> {
  static constexpr std::string_view kName = "RopHardDeleteMessagesAndSubfoldersRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.10.1";
};

struct HardDeleteMessagesAndSubfoldersResponse : PartialResponse<Response<RopId::hard_delete_messages_and_subfolders>> {
  static constexpr std::string_view kName = "RopHardDeleteMessagesAndSubfoldersResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.10.2";
};

// Deletes messages from a folder.
template <RopId id>
struct DeletingRequest : Request<id> {
  u8 want_asynchronous{};
  u8 notify_non_read{};
  wire::List<mapi::MessageId> message_ids;

  static void fields(auto& m, auto& v) {
    Request<id>::header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("NotifyNonRead", m.notify_non_read);
    v("MessageIdCount", wire::count_of<u16>(m.message_ids));
    v("MessageIds", m.message_ids);
  }
};

struct DeleteMessagesRequest : DeletingRequest<RopId::delete_messages> {
  static constexpr std::string_view kName = "RopDeleteMessagesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.11.1";
};

struct DeleteMessagesResponse : PartialResponse<Response<RopId::delete_messages>> {
  static constexpr std::string_view kName = "RopDeleteMessagesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.11.2";
};

struct HardDeleteMessagesRequest : DeletingRequest<RopId::hard_delete_messages> {
  static constexpr std::string_view kName = "RopHardDeleteMessagesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.12.1";
};

struct HardDeleteMessagesResponse : PartialResponse<Response<RopId::hard_delete_messages>> {
  static constexpr std::string_view kName = "RopHardDeleteMessagesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.12.2";
};

// Opens a table of a folder.
template <RopId id>
struct TableRequest : OpeningRequest<id> {
  u8 table_flags{};

  static void fields(auto& m, auto& v) {
    OpeningRequest<id>::header(m, v);
    v("TableFlags", m.table_flags);
  }
};

template <RopId id>
struct TableResponse : OpeningResponse<id> {
  u32 row_count{};

  static void fields(auto& m, auto& v) {
    OpeningResponse<id>::header(m, v);
    if (m.ok()) v("RowCount", m.row_count);
  }
};

// TableFlags: [MS-OXCFOLD] 2.2.1.13.1
struct GetHierarchyTableRequest : TableRequest<RopId::get_hierarchy_table> {
  static constexpr std::string_view kName = "RopGetHierarchyTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.13.1";
};

struct GetHierarchyTableResponse : TableResponse<RopId::get_hierarchy_table> {
  static constexpr std::string_view kName = "RopGetHierarchyTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.13.2, 2.2.4.13.3";
};

// TableFlags: [MS-OXCFOLD] 2.2.1.14.1
struct GetContentsTableRequest : TableRequest<RopId::get_contents_table> {
  static constexpr std::string_view kName = "RopGetContentsTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.14.1";
};

struct GetContentsTableResponse : TableResponse<RopId::get_contents_table> {
  static constexpr std::string_view kName = "RopGetContentsTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.4.14.2, 2.2.4.14.3";
};

std::span<const RopRow> oxcfold_rops();

}  // namespace ropewalk::rop
