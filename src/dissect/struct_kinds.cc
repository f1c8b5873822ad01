#include "dissect/struct_kinds.h"

#include <fmt/format.h>

#include <set>

#include "dissect/conversation.h"
#include "mapi/entry_id.h"
#include "mapi/extended_rule.h"
#include "mapi/ids.h"
#include "mapi/idset.h"
#include "mapi/property_name.h"
#include "mapi/property_problem.h"
#include "mapi/recipient_row.h"
#include "mapi/rule_action_data.h"
#include "mapi/server_id.h"
#include "mapi/sort_order.h"
#include "mapi/typed_string.h"
#include "mapi/value_fields.h"
#include "mapi/xid.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/address_book_values.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/nspi/templates.h"
#include "protocol/nspi/types.h"
#include "protocol/ntlmssp/messages.h"
#include "protocol/oab/structures.h"
#include "protocol/rop/rop_buffer.h"
#include "wire/json_reader.h"

namespace ropewalk::dissect {
namespace {

using wire::struct_info;

constexpr const wire::StructInfo* kMapiStructs[] = {
    &struct_info<mapi::TaggedPropertyValue>,
    &struct_info<mapi::TypedPropertyValue>,
    &struct_info<mapi::PropertyRow>,
    &struct_info<mapi::Restriction>,
    &struct_info<mapi::RuleActions>,
    &struct_info<mapi::ActionBlock>,
    &struct_info<mapi::MoveCopyActionData>,
    &struct_info<mapi::ReplyActionData>,
    &struct_info<mapi::BounceActionData>,
    &struct_info<mapi::ForwardDelegateActionData>,
    &struct_info<mapi::RecipientBlockData>,
    &struct_info<mapi::NamedPropertyInformation>,
    &struct_info<mapi::ExtendedRuleActions>,
    &struct_info<mapi::ExtendedRuleCondition>,
    &struct_info<mapi::LongTermId>,
    &struct_info<mapi::PropertyNameField>,
    &struct_info<mapi::PropertyProblem>,
    &struct_info<mapi::RecipientRow>,
    &struct_info<mapi::SortOrder>,
    &struct_info<mapi::SortOrderSet>,
    &struct_info<mapi::TypedString>,
    &struct_info<mapi::EntryId>,
    &struct_info<mapi::FolderEntryId>,
    &struct_info<mapi::MessageEntryId>,
    &struct_info<mapi::StoreEntryId>,
    &struct_info<mapi::OneOffEntryId>,
    &struct_info<mapi::AddressBookEntryId>,
    &struct_info<mapi::EphemeralEntryId>,
    &struct_info<mapi::ContactEntryId>,
    &struct_info<mapi::WrappedEntryId>,
    &struct_info<mapi::ServerId>,
    &struct_info<mapi::Xid>,
    &struct_info<mapi::SizedXid>,
    &struct_info<mapi::PredecessorChangeList>,
    &struct_info<nspi::Stat>,
    &struct_info<nspi::TemplateData>,
    &struct_info<nspi::ScriptData>,
    &struct_info<mapi::IdSetParts<u16>>,
    &struct_info<mapi::IdSetParts<Guid>>,
    &struct_info<rop::InputBuffer>,
    &struct_info<rop::HandleTable>,
    &struct_info<rop::OutputBuffer>,
};

constexpr const wire::StructInfo* kTransportStructs[] = {
    &struct_info<mapihttp::AddressBookTaggedPropertyValue>,
    &struct_info<mapihttp::AddressBookPropertyValueList>,
    &struct_info<mapihttp::AddressBookPropertyRow>,
    &struct_info<mapihttp::LargePropertyTagArray>,
    &struct_info<mapihttp::AddressBookRestriction>,
    &struct_info<emsmdb::ExtendedBuffer>,
    &struct_info<emsmdb::ExtendedBuffers>,
    &struct_info<emsmdb::AuxBlock>,
    &struct_info<emsmdb::AuxBuffer>,
    &struct_info<ntlmssp::NegotiateMessage>,
    &struct_info<ntlmssp::ChallengeMessage>,
    &struct_info<ntlmssp::AuthenticateMessage>,
    &struct_info<ntlmssp::AvPairs>,
    &struct_info<ntlmssp::Ntlmv2Response>,
    &struct_info<ntlmssp::LmResponse>,
    &struct_info<ntlmssp::Lmv2Response>,
    &struct_info<ntlmssp::NtlmResponse>,
    &struct_info<ntlmssp::MessageSignature>,
    &struct_info<ntlmssp::ExtendedMessageSignature>,
};

// The offline address book's parts; its files have names of their own (oab_kinds.h).
constexpr const wire::StructInfo* kOabStructs[] = {
    &struct_info<oab::Header>,           &struct_info<oab::MetaData>,        &struct_info<oab::PropTable>,
    &struct_info<oab::CompressedHeader>, &struct_info<oab::CompressedBlock>, &struct_info<oab::PatchHeader>,
    &struct_info<oab::PatchBlock>,
};

}  // namespace

wire::Tree read_struct(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  auto tree = in_context(options, arena,
                         [&](const wire::Context* chain) { return wire::read_tree(*kind.info, bytes, arena, chain); });
  if (tree) return *std::move(tree);
  wire::Tree failed;
  failed.root.name = failed.root.type = kind.info->name;
  failed.root.has_fields = true;
  failed.error = std::move(tree).error();
  return failed;
}

Result<std::vector<u8>> write_struct(const Kind& kind, const boost::json::value& node, Arena& arena,
                                     const KindOptions& options) {
  auto written = in_context(options, arena, [&](const wire::Context* chain) -> Result<std::vector<u8>> {
    auto made = wire::from_json(*kind.info, node, arena, chain);
    if (!made) return Error{made.error().text()};
    wire::OutBuffer out;
    wire::Encoder encoder(out, chain);
    kind.info->encode(encoder, *made);
    if (!encoder.ok()) return Error{fmt::format("this {} cannot be expressed in bytes", kind.info->name)};
    return std::vector<u8>(out.data(), out.data() + out.size());
  });
  if (!written) return Error{written.error().text()};
  return *std::move(written);
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
  for (auto* info : kOabStructs) add(info);
  for (const rop::RopRow* row : rop::described_rops()) {
    if (row->request != nullptr) add(row->request);
    if (row->response != nullptr) add(row->response);
  }
  for (const mapihttp::RequestTypeRow& row : mapihttp::request_types()) {
    if (row.request != nullptr) add(row.request);
    if (row.response != nullptr) add(row.response);
  }
  for (const emsmdb::AuxType& type : emsmdb::aux_types()) add(type.info);
  return kinds;
}

}  // namespace ropewalk::dissect
