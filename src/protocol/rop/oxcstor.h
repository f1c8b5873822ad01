// [MS-OXCROPS] 2.2.3: logon ROPs. What they do: [MS-OXCSTOR].
#pragma once

#include "mapi/ids.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// [MS-OXCSTOR] 2.2.1.1.1 LogonFlags
inline constexpr u8 kLogonPrivate = 0x01;
inline constexpr u8 kLogonUndercover = 0x02;
inline constexpr u8 kLogonGhosted = 0x04;
inline constexpr u8 kLogonSpoolerProcess = 0x08;

// [MS-OXCSTOR] 2.2.1.1.3 ResponseFlags
inline constexpr u8 kLogonReserved = 0x01;  // always set
inline constexpr u8 kLogonOwnerRight = 0x02;
inline constexpr u8 kLogonSendAsRight = 0x04;
inline constexpr u8 kLogonOof = 0x10;

struct LogonRequest {
  static constexpr std::string_view kName = "RopLogonRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.1.1";
  static constexpr RopId kRop = RopId::logon;
  RopIdOf<kRop> rop_id;
  u8 logon_id{};
  u8 output_handle_index{};
  u8 logon_flags{};
  u32 open_flags{};
  u32 store_state{};
  bool has_essdn = true;  // EssdnSize is not 0
  wire::String8 essdn;

  static void fields(auto& m, auto& v) {
    v("RopId", m.rop_id);
    v("LogonId", m.logon_id);
    v("OutputHandleIndex", m.output_handle_index);
    v("LogonFlags", m.logon_flags);
    v("OpenFlags", m.open_flags);
    v("StoreState", m.store_state);
    v.sized("EssdnSize", u16{}, [&] { v.tail(m.has_essdn, [&] { v("Essdn", m.essdn); }); });
  }
};

struct LogonTime {
  static constexpr std::string_view kName = "LogonTime";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.1.2.1";
  u8 seconds{};
  u8 minutes{};
  u8 hour{};
  u8 day_of_week{};  // Sunday 0
  u8 day{};
  u8 month{};  // January 1
  u16 year{};

  static void fields(auto& m, auto& v) {
    v("Seconds", m.seconds);
    v("Minutes", m.minutes);
    v("Hour", m.hour);
    v("DayOfWeek", m.day_of_week);
    v("Day", m.day);
    v("Month", m.month);
    v("Year", m.year);
  }
};

inline constexpr std::size_t kLogonFolders = 13;

// Four forms: success on a private mailbox or, where LogonFlags lacks kLogonPrivate, on public folders; redirect
// (ecWrongServer); failure.
struct LogonResponse : OpeningResponse<RopId::logon> {
  static constexpr std::string_view kName = "RopLogonResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.1.2 - 2.2.3.1.5";
  u8 logon_flags{};
  wire::List<mapi::FolderId> folder_ids;  // kLogonFolders of them, in the order of [MS-OXCSTOR] 2.2.1.1.3, 2.2.1.1.4
  u8 response_flags{};
  Guid mailbox_guid;
  u16 repl_id{};
  Guid repl_guid;
  LogonTime logon_time;
  u64 gwart_time{};
  u32 store_state{};
  Guid per_user_guid;         // public folders
  wire::String8 server_name;  // redirect

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.return_value == mapi::ErrorCode::wrong_server) {
      v("LogonFlags", m.logon_flags);
      v.sized("ServerNameSize", u8{}, [&] { v("ServerName", m.server_name); });
      return;
    }
    if (!m.ok()) return;
    v("LogonFlags", m.logon_flags);
    v.resize(m.folder_ids, kLogonFolders);
    if (m.folder_ids.size() != kLogonFolders) return v.fail("13 folder ids are needed");
    v("FolderIds", m.folder_ids);
    if ((m.logon_flags & kLogonPrivate) != 0) {
      v("ResponseFlags", m.response_flags);
      v("MailboxGuid", m.mailbox_guid);
      v("ReplId", m.repl_id);
      v("ReplGuid", m.repl_guid);
      v("LogonTime", m.logon_time);
      v("GwartTime", m.gwart_time);
      v("StoreState", m.store_state);
    } else {
      v("ReplId", m.repl_id);
      v("ReplGuid", m.repl_guid);
      v("PerUserGuid", m.per_user_guid);
    }
  }
};

