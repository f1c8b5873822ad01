#include "server/addressbook/http_calls.h"

#include <stdexcept>

#include "base/utf16.h"
#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/address_book_tables.h"
#include "wire/describe.h"

namespace ropewalk::server {
namespace {

using namespace mapihttp;
using mapi::ErrorCode;

using Call = AddressBookHttpCall;
using Work = Result<std::function<void(wire::OutBuffer&)>, wire::WireError>;

// ---- requests in the service's terms ----

// No STAT is one of zeros.
nspi::Stat stat_of(const Optional<nspi::Stat>& state) { return state ? state.value : nspi::Stat{}; }

NspiColumns columns_of(const Optional<LargePropertyTagArray>& columns) {
  return columns ? NspiColumns(columns.value.tags.span()) : std::nullopt;
}
NspiTable table_of(const Optional<wire::List<u32>>& ids) { return ids ? NspiTable(ids.value.span()) : std::nullopt; }

// ---- answers in bytes' terms ----

template <class T>
std::span<T> make(Arena& arena, std::size_t count) {
  auto made = arena.make<T>(count);
  if (made.size() != count) throw std::length_error("the answer is larger than an answer may be");
  return made;
}

// A cell without a value bears its error in place of the type.
mapi::PropertyCell cell_of(mapi::PropTag column, const mapi::Property& property) {
  using mapi::PropType;
  const bool failed = property.tag.type() == PropType::error_code && column.type() != PropType::error_code;
  mapi::PropertyCell cell{column, column.type(), failed ? mapi::CellFlag::error : mapi::CellFlag::value,
                          property.value};
  if (column.type() == PropType::unspecified) cell.type = property.tag.type();
  return cell;
}

Optional<ColumnsAndRows> rows_of(const std::optional<NspiRows>& given, Arena& arena) {
  Optional<ColumnsAndRows> made;
  if (!given) return made;
  auto columns = make<mapi::PropTag>(arena, given->columns.size());
  std::copy(given->columns.begin(), given->columns.end(), columns.begin());
  auto rows = make<AddressBookPropertyRow>(arena, given->rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto cells = make<mapi::PropertyCell>(arena, columns.size());
    for (std::size_t j = 0; j < cells.size(); ++j) cells[j] = cell_of(columns[j], given->rows[i][j]);
    rows[i] = AddressBookPropertyRow::of(cells);
  }
  made = ColumnsAndRows{{columns}, rows};
  return made;
}

AddressBookPropertyValueList list_of(std::span<const mapi::Property> properties, Arena& arena) {
  auto values = make<AddressBookTaggedPropertyValue>(arena, properties.size());
  for (std::size_t i = 0; i < values.size(); ++i) static_cast<mapi::Property&>(values[i]) = properties[i];
  return {values};
}

wire::List<u32> ids_of(const std::vector<u32>& ids, Arena& arena) {
  auto made = make<u32>(arena, ids.size());
  std::copy(ids.begin(), ids.end(), made.begin());
  return made;
}

LargePropertyTagArray tags_of(const std::vector<mapi::PropTag>& tags, Arena& arena) {
  auto made = make<mapi::PropTag>(arena, tags.size());
  std::copy(tags.begin(), tags.end(), made.begin());
  return {made};
}

wire::String16 text_of_url(const std::string& url, Arena& arena) { return {mapi::utf16_in(arena, url)}; }

bool is_answered(ErrorCode error) { return (static_cast<u32>(error) & 0x80000000u) == 0; }

// The STAT goes back where one came.
void give_state(const Optional<nspi::Stat>& asked, const nspi::Stat& stat, Optional<nspi::Stat>& given) {
  if (asked) given = stat;
}

// ---- one function for each request type ----

CompareMinIdsResponse answer(const CompareMinIdsRequest& request, const Call& call, Arena&) {
  NspiStatAnswer answer = call.service.compare_mids(call.caller, stat_of(request.state), request.id1, request.id2);
  CompareMinIdsResponse response;
  response.error_code = answer.error;
  response.result = answer.delta;
  return response;
}

DnToMinIdResponse answer(const DnToMinIdRequest& request, const Call& call, Arena& arena) {
  std::vector<std::optional<std::string>> names;
  if (request.names)
    for (const wire::String8& name : request.names.value) names.emplace_back(name.text());
  NspiIdsAnswer answer = call.service.dn_to_mid(call.caller, names);
  DnToMinIdResponse response;
  response.error_code = answer.error;
  if (is_answered(answer.error)) response.ids = ids_of(answer.ids, arena);
  return response;
}

GetMatchesResponse answer(const GetMatchesRequest& request, const Call& call, Arena& arena) {
  std::optional<NspiPropertyName> name;
  if (request.property_name)
    name = NspiPropertyName{request.property_name.value.guid, static_cast<i32>(request.property_name.value.id)};
  NspiMatchesAnswer answer = call.service.get_matches(call.caller, stat_of(request.state),
                                                      request.filter ? &request.filter.value.restriction : nullptr,
                                                      name, request.row_count, columns_of(request.columns), arena);
  GetMatchesResponse response;
  response.error_code = answer.error;
  give_state(request.state, answer.stat, response.state);
  if (is_answered(answer.error)) response.ids = ids_of(answer.ids, arena);
  response.rows = rows_of(answer.rows, arena);
  return response;
}

GetPropListResponse answer(const GetPropListRequest& request, const Call& call, Arena& arena) {
  NspiTagsAnswer answer = call.service.get_prop_list(call.caller, request.flags, request.id, request.code_page);
  GetPropListResponse response;
  response.error_code = answer.error;
  if (is_answered(answer.error)) response.tags = tags_of(answer.tags, arena);
  return response;
}

GetPropsResponse answer(const GetPropsRequest& request, const Call& call, Arena& arena) {
  const nspi::Stat stat = stat_of(request.state);
  NspiRowAnswer answer = call.service.get_props(call.caller, request.flags, stat, columns_of(request.tags), arena);
  GetPropsResponse response;
  response.error_code = answer.error;
  response.code_page = stat.code_page;
  if (answer.row) response.values = list_of(*answer.row, arena);
  return response;
}

GetSpecialTableResponse answer(const GetSpecialTableRequest& request, const Call& call, Arena& arena) {
  const nspi::Stat stat = stat_of(request.state);
  NspiTableAnswer answer = call.service.get_special_table(call.caller, request.flags, stat,
                                                          request.version ? request.version.value : 0, arena);
  GetSpecialTableResponse response;
  response.error_code = answer.error;
  response.code_page = stat.code_page;
  if (!is_answered(answer.error)) return response;
  response.version = answer.version;
  if (answer.rows.empty()) return response;
  auto rows = make<AddressBookPropertyValueList>(arena, answer.rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = list_of(answer.rows[i], arena);
  response.rows = wire::List<AddressBookPropertyValueList>(rows);
  return response;
}

GetTemplateInfoResponse answer(const GetTemplateInfoRequest& request, const Call& call, Arena& arena) {
  std::optional<std::string> dn;
  if (request.template_dn) dn = request.template_dn.value.text();
  NspiRowAnswer answer = call.service.get_template_info(call.caller, request.flags, request.display_type, dn,
                                                        request.code_page, request.locale_id, arena);
  GetTemplateInfoResponse response;
  response.error_code = answer.error;
  response.code_page = request.code_page;
  if (answer.row) response.row = list_of(*answer.row, arena);
  return response;
}

ModLinkAttResponse answer(const ModLinkAttRequest& request, const Call& call, Arena&) {
  std::vector<wire::OutBuffer> encoded(request.entry_ids ? request.entry_ids.value.size() : 0);
  std::vector<ByteView> ids;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    wire::encode(request.entry_ids.value[i], encoded[i]);
    ids.push_back(encoded[i].view());
  }
  ModLinkAttResponse response;
  response.error_code = call.service.mod_link_att(call.caller, request.flags, request.tag, request.id, ids);
  return response;
}

ModPropsResponse answer(const ModPropsRequest& request, const Call& call, Arena&) {
  std::vector<mapi::Property> values;
  if (request.values) values.assign(request.values.value.values.begin(), request.values.value.values.end());
  ModPropsResponse response;
  response.error_code =
      call.service.mod_props(call.caller, stat_of(request.state), columns_of(request.removed), values);
  return response;
}

QueryColumnsResponse answer(const QueryColumnsRequest& request, const Call& call, Arena& arena) {
  NspiTagsAnswer answer = call.service.query_columns(call.caller, request.flags);
  QueryColumnsResponse response;
  response.error_code = answer.error;
  if (is_answered(answer.error)) response.columns = tags_of(answer.tags, arena);
  return response;
}

QueryRowsResponse answer(const QueryRowsRequest& request, const Call& call, Arena& arena) {
  NspiTable table;
  if (!request.explicit_table.empty()) table = request.explicit_table.span();
  NspiRowsAnswer answer = call.service.query_rows(call.caller, request.flags, stat_of(request.state), table,
                                                  request.row_count, columns_of(request.columns), arena);
  QueryRowsResponse response;
  response.error_code = answer.error;
  give_state(request.state, answer.stat, response.state);
  response.rows = rows_of(answer.rows, arena);
  return response;
}

ResolveNamesResponse answer(const ResolveNamesRequest& request, const Call& call, Arena& arena) {
  std::vector<std::optional<std::string>> names;
  if (request.names)
    for (const wire::String16& name : request.names.value) names.emplace_back(utf16_to_utf8(name.bytes));
  const nspi::Stat stat = stat_of(request.state);
  NspiMatchesAnswer answer =
      call.service.resolve_names(call.caller, stat, columns_of(request.tags), names, true, arena);
  ResolveNamesResponse response;
  response.error_code = answer.error;
  response.code_page = stat.code_page;
  if (is_answered(answer.error)) response.ids = ids_of(answer.ids, arena);
  response.rows = rows_of(answer.rows, arena);
  return response;
}

ResortRestrictionResponse answer(const ResortRestrictionRequest& request, const Call& call, Arena& arena) {
  NspiMatchesAnswer answer = call.service.resort_restriction(call.caller, stat_of(request.state),
                                                             table_of(request.ids).value_or(std::span<const u32>()));
  ResortRestrictionResponse response;
  response.error_code = answer.error;
  give_state(request.state, answer.stat, response.state);
  if (is_answered(answer.error)) response.ids = ids_of(answer.ids, arena);
  return response;
}

SeekEntriesResponse answer(const SeekEntriesRequest& request, const Call& call, Arena& arena) {
  SeekEntriesResponse response;
  const nspi::Stat stat = stat_of(request.state);
  if (!request.target) {
    response.error_code = ErrorCode::invalid_param;
    give_state(request.state, stat, response.state);
    return response;
  }
  NspiRowsAnswer answer = call.service.seek_entries(
      call.caller, stat, request.target.value, table_of(request.explicit_table), columns_of(request.columns), arena);
  response.error_code = answer.error;
  give_state(request.state, answer.stat, response.state);
  response.rows = rows_of(answer.rows, arena);
  return response;
}

UpdateStatResponse answer(const UpdateStatRequest& request, const Call& call, Arena&) {
  NspiStatAnswer answer = call.service.update_stat(call.caller, stat_of(request.state));
  UpdateStatResponse response;
  response.error_code = answer.error;
  give_state(request.state, answer.stat, response.state);
  if (request.delta_requested && is_answered(answer.error)) response.delta = answer.delta;
  return response;
}

// A server has one place for all its mailboxes, so the DN in the request does not matter.
GetMailboxUrlResponse answer(const GetMailboxUrlRequest&, const Call& call, Arena& arena) {
  GetMailboxUrlResponse response;
  response.server_url = text_of_url(call.mailbox_url, arena);
  return response;
}

GetAddressBookUrlResponse answer(const GetAddressBookUrlRequest&, const Call& call, Arena& arena) {
  GetAddressBookUrlResponse response;
  response.server_url = text_of_url(call.address_book_url, arena);
  return response;
}

template <class Request>
Work work_of(ByteView body, const Call& call, Arena& arena) {
  auto request = wire::decode<Request>(body, arena);
  if (!request.ok()) return std::move(request).error();
  return std::function<void(wire::OutBuffer&)>([asked = *request, &call, &arena](wire::OutBuffer& out) {
    if (!wire::encode(answer(asked, call, arena), out)) throw std::length_error("the answer cannot be expressed");
  });
}

}  // namespace

Work address_book_work(RequestType type, ByteView body, const AddressBookHttpCall& call, Arena& arena) {
  switch (type) {
    case RequestType::compare_min_ids:
      return work_of<CompareMinIdsRequest>(body, call, arena);
    case RequestType::dn_to_min_id:
      return work_of<DnToMinIdRequest>(body, call, arena);
    case RequestType::get_matches:
      return work_of<GetMatchesRequest>(body, call, arena);
    case RequestType::get_prop_list:
      return work_of<GetPropListRequest>(body, call, arena);
    case RequestType::get_props:
      return work_of<GetPropsRequest>(body, call, arena);
    case RequestType::get_special_table:
      return work_of<GetSpecialTableRequest>(body, call, arena);
    case RequestType::get_template_info:
      return work_of<GetTemplateInfoRequest>(body, call, arena);
    case RequestType::mod_link_att:
      return work_of<ModLinkAttRequest>(body, call, arena);
    case RequestType::mod_props:
      return work_of<ModPropsRequest>(body, call, arena);
    case RequestType::query_columns:
      return work_of<QueryColumnsRequest>(body, call, arena);
    case RequestType::query_rows:
      return work_of<QueryRowsRequest>(body, call, arena);
    case RequestType::resolve_names:
      return work_of<ResolveNamesRequest>(body, call, arena);
    case RequestType::resort_restriction:
      return work_of<ResortRestrictionRequest>(body, call, arena);
    case RequestType::seek_entries:
      return work_of<SeekEntriesRequest>(body, call, arena);
    case RequestType::update_stat:
      return work_of<UpdateStatRequest>(body, call, arena);
    case RequestType::get_mailbox_url:
      return work_of<GetMailboxUrlRequest>(body, call, arena);
    case RequestType::get_address_book_url:
      return work_of<GetAddressBookUrlRequest>(body, call, arena);
    default:
      return wire::WireError{wire::ErrorKind::malformed, 0, 0, 0, std::string(name(type)), "not of the address book"};
  }
}

}  // namespace ropewalk::server
