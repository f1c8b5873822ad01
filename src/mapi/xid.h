// External identifiers and predecessor change lists, [MS-OXCFXICS] 2.2.2.2 to 2.2.2.5.
#pragma once

#include <optional>

#include "base/guid.h"
#include "mapi/ids.h"
#include "wire/describe.h"

namespace ropewalk::mapi {

// [MS-OXCFXICS] 2.2.2.2: a name space and an identifier in it, of any length. Of 22 bytes it is a GID:
// a replica and a counter.
struct Xid {
  static constexpr std::string_view kName = "XID";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.2.2";
  Guid namespace_guid;
  ByteView local_id;
  static void fields(auto& m, auto& v) {
    v("NamespaceGuid", m.namespace_guid);
    v.rest("LocalId", m.local_id);
  }
};

// [MS-OXCFXICS] 2.2.2.3.1
struct SizedXid {
  static constexpr std::string_view kName = "SizedXid";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.2.3.1";
  Xid xid;
  static void fields(auto& m, auto& v) {
    v.sized("XidSize", u8{}, [&] { v("Xid", m.xid); });
  }
};

// [MS-OXCFXICS] 2.2.2.3: the last change that each name space contributed; sorted by NamespaceGuid.
struct PredecessorChangeList {
  static constexpr std::string_view kName = "PredecessorChangeList";
  static constexpr std::string_view kSource = "[MS-OXCFXICS] 2.2.2.3";
  wire::List<SizedXid> sized_xids;
  static void fields(auto& m, auto& v) { v.until_end("SizedXids", m.sized_xids); }
};

}  // namespace ropewalk::mapi
