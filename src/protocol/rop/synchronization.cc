#include "protocol/rop/synchronization.h"

#include "wire/flag_text.h"

namespace ropewalk::rop {

const wire::TypeInfo& wire_type(std::type_identity<SynchronizationType>) {
  static constexpr wire::NamedValue kNames[] = {{1, "Contents"}, {2, "Hierarchy"}};
  static constexpr wire::TypeInfo info{"SynchronizationType", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) -> u64 { return 1 + random.below(2); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<SynchronizationFlags>) {
  static constexpr wire::NamedValue kNames[] = {{0x0001, "Unicode"},
                                                {0x0002, "NoDeletions"},
                                                {0x0004, "IgnoreNoLongerInScope"},
                                                {0x0008, "ReadState"},
                                                {0x0010, "FAI"},
                                                {0x0020, "Normal"},
                                                {0x0080, "OnlySpecifiedProperties"},
                                                {0x0100, "NoForeignIdentifiers"},
                                                {0x1000, "Reserved"},
                                                {0x2000, "BestBody"},
                                                {0x4000, "IgnoreSpecifiedOnFAI"},
                                                {0x8000, "Progress"}};
  static constexpr wire::TypeInfo info{"SynchronizationFlags", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<SynchronizationExtraFlags>) {
  static constexpr wire::NamedValue kNames[] = {
      {0x00000001, "Eid"}, {0x00000002, "MessageSize"}, {0x00000004, "CN"}, {0x00000008, "OrderByDeliveryTime"}};
  static constexpr wire::TypeInfo info{"SynchronizationExtraFlags", 4, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); }};
  return info;
}

std::span<const RopRow> synchronization_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::synchronization_configure, SynchronizationConfigureRequest, SynchronizationConfigureResponse>(),
      rop_row<RopId::synchronization_import_message_change, SynchronizationImportMessageChangeRequest,
              SynchronizationImportMessageChangeResponse>(),
      rop_row<RopId::synchronization_import_read_state_changes, SynchronizationImportReadStateChangesRequest,
              SynchronizationImportReadStateChangesResponse>(),
      rop_row<RopId::synchronization_import_hierarchy_change, SynchronizationImportHierarchyChangeRequest,
              SynchronizationImportHierarchyChangeResponse>(),
      rop_row<RopId::synchronization_import_deletes, SynchronizationImportDeletesRequest,
              SynchronizationImportDeletesResponse>(),
      rop_row<RopId::synchronization_import_message_move, SynchronizationImportMessageMoveRequest,
              SynchronizationImportMessageMoveResponse>(),
      rop_row<RopId::synchronization_open_collector, SynchronizationOpenCollectorRequest,
              SynchronizationOpenCollectorResponse>(),
      rop_row<RopId::synchronization_get_transfer_state, SynchronizationGetTransferStateRequest,
              SynchronizationGetTransferStateResponse>(),
      rop_row<RopId::synchronization_upload_state_stream_begin, SynchronizationUploadStateStreamBeginRequest,
              SynchronizationUploadStateStreamBeginResponse>(),
      rop_row<RopId::synchronization_upload_state_stream_continue, SynchronizationUploadStateStreamContinueRequest,
              SynchronizationUploadStateStreamContinueResponse>(),
      rop_row<RopId::synchronization_upload_state_stream_end, SynchronizationUploadStateStreamEndRequest,
              SynchronizationUploadStateStreamEndResponse>(),
      rop_row<RopId::set_local_replica_midset_deleted, SetLocalReplicaMidsetDeletedRequest,
              SetLocalReplicaMidsetDeletedResponse>(),
      rop_row<RopId::get_local_replica_ids, GetLocalReplicaIdsRequest, GetLocalReplicaIdsResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
