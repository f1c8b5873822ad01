#include "dissect/struct_kinds.h"
#include "mapi/value_fields.h"
#include "protocol/emsmdb/extended_buffer.h"

namespace ropewalk::dissect {

using wire::struct_info;

std::vector<Kind> special_kinds() {
  return {
      struct_kind("restriction", struct_info<mapi::Restriction>),
      struct_kind("property-row", struct_info<mapi::PropertyRow>),
      struct_kind("tagged-property-value", struct_info<mapi::TaggedPropertyValue>),
      struct_kind("rpc-ext-buffer", struct_info<emsmdb::ExtendedBuffers>),
  };
}

}  // namespace ropewalk::dissect
