// [MS-OXCPRPT] 2.2.12 to 2.2.14: property names and the ids that stand for them in this mailbox.
#include "base/utf16.h"
#include "protocol/rop/oxcprpt.h"
#include "server/handler_support.h"
#include "server/handlers/handlers.h"

namespace ropewalk::server {
namespace {

// [MS-OXCPRPT] 2.2.12.1 Flags.
constexpr u8 kGetOrCreate = 0x02;
constexpr u16 kFirstNamedId = 0x8000;
// [MS-OXPROPS] 1.3.2: ids below 0x8000 are named by themselves in this set.
constexpr Guid kPsMapi = guid_literal("00020328-0000-0000-C000-000000000046");

mapi::PropertyName name_from(const mapi::PropertyNameField& field) {
  mapi::PropertyName name{field.guid, std::nullopt, {}};
  if (field.kind == mapi::NameKind::lid)
    name.lid = field.lid;
  else
    name.name = utf16_to_utf8(field.name.bytes);
  return name;
}

mapi::PropertyNameField field_from(const std::optional<mapi::PropertyName>& name, u16 id, Arena& arena) {
  mapi::PropertyNameField field;
  field.kind = mapi::NameKind::none;
  if (id < kFirstNamedId) {
    field.kind = mapi::NameKind::lid;
    field.guid = kPsMapi;
    field.lid = id;
  } else if (name) {
    field.guid = name->set;
    field.kind = name->lid ? mapi::NameKind::lid : mapi::NameKind::name;
    field.lid = name->lid.value_or(0);
    if (!name->lid) field.name.bytes = mapi::utf16_in(arena, name->name);
  }
  return field;
}

wire::List<u16> kept(const std::vector<u16>& ids, Arena& arena) {
  auto copy = arena.make<u16>(ids.size());
  std::ranges::copy(ids, copy.begin());
  return copy;
}

ErrorCode get_property_ids_from_names(RopContext& context, const rop::GetPropertyIdsFromNamesRequest& request,
                                      rop::GetPropertyIdsFromNamesResponse& response) {
  auto store = store_at(context, request.input_handle_index);
  if (!store) return context.missing(request.input_handle_index);
  std::vector<u16> ids;
  if (request.property_names.empty()) {
    // On a logon this asks for all names there are: [MS-OXCPRPT] 3.2.5.10.
    if (context.get<session::LogonObject>(request.input_handle_index) == nullptr) return ErrorCode::none;
    for (auto& [id, name] : store->all_names()) ids.push_back(id);
  } else {
    std::vector<mapi::PropertyName> names;
    for (const auto& field : request.property_names) names.push_back(name_from(field));
    auto found = store->ids_of_names(names, (request.flags & kGetOrCreate) != 0);
    if (!found.ok()) return found.error().code;
    ids = *std::move(found);
  }
  response.property_ids = kept(ids, context.arena);
  return std::ranges::find(ids, 0) != ids.end() ? ErrorCode::warn_with_errors : ErrorCode::none;
}

ErrorCode get_names_from_property_ids(RopContext& context, const rop::GetNamesFromPropertyIdsRequest& request,
                                      rop::GetNamesFromPropertyIdsResponse& response) {
  auto store = store_at(context, request.input_handle_index);
  if (!store) return context.missing(request.input_handle_index);
  auto names = store->names_of_ids(request.property_ids.span());
  auto fields = context.arena.make<mapi::PropertyNameField>(names.size());
  for (std::size_t i = 0; i < fields.size(); ++i)
    fields[i] = field_from(names[i], request.property_ids[i], context.arena);
  response.property_names = fields;
  return ErrorCode::none;
}

ErrorCode query_named_properties(RopContext& context, const rop::QueryNamedPropertiesRequest& request,
                                 rop::QueryNamedPropertiesResponse& response) {
  constexpr u8 kNoStrings = 0x01, kNoIds = 0x02;
  auto* object = context.object(request.input_handle_index);
  auto holder = object == nullptr ? nullptr : properties_of(*object);
  if (!holder) return context.missing(request.input_handle_index);
  std::vector<u16> used;
  for (mapi::PropTag tag : holder->tags())
    if (tag.is_named()) used.push_back(tag.id());
  // A logon has the names of the whole mailbox.
  auto store = store_of(*object);
  if (object->kind() == session::ObjectKind::logon) {
    used.clear();
    for (auto& [id, name] : store->all_names()) used.push_back(id);
  }
  auto names = store->names_of_ids(used);
  std::vector<u16> ids;
  auto fields = context.arena.make<mapi::PropertyNameField>(used.size());
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!names[i] || (request.has_guid != 0 && names[i]->set != request.property_guid)) continue;
    if ((request.query_flags & (names[i]->lid ? kNoIds : kNoStrings)) != 0) continue;
    fields[ids.size()] = field_from(names[i], used[i], context.arena);
    ids.push_back(used[i]);
  }
  response.property_ids = kept(ids, context.arena);
  response.property_names = fields.first(ids.size());
  return ErrorCode::none;
}

using rop::RopId;
constexpr HandlerRow kHandlers[] = {
    handler_row<RopId::get_property_ids_from_names, rop::GetPropertyIdsFromNamesRequest,
                rop::GetPropertyIdsFromNamesResponse, get_property_ids_from_names>(),
    handler_row<RopId::get_names_from_property_ids, rop::GetNamesFromPropertyIdsRequest,
                rop::GetNamesFromPropertyIdsResponse, get_names_from_property_ids>(),
    handler_row<RopId::query_named_properties, rop::QueryNamedPropertiesRequest, rop::QueryNamedPropertiesResponse,
                query_named_properties>(),
};

}  // namespace

std::span<const HandlerRow> named_property_handlers() { return kHandlers; }

}  // namespace ropewalk::server
