// The connection-oriented PDUs: [C706] 12.6.4, [MS-RPCE] 2.2.2.
#pragma once

#include "protocol/dcerpc/types.h"
#include "wire/describe.h"

namespace ropewalk::dcerpc {

inline constexpr std::size_t kHeaderSize = 16;
inline constexpr std::size_t kSecTrailerSize = 8;

// p_cont_elem_t
struct ContextElement {
  static constexpr std::string_view kName = "p_cont_elem_t";
  static constexpr std::string_view kSource = "[C706] 12.6.3.1";
  u16 context_id{};
  u8 reserved{};
  SyntaxId abstract_syntax;
  wire::List<SyntaxId> transfer_syntaxes;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("p_cont_id", m.context_id);
    v("n_transfer_syn", wire::count_of<u8>(m.transfer_syntaxes));
    v("reserved", m.reserved);
    v("abstract_syntax", m.abstract_syntax);
    v("transfer_syntaxes", m.transfer_syntaxes);
  }
};

// bind and alter_context. What is left in front of a sec_trailer aligns it.
struct Bind {
  static constexpr std::string_view kName = "bind";
  static constexpr std::string_view kSource = "[C706] 12.6.4.3";
  u16 max_xmit_frag{}, max_recv_frag{};
  u32 assoc_group_id{};
  u8 reserved{};
  u16 reserved2{};
  wire::List<ContextElement> contexts;
  ByteView auth_pad;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("max_xmit_frag", m.max_xmit_frag);
    o("max_recv_frag", m.max_recv_frag);
    o("assoc_group_id", m.assoc_group_id);
    v("n_context_elem", wire::count_of<u8>(m.contexts));
    if (!m.contexts.empty()) {  // an empty list may end here
      v("reserved", m.reserved);
      o("reserved2", m.reserved2);
      v("p_cont_elem", m.contexts);
    }
    v.rest("auth_pad", m.auth_pad);
  }
};
struct AlterContext : Bind {
  static constexpr std::string_view kName = "alter_context";
  static constexpr std::string_view kSource = "[C706] 12.6.4.1";
};

// p_result_t
struct ContextAnswer {
  static constexpr std::string_view kName = "p_result_t";
  static constexpr std::string_view kSource = "[C706] 12.6.3.1";
  ContextResult result{};
  ProviderReason reason;
  SyntaxId transfer_syntax;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("result", m.result);
    o("reason", m.reason);
    v("transfer_syntax", m.transfer_syntax);
  }
};

// bind_ack and alter_context_resp
struct BindAck {
  static constexpr std::string_view kName = "bind_ack";
  static constexpr std::string_view kSource = "[C706] 12.6.4.4";
  u16 max_xmit_frag{}, max_recv_frag{};
  u32 assoc_group_id{};
  ByteView sec_addr;  // the port or pipe, with its NUL where it has one
  ByteView pad2;
  u8 reserved{};
  u16 reserved2{};
  wire::List<ContextAnswer> results;
  ByteView auth_pad;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("max_xmit_frag", m.max_xmit_frag);
    o("max_recv_frag", m.max_recv_frag);
    o("assoc_group_id", m.assoc_group_id);
    std::size_t length = m.sec_addr.size();
    v.announced("sec_addr_length", u16{}, o.big_endian(), length);
    v.resize(m.sec_addr, length);
    v("sec_addr", m.sec_addr);
    v.resize(m.pad2, (4 - (length + 2) % 4) % 4);
    v("pad2", m.pad2);
    v("n_results", wire::count_of<u8>(m.results));
    v("reserved", m.reserved);
    o("reserved2", m.reserved2);
    v("p_results", m.results);
    v.rest("auth_pad", m.auth_pad);
  }
};
struct AlterContextResp : BindAck {
  static constexpr std::string_view kName = "alter_context_resp";
  static constexpr std::string_view kSource = "[C706] 12.6.4.2";
};

struct RuntimeVersion {
  static constexpr std::string_view kName = "version_t";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.1.5";
  u8 major{}, minor{};
  static void fields(auto& m, auto& v) {
    v("major", m.major);
    v("minor", m.minor);
  }
};

// `signature` is empty, padding, or (from 16 bytes on) the signature and extended error information.
struct BindNak {
  static constexpr std::string_view kName = "bind_nak";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.2.9";
  RejectReason reject_reason{};
  wire::List<RuntimeVersion> versions;
  ByteView signature;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("provider_reject_reason", m.reject_reason);
    v("n_protocols", wire::count_of<u8>(m.versions));
    v("p_protocols", m.versions);
    v.rest("Signature", m.signature);
  }
};

// For requests: does the header's PFC_OBJECT_UUID announce one?
struct HasObject {
  bool value;
};

// `stub_data` holds the verification trailer, if there is one, and the padding in front of a sec_trailer too.
struct Request {
  static constexpr std::string_view kName = "request";
  static constexpr std::string_view kSource = "[C706] 12.6.4.9";
  u32 alloc_hint{};
  u16 context_id{}, opnum{};
  Guid object;  // where the header has PFC_OBJECT_UUID
  ByteView stub_data;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("alloc_hint", m.alloc_hint);
    o("p_cont_id", m.context_id);
    o("opnum", m.opnum);
    const auto* object = wire::context<HasObject>(v);
    if (object != nullptr && object->value) o("object", m.object);
    v.rest("stub_data", m.stub_data);
  }
};

