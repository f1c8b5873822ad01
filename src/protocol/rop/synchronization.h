// [MS-OXCROPS] 2.2.13: incremental change synchronization ROPs. What they do: [MS-OXCFXICS].
#pragma once

#include "mapi/ids.h"
#include "protocol/rop/fast_transfer.h"

namespace ropewalk::rop {

// [MS-OXCFXICS] 2.2.3.2.1.1.1
enum class SynchronizationType : u8 { contents = 1, hierarchy = 2 };
const wire::TypeInfo& wire_type(std::type_identity<SynchronizationType>);

struct SynchronizationFlags {
  u16 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<SynchronizationFlags>);

struct SynchronizationExtraFlags {
  u32 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<SynchronizationExtraFlags>);

struct SynchronizationConfigureRequest : OpeningRequest<RopId::synchronization_configure> {
  static constexpr std::string_view kName = "RopSynchronizationConfigureRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.1.1";
  SynchronizationType synchronization_type{};
  SendOptions send_options;
  SynchronizationFlags synchronization_flags;
  wire::List<mapi::Restriction> restriction;  // none, or one
  SynchronizationExtraFlags synchronization_extra_flags;
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SynchronizationType", m.synchronization_type);
    v("SendOptions", m.send_options);
    v("SynchronizationFlags", m.synchronization_flags);
    restriction_fields(m.restriction, v);
    v("SynchronizationExtraFlags", m.synchronization_extra_flags);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

struct SynchronizationConfigureResponse : OpeningResponse<RopId::synchronization_configure> {
  static constexpr std::string_view kName = "RopSynchronizationConfigureResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.1.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationImportMessageChangeRequest : OpeningRequest<RopId::synchronization_import_message_change> {
  static constexpr std::string_view kName = "RopSynchronizationImportMessageChangeRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.2.1";
  u8 import_flag{};  // [MS-OXCFXICS] 2.2.3.2.4.2.1: 0x10 associated, 0x40 fails on conflict
  wire::List<mapi::TaggedPropertyValue> property_values;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ImportFlag", m.import_flag);
    v("PropertyValueCount", wire::count_of<u16>(m.property_values));
    v("PropertyValues", m.property_values);
  }
};

struct SynchronizationImportMessageChangeResponse : OpeningResponse<RopId::synchronization_import_message_change> {
  static constexpr std::string_view kName = "RopSynchronizationImportMessageChangeResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.2.2, 2.2.13.2.3";
  mapi::MessageId message_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("MessageId", m.message_id);
  }
};

struct MessageReadState {
  static constexpr std::string_view kName = "MessageReadState";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.3.1.1";
  ByteView message_id;  // an XID
  u8 mark_as_read{};

  static void fields(auto& m, auto& v) {
    sized_bytes("MessageIdSize", "MessageId", m.message_id, v);
    v("MarkAsRead", m.mark_as_read);
  }
};

struct SynchronizationImportReadStateChangesRequest : Request<RopId::synchronization_import_read_state_changes> {
  static constexpr std::string_view kName = "RopSynchronizationImportReadStateChangesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.3.1";
  wire::List<MessageReadState> message_read_states;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v.sized("MessageReadStateSize", u16{}, [&] { v.until_end("MessageReadStates", m.message_read_states); });
  }
};

struct SynchronizationImportReadStateChangesResponse : Response<RopId::synchronization_import_read_state_changes> {
  static constexpr std::string_view kName = "RopSynchronizationImportReadStateChangesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.3.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationImportHierarchyChangeRequest : Request<RopId::synchronization_import_hierarchy_change> {
  static constexpr std::string_view kName = "RopSynchronizationImportHierarchyChangeRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.4.1";
  wire::List<mapi::TaggedPropertyValue> hierarchy_values, property_values;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("HierarchyValueCount", wire::count_of<u16>(m.hierarchy_values));
    v("HierarchyValues", m.hierarchy_values);
    v("PropertyValueCount", wire::count_of<u16>(m.property_values));
    v("PropertyValues", m.property_values);
  }
};

struct SynchronizationImportHierarchyChangeResponse : Response<RopId::synchronization_import_hierarchy_change> {
  static constexpr std::string_view kName = "RopSynchronizationImportHierarchyChangeResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.4.2, 2.2.13.4.3";
  mapi::FolderId folder_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("FolderId", m.folder_id);
  }
};

struct SynchronizationImportDeletesRequest : Request<RopId::synchronization_import_deletes> {
  static constexpr std::string_view kName = "RopSynchronizationImportDeletesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.5.1";
  u8 import_delete_flags{};  // [MS-OXCFXICS] 2.2.3.2.4.5.1: 0x01 folders, 0x02 for good
  wire::List<mapi::TaggedPropertyValue> property_values;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("ImportDeleteFlags", m.import_delete_flags);
    v("PropertyValueCount", wire::count_of<u16>(m.property_values));
    v("PropertyValues", m.property_values);
  }
};

