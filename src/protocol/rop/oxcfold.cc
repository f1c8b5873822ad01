#include "protocol/rop/oxcfold.h"

namespace ropewalk::rop {

std::span<const RopRow> oxcfold_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::open_folder, OpenFolderRequest, OpenFolderResponse>(),
      rop_row<RopId::create_folder, CreateFolderRequest, CreateFolderResponse>(),
      rop_row<RopId::delete_folder, DeleteFolderRequest, DeleteFolderResponse>(),
      rop_row<RopId::set_search_criteria, SetSearchCriteriaRequest, SetSearchCriteriaResponse>(),
      rop_row<RopId::get_search_criteria, GetSearchCriteriaRequest, GetSearchCriteriaResponse>(),
      rop_row<RopId::move_copy_messages, MoveCopyMessagesRequest, MoveCopyMessagesResponse>(),
      rop_row<RopId::move_folder, MoveFolderRequest, MoveFolderResponse>(),
      rop_row<RopId::copy_folder, CopyFolderRequest, CopyFolderResponse>(),
      rop_row<RopId::empty_folder, EmptyFolderRequest, EmptyFolderResponse>(),
      rop_row<RopId::hard_delete_messages_and_subfolders, HardDeleteMessagesAndSubfoldersRequest,
              HardDeleteMessagesAndSubfoldersResponse>(),
      rop_row<RopId::delete_messages, DeleteMessagesRequest, DeleteMessagesResponse>(),
      rop_row<RopId::hard_delete_messages, HardDeleteMessagesRequest, HardDeleteMessagesResponse>(),
      rop_row<RopId::get_hierarchy_table, GetHierarchyTableRequest, GetHierarchyTableResponse>(),
      rop_row<RopId::get_contents_table, GetContentsTableRequest, GetContentsTableResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