struct GetReceiveFolderRequest : Request<RopId::get_receive_folder> {
  static constexpr std::string_view kName = "RopGetReceiveFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.2.1";
  wire::String8 message_class;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageClass", m.message_class);
  }
};

struct GetReceiveFolderResponse : Response<RopId::get_receive_folder> {
  static constexpr std::string_view kName = "RopGetReceiveFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.2.2, 2.2.3.2.3";
  mapi::FolderId folder_id;
  wire::String8 explicit_message_class;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("FolderId", m.folder_id);
    v("ExplicitMessageClass", m.explicit_message_class);
  }
};

struct SetReceiveFolderRequest : Request<RopId::set_receive_folder> {
  static constexpr std::string_view kName = "RopSetReceiveFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.3.1";
  mapi::FolderId folder_id;
  wire::String8 message_class;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
    v("MessageClass", m.message_class);
  }
};

struct SetReceiveFolderResponse : Response<RopId::set_receive_folder> {
  static constexpr std::string_view kName = "RopSetReceiveFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.3.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetReceiveFolderTableRequest : Request<RopId::get_receive_folder_table> {
  static constexpr std::string_view kName = "RopGetReceiveFolderTableRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.4.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

// The columns of every receive folder table: PidTagFolderId, PidTagMessageClass in 8-bit characters,
// PidTagLastModificationTime.
inline constexpr mapi::PropTag kReceiveFolderColumns[] = {mapi::PropTag(0x67480014), mapi::PropTag(0x001A001E),
                                                          mapi::PropTag(0x30080040)};

struct GetReceiveFolderTableResponse : Response<RopId::get_receive_folder_table> {
  static constexpr std::string_view kName = "RopGetReceiveFolderTableResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.4.2, 2.2.3.4.3";
  wire::List<mapi::PropertyRow> rows;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("RowCount", wire::count_of<u32>(m.rows));
    mapi::RowColumns columns{kReceiveFolderColumns};
    v.with(columns, [&] { v("Rows", m.rows); });
  }
};

struct GetStoreStateRequest : Request<RopId::get_store_state> {
  static constexpr std::string_view kName = "RopGetStoreStateRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.5.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetStoreStateResponse : Response<RopId::get_store_state> {
  static constexpr std::string_view kName = "RopGetStoreStateResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.5.2, 2.2.3.5.3";
  u32 store_state{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("StoreState", m.store_state);
  }
};

struct GetOwningServersRequest : Request<RopId::get_owning_servers> {
  static constexpr std::string_view kName = "RopGetOwningServersRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.6.1";
  mapi::FolderId folder_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
  }
};

struct GetOwningServersResponse : Response<RopId::get_owning_servers> {
  static constexpr std::string_view kName = "RopGetOwningServersResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.6.2, 2.2.3.6.3";
  u16 cheap_servers_count{};  // the first of owning_servers
  wire::List<wire::String8> owning_servers;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("OwningServersCount", wire::count_of<u16>(m.owning_servers));
    v("CheapServersCount", m.cheap_servers_count);
    v("OwningServers", m.owning_servers);
  }
};

struct PublicFolderIsGhostedRequest : Request<RopId::public_folder_is_ghosted> {
  static constexpr std::string_view kName = "RopPublicFolderIsGhostedRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.7.1";
  mapi::FolderId folder_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
  }
};

struct PublicFolderIsGhostedResponse : Response<RopId::public_folder_is_ghosted> {
  static constexpr std::string_view kName = "RopPublicFolderIsGhostedResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.7.2, 2.2.3.7.3";
  u8 is_ghosted{};
  u16 cheap_servers_count{};
  wire::List<wire::String8> servers;  // where is_ghosted

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("IsGhosted", m.is_ghosted);
    if (m.is_ghosted == 0) return;
    v("ServersCount", wire::count_of<u16>(m.servers));
    v("CheapServersCount", m.cheap_servers_count);
    v("Servers", m.servers);
  }
};