struct SynchronizationImportDeletesResponse : Response<RopId::synchronization_import_deletes> {
  static constexpr std::string_view kName = "RopSynchronizationImportDeletesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.5.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationImportMessageMoveRequest : Request<RopId::synchronization_import_message_move> {
  static constexpr std::string_view kName = "RopSynchronizationImportMessageMoveRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.6.1";
  // GIDs, a PredecessorChangeList, and XIDs, each behind its 32-bit size
  ByteView source_folder_id, source_message_id, predecessor_change_list, destination_message_id, change_number;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SourceFolderIdSize", wire::count_of<u32>(m.source_folder_id));
    v("SourceFolderId", m.source_folder_id);
    v("SourceMessageIdSize", wire::count_of<u32>(m.source_message_id));
    v("SourceMessageId", m.source_message_id);
    v("PredecessorChangeListSize", wire::count_of<u32>(m.predecessor_change_list));
    v("PredecessorChangeList", m.predecessor_change_list);
    v("DestinationMessageIdSize", wire::count_of<u32>(m.destination_message_id));
    v("DestinationMessageId", m.destination_message_id);
    v("ChangeNumberSize", wire::count_of<u32>(m.change_number));
    v("ChangeNumber", m.change_number);
  }
};

struct SynchronizationImportMessageMoveResponse : Response<RopId::synchronization_import_message_move> {
  static constexpr std::string_view kName = "RopSynchronizationImportMessageMoveResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.6.2, 2.2.13.6.3";
  mapi::MessageId message_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("MessageId", m.message_id);
  }
};

struct SynchronizationOpenCollectorRequest : OpeningRequest<RopId::synchronization_open_collector> {
  static constexpr std::string_view kName = "RopSynchronizationOpenCollectorRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.7.1";
  u8 is_contents_collector{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("IsContentsCollector", m.is_contents_collector);
  }
};

struct SynchronizationOpenCollectorResponse : OpeningResponse<RopId::synchronization_open_collector> {
  static constexpr std::string_view kName = "RopSynchronizationOpenCollectorResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.7.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationGetTransferStateRequest : OpeningRequest<RopId::synchronization_get_transfer_state> {
  static constexpr std::string_view kName = "RopSynchronizationGetTransferStateRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.8.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationGetTransferStateResponse : OpeningResponse<RopId::synchronization_get_transfer_state> {
  static constexpr std::string_view kName = "RopSynchronizationGetTransferStateResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.8.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationUploadStateStreamBeginRequest : Request<RopId::synchronization_upload_state_stream_begin> {
  static constexpr std::string_view kName = "RopSynchronizationUploadStateStreamBeginRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.9.1";
  mapi::PropTag state_property;
  u32 transfer_buffer_size{};  // of the state that follows in other ROPs

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("StateProperty", m.state_property);
    v("TransferBufferSize", m.transfer_buffer_size);
  }
};

struct SynchronizationUploadStateStreamBeginResponse : Response<RopId::synchronization_upload_state_stream_begin> {
  static constexpr std::string_view kName = "RopSynchronizationUploadStateStreamBeginResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.9.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationUploadStateStreamContinueRequest : Request<RopId::synchronization_upload_state_stream_continue> {
  static constexpr std::string_view kName = "RopSynchronizationUploadStateStreamContinueRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.10.1";
  ByteView stream_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("StreamDataSize", wire::count_of<u32>(m.stream_data));
    v("StreamData", m.stream_data);
  }
};

struct SynchronizationUploadStateStreamContinueResponse
    : Response<RopId::synchronization_upload_state_stream_continue> {
  static constexpr std::string_view kName = "RopSynchronizationUploadStateStreamContinueResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.10.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationUploadStateStreamEndRequest : Request<RopId::synchronization_upload_state_stream_end> {
  static constexpr std::string_view kName = "RopSynchronizationUploadStateStreamEndRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.11.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SynchronizationUploadStateStreamEndResponse : Response<RopId::synchronization_upload_state_stream_end> {
  static constexpr std::string_view kName = "RopSynchronizationUploadStateStreamEndResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.11.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct LongTermIdRange {
  static constexpr std::string_view kName = "LongTermIdRange";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.12.1.1";
  mapi::LongTermId min_long_term_id, max_long_term_id;

  static void fields(auto& m, auto& v) {
    v("MinLongTermId", m.min_long_term_id);
    v("MaxLongTermId", m.max_long_term_id);
  }
};

struct SetLocalReplicaMidsetDeletedRequest : Request<RopId::set_local_replica_midset_deleted> {
  static constexpr std::string_view kName = "RopSetLocalReplicaMidsetDeletedRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.12.1";
  wire::List<LongTermIdRange> long_term_id_ranges;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v.sized("DataSize", u16{}, [&] {
      v("LongTermIdRangeCount", wire::count_of<u32>(m.long_term_id_ranges));
      v("LongTermIdRanges", m.long_term_id_ranges);
    });
  }
};

struct SetLocalReplicaMidsetDeletedResponse : Response<RopId::set_local_replica_midset_deleted> {
  static constexpr std::string_view kName = "RopSetLocalReplicaMidsetDeletedResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.12.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetLocalReplicaIdsRequest : Request<RopId::get_local_replica_ids> {
  static constexpr std::string_view kName = "RopGetLocalReplicaIdsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.13.1";
  u32 id_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("IdCount", m.id_count);
  }
};

struct GetLocalReplicaIdsResponse : Response<RopId::get_local_replica_ids> {
  static constexpr std::string_view kName = "RopGetLocalReplicaIdsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.13.13.2, 2.2.13.13.3";
  Guid repl_guid;
  std::array<u8, 6> global_count{};  // the first of the ids

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("ReplGuid", m.repl_guid);
    v("GlobalCount", m.global_count);
  }
};

std::span<const RopRow> synchronization_rops();

}  // namespace ropewalk::rop
