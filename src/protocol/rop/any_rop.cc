#include "protocol/rop/any_rop.h"

#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"

namespace ropewalk::rop {
namespace {

// RopGetMessageStatus is answered under the id of RopSetMessageStatus, [MS-OXCROPS] 2.2.6.9.2.
bool answers(RopId response, RopId request) {
  return response == request || (response == RopId::set_message_status && request == RopId::get_message_status);
}

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<UnknownRopId>) {
  static constexpr wire::TypeInfo info{"RopId", 1, wire::Form::unsigned_number, append_rop_name,
                                       [](wire::Random&) -> u64 { return UnknownRopId{}.value; }};
  return info;
}

const wire::StructInfo& AnyRopRequest::info() const {
  const wire::StructInfo* described = request_info(id);
  return described != nullptr ? *described : wire::struct_info<UnknownRop>;
}

const wire::StructInfo& AnyRopResponse::info() const {
  const wire::StructInfo* described = response_info(id);
  return described != nullptr ? *described : wire::struct_info<UnknownRop>;
}

bool ResponseMatcher::next_columns(RopId id, mapi::RowColumns& columns) const {
  if (answered_ == nullptr) return false;
  for (std::size_t i = next_; i < answered_->requests.size(); ++i) {
    const AnyRopRequest& request = answered_->requests[i];
    if (!answers(id, request.id)) continue;
    next_ = i + 1;
    if (const auto* specific = request.as<GetPropertiesSpecificRequest>()) {
      columns.tags = specific->property_tags.span();
      return true;
    }
    return table_columns(i, columns);
  }
  // Further buffers of a response hold more answers to the last request: [MS-OXCRPC] 3.1.4.2.1.2.2.
  const auto& requests = answered_->requests;
  return next_ == requests.size() && next_ != 0 && answers(id, requests.back().id) && table_columns(next_ - 1, columns);
}

bool ResponseMatcher::table_columns(std::size_t request, mapi::RowColumns& columns) const {
  const AnyRopRequest& asking = answered_->requests[request];
  u8 index = 0;
  if (const auto* query = asking.as<QueryRowsRequest>())
    index = query->input_handle_index;
  else if (const auto* find = asking.as<FindRowRequest>())
    index = find->input_handle_index;
  else if (const auto* expand = asking.as<ExpandRowRequest>())
    index = expand->input_handle_index;
  else
    return false;
  for (std::size_t i = request; i-- > 0;) {
    const auto* set = answered_->requests[i].as<SetColumnsRequest>();
    if (set == nullptr || set->input_handle_index != index) continue;
    columns.tags = set->property_tags.span();
    return true;
  }
  if (answered_->tables == nullptr || index >= answered_->handles.size()) return false;
  columns.tags = answered_->tables->columns(answered_->handles[index]);
  return !columns.tags.empty();
}

}  // namespace ropewalk::rop
