#include "wireshark/dcerpc_bridge.h"

#include <set>
#include <string>

#include "dissect/mapi_session.h"
#include "dissect/stubs.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/ndr/format.h"
#include "wireshark/fields.h"
#include "wireshark/settings.h"

namespace ropewalk::shark {

namespace {

constexpr std::size_t kHeaderSize = 16, kRequestHeaderSize = 24;
constexpr u8 kRequest = 0, kBind = 11, kLastType = 20, kWholeCall = 3;

// How Wireshark takes PDUs: one at a time, and out of TCP streams.
heur_dissector_t take_pdu = nullptr, take_stream = nullptr;
dissector_handle_t midstream_handle;

void find_dissectors(const char*, heur_dtbl_entry* entry, gpointer) {
  std::string_view name = entry->short_name == nullptr ? "" : entry->short_name;
  if (name == "dcerpc_netbios") take_pdu = entry->dissector;
  if (name == "dcerpc_tcp") take_stream = entry->dissector;
}

// The context of a request of EMSMDB, told by the ROPs that its stub holds; -1 of anything else.
int context_of_emsmdb(ByteView pdu) {
  if (pdu.size() < kRequestHeaderSize || pdu[2] != kRequest || (pdu[3] & kWholeCall) != kWholeCall) return -1;
  bool big_endian = (pdu[4] & DREP_LITTLE_ENDIAN) == 0;
  auto number = [&](std::size_t at) {
    u16 value = load_le<u16>(pdu.data() + at);
    return big_endian ? __builtin_bswap16(value) : value;
  };
  u16 context = number(20), opnum = number(22);
  Arena arena(8 << 20);
  ndr::Format format{big_endian, false};
  wire::Context chain = wire::add_context(format, nullptr);
  auto stub = dissect::rops_of_request(emsmdb::kEmsmdb, opnum, pdu.subspan(kRequestHeaderSize), arena, &chain);
  if (stub.payloads.empty()) return -1;
  dissect::RopRequests requests(stub.payloads);
  bool all_known = !requests.list.empty();
  for (const auto& request : requests.list) all_known &= rop::find_row(request.id) != nullptr;
  return all_known ? context : -1;
}

// A bind that offers EMSMDB under that context: what the capture lacks.
std::vector<u8> made_bind(int context) {
  std::vector<u8> bind = {
      5, 0, kBind, kWholeCall, DREP_LITTLE_ENDIAN, 0, 0, 0, 72, 0, 0, 0, 0, 0, 0, 0, 0xD0, 0x16, 0xD0, 0x16, 0, 0, 0, 0,
      1, 0, 0,     0};
  auto add16 = [&](u32 value) {
    bind.push_back(static_cast<u8>(value));
    bind.push_back(static_cast<u8>(value >> 8));
  };
  auto add_syntax = [&](const dcerpc::SyntaxId& syntax) {
    bind.insert(bind.end(), syntax.uuid.bytes.begin(), syntax.uuid.bytes.end());
    add16(syntax.version & 0xFFFF);
    add16(syntax.version >> 16);
  };
  add16(static_cast<u32>(context));
  add16(1);  // one transfer syntax
  add_syntax(emsmdb::kEmsmdb.id);
  add_syntax(dcerpc::syntax(guid_literal("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2));
  return bind;
}

// Endpoints that serve EMSMDB; forgotten with the capture file.
std::set<std::pair<std::string, u32>>& servers() {
  static std::set<std::pair<std::string, u32>> known;
  return known;
}
void forget_servers() { servers().clear(); }

// From now on the endpoint's connections are watched first, whatever else their ports may stand for.
void remember_server(const packet_info* pinfo) {
  std::string address(static_cast<const char*>(pinfo->dst.data), static_cast<std::size_t>(pinfo->dst.len));
  if (!servers().emplace(std::move(address), pinfo->destport).second) return;
  conversation_t* all = conversation_new(pinfo->num, &pinfo->dst, &pinfo->src, CONVERSATION_TCP, pinfo->destport, 0,
                                         NO_ADDR2 | NO_PORT2 | CONVERSATION_TEMPLATE);
  conversation_set_dissector(all, midstream_handle);
}

// Looks for the first request of EMSMDB in the bytes; the bind for it, in memory of the packet, or null.
tvbuff_t* missing_bind(tvbuff_t* tvb, packet_info* pinfo) {
  auto length = static_cast<int>(tvb_captured_length(tvb));
  ByteView bytes(tvb_get_ptr(tvb, 0, length), static_cast<std::size_t>(length));
  while (bytes.size() >= kHeaderSize) {
    u32 size = pdu_length(bytes);
    if (size == 0 || size > bytes.size()) return nullptr;
    int context = context_of_emsmdb(bytes.first(size));
    if (context >= 0) {
      remember_server(pinfo);
      std::vector<u8> bind = made_bind(context);
      auto n = static_cast<guint>(bind.size());
      auto* copy = static_cast<u8*>(wmem_memdup(pinfo->pool, bind.data(), bind.size()));
      return tvb_new_child_real_data(tvb, copy, n, static_cast<gint>(n));
    }
    bytes = bytes.subspan(size);
  }
  return nullptr;
}

// From here on nothing has a destructor.

enum class Midstream { not_rpc, undecided, decided };

Midstream look(tvbuff_t* tvb, packet_info* pinfo) {
  int length = static_cast<int>(tvb_captured_length(tvb));
  if (length < static_cast<int>(kHeaderSize)) return Midstream::not_rpc;
  const u8* header = tvb_get_ptr(tvb, 0, length);
  if (pdu_length({header, static_cast<std::size_t>(length)}) == 0) return Midstream::not_rpc;
  if (header[2] >= kBind) return Midstream::decided;
  bool learns = settings.learn_interface != 0 && !PINFO_FD_VISITED(pinfo);
  tvbuff_t* bind = learns ? missing_bind(tvb, pinfo) : nullptr;
  if (bind == nullptr) return Midstream::undecided;
  gboolean writable = col_get_writable(pinfo->cinfo, -1);
  col_set_writable(pinfo->cinfo, -1, FALSE);
  take_pdu(bind, pinfo, nullptr, nullptr);
  col_set_writable(pinfo->cinfo, -1, writable);
  return Midstream::decided;
}

// Watches a TCP connection that begins with a call, until the interface is known.
gboolean watch(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void*) {
  Midstream found = look(tvb, pinfo);
  if (found == Midstream::not_rpc || !take_stream(tvb, pinfo, tree, nullptr)) return FALSE;
  if (found == Midstream::undecided)  // DCE/RPC has taken the connection for itself
    conversation_set_dissector(find_or_create_conversation(pinfo), midstream_handle);
  return TRUE;
}

int watch_on(tvbuff_t* tvb, packet_info* pinfo, proto_tree* tree, void* data) {
  return watch(tvb, pinfo, tree, data) ? static_cast<int>(tvb_captured_length(tvb)) : 0;
}

}  // namespace

u32 pdu_length(ByteView bytes) {
  if (bytes.size() < kHeaderSize || bytes[0] != 5 || bytes[1] > 1 || bytes[2] > kLastType) return 0;
  u16 length = load_le<u16>(bytes.data() + 8);
  if ((bytes[4] & DREP_LITTLE_ENDIAN) == 0) length = __builtin_bswap16(length);
  return length < kHeaderSize ? 0 : length;
}

void call_dcerpc(tvbuff_t* pdu, packet_info* pinfo, proto_tree* tree) {
  if (take_pdu != nullptr) take_pdu(pdu, pinfo, tree, nullptr);
}

void handoff_midstream() {
  heur_dissector_table_foreach("netbios", find_dissectors, nullptr);
  heur_dissector_table_foreach("tcp", find_dissectors, nullptr);
  if (take_pdu == nullptr || take_stream == nullptr) return;
  midstream_handle = create_dissector_handle(watch_on, protocols.mapi);
  register_cleanup_routine(forget_servers);
  heur_dissector_add("tcp", watch, "EMSMDB without its bind", "mapi_midstream", protocols.mapi, HEURISTIC_ENABLE);
}

}  // namespace ropewalk::shark
