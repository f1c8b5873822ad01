#include "protocol/rop/oxcstor.h"

namespace ropewalk::rop {

std::span<const RopRow> oxcstor_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::logon, LogonRequest, LogonResponse>(),
      rop_row<RopId::get_receive_folder, GetReceiveFolderRequest, GetReceiveFolderResponse>(),
      rop_row<RopId::set_receive_folder, SetReceiveFolderRequest, SetReceiveFolderResponse>(),
      rop_row<RopId::get_receive_folder_table, GetReceiveFolderTableRequest, GetReceiveFolderTableResponse>(),
      rop_row<RopId::get_store_state, GetStoreStateRequest, GetStoreStateResponse>(),
      rop_row<RopId::get_owning_servers, GetOwningServersRequest, GetOwningServersResponse>(),
      rop_row<RopId::public_folder_is_ghosted, PublicFolderIsGhostedRequest, PublicFolderIsGhostedResponse>(),
      rop_row<RopId::long_term_id_from_id, LongTermIdFromIdRequest, LongTermIdFromIdResponse>(),
      rop_row<RopId::id_from_long_term_id, IdFromLongTermIdRequest, IdFromLongTermIdResponse>(),
      rop_row<RopId::get_per_user_long_term_ids, GetPerUserLongTermIdsRequest, GetPerUserLongTermIdsResponse>(),
      rop_row<RopId::get_per_user_guid, GetPerUserGuidRequest, GetPerUserGuidResponse>(),
      rop_row<RopId::read_per_user_information, ReadPerUserInformationRequest, ReadPerUserInformationResponse>(),
      rop_row<RopId::write_per_user_information, WritePerUserInformationRequest, WritePerUserInformationResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
