// PtypServerId, [MS-OXCDATA] 2.11.1.4: the content behind its COUNT.
#pragma once

#include "mapi/ids.h"

namespace ropewalk::mapi {

struct ServerId {
  static constexpr std::string_view kName = "ServerId";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.11.1.4";
  u8 ours = 1;  // 1: the fields below; else what a client put there
  FolderId folder_id;
  MessageId message_id;  // null for a folder
  u32 instance{};
  ByteView client_defined;
  static void fields(auto& m, auto& v) {
    v("Ours", m.ours);
    if (m.ours != 1) return v.rest("ClientDefined", m.client_defined);
    v("FolderID", m.folder_id);
    v("MessageID", m.message_id);
    v("Instance", m.instance);
  }
};

}  // namespace ropewalk::mapi
