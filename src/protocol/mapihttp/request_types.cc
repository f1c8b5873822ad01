#include "protocol/mapihttp/request_types.h"

#include "protocol/mapihttp/address_book_objects.h"
#include "protocol/mapihttp/address_book_tables.h"
#include "protocol/mapihttp/bodies.h"
#include "wire/describe.h"

namespace ropewalk::mapihttp {
namespace {

template <class Request, class Response>
constexpr RequestTypeRow row(RequestType type, std::string_view method, std::string_view source) {
  return {type, method, source, &wire::struct_info<Request>, &wire::struct_info<Response>};
}

constexpr RequestTypeRow kRows[] = {
    row<ConnectRequest, ConnectResponse>(RequestType::connect, "Connect", "[MS-OXCMAPIHTTP] 2.2.4.1"),
    row<ExecuteRequest, ExecuteResponse>(RequestType::execute, "Execute", "[MS-OXCMAPIHTTP] 2.2.4.2"),
    row<DisconnectRequest, DisconnectResponse>(RequestType::disconnect, "Disconnect", "[MS-OXCMAPIHTTP] 2.2.4.3"),
    row<NotificationWaitRequest, NotificationWaitResponse>(RequestType::notification_wait, "NotificationWait",
                                                           "[MS-OXCMAPIHTTP] 2.2.4.4"),
    {RequestType::ping, "PING", "[MS-OXCMAPIHTTP] 2.2.6", nullptr, nullptr},
    row<BindRequest, BindResponse>(RequestType::bind, "NspiBind", "[MS-OXCMAPIHTTP] 2.2.5.1"),
    row<UnbindRequest, UnbindResponse>(RequestType::unbind, "NspiUnbind", "[MS-OXCMAPIHTTP] 2.2.5.2"),
    row<CompareMinIdsRequest, CompareMinIdsResponse>(RequestType::compare_min_ids, "NspiCompareMIds",
                                                     "[MS-OXCMAPIHTTP] 2.2.5.3"),
    row<DnToMinIdRequest, DnToMinIdResponse>(RequestType::dn_to_min_id, "NspiDNToMId", "[MS-OXCMAPIHTTP] 2.2.5.4"),
    row<GetMatchesRequest, GetMatchesResponse>(RequestType::get_matches, "NspiGetMatches", "[MS-OXCMAPIHTTP] 2.2.5.5"),
    row<GetPropListRequest, GetPropListResponse>(RequestType::get_prop_list, "NspiGetPropList",
                                                 "[MS-OXCMAPIHTTP] 2.2.5.6"),
    row<GetPropsRequest, GetPropsResponse>(RequestType::get_props, "NspiGetProps", "[MS-OXCMAPIHTTP] 2.2.5.7"),
    row<GetSpecialTableRequest, GetSpecialTableResponse>(RequestType::get_special_table, "NspiGetSpecialTable",
                                                         "[MS-OXCMAPIHTTP] 2.2.5.8"),
    row<GetTemplateInfoRequest, GetTemplateInfoResponse>(RequestType::get_template_info, "NspiGetTemplateInfo",
                                                         "[MS-OXCMAPIHTTP] 2.2.5.9"),
    row<ModLinkAttRequest, ModLinkAttResponse>(RequestType::mod_link_att, "NspiModLinkAtt",
                                               "[MS-OXCMAPIHTTP] 2.2.5.10"),
    row<ModPropsRequest, ModPropsResponse>(RequestType::mod_props, "NspiModProps", "[MS-OXCMAPIHTTP] 2.2.5.11"),
    row<QueryColumnsRequest, QueryColumnsResponse>(RequestType::query_columns, "NspiQueryColumns",
                                                   "[MS-OXCMAPIHTTP] 2.2.5.13"),
    row<QueryRowsRequest, QueryRowsResponse>(RequestType::query_rows, "NspiQueryRows", "[MS-OXCMAPIHTTP] 2.2.5.12"),
    row<ResolveNamesRequest, ResolveNamesResponse>(RequestType::resolve_names, "NspiResolveNames",
                                                   "[MS-OXCMAPIHTTP] 2.2.5.14"),
    row<ResortRestrictionRequest, ResortRestrictionResponse>(RequestType::resort_restriction, "NspiResortRestriction",
                                                             "[MS-OXCMAPIHTTP] 2.2.5.15"),
    row<SeekEntriesRequest, SeekEntriesResponse>(RequestType::seek_entries, "NspiSeekEntries",
                                                 "[MS-OXCMAPIHTTP] 2.2.5.16"),
    row<UpdateStatRequest, UpdateStatResponse>(RequestType::update_stat, "NspiUpdateStat", "[MS-OXCMAPIHTTP] 2.2.5.17"),
    row<GetMailboxUrlRequest, GetMailboxUrlResponse>(RequestType::get_mailbox_url, "GetMailboxUrl",
                                                     "[MS-OXCMAPIHTTP] 2.2.5.18"),
    row<GetAddressBookUrlRequest, GetAddressBookUrlResponse>(RequestType::get_address_book_url, "GetAddressBookUrl",
                                                             "[MS-OXCMAPIHTTP] 2.2.5.19"),
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (kRows[i].type != static_cast<RequestType>(i)) return false;
  return std::size(kRows) == kRequestTypeCount;
}
static_assert(in_order());

}  // namespace

std::span<const RequestTypeRow> request_types() { return kRows; }
const RequestTypeRow& row_of(RequestType type) { return kRows[static_cast<std::size_t>(type)]; }

}  // namespace ropewalk::mapihttp
