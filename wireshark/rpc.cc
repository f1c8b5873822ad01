#include "wireshark/rpc.h"

#include <map>

#include "dissect/stubs.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/ndr/format.h"
#include "protocol/nspi/methods.h"
#include "protocol/rfr/methods.h"
#include "wireshark/view.h"

namespace ropewalk::shark {

namespace {

constexpr std::size_t kArenaLimit = 64u << 20;
constexpr std::size_t kHandleSize = 20, kMostWaiting = 1024;
constexpr u16 kEcDoConnect = 0, kEcDoConnectEx = 10, kEcDoAsyncConnectEx = 14;

int async_opnum = -1;
int async_subtree = -1;

Guid guid_of(const e_guid_t& guid) {
  Guid made;
  store_le<u32>(made.bytes.data(), guid.data1);
  store_le<u16>(made.bytes.data() + 4, guid.data2);
  store_le<u16>(made.bytes.data() + 6, guid.data3);
  std::copy_n(guid.data4, 8, made.bytes.data() + 8);
  return made;
}

// One call in one direction, as DCE/RPC hands it over.
struct Call {
  const dcerpc::Interface& known;
  const dcerpc::Method& method;
  ByteView stub;
  bool is_request;
  ndr::Format format;
};

// The context handle that a stub begins with, in the words that rops_of_request() has for it.
std::string first_handle(const Call& call) {
  if (call.stub.size() < kHandleSize) return {};
  Guid uuid;
  std::copy_n(call.stub.data() + 4, 16, uuid.bytes.data());
  return (call.format.big_endian ? wire::swapped(uuid) : uuid).to_string();
}

bool begins_with_handle(const Call& call) {
  if (&call.known != &emsmdb::kEmsmdb && &call.known != &emsmdb::kAsyncEmsmdb) return false;
  u16 opnum = call.method.opnum;
  bool connects = &call.known == &emsmdb::kEmsmdb && (opnum == kEcDoConnect || opnum == kEcDoConnectEx);
  if (&call.known == &emsmdb::kEmsmdb) return call.is_request ? !connects : opnum != 6;
  return call.is_request;
}

// The session that a message is of. A connect's answer makes it; the handle of notifications stands for the session
// that asked for it.
SessionState* session_of_call(const Call& call, const Message& message) {
  bool gives_name = &call.known == &emsmdb::kEmsmdb && call.method.opnum == kEcDoAsyncConnectEx && !call.is_request;
  SessionState* of_peer = message.peer == nullptr ? nullptr : message.peer->session;
  if (gives_name && of_peer != nullptr && call.stub.size() >= kHandleSize) {
    add_session_name(first_handle(call), *of_peer);
    return of_peer;
  }
  if (of_peer != nullptr) return of_peer;
  std::string handle = begins_with_handle(call) ? first_handle(call) : std::string();
  return handle.empty() || handle == Guid{}.to_string() ? nullptr : &session_of(handle);
}

// The request that a response answers, where it was seen.
Message* request_of(const dcerpc_info& info, const std::string& operation) {
  if (info.call_data->req_frame == 0) return nullptr;
  for (Message* candidate : waiting(info.conv))
    if (candidate->frame == info.call_data->req_frame && candidate->operation == operation) return candidate;
  return nullptr;
}

// At first sight of a message: what it is, and what it tells of its session.
Message& learn(const MessageKey& key, const Call& call, const dcerpc_info& info, const packet_info* pinfo) {
  Message& message = add_message(key, pinfo, call.stub.size());
  message.layer = call.known.name;
  message.operation = call.method.name;
  Arena arena(kArenaLimit);
  wire::Context chain = wire::add_context(call.format, nullptr);
  auto& requests = waiting(info.conv);
  if (call.is_request) {
    message.session = session_of_call(call, message);
    learn_request(message, dissect::rops_of_request(call.known, call.method.opnum, call.stub, arena, &chain).payloads);
    requests.push_back(&message);
    if (requests.size() > kMostWaiting) requests.pop_front();
    return message;
  }
  if (Message* request = request_of(info, message.operation)) {
    std::erase(requests, request);
    match(*request, message);
  }
  message.session = session_of_call(call, message);
  if (message.peer != nullptr) message.peer->session = message.session;
  u32 returned =
      dissect::result_of_stub(call.known, call.method, call.stub, call.format.big_endian, &chain).value_or(0);
  message.error = dissect::error_of(call.known, call.method.opnum, returned);
  learn_response(message, dissect::rops_of_response(call.known, call.method.opnum, call.stub, arena, &chain).payloads);
  return message;
}

// The session is that of the handle in a request, or in the answer to a bind.
void learn_address_book(Message& message, const Call& call) {
  wire::Context format = wire::add_context(call.format, nullptr);
  const wire::StructInfo* info = call.is_request ? call.method.in : call.method.out;
  wire::Node tree = dissect::read_stub(info, call.stub, call.is_request, &format).parameters.node;
  std::string handle = dissect::context_handle_in(tree);
  if (message.session == nullptr && !handle.empty()) message.session = &session_of(handle);
  if (message.peer != nullptr && message.peer->session == nullptr) message.peer->session = message.session;
  learn_address_book(message, tree);
}

void explain(const Call& call, Source source, const dcerpc_info& info, packet_info* pinfo, proto_tree* tree) {
  MessageKey key = message_key(pinfo, call.stub, call.is_request);
  Message* message = find_message(key);
  const bool is_address_book = &call.known == &nspi::kNspi;
  if (message == nullptr) {
    message = &learn(key, call, info, pinfo);
    if (is_address_book) learn_address_book(*message, call);
  }
  if (!wants_trees(tree)) return show(*message, nullptr, source, pinfo, tree);
  wire::Context format = wire::add_context(call.format, nullptr);
  RopContext context(*message, &format);
  dissect::StubParts parts = dissect::read_stub(call.is_request ? call.method.in : call.method.out, call.stub,
                                                call.is_request, context.chain());
  message->after.annotate(parts.parameters.node, message->requests.get());
  if (is_address_book) explain_address_book(*message, parts.parameters.node);
  show(*message, &parts.parameters, source, pinfo, tree);
  if (parts.trailer) emit(*parts.trailer, source, {}, pinfo, tree);
}

int dissect(tvbuff_t* tvb, int offset, packet_info* pinfo, proto_tree* tree, dcerpc_info* info, guint8* drep,
            bool is_request) {
  int length = tvb_captured_length_remaining(tvb, offset);
  const dcerpc::Interface* known = dcerpc::find_interface(guid_of(info->call_data->uuid));
  const dcerpc::Method* method = known == nullptr ? nullptr : known->method(info->call_data->opnum);
  if (method == nullptr || length <= 0) return offset;
  tvbuff_t* stub = tvb_new_subset_length(tvb, offset, length);
  ByteView bytes(tvb_get_ptr(stub, 0, length), static_cast<std::size_t>(length));
  ndr::Format format{(drep[0] & DREP_LITTLE_ENDIAN) == 0, (info->call_data->flags & DCERPC_IS_NDR64) != 0};
  explain({*known, *method, bytes, is_request, format}, {stub, bytes}, *info, pinfo, tree);
  return offset + length;
}

int dissect_request(tvbuff_t* tvb, int offset, packet_info* pinfo, proto_tree* tree, dcerpc_info* info, guint8* drep) {
  return dissect(tvb, offset, pinfo, tree, info, drep, true);
}
int dissect_response(tvbuff_t* tvb, int offset, packet_info* pinfo, proto_tree* tree, dcerpc_info* info, guint8* drep) {
  return dissect(tvb, offset, pinfo, tree, info, drep, false);
}

// Wireshark's table of an interface's methods; ends with an empty one.
std::vector<dcerpc_sub_dissector> procedures(const dcerpc::Interface& known) {
  std::vector<dcerpc_sub_dissector> made;
  for (const dcerpc::Method& method : known.methods)
    made.push_back({method.opnum, method.name.data(), dissect_request, dissect_response});
  return made;
}

// What opnums are called, for the field that shows them.
std::vector<value_string> names(const std::vector<dcerpc_sub_dissector>& procedures) {
  std::vector<value_string> made;
  for (const dcerpc_sub_dissector& procedure : procedures)
    if (procedure.name != nullptr) made.push_back({procedure.num, procedure.name});
  made.push_back({0, nullptr});
  return made;
}

// An interface that Wireshark knows too, by the filter name of its protocol.
struct Replacement {
  const char* protocol;
  const dcerpc::Interface& known;
  std::vector<dcerpc_sub_dissector> procedures{};
  std::vector<value_string> names{};
};
std::array<Replacement, 3>& replacements() {
  static std::array<Replacement, 3> made{{{"mapi", emsmdb::kEmsmdb}, {"nspi", nspi::kNspi}, {"rfr", rfr::kRfr}}};
  return made;
}

// Puts our methods in the place of those of an interface; methods that are not described stay what they are.
void replace(gpointer, gpointer entry, gpointer) {
  auto* value = static_cast<dcerpc_uuid_value*>(entry);
  for (Replacement& ours : replacements()) {
    if (value->proto_id != proto_get_id_by_filter_name(ours.protocol) || value->procs == nullptr) continue;
    ours.procedures = procedures(ours.known);
    for (const dcerpc_sub_dissector* old = value->procs; old->name != nullptr; ++old)
      if (ours.known.method(old->num) == nullptr) ours.procedures.push_back(*old);
    ours.procedures.push_back({0, nullptr, nullptr, nullptr});
    ours.names = names(ours.procedures);
    value->procs = ours.procedures.data();
    if (value->opnum_hf >= 0) proto_registrar_get_nth(static_cast<guint>(value->opnum_hf))->strings = ours.names.data();
  }
}

}  // namespace

void register_rpc() {
  protocols.async = proto_register_protocol("Exchange notifications (AsyncEMSMDB)", "AsyncEMSMDB", "asyncemsmdb");
  static hf_register_info fields[] = {
      {&async_opnum,
       {"Operation", "asyncemsmdb.opnum", FT_UINT16, BASE_DEC, nullptr, 0, "The method's number", HFILL}}};
  proto_register_field_array(protocols.async, fields, array_length(fields));
  static int* subtrees[] = {&async_subtree};
  proto_register_subtree_array(subtrees, array_length(subtrees));
}

void handoff_rpc() {
  g_hash_table_foreach(dcerpc_uuids, replace, nullptr);
  static std::vector<dcerpc_sub_dissector> async = procedures(emsmdb::kAsyncEmsmdb);
  async.push_back({0, nullptr, nullptr, nullptr});
  Guid uuid = emsmdb::kAsyncEmsmdb.id.uuid;
  const u8* b = uuid.bytes.data();
  static e_guid_t id{load_le<u32>(b), load_le<u16>(b + 4), load_le<u16>(b + 6), {}};
  std::copy_n(b + 8, 8, id.data4);
  dcerpc_init_uuid(protocols.async, async_subtree, &id, 0, async.data(), async_opnum);
}

}  // namespace ropewalk::shark
