// [MS-OXCROPS] 2.2.8: property ROPs. What they do: [MS-OXCPRPT].
#pragma once

#include "mapi/property_name.h"
#include "mapi/property_problem.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

struct GetPropertyIdsFromNamesRequest : Request<RopId::get_property_ids_from_names> {
  static constexpr std::string_view kName = "RopGetPropertyIdsFromNamesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.1.1";
  u8 flags{};  // [MS-OXCPRPT] 2.2.12.1: 0x02 creates what is new
  wire::List<mapi::PropertyNameField> property_names;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Flags", m.flags);
    v("PropertyNameCount", wire::count_of<u16>(m.property_names));
    v("PropertyNames", m.property_names);
  }
};

struct GetPropertyIdsFromNamesResponse : PartlyFoundResponse<RopId::get_property_ids_from_names> {
  static constexpr std::string_view kName = "RopGetPropertyIdsFromNamesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.1.2, 2.2.8.1.3";
  wire::List<u16> property_ids;  // in the order of the names; 0 where there is none: [MS-OXCPRPT] 2.2.12.2

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("PropertyIdCount", wire::count_of<u16>(m.property_ids));
    v("PropertyIds", m.property_ids);
  }
};

struct GetNamesFromPropertyIdsRequest : Request<RopId::get_names_from_property_ids> {
  static constexpr std::string_view kName = "RopGetNamesFromPropertyIdsRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.2.1";
  wire::List<u16> property_ids;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("PropertyIdCount", wire::count_of<u16>(m.property_ids));
    v("PropertyIds", m.property_ids);
  }
};

struct GetNamesFromPropertyIdsResponse : Response<RopId::get_names_from_property_ids> {
  static constexpr std::string_view kName = "RopGetNamesFromPropertyIdsResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.2.2, 2.2.8.2.3";
  wire::List<mapi::PropertyNameField> property_names;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("PropertyNameCount", wire::count_of<u16>(m.property_names));
    v("PropertyNames", m.property_names);
  }
};

struct GetPropertiesSpecificRequest : Request<RopId::get_properties_specific> {
  static constexpr std::string_view kName = "RopGetPropertiesSpecificRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.3.1";
  u16 property_size_limit{};  // bytes; 0: none
  u16 want_unicode{};
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("PropertySizeLimit", m.property_size_limit);
    v("WantUnicode", m.want_unicode);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

// The row's columns are the request's PropertyTags: mapi::RowColumns in the context. Without, the row is kept in
// row_data with all that follows.
struct GetPropertiesSpecificResponse : Response<RopId::get_properties_specific> {
  static constexpr std::string_view kName = "RopGetPropertiesSpecificResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.3.2, 2.2.8.3.3";
  mapi::PropertyRow row;
  ByteView row_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) row_field(m.row, m.row_data, v);
  }
};

struct GetPropertiesAllRequest : Request<RopId::get_properties_all> {
  static constexpr std::string_view kName = "RopGetPropertiesAllRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.4.1";
  u16 property_size_limit{};  // bytes; 0: none
  u16 want_unicode{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("PropertySizeLimit", m.property_size_limit);
    v("WantUnicode", m.want_unicode);
  }
};

struct GetPropertiesAllResponse : Response<RopId::get_properties_all> {
  static constexpr std::string_view kName = "RopGetPropertiesAllResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.4.2, 2.2.8.4.3";
  wire::List<mapi::TaggedPropertyValue> property_values;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("PropertyValueCount", wire::count_of<u16>(m.property_values));
    v("PropertyValues", m.property_values);
  }
};

