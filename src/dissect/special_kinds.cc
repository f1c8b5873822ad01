#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "dissect/conversation.h"
#include "dissect/http_kinds.h"
#include "dissect/oab_kinds.h"
#include "dissect/struct_kinds.h"
#include "mapi/entry_id.h"
#include "mapi/extended_rule.h"
#include "mapi/idset.h"
#include "mapi/xid.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/dcerpc/verification_trailer.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/epm/tower.h"
#include "protocol/fasttransfer/stream.h"
#include "protocol/rop/rop_buffer.h"
#include "protocol/rpch/rts.h"

namespace ropewalk::dissect {
namespace {

namespace json = boost::json;
using wire::struct_info;

// ---- one ROP: its id picks the structure ----

const wire::StructInfo* rop_info(const Kind& kind, u8 id) {
  auto rop = static_cast<rop::RopId>(id);
  const wire::StructInfo* info = kind.name == "rop-request" ? rop::request_info(rop) : rop::response_info(rop);
  return info != nullptr ? info : &struct_info<rop::UnknownRop>;
}

wire::Tree read_rop(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  return read_struct(struct_kind(kind.name, *rop_info(kind, bytes.empty() ? 0x28 : bytes[0])), bytes, arena, options);
}

// The RopId in the JSON of a tree.
std::optional<u8> rop_id_in(const json::value& node) {
  const json::object* object = node.if_object();
  const json::value* fields = object == nullptr ? nullptr : object->if_contains("fields");
  if (fields == nullptr || !fields->is_array() || fields->as_array().empty()) return std::nullopt;
  const json::object* first = fields->as_array().front().if_object();
  const json::value* value = first == nullptr ? nullptr : first->if_contains("value");
  if (value == nullptr || !value->is_number()) return std::nullopt;
  boost::json::error_code error;
  u8 id = value->to_number<u8>(error);
  return error ? std::nullopt : std::optional(id);
}

Result<std::vector<u8>> write_rop(const Kind& kind, const json::value& node, Arena& arena, const KindOptions& options) {
  auto id = rop_id_in(node);
  if (!id) return Error{"RopId: missing; it is the first field of a ROP"};
  return write_struct(struct_kind(kind.name, *rop_info(kind, *id)), node, arena, options);
}

// ---- IDSET: whether REPLID or REPLGUID stands in front is told by trying ----

const Kind& idset_kind(ByteView bytes) {
  static const Kind by_id = struct_kind("idset", struct_info<mapi::IdSetParts<u16>>);
  static const Kind by_guid = struct_kind("idset", struct_info<mapi::IdSetParts<Guid>>);
  Arena arena;
  bool is_by_guid =
      !wire::decode<mapi::IdSetParts<u16>>(bytes, arena) && wire::decode<mapi::IdSetParts<Guid>>(bytes, arena);
  return is_by_guid ? by_guid : by_id;
}

wire::Tree read_idset(const Kind&, ByteView bytes, Arena& arena, const KindOptions& options) {
  return read_struct(idset_kind(bytes), bytes, arena, options);
}

Result<std::vector<u8>> write_idset(const Kind&, const json::value& node, Arena& arena, const KindOptions& options) {
  auto written = write_struct(struct_kind("idset", struct_info<mapi::IdSetParts<u16>>), node, arena, options);
  if (written) return written;
  auto by_guid = write_struct(struct_kind("idset", struct_info<mapi::IdSetParts<Guid>>), node, arena, options);
  return by_guid ? by_guid : written;
}

// ---- RPC_HEADER_EXT: what the payload holds is told by trying ----

const wire::StructInfo* payload_info(ByteView bytes, Arena& arena, const wire::Context* chain) {
  auto payloads = emsmdb::open_extended_buffers(bytes, arena);
  if (!payloads || payloads->empty()) return nullptr;
  for (auto* info :
       {&struct_info<emsmdb::AuxBuffer>, &struct_info<rop::InputBuffer>, &struct_info<rop::OutputBuffer>}) {
    wire::Tree tree = wire::read_tree(*info, payloads->front(), arena, chain);
    bool unknown_rop = wire::to_text(tree.root).find("UnknownRop") != std::string::npos;
    if (!tree.error && tree.consumed == payloads->front().size() && !unknown_rop) return info;
  }
  return nullptr;
}

wire::Tree read_extended(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  auto tree = in_context(options, arena, [&](const wire::Context* chain) {
    emsmdb::PayloadIs payload{payload_info(bytes, arena, chain)};
    wire::Context inner = wire::add_context(payload, chain);
    return wire::read_tree(*kind.info, bytes, arena, payload.info == nullptr ? chain : &inner);
  });
  if (tree) return *std::move(tree);
  return read_struct(kind, bytes, arena, options);  // says what is wrong with the context
}

Kind extended_kind(std::string_view name) {
  Kind kind = struct_kind(name, struct_info<emsmdb::ExtendedBuffers>);
  kind.read = read_extended;
  return kind;
}

// ---- RTS PDUs: what they are called follows from their flags and commands ----

wire::Tree read_rts(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  wire::Tree tree = read_struct(kind, bytes, arena, options);
  auto pdu = wire::decode<dcerpc::Pdu>(bytes, arena);
  if (pdu && pdu->type == dcerpc::PacketType::rts) tree.root.text = rpch::rts_names(pdu->as<rpch::Rts>());
  return tree;
}

// ---- stubs: a kind for each method and direction ----

void add_stub_kinds(std::vector<Kind>& kinds) {
  static const std::vector<std::pair<std::string, const wire::StructInfo*>> kStubs = [] {
    std::vector<std::pair<std::string, const wire::StructInfo*>> stubs;
    for (const dcerpc::Interface* known : dcerpc::known_interfaces()) {
      for (const dcerpc::Method& method : known->methods) {
        if (method.in != nullptr) stubs.emplace_back(fmt::format("ndr-{}-in", method.name), method.in);
        if (method.out != nullptr) stubs.emplace_back(fmt::format("ndr-{}-out", method.name), method.out);
      }
    }
    return stubs;
  }();
  for (const auto& [name, info] : kStubs) kinds.push_back(struct_kind(name, *info));
}

}  // namespace

std::vector<Kind> special_kinds() {
  Kind rts = struct_kind("rts-pdu", struct_info<dcerpc::Pdu>);
  rts.source = "[MS-RPCH] 2.2.4";
  rts.read = read_rts;
  std::vector<Kind> kinds = {
      rts,
      struct_kind("dcerpc-pdu", struct_info<dcerpc::Pdu>),
      struct_kind("verification-trailer", struct_info<dcerpc::VerificationTrailer>),
      struct_kind("epm-tower", struct_info<epm::Tower>),
      struct_kind("fasttransfer-stream", struct_info<fasttransfer::Stream>),
      struct_kind("restriction", struct_info<mapi::Restriction>),
      struct_kind("property-row", struct_info<mapi::PropertyRow>),
      struct_kind("tagged-property-value", struct_info<mapi::TaggedPropertyValue>),
      struct_kind("rop-input-buffer", struct_info<rop::InputBuffer>),
      struct_kind("rop-output-buffer", struct_info<rop::OutputBuffer>),
      struct_kind("entry-id", struct_info<mapi::EntryId>),
      struct_kind("predecessor-change-list", struct_info<mapi::PredecessorChangeList>),
      struct_kind("xid", struct_info<mapi::Xid>),
      struct_kind("extended-rule-actions", struct_info<mapi::ExtendedRuleActions>),
      struct_kind("extended-rule-condition", struct_info<mapi::ExtendedRuleCondition>),
      {"idset", "[MS-OXCFXICS] 2.2.2.4", nullptr, read_idset, write_idset},
      struct_kind("aux-buffer", struct_info<emsmdb::AuxBuffer>),
      {"rop-request", "[MS-OXCROPS] 2.2", nullptr, read_rop, write_rop},
      {"rop-response", "[MS-OXCROPS] 2.2", nullptr, read_rop, write_rop},
      extended_kind("rpc-ext-buffer"),
      {"mapihttp-request", "[MS-OXCMAPIHTTP] 2.2.2", nullptr, read_http_kind, write_http_kind},
      {"mapihttp-response", "[MS-OXCMAPIHTTP] 2.2.2", nullptr, read_http_kind, write_http_kind},
  };
  add_oab_kinds(kinds);
  add_stub_kinds(kinds);
  return kinds;
}

}  // namespace ropewalk::dissect
