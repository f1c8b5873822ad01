#include "protocol/rop/oxcprpt.h"

namespace ropewalk::rop {

std::span<const RopRow> oxcprpt_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::get_property_ids_from_names, GetPropertyIdsFromNamesRequest, GetPropertyIdsFromNamesResponse>(),
      rop_row<RopId::get_names_from_property_ids, GetNamesFromPropertyIdsRequest, GetNamesFromPropertyIdsResponse>(),
      rop_row<RopId::get_properties_specific, GetPropertiesSpecificRequest, GetPropertiesSpecificResponse>(),
      rop_row<RopId::get_properties_all, GetPropertiesAllRequest, GetPropertiesAllResponse>(),
      rop_row<RopId::get_properties_list, GetPropertiesListRequest, GetPropertiesListResponse>(),
      rop_row<RopId::set_properties, SetPropertiesRequest, SetPropertiesResponse>(),
      rop_row<RopId::set_properties_no_replicate, SetPropertiesNoReplicateRequest, SetPropertiesNoReplicateResponse>(),
      rop_row<RopId::delete_properties, DeletePropertiesRequest, DeletePropertiesResponse>(),
      rop_row<RopId::delete_properties_no_replicate, DeletePropertiesNoReplicateRequest,
              DeletePropertiesNoReplicateResponse>(),
      rop_row<RopId::query_named_properties, QueryNamedPropertiesRequest, QueryNamedPropertiesResponse>(),
      rop_row<RopId::copy_properties, CopyPropertiesRequest, CopyPropertiesResponse>(),
      rop_row<RopId::copy_to, CopyToRequest, CopyToResponse>(),
      rop_row<RopId::progress, ProgressRequest, ProgressResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