struct GetPropertiesListRequest : Request<RopId::get_properties_list> {
  static constexpr std::string_view kName = "RopGetPropertiesListRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.5.1";
  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetPropertiesListResponse : Response<RopId::get_properties_list> {
  static constexpr std::string_view kName = "RopGetPropertiesListResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.5.2, 2.2.8.5.3";
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

// PropertyValueSize counts PropertyValueCount and PropertyValues.
template <RopId id>
struct PropertyValuesRequest : Request<id> {
  wire::List<mapi::TaggedPropertyValue> property_values;

  static void fields(auto& m, auto& v) {
    Request<id>::header(m, v);
    v.sized("PropertyValueSize", u16{}, [&] {
      v("PropertyValueCount", wire::count_of<u16>(m.property_values));
      v("PropertyValues", m.property_values);
    });
  }
};

template <RopId id>
struct PropertyTagsRequest : Request<id> {
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    Request<id>::header(m, v);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

// What could not be done, property by property.
template <class Header>
struct ProblemsResponse : Header {
  wire::List<mapi::PropertyProblem> property_problems;

  static void fields(auto& m, auto& v) {
    Header::header(m, v);
    if (!m.ok()) return;
    v("PropertyProblemCount", wire::count_of<u16>(m.property_problems));
    v("PropertyProblems", m.property_problems);
  }
};

struct SetPropertiesRequest : PropertyValuesRequest<RopId::set_properties> {
  static constexpr std::string_view kName = "RopSetPropertiesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.6.1";
};

struct SetPropertiesResponse : ProblemsResponse<Response<RopId::set_properties>> {
  static constexpr std::string_view kName = "RopSetPropertiesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.6.2, 2.2.8.6.3";
};

struct SetPropertiesNoReplicateRequest : PropertyValuesRequest<RopId::set_properties_no_replicate> {
  static constexpr std::string_view kName = "RopSetPropertiesNoReplicateRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.7.1";
};

struct SetPropertiesNoReplicateResponse : ProblemsResponse<Response<RopId::set_properties_no_replicate>> {
  static constexpr std::string_view kName = "RopSetPropertiesNoReplicateResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.7.2, 2.2.8.7.3";
};

struct DeletePropertiesRequest : PropertyTagsRequest<RopId::delete_properties> {
  static constexpr std::string_view kName = "RopDeletePropertiesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.8.1";
};

struct DeletePropertiesResponse : ProblemsResponse<Response<RopId::delete_properties>> {
  static constexpr std::string_view kName = "RopDeletePropertiesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.8.2, 2.2.8.8.3";
};

struct DeletePropertiesNoReplicateRequest : PropertyTagsRequest<RopId::delete_properties_no_replicate> {
  static constexpr std::string_view kName = "RopDeletePropertiesNoReplicateRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.9.1";
};

struct DeletePropertiesNoReplicateResponse : ProblemsResponse<Response<RopId::delete_properties_no_replicate>> {
  static constexpr std::string_view kName = "RopDeletePropertiesNoReplicateResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.9.2, 2.2.8.9.3";
};

struct QueryNamedPropertiesRequest : Request<RopId::query_named_properties> {
  static constexpr std::string_view kName = "RopQueryNamedPropertiesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.10.1";
  u8 query_flags{};
  u8 has_guid{};
  Guid property_guid;  // where has_guid

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("QueryFlags", m.query_flags);
    v("HasGuid", m.has_guid);
    if (m.has_guid != 0) v("PropertyGuid", m.property_guid);
  }
};

struct QueryNamedPropertiesResponse : PartlyFoundResponse<RopId::query_named_properties> {
  static constexpr std::string_view kName = "RopQueryNamedPropertiesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.10.2, 2.2.8.10.3";
  wire::List<u16> property_ids;
  wire::List<mapi::PropertyNameField> property_names;  // as many

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("IdCount", wire::count_of<u16>(m.property_ids));
    v("PropertyIds", m.property_ids);
    v.resize(m.property_names, m.property_ids.size());
    if (m.property_names.size() != m.property_ids.size()) return v.fail("as many names as ids are needed");
    v("PropertyNames", m.property_names);
  }
};

struct CopyPropertiesRequest : CopyingRequest<RopId::copy_properties> {
  static constexpr std::string_view kName = "RopCopyPropertiesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.11.1";
  u8 want_asynchronous{};
  u8 copy_flags{};
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("CopyFlags", m.copy_flags);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

struct CopyPropertiesResponse : ProblemsResponse<CopyingResponse<RopId::copy_properties>> {
  static constexpr std::string_view kName = "RopCopyPropertiesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.11.2 - 2.2.8.11.4";
};

struct CopyToRequest : CopyingRequest<RopId::copy_to> {
  static constexpr std::string_view kName = "RopCopyToRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.12.1";
  u8 want_asynchronous{};
  u8 want_sub_objects{};
  u8 copy_flags{};
  wire::List<mapi::PropTag> excluded_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("WantAsynchronous", m.want_asynchronous);
    v("WantSubObjects", m.want_sub_objects);
    v("CopyFlags", m.copy_flags);
    v("ExcludedTagCount", wire::count_of<u16>(m.excluded_tags));
    v("ExcludedTags", m.excluded_tags);
  }
};

struct CopyToResponse : ProblemsResponse<CopyingResponse<RopId::copy_to>> {
  static constexpr std::string_view kName = "RopCopyToResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.12.2 - 2.2.8.12.4";
};

struct ProgressRequest : Request<RopId::progress> {
  static constexpr std::string_view kName = "RopProgressRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.13.1";
  u8 want_cancel{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("WantCancel", m.want_cancel);
  }
};

struct ProgressResponse : Response<RopId::progress> {
  static constexpr std::string_view kName = "RopProgressResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.8.13.2, 2.2.8.13.3";
  u8 logon_id{};
  u32 completed_task_count{};
  u32 total_task_count{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("LogonId", m.logon_id);
    v("CompletedTaskCount", m.completed_task_count);
    v("TotalTaskCount", m.total_task_count);
  }
};

std::span<const RopRow> oxcprpt_rops();

}  // namespace ropewalk::rop