struct LongTermIdFromIdRequest : Request<RopId::long_term_id_from_id> {
  static constexpr std::string_view kName = "RopLongTermIdFromIdRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.8.1";
  mapi::FolderId object_id;  // of a folder or a message

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ObjectId", m.object_id);
  }
};

struct LongTermIdFromIdResponse : Response<RopId::long_term_id_from_id> {
  static constexpr std::string_view kName = "RopLongTermIdFromIdResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.8.2, 2.2.3.8.3";
  mapi::LongTermId long_term_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("LongTermId", m.long_term_id);
  }
};

struct IdFromLongTermIdRequest : Request<RopId::id_from_long_term_id> {
  static constexpr std::string_view kName = "RopIdFromLongTermIdRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.9.1";
  mapi::LongTermId long_term_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("LongTermId", m.long_term_id);
  }
};

struct IdFromLongTermIdResponse : Response<RopId::id_from_long_term_id> {
  static constexpr std::string_view kName = "RopIdFromLongTermIdResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.9.2, 2.2.3.9.3";
  mapi::FolderId object_id;  // of a folder or a message

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("ObjectId", m.object_id);
  }
};

struct GetPerUserLongTermIdsRequest : Request<RopId::get_per_user_long_term_ids> {
  static constexpr std::string_view kName = "RopGetPerUserLongTermIdsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.10.1";
  Guid database_guid;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("DatabaseGuid", m.database_guid);
  }
};

struct GetPerUserLongTermIdsResponse : Response<RopId::get_per_user_long_term_ids> {
  static constexpr std::string_view kName = "RopGetPerUserLongTermIdsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.10.2, 2.2.3.10.3";
  wire::List<mapi::LongTermId> long_term_ids;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("LongTermIdCount", wire::count_of<u16>(m.long_term_ids));
    v("LongTermIds", m.long_term_ids);
  }
};

struct GetPerUserGuidRequest : Request<RopId::get_per_user_guid> {
  static constexpr std::string_view kName = "RopGetPerUserGuidRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.11.1";
  mapi::LongTermId long_term_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("LongTermId", m.long_term_id);
  }
};

struct GetPerUserGuidResponse : Response<RopId::get_per_user_guid> {
  static constexpr std::string_view kName = "RopGetPerUserGuidResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.11.2, 2.2.3.11.3";
  Guid database_guid;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("DatabaseGuid", m.database_guid);
  }
};

struct ReadPerUserInformationRequest : Request<RopId::read_per_user_information> {
  static constexpr std::string_view kName = "RopReadPerUserInformationRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.12.1";
  mapi::LongTermId folder_id;
  u8 reserved{};
  u32 data_offset{};
  u16 max_data_size{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
    v("Reserved", m.reserved);
    v("DataOffset", m.data_offset);
    v("MaxDataSize", m.max_data_size);
  }
};

struct ReadPerUserInformationResponse : Response<RopId::read_per_user_information> {
  static constexpr std::string_view kName = "RopReadPerUserInformationResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.12.2, 2.2.3.12.3";
  u8 has_finished{};
  ByteView data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("HasFinished", m.has_finished);
    sized_bytes("DataSize", "Data", m.data, v);
  }
};

// ReplGuid depends on the logon: PublicLogons in the context.
struct WritePerUserInformationRequest : Request<RopId::write_per_user_information> {
  static constexpr std::string_view kName = "RopWritePerUserInformationRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.13.1";
  mapi::LongTermId folder_id;
  u8 has_finished{};
  u32 data_offset{};
  ByteView data;
  Guid repl_guid;  // at offset 0 on a private mailbox

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
    v("HasFinished", m.has_finished);
    v("DataOffset", m.data_offset);
    sized_bytes("DataSize", "Data", m.data, v);
    if (m.data_offset == 0 && !is_public_logon(v, m.logon_id)) v("ReplGuid", m.repl_guid);
  }
};

struct WritePerUserInformationResponse : Response<RopId::write_per_user_information> {
  static constexpr std::string_view kName = "RopWritePerUserInformationResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.3.13.2";
  static void fields(auto& m, auto& v) { header(m, v); }
};

std::span<const RopRow> oxcstor_rops();

}  // namespace ropewalk::rop
