// [MS-OXCPRPT] 2.2.2 to 2.2.9: properties of any object that has some.
#include "mapi/code_page.h"
#include "protocol/rop/oxcprpt.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

using mapi::PropTag;
using mapi::PropType;

// Values larger than this are left to streams: one answer holds 32 KB.
constexpr std::size_t kMostPerValue = 0x6000;
constexpr std::size_t kRowHead = 8;  // RopId to the row's flag

std::size_t most_per_value(u16 asked, std::size_t room) {
  std::size_t most = std::min(kMostPerValue, room);
  return asked != 0 ? std::min<std::size_t>(most, asked) : most;
}

ErrorCode get_properties_specific(RopContext& context, const rop::GetPropertiesSpecificRequest& request,
                                  rop::GetPropertiesSpecificResponse& response) {
  auto* object = context.object(request.input_handle_index);
  auto holder = object == nullptr ? nullptr : properties_of(*object);
  if (!holder) return context.missing(request.input_handle_index);
  auto tags = request.property_tags.span();
  auto cells = context.arena.make<mapi::PropertyCell>(tags.size());
  if (cells.size() != tags.size()) return ErrorCode::mapi_oom;
  std::size_t room = context.room > kRowHead ? context.room - kRowHead : 0;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    cells[i] = cell_of(*holder, tags[i], most_per_value(request.property_size_limit, room),
                       context.session.client.code_page, context.arena);
    // Texts asked for without a type come in the width that the client wants.
    if (tags[i].type() == PropType::unspecified && cells[i].type == PropType::string && request.want_unicode == 0) {
      cells[i] =
          cell_of(*holder, tags[i].with_type(PropType::string8), most_per_value(request.property_size_limit, room),
                  context.session.client.code_page, context.arena);
      cells[i].column = tags[i];
    }
    // What does not fit beside the rest is left to a stream.
    if (cells[i].flag == mapi::CellFlag::value && wire_size(cells[i]) > room)
      cells[i] = mapi::PropertyCell::error(tags[i], ErrorCode::mapi_oom);
    room -= std::min(room, wire_size(cells[i]));
  }
  context.columns.tags = tags;
  response.row = mapi::PropertyRow::of(cells);
  return ErrorCode::none;
}

// The type in which a property is listed: texts in the width that the client wants.
PropTag listed_as(PropTag tag, bool want_unicode) {
  if (tag.type() == PropType::string || tag.type() == PropType::string8)
    return tag.with_type(want_unicode ? PropType::string : PropType::string8);
  return tag;
}

ErrorCode get_properties_all(RopContext& context, const rop::GetPropertiesAllRequest& request,
                             rop::GetPropertiesAllResponse& response) {
  auto* object = context.object(request.input_handle_index);
  auto holder = object == nullptr ? nullptr : properties_of(*object);
  if (!holder) return context.missing(request.input_handle_index);
  auto tags = holder->tags();
  auto values = context.arena.make<mapi::TaggedPropertyValue>(tags.size());
  std::size_t room = context.room > kRowHead ? context.room - kRowHead : 0;
  std::size_t count = 0;
  for (PropTag tag : tags) {
    PropTag wanted = listed_as(tag, request.want_unicode != 0);
    auto cell = cell_of(*holder, wanted, most_per_value(request.property_size_limit, room),
                        context.session.client.code_page, context.arena);
    if (cell.flag == mapi::CellFlag::value && wire_size(cell) + 4 > room)
      cell = mapi::PropertyCell::error(wanted, ErrorCode::mapi_oom);
    if (cell.flag == mapi::CellFlag::error && cell.value.number == static_cast<u32>(ErrorCode::not_found)) continue;
    auto& value = values[count++];
    value.tag = cell.flag == mapi::CellFlag::value ? wanted : wanted.with_type(PropType::error_code);
    value.value = cell.value;
    room -= std::min(room, wire_size(cell) + 4);
  }
  response.property_values = values.first(count);
  return ErrorCode::none;
}

