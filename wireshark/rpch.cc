#include "wireshark/rpch.h"

#include <charconv>
#include <map>
#include <memory>

#include "dissect/http_text.h"
#include "dissect/stubs.h"
#include "mapi/ascii_case.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/rpch/rts.h"
#include "wireshark/dcerpc_bridge.h"
#include "wireshark/view.h"

namespace ropewalk::shark {

namespace {

constexpr int kHeaderSize = 16;
constexpr std::size_t kMostHead = 64 << 10;  // of an HTTP head
constexpr std::size_t kMostBody = 1 << 20;   // of an HTTP body that is no stream of PDUs

int line_field = -1, header_field = -1, body_field = -1, rts_field = -1, cookie_field = -1, channel_field = -1;
int in_front = -1;  // what stands in front of HTTP, as a protocol
int rpch_subtree = -1, head_subtree = -1;
dissector_handle_t rpch_handle;

// Where the PDUs of a virtual connection belong, whatever TCP connection brought them: in C, for Wireshark keeps it.
struct VirtualConnection {
  address client, server;
  u32 client_port, server_port;
  Guid cookie;
};

// What is known of one TCP connection.
struct Channel {
  bool is_in = false;
  VirtualConnection* connection = nullptr;  // null until an RTS PDU named its cookie
};

struct Known {
  std::map<Guid, std::unique_ptr<VirtualConnection>> connections;
  std::map<u32, Channel> channels;  // by the index of the TCP conversation
};
Known& known() {
  static Known made;
  return made;
}
void forget() { known() = {}; }

Channel* channel_of(const conversation_t* conversation) {
  if (conversation == nullptr) return nullptr;
  auto found = known().channels.find(conversation->conv_index);
  return found == known().channels.end() ? nullptr : &found->second;
}

// ---- what stands at the beginning of some bytes ----

enum class UnitKind { head, pdu, incomplete, unknown };
struct Unit {
  UnitKind kind = UnitKind::unknown;
  u32 length = 0;       // of what is complete; of an HTTP message its body too, unless that is a stream of PDUs
  u32 head_length = 0;  // of an HTTP head
  u32 missing = 0;      // bytes, where that is known
};

bool is_head(std::string_view text) {
  return text.starts_with("RPC_IN_DATA ") || text.starts_with("RPC_OUT_DATA ") || text.starts_with("HTTP/1.");
}

Unit head_at(ByteView bytes) {
  std::string_view text = text_of(bytes);
  std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos)
    return {bytes.size() < kMostHead ? UnitKind::incomplete : UnitKind::unknown, 0, 0, 0};
  auto head_length = static_cast<u32>(end + 4);
  auto message = dissect::read_http_text(bytes.first(head_length));
  if (!message) return {};
  std::string_view length_text = message->field("Content-Length");
  std::size_t length = 0;
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  bool is_stream = message->field("Content-Type").starts_with("application/rpc") || length > kMostBody ||
                   (!message->is_response() && length > 0x10);
  if (is_stream) length = 0;
  std::size_t there = std::min(length, bytes.size() - head_length);
  if (there < length) return {UnitKind::incomplete, 0, 0, static_cast<u32>(length - there)};
  return {UnitKind::head, static_cast<u32>(head_length + length), head_length, 0};
}

Unit unit_at(ByteView bytes) {
  std::string_view text = text_of(bytes.first(std::min<std::size_t>(bytes.size(), 16)));
  if (is_head(text)) return head_at(bytes);
  if (bytes.size() < kHeaderSize) return {UnitKind::incomplete, 0, 0, static_cast<u32>(kHeaderSize - bytes.size())};
  u32 length = pdu_length(bytes);
  if (length == 0) return {};
  if (length > bytes.size()) return {UnitKind::incomplete, 0, 0, static_cast<u32>(length - bytes.size())};
  return {UnitKind::pdu, length, 0, 0};
}

// ---- HTTP heads and RTS PDUs ----

void add_line(proto_tree* tree, int field, const Source& source, std::size_t at, std::size_t length,
              std::string_view text) {
  if (!has_room(tree)) return;
  proto_tree_add_string(tree, field, source.tvb, static_cast<int>(at), static_cast<int>(length),
                        std::string(text).c_str());
}

// A head, and the body behind it where it has one that is no stream.
void show_head(const Source& source, u32 head_length, packet_info* pinfo, proto_tree* tree) {
  auto message = dissect::read_http_text(source.bytes.first(head_length));
  if (!message) return;
  col_append_sep_str(pinfo->cinfo, COL_INFO, ", ", std::string(message->start_line).c_str());
  if (tree == nullptr) return;
  proto_tree* inner =
      proto_tree_add_subtree(tree, source.tvb, 0, static_cast<int>(head_length), head_subtree, nullptr, "HTTP message");
  add_line(inner, line_field, source, 0, message->start_line.size() + 2, message->start_line);
  for (const dissect::HttpField& field : message->fields)
    add_line(inner, header_field, source, field.offset, field.length,
             std::string(field.name) + ": " + std::string(field.value));
  if (source.bytes.size() > head_length)
    proto_tree_add_item(inner, body_field, source.tvb, static_cast<int>(head_length),
                        static_cast<int>(source.bytes.size() - head_length), ENC_NA);
}

VirtualConnection& connection_of(const Guid& cookie, const packet_info* pinfo) {
  auto& made = known().connections[cookie];
  if (made != nullptr) return *made;
  made = std::make_unique<VirtualConnection>();
  // The first channel that names it lends its addresses: from client to server, for clients name cookies first.
  copy_address_wmem(wmem_file_scope(), &made->client, &pinfo->src);
  copy_address_wmem(wmem_file_scope(), &made->server, &pinfo->dst);
  made->client_port = pinfo->srcport;
  made->server_port = pinfo->destport;
  made->cookie = cookie;
  return *made;
}

// The virtual connection that an RTS PDU ties its channel to: those that open or replace one begin with a version and
// the cookie ([MS-RPCH] 2.2.4.2 and following).
const Guid* named_connection(const rpch::Rts& rts) {
  if (rts.commands.size() < 3 || rts.commands[0].type != rpch::CommandType::version) return nullptr;
  return rts.commands[1].type == rpch::CommandType::cookie ? &rts.commands[1].cookie : nullptr;
}

void show_rts(const Source& source, Channel* channel, packet_info* pinfo, proto_tree* tree) {
  Arena arena;
  auto pdu = wire::decode<dcerpc::Pdu>(source.bytes, arena);
  if (!pdu || pdu->type != dcerpc::PacketType::rts) return;
  const auto& rts = pdu->as<rpch::Rts>();
  if (channel != nullptr && channel->connection == nullptr)
    if (const Guid* cookie = named_connection(rts)) channel->connection = &connection_of(*cookie, pinfo);
  std::string names = rpch::rts_names(rts);
  if (names.empty()) return;
  col_append_sep_str(pinfo->cinfo, COL_INFO, ", ", names.c_str());
  if (tree == nullptr) return;
  proto_item* item =
      proto_tree_add_string(tree, rts_field, source.tvb, 0, static_cast<int>(source.bytes.size()), names.c_str());
  proto_item_set_generated(item);
}

void show_channel(const Channel& channel, tvbuff_t* tvb, proto_tree* tree) {
  if (tree == nullptr) return;
  proto_item_set_generated(proto_tree_add_string(tree, channel_field, tvb, 0, 0, channel.is_in ? "IN" : "OUT"));
  if (channel.connection == nullptr) return;
  e_guid_t cookie;
  const u8* b = channel.connection->cookie.bytes.data();
  cookie.data1 = load_le<u32>(b);
  cookie.data2 = load_le<u16>(b + 4);
  cookie.data3 = load_le<u16>(b + 6);
  std::copy_n(b + 8, 8, cookie.data4);
  proto_item_set_generated(proto_tree_add_guid(tree, cookie_field, tvb, 0, 0, &cookie));
}

// From here on nothing has a destructor: what is called may longjmp.

// Shows one PDU by Wireshark's dissector, as part of its virtual connection.
void dissect_pdu(tvbuff_t* tvb, Channel* channel, packet_info* pinfo, proto_tree* tree) {
  bool tied = channel != nullptr && channel->connection != nullptr;
  if (tied) {
    VirtualConnection* of = channel->connection;
    conversation_set_conv_addr_port_endpoints(pinfo, &of->client, &of->server, CONVERSATION_TCP, of->client_port,
                                              of->server_port);
    pinfo->use_conv_addr_port_endpoints = TRUE;
  }
  call_dcerpc(tvb, pinfo, tree);
  if (tied) pinfo->use_conv_addr_port_endpoints = FALSE;
}

int dissect_channel(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree) {
  Channel* channel = channel_of(find_conversation_pinfo(pinfo, 0));
  auto length = static_cast<int>(tvb_captured_length(tvb));
  col_set_str(pinfo->cinfo, COL_PROTOCOL, "RPCH");
  col_clear(pinfo->cinfo, COL_INFO);
  for (int at = 0; at < length;) {
    Unit unit = unit_at({tvb_get_ptr(tvb, at, length - at), static_cast<std::size_t>(length - at)});
    if (unit.kind == UnitKind::incomplete && pinfo->can_desegment != 0) {
      pinfo->desegment_offset = at;
      pinfo->desegment_len = unit.missing == 0 ? DESEGMENT_ONE_MORE_SEGMENT : unit.missing;
      return length;
    }
    bool is_whole = unit.kind == UnitKind::head || unit.kind == UnitKind::pdu;
    int unit_length = is_whole ? static_cast<int>(unit.length) : length - at;
    tvbuff_t* unit_tvb = tvb_new_subset_length(tvb, at, unit_length);
    proto_item* item = proto_tree_add_item(tree, protocols.rpch, unit_tvb, 0, unit_length, ENC_NA);
    proto_tree* inner = proto_item_add_subtree(item, rpch_subtree);
    Source source{unit_tvb, {tvb_get_ptr(unit_tvb, 0, unit_length), static_cast<std::size_t>(unit_length)}};
    if (channel != nullptr) show_channel(*channel, unit_tvb, inner);
    if (unit.kind == UnitKind::head) show_head(source, unit.head_length, pinfo, inner);
    if (!is_whole) proto_tree_add_expert(inner, pinfo, &expert.undecoded, unit_tvb, 0, unit_length);
    if (unit.kind == UnitKind::pdu) {
      show_rts(source, channel, pinfo, inner);
      dissect_pdu(unit_tvb, channel, pinfo, tree);
      col_set_fence(pinfo->cinfo, COL_INFO);
    }
    at += unit_length;
  }
  return length;
}

// Is this the beginning of a channel? Then it stays one.
bool begins_channel(tvbuff_t* tvb, packet_info* pinfo) {
  bool is_in = tvb_strneql(tvb, 0, "RPC_IN_DATA ", 12) == 0;
  if (!is_in && tvb_strneql(tvb, 0, "RPC_OUT_DATA ", 13) != 0) return false;
  conversation_t* conversation = find_or_create_conversation(pinfo);
  if (channel_of(conversation) == nullptr) known().channels[conversation->conv_index].is_in = is_in;
  conversation_set_dissector(conversation, rpch_handle);
  return true;
}

int dissect_rpch(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  if (!begins_channel(tvb, pinfo) && channel_of(find_conversation_pinfo(pinfo, 0)) == nullptr) return 0;
  return dissect_channel(tvb, pinfo, tree);
}

gboolean dissect_heuristically(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return dissect_rpch(tvb, pinfo, tree, data) != 0;
}

// In front of HTTP on its own ports: what is no channel goes to HTTP.
dissector_handle_t http_handle, https_handle;
int dissect_or_http(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  if (dissect_heuristically(tvb, pinfo, tree, data)) return static_cast<int>(tvb_captured_length(tvb));
  return call_dissector_only(http_handle, tvb, pinfo, tree, data);
}
int dissect_or_https(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  if (dissect_heuristically(tvb, pinfo, tree, data)) return static_cast<int>(tvb_captured_length(tvb));
  return call_dissector_only(https_handle, tvb, pinfo, tree, data);
}

// Stands in front of HTTP where a port belongs to it.
void stand_in_front(const char* table, std::initializer_list<u32> ports, dissector_handle_t& behind,
                    dissector_t dissector) {
  dissector_handle_t ours = create_dissector_handle(dissector, in_front);
  for (u32 port : ports) {
    dissector_handle_t has = dissector_get_uint_handle(find_dissector_table(table), port);
    if (has == nullptr || dissector_handle_get_protocol_index(has) != proto_get_id_by_filter_name("http")) continue;
    behind = has;
    dissector_add_uint(table, port, ours);
  }
}

}  // namespace