struct Response {
  static constexpr std::string_view kName = "response";
  static constexpr std::string_view kSource = "[C706] 12.6.4.10";
  u32 alloc_hint{};
  u16 context_id{};
  u8 cancel_count{}, reserved{};
  ByteView stub_data;
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("alloc_hint", m.alloc_hint);
    o("p_cont_id", m.context_id);
    v("cancel_count", m.cancel_count);
    v("reserved", m.reserved);
    v.rest("stub_data", m.stub_data);
  }
};

// A fault's or a method's status: nca_s_op_rng_error and the like; see status.h.
struct FaultStatus {
  u32 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<FaultStatus>);

struct Fault {
  static constexpr std::string_view kName = "fault";
  static constexpr std::string_view kSource = "[C706] 12.6.4.7";
  u32 alloc_hint{};
  u16 context_id{};
  u8 cancel_count{};
  u8 flags{};  // bit 0: extended error information follows, [MS-RPCE] 2.2.2.8
  FaultStatus status;
  ByteView reserved2;  // four bytes, and what follows them
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    o("alloc_hint", m.alloc_hint);
    o("p_cont_id", m.context_id);
    v("cancel_count", m.cancel_count);
    v("reserved", m.flags);
    o("status", m.status);
    v.rest("reserved2", m.reserved2);
  }
};

// [MS-RPCE] 2.2.2.10: four bytes of any value, and what aligns the sec_trailer.
struct Auth3 {
  static constexpr std::string_view kName = "rpc_auth_3";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.2.10";
  ByteView pad;
  static void fields(auto& m, auto& v) { v.rest("pad", m.pad); }
};

// Bodies that are empty, or only align a sec_trailer.
struct Shutdown : Auth3 {
  static constexpr std::string_view kName = "shutdown";
  static constexpr std::string_view kSource = "[C706] 12.6.4.11";
};
struct CoCancel : Auth3 {
  static constexpr std::string_view kName = "co_cancel";
  static constexpr std::string_view kSource = "[C706] 12.6.4.6";
};
struct Orphaned : Auth3 {
  static constexpr std::string_view kName = "orphaned";
  static constexpr std::string_view kSource = "[C706] 12.6.4.8";
};
struct UnknownBody : Auth3 {
  static constexpr std::string_view kName = "unknown";
  static constexpr std::string_view kSource = "";
};

// The description of a PDU's body, UnknownBody's where there is none.
const wire::StructInfo& body_info(PacketType type);

// [MS-RPCE] 2.2.2.11
struct SecTrailer {
  static constexpr std::string_view kName = "sec_trailer";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.2.11";
  AuthType type{};
  AuthLevel level{};
  u8 pad_length{}, reserved{};
  u32 context_id{};
  static void fields(auto& m, auto& v) {
    Ordered o(v);
    v("auth_type", m.type);
    v("auth_level", m.level);
    v("auth_pad_length", m.pad_length);
    v("auth_reserved", m.reserved);
    o("auth_context_id", m.context_id);
  }
};

// A whole PDU: header, the body that its type names, and the security trailer where auth_length is not 0.
struct Pdu {
  static constexpr std::string_view kName = "DCE/RPC PDU";
  static constexpr std::string_view kSource = "[C706] 12.6.4";
  u8 rpc_vers = 5, rpc_vers_minor = 0;
  PacketType type{};
  PfcFlags flags;
  IntegerRepresentation integers;
  u8 floats{};
  u16 drep_reserved{};
  u32 call_id{};
  void* body = nullptr;  // the structure that body_info(type) describes
  SecTrailer auth;
  ByteView auth_value;  // empty: no sec_trailer either

  // The body as B, which must be what `type` says.
  template <class B>
  const B& as() const {
    return *static_cast<const B*>(body);
  }
  bool big_endian() const { return integers.big_endian(); }

  static void fields(auto& m, auto& v) {
    v("rpc_vers", m.rpc_vers);
    v("rpc_vers_minor", m.rpc_vers_minor);
    v("PTYPE", m.type);
    v("pfc_flags", m.flags);
    v("packed_drep", m.integers);
    v("packed_drep_float", m.floats);
    v("packed_drep_reserved", m.drep_reserved);
    ndr::Format format{m.big_endian(), false};
    HasObject object{m.flags.has(PfcFlags::kObjectUuid)};
    auto content = [&] {
      std::size_t auth_length = m.auth_value.size();
      v.announced("auth_length", u16{}, format.big_endian, auth_length);
      v.resize(m.auth_value, auth_length);
      v.ordered("call_id", m.call_id, format.big_endian);
      v.leaving(auth_length == 0 ? 0 : auth_length + kSecTrailerSize,
                [&] { v.dynamic("body", body_info(m.type), m.body); });
      if (auth_length == 0) return;
      v("sec_trailer", m.auth);
      v("auth_value", m.auth_value);
    };
    v.with(format,
           [&] { v.with(object, [&] { v.sized_ordered("frag_length", u16{}, format.big_endian, content, 10); }); });
  }
};

// What must be known to cut a stream into PDUs, from the first kHeaderSize bytes of one.
struct PduStart {
  u8 rpc_vers, rpc_vers_minor;
  PacketType type;
  u8 flags;
  bool big_endian;
  u16 frag_length, auth_length;
  u32 call_id;
};
PduStart read_start(std::span<const u8, kHeaderSize> header);

}  // namespace ropewalk::dcerpc