ErrorCode get_properties_list(RopContext& context, const rop::GetPropertiesListRequest& request,
                              rop::GetPropertiesListResponse& response) {
  auto* object = context.object(request.input_handle_index);
  auto holder = object == nullptr ? nullptr : properties_of(*object);
  if (!holder) return context.missing(request.input_handle_index);
  auto tags = holder->tags();
  auto kept = context.arena.make<PropTag>(tags.size());
  std::ranges::copy(tags, kept.begin());
  response.property_tags = kept;
  return ErrorCode::none;
}

// Texts in the client's code page are kept as Unicode, so that every client reads the same.
mapi::Property as_kept(const mapi::TaggedPropertyValue& given, const RopContext& context) {
  if (given.tag.type() == PropType::string8) {
    auto wide = mapi::string8_to_utf16(given.value.bytes, context.session.client.code_page);
    return {given.tag.with_type(PropType::string), mapi::Value::of(context.arena.copy(ByteView(wide)))};
  }
  if (given.tag.type() == PropType::multiple_string8) {
    auto items = context.arena.make<mapi::Value>(given.value.items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto wide = mapi::string8_to_utf16(given.value.items[i].bytes, context.session.client.code_page);
      items[i] = mapi::Value::of(context.arena.copy(ByteView(wide)));
    }
    return {given.tag.with_type(PropType::multiple_string), mapi::Value::of(wire::List<mapi::Value>(items))};
  }
  return given;
}

template <class Response>
ErrorCode answer(RopContext& context, store::Outcome<std::vector<Problem>> problems, Response& response) {
  if (!problems.ok()) return problems.error().code;
  auto kept = context.arena.make<mapi::PropertyProblem>(problems->size());
  for (std::size_t i = 0; i < kept.size(); ++i)
    kept[i] = {(*problems)[i].index, (*problems)[i].tag, (*problems)[i].code};
  response.property_problems = kept;
  return ErrorCode::none;
}

template <class Request, class Response>
ErrorCode set_given(RopContext& context, const Request& request, Response& response) {
  auto* object = context.object(request.input_handle_index);
  auto holder = object == nullptr ? nullptr : properties_of(*object);
  if (!holder) return context.missing(request.input_handle_index);
  if (!is_writable(*object)) return ErrorCode::access_denied;
  auto properties = context.arena.make<mapi::Property>(request.property_values.size());
  for (std::size_t i = 0; i < properties.size(); ++i) properties[i] = as_kept(request.property_values[i], context);
  return answer(context, holder->set(properties), response);
}

template <class Request, class Response>
ErrorCode delete_given(RopContext& context, const Request& request, Response& response) {
  auto* object = context.object(request.input_handle_index);
  auto holder = object == nullptr ? nullptr : properties_of(*object);
  if (!holder) return context.missing(request.input_handle_index);
  if (!is_writable(*object)) return ErrorCode::access_denied;
  return answer(context, holder->remove(request.property_tags.span()), response);
}

// The NoReplicate forms differ on folders with replicas alone ([MS-OXCPRPT] 2.2.6, 2.2.9), and a private mailbox has
// none.
using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    brief(handler_row<RopId::get_properties_specific, rop::GetPropertiesSpecificRequest,
                      rop::GetPropertiesSpecificResponse, get_properties_specific>()),
    handler_row<RopId::get_properties_all, rop::GetPropertiesAllRequest, rop::GetPropertiesAllResponse,
                get_properties_all>(),
    brief(handler_row<RopId::get_properties_list, rop::GetPropertiesListRequest, rop::GetPropertiesListResponse,
                      get_properties_list>()),
    handler_row<RopId::set_properties, rop::SetPropertiesRequest, rop::SetPropertiesResponse, set_given>(),
    handler_row<RopId::set_properties_no_replicate, rop::SetPropertiesNoReplicateRequest,
                rop::SetPropertiesNoReplicateResponse, set_given>(),
    handler_row<RopId::delete_properties, rop::DeletePropertiesRequest, rop::DeletePropertiesResponse, delete_given>(),
    handler_row<RopId::delete_properties_no_replicate, rop::DeletePropertiesNoReplicateRequest,
                rop::DeletePropertiesNoReplicateResponse, delete_given>(),
};

}  // namespace

std::span<const HandlerRow> property_handlers() { return kHandlers; }

}  // namespace ropewalk::server