void register_rpch() {
  protocols.rpch = proto_register_protocol("RPC over HTTP v2", "RPCH", "rpch");
  in_front = proto_register_protocol_in_name_only("RPC over HTTP v2, or HTTP", "RPCH or HTTP", "rpch_or_http",
                                                  protocols.rpch, FT_PROTOCOL);
  static hf_register_info fields[] = {
      {&line_field, {"Start line", "rpch.http.line", FT_STRING, BASE_NONE, nullptr, 0, nullptr, HFILL}},
      {&header_field, {"Header", "rpch.http.header", FT_STRING, BASE_NONE, nullptr, 0, nullptr, HFILL}},
      {&body_field, {"Body", "rpch.http.body", FT_BYTES, BASE_NONE, nullptr, 0, nullptr, HFILL}},
      {&rts_field,
       {"RTS PDU", "rpch.rts", FT_STRING, BASE_NONE, nullptr, 0, "What [MS-RPCH] 2.2.4 calls it: CONN/A1", HFILL}},
      {&cookie_field,
       {"Virtual connection", "rpch.connection", FT_GUID, BASE_NONE, nullptr, 0, "Cookie of the pair of channels",
        HFILL}},
      {&channel_field, {"Channel", "rpch.channel", FT_STRING, BASE_NONE, nullptr, 0, "IN or OUT", HFILL}},
  };
  proto_register_field_array(protocols.rpch, fields, array_length(fields));
  static int* subtrees[] = {&rpch_subtree, &head_subtree};
  proto_register_subtree_array(subtrees, array_length(subtrees));
  rpch_handle = register_dissector("rpch", dissect_rpch, protocols.rpch);
  register_cleanup_routine(forget);
}

void handoff_rpch() {
  heur_dissector_add("tcp", dissect_heuristically, "RPC over HTTP v2", "rpch_tcp", protocols.rpch, HEURISTIC_ENABLE);
  heur_dissector_add("tls", dissect_heuristically, "RPC over HTTP v2 over TLS", "rpch_tls", protocols.rpch,
                     HEURISTIC_ENABLE);
  stand_in_front("tcp.port", {80, 593, 3128, 5985, 8080, 8088}, http_handle, dissect_or_http);
  stand_in_front("tls.port", {443}, https_handle, dissect_or_https);
  dissector_add_uint_range_with_preference("tcp.port", "", rpch_handle);
}

}  // namespace ropewalk::shark
