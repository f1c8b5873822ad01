#include "dissect/stubs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/hex.h"
#include "protocol/dcerpc/verification_trailer.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"
#include "protocol/nspi/methods.h"
#include "protocol/rfr/methods.h"

namespace ropewalk::dissect {

namespace {

constexpr std::size_t kArenaLimit = 64u << 20;
constexpr u16 kEcDoRpc = 2, kEcDoRpcExt2 = 11;

template <class T>
bool decode_stub(ByteView stub, Arena& arena, const wire::Context* chain, T& to) {
  wire::Decoder decoder(stub, arena, chain);
  T::fields(to, decoder);
  return decoder.ok();
}

std::vector<ByteView> legacy(ByteView bytes, Arena& arena) {
  if (bytes.empty()) return {};
  return {emsmdb::detail::without_magic(bytes, arena)};
}

std::vector<ByteView> extended(ByteView bytes, Arena& arena) {
  auto opened = emsmdb::open_extended_buffers(bytes, arena);
  return opened ? *std::move(opened) : std::vector<ByteView>();
}

}  // namespace

StubParts read_stub(const wire::StructInfo* info, ByteView stub, bool is_request, const wire::Context* chain) {
  std::size_t end = is_request ? dcerpc::find_verification_trailer(stub).value_or(stub.size()) : stub.size();
  ByteView bytes = stub.first(end);
  StubParts parts;
  if (info != nullptr) {
    parts.parameters = read_part(*info, bytes, chain);
  } else {
    wire::Node& node = parts.parameters.node;
    node.name = node.type = "stub data";
    node.has_fields = true;
    node.length = bytes.size();
    if (!bytes.empty()) add_bytes(node, "stub data", 0, bytes);
  }
  if (end == stub.size()) return parts;
  parts.trailer = read_part(wire::struct_info<dcerpc::VerificationTrailer>, stub.subspan(end)).node;
  shift(*parts.trailer, end);
  return parts;
}

StubRops rops_of_request(const dcerpc::Interface& known, u16 opnum, ByteView stub, Arena& arena,
                         const wire::Context* chain) {
  if (&known != &emsmdb::kEmsmdb) return {};
  if (opnum == kEcDoRpc) {
    emsmdb::EcDoRpcIn in;
    if (!decode_stub(stub, arena, chain, in)) return {};
    return {in.handle.uuid.to_string(), legacy(in.rgb.bytes, arena)};
  }
  emsmdb::EcDoRpcExt2In in;
  if (opnum != kEcDoRpcExt2 || !decode_stub(stub, arena, chain, in)) return {};
  return {in.handle.uuid.to_string(), extended(in.in.bytes, arena)};
}

StubRops rops_of_response(const dcerpc::Interface& known, u16 opnum, ByteView stub, Arena& arena,
                          const wire::Context* chain) {
  if (&known != &emsmdb::kEmsmdb) return {};
  if (opnum == kEcDoRpc) {
    emsmdb::EcDoRpcOut out;
    if (!decode_stub(stub, arena, chain, out)) return {};
    return {out.handle.uuid.to_string(), legacy(out.rgb.bytes, arena)};
  }
  emsmdb::EcDoRpcExt2Out out;
  if (opnum != kEcDoRpcExt2 || !decode_stub(stub, arena, chain, out)) return {};
  return {out.handle.uuid.to_string(), extended(out.out.bytes, arena)};
}

void explain_towers(wire::Node& node) {
  for (wire::Node& field : node.fields) explain_towers(field);
  if (node.type != epm::Floor::kName) return;
  const wire::Node* protocol = node.find("protocol");
  auto right = std::ranges::find(node.fields, "rhs", &wire::Node::name);
  if (protocol == nullptr || right == node.fields.end() || !right->value.is_string()) return;
  const auto number = protocol->value.is_number() ? protocol->value.to_number<i64>() : 0;
  const auto bytes = from_hex(std::string_view(right->value.as_string()));
  if (!bytes) return;
  switch (static_cast<epm::FloorProtocol>(number)) {
    case epm::FloorProtocol::tcp:
    case epm::FloorProtocol::udp:
    case epm::FloorProtocol::http:
      if (bytes->size() == 2) right->text = fmt::format("port {}", (*bytes)[0] << 8 | (*bytes)[1]);
      break;
    case epm::FloorProtocol::ip:
      if (bytes->size() == 4) right->text = fmt::format("{}", fmt::join(*bytes, "."));
      break;
    default:
      break;
  }
}

std::optional<u32> result_of_stub(const dcerpc::Interface& known, const dcerpc::Method& method, ByteView stub,
                                  bool big_endian, const wire::Context* chain) {
  constexpr const dcerpc::Interface* kWithResult[] = {&emsmdb::kEmsmdb, &emsmdb::kAsyncEmsmdb, &nspi::kNspi,
                                                      &rfr::kRfr,       &epm::kEndpointMapper, &mgmt::kManagement};
  bool has_result = std::ranges::find(kWithResult, &known) != std::end(kWithResult);
  if (!has_result || method.out == nullptr) return std::nullopt;
  Arena arena(kArenaLimit);
  void* object = arena.allocate(method.out->size, method.out->align);
  if (object == nullptr) return std::nullopt;
  method.out->construct(object);
  wire::Decoder decoder(stub, arena, chain);
  method.out->decode(decoder, object);
  if (!decoder.ok() || decoder.offset() < 4) return std::nullopt;
  u32 value = load_le<u32>(stub.data() + decoder.offset() - 4);
  return big_endian ? __builtin_bswap32(value) : value;
}

u32 error_of(const dcerpc::Interface& known, u16 opnum, u32 returned) {
  constexpr u16 kNspiUnbind = 1;
  constexpr u32 kUnbound = 1;
  return &known == &nspi::kNspi && opnum == kNspiUnbind && returned == kUnbound ? 0 : returned;
}

}  // namespace ropewalk::dissect
