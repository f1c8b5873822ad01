// What counts and what follows: `tshark -z mapi,rop`, `tshark -z follow,mapi,ascii,1`, and their windows in Wireshark.
#include <algorithm>
#include <map>
#include <vector>

#include "wireshark/view.h"

namespace ropewalk::shark {

namespace {

// ---- following a session ----

constexpr u32 kSessionKey = 0;

gchar* session_filter(guint session) { return g_strdup_printf("mapi.session == %u", session); }

gchar* filter_of_packet(epan_dissect_t*, packet_info* pinfo, guint* stream, guint* sub_stream) {
  guint session = GPOINTER_TO_UINT(p_get_proto_data(pinfo->pool, pinfo, protocols.mapi, kSessionKey));
  if (session == 0) return nullptr;
  *stream = session;
  *sub_stream = 0;
  return session_filter(session);
}
gchar* filter_of_session(guint stream, guint) { return session_filter(stream); }
gchar* filter_of_addresses(address*, address*, int, int) { return nullptr; }
gchar* port_text(wmem_allocator_t* allocator, guint port) { return wmem_strdup_printf(allocator, "%u", port); }

// ---- the table ----

enum Column : guint { kName, kRequests, kResponses, kFailures, kLeast, kMean, kMost, kColumns };

stat_tap_table_item columns[kColumns] = {
    {TABLE_ITEM_STRING, TAP_ALIGN_LEFT, "Operation", "%-44s"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Requests", "%8u"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Responses", "%9u"},
    {TABLE_ITEM_UINT, TAP_ALIGN_RIGHT, "Failures", "%8u"},
    {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Min time", "%10.6f"},
    {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Mean time", "%10.6f"},
    {TABLE_ITEM_FLOAT, TAP_ALIGN_RIGHT, "Max time", "%10.6f"},
};

// Where each operation stands in the table; the same in every table. And back.
std::map<std::string, std::size_t>& rows() {
  static std::map<std::string, std::size_t> made;
  return made;
}
std::vector<const std::string*>& names() {
  static std::vector<const std::string*> made;
  return made;
}

void clear_row(stat_tap_table_item_type* row, const char* name) {
  row[kName].type = TABLE_ITEM_STRING;
  row[kName].value.string_value = name;
  for (guint i : {kRequests, kResponses, kFailures}) row[i].type = TABLE_ITEM_UINT, row[i].value.uint_value = 0;
  for (guint i : {kLeast, kMean, kMost}) row[i].type = TABLE_ITEM_FLOAT, row[i].value.float_value = 0;
}

void init_table(stat_tap_table_ui* statistics) {
  stat_tap_add_table(statistics, stat_tap_init_table("MAPI operations and ROPs", kColumns, 0, nullptr));
}

void reset_table(stat_tap_table* table) {
  for (guint i = 0; i < table->num_elements; ++i)
    clear_row(table->elements[i], table->elements[i][kName].value.string_value);
}

stat_tap_table_item_type* row_of(stat_tap_table* table, const std::string& name) {
  auto [found, is_new] = rows().try_emplace(name, rows().size());
  if (is_new) names().push_back(&found->first);
  for (guint next = table->num_elements; next <= found->second; ++next) {
    stat_tap_table_item_type row[kColumns] = {};
    clear_row(row, names()[next]->c_str());
    stat_tap_init_table_row(table, next, kColumns, row);
  }
  return table->elements[found->second];
}

void count(stat_tap_table_item_type* row, const Message& message, u32 error) {
  if (message.is_request) {
    ++row[kRequests].value.uint_value;
    return;
  }
  guint n = ++row[kResponses].value.uint_value;
  if (error != 0) ++row[kFailures].value.uint_value;
  if (message.peer == nullptr) return;
  nstime_t passed;
  nstime_delta(&passed, &message.time, &message.peer->time);
  double seconds = nstime_to_sec(&passed);
  double& least = row[kLeast].value.float_value;
  double& mean = row[kMean].value.float_value;
  double& most = row[kMost].value.float_value;
  least = n == 1 ? seconds : std::min(least, seconds);
  most = std::max(most, seconds);
  mean += (seconds - mean) / n;
}

tap_packet_status count_message(void* tapped, packet_info*, epan_dissect_t*, const void* data, tap_flags_t) {
  const auto& message = *static_cast<const Message*>(data);
  stat_tap_table* table = g_array_index(static_cast<stat_data_t*>(tapped)->stat_tap_data->tables, stat_tap_table*, 0);
  count(row_of(table, message.operation), message, message.error);
  for (const dissect::RopNote& rop : message.rops) count(row_of(table, rop.name), message, rop.error.value_or(0));
  return TAP_PACKET_REDRAW;
}

}  // namespace

void remember_session(packet_info* pinfo, const Message& message) {
  if (message.session == nullptr) return;
  p_add_proto_data(pinfo->pool, pinfo, protocols.mapi, kSessionKey, GUINT_TO_POINTER(message.session->number));
}

void register_taps() {
  taps.messages = register_tap("mapi");
  taps.follow = register_tap("mapi_follow");
  register_follow_stream(protocols.mapi, "mapi_follow", filter_of_packet, filter_of_session, filter_of_addresses,
                         port_text, follow_tvb_tap_listener);
}

void register_statistics() {
  static tap_param parameters[] = {{PARAM_FILTER, "filter", "Filter", nullptr, TRUE}};
  static stat_tap_table_ui statistics{};
  statistics.group = REGISTER_STAT_GROUP_GENERIC;
  statistics.title = "MAPI operations and ROPs";
  statistics.tap_name = "mapi";
  statistics.cli_string = "mapi,rop";
  statistics.stat_tap_init_cb = init_table;
  statistics.packet_func = count_message;
  statistics.stat_tap_reset_table_cb = reset_table;
  statistics.nfields = kColumns;
  statistics.fields = columns;
  statistics.nparams = array_length(parameters);
  statistics.params = parameters;
  register_stat_tap_table_ui(&statistics);
}

}  // namespace ropewalk::shark
