#include "dissect/struct_kinds.h"

#include <fmt/format.h>

#include <set>

#include "mapi/ids.h"
#include "mapi/value_fields.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/rop/rop_buffer.h"
#include "wire/json_reader.h"

namespace ropewalk::dissect {
namespace {

using wire::struct_info;

// Calls use(chain) with the context that the options ask for.
template <class F>
auto in_context(const KindOptions& options, F&& use) {
  mapi::RowColumns columns{options.columns};
  wire::Context rows = wire::add_context(columns, nullptr);
  const wire::Context* chain = options.columns.empty() ? nullptr : &rows;
  mapi::WideCounts wide;
  wire::Context counts = wire::add_context(wide, chain);
  if (options.wide_counts) chain = &counts;
  return use(chain);
}

constexpr const wire::StructInfo* kMapiStructs[] = {
    &struct_info<mapi::TaggedPropertyValue>, &struct_info<mapi::TypedPropertyValue>, &struct_info<mapi::PropertyRow>,
    &struct_info<mapi::Restriction>,         &struct_info<mapi::RuleActions>,        &struct_info<mapi::ActionBlock>,
    &struct_info<mapi::LongTermId>,
};

constexpr const wire::StructInfo* kTransportStructs[] = {
    &struct_info<emsmdb::ExtendedBuffer>,
    &struct_info<emsmdb::ExtendedBuffers>,
    &struct_info<emsmdb::AuxBlock>,
    &struct_info<emsmdb::AuxBuffer>,
    &struct_info<mapihttp::ConnectRequest>,
    &struct_info<mapihttp::ConnectResponse>,
    &struct_info<mapihttp::ExecuteRequest>,
    &struct_info<mapihttp::ExecuteResponse>,
    &struct_info<mapihttp::DisconnectRequest>,
    &struct_info<mapihttp::DisconnectResponse>,
    &struct_info<mapihttp::NotificationWaitRequest>,
    &struct_info<mapihttp::NotificationWaitResponse>,
};

}  // namespace

wire::Tree read_struct(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  return in_context(options,
                    [&](const wire::Context* chain) { return wire::read_tree(*kind.info, bytes, arena, chain); });
}

Result<std::vector<u8>> write_struct(const Kind& kind, const boost::json::value& node, Arena& arena,
                                     const KindOptions& options) {
  return in_context(options, [&](const wire::Context* chain) -> Result<std::vector<u8>> {
    auto made = wire::from_json(*kind.info, node, arena, chain);
    if (!made) return Error{made.error().text()};
    wire::OutBuffer out;
    wire::Encoder encoder(out, chain);
    kind.info->encode(encoder, *made);
    if (!encoder.ok()) return Error{fmt::format("this {} cannot be expressed in bytes", kind.info->name)};
    return std::vector<u8>(out.data(), out.data() + out.size());
  });
}

Kind struct_kind(std::string_view name, const wire::StructInfo& info) {
  return {name, info.source, &info, read_struct, write_struct};
}

std::vector<Kind> struct_kinds() {
  std::vector<Kind> kinds;
  std::set<std::string_view> seen;
  auto add = [&](const wire::StructInfo* info) {
    if (seen.insert(info->name).second) kinds.push_back(struct_kind(info->name, *info));
  };
  for (auto* info : kMapiStructs) add(info);
  for (auto* info : kTransportStructs) add(info);
  for (const emsmdb::AuxType& type : emsmdb::aux_types()) add(type.info);
  return kinds;
}

}  // namespace ropewalk::dissect
