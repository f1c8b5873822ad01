// The address book over RPC, by TCP or over HTTP. [MS-OXNSPI] 3.1.4
#include "base/utf16.h"
#include "client/exchange/nspi_session.h"
#include "client/exchange/referral.h"
#include "client/exchange/rpc_client.h"
#include "protocol/dcerpc/status.h"
#include "protocol/nspi/methods.h"
#include "protocol/nspi/values.h"
#include "protocol/rfr/methods.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
using mapi::PropertyBag;
using mapi::PropTag;

constexpr u16 kAddressBookPort = 6004, kReferralPort = 6002;  // of NSPI and RFR behind an RPC proxy

// Opnums, [MS-OXNSPI] 3.1.4
constexpr u16 kBind = 0, kUnbind = 1, kUpdateStat = 2, kQueryRows = 3, kSeekEntries = 4, kGetMatches = 5,
              kResortRestriction = 6, kDNToMId = 7, kGetPropList = 8, kGetProps = 9, kCompareMIds = 10, kModProps = 11,
              kGetSpecialTable = 12, kGetTemplateInfo = 13, kModLinkAtt = 14, kQueryColumns = 16, kResolveNamesW = 20;

// A connection to where an interface is.
Outcome<std::unique_ptr<RpcClient>> connected_to(const ChannelOptions& options, const dcerpc::Interface& interface,
                                                 u16 http_port) {
  RpcOptions rpc = rpc_options(options, http_port);
  if (rpc.port == 0) {
    RpcOptions mapper = rpc;
    mapper.port = options.mapper_port;
    ROPEWALK_TRY(auto mapping, RpcClient::connect(std::move(mapper)));
    ROPEWALK_TRY(rpc.port, map_endpoint(*mapping, interface));
  }
  ROPEWALK_CHECK(take_security(options, rpc));
  return RpcClient::connect(std::move(rpc));
}

class RpcNspi final : public NspiSession {
 public:
  RpcNspi(const ChannelOptions& options, std::unique_ptr<RpcClient> client)
      : NspiSession(options), options_(options), client_(std::move(client)) {}
  ~RpcNspi() override {
    if (!bound_) return;
    nspi::UnbindIn in;
    in.handle = handle_;
    Arena arena;
    (void)client_->call<nspi::UnbindOut>(nspi::kNspi, kUnbind, in, arena);
  }

  Outcome<void> bind() {
    nspi::BindIn in;
    in.stat = first();
    const nspi::FlatUid nobody;
    in.server_guid = ndr::Pointer<nspi::FlatUid>::to(nobody);
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::BindOut>(kBind, "NspiBind", in, arena));
    handle_ = out.handle;
    bound_ = true;
    return {};
  }

  Outcome<std::vector<PropertyBag>> special_table() override {
    nspi::GetSpecialTableIn in;
    in.handle = handle_;
    in.flags = kUnicodeStrings;
    in.stat = first();
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::GetSpecialTableOut>(kGetSpecialTable, "NspiGetSpecialTable", in, arena));
    std::vector<PropertyBag> bags;
    if (out.rows)
      for (const nspi::PropertyRow& row : out.rows->items) bags.push_back(bag_of(nspi::properties_of(row, arena)));
    return bags;
  }

  Outcome<RowsAnswer> query_rows(const nspi::Stat& stat, std::span<const u32> table, u32 count,
                                 Columns columns) override {
    const nspi::PropTagArray tags = tags_of(columns);
    const ndr::Array<u32> ids{wire::List<u32>::view(table)};
    nspi::QueryRowsIn in;
    in.handle = handle_;
    in.stat = stat;
    if (!table.empty()) in.table = ndr::Pointer<ndr::Array<u32>>::to(ids);
    in.table_count = static_cast<u32>(table.size());
    in.count = count;
    in.columns = ndr::Pointer<nspi::PropTagArray>::to(tags);
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::QueryRowsOut>(kQueryRows, "NspiQueryRows", in, arena));
    return rows_answer(out, columns, arena);
  }

  Outcome<RowsAnswer> seek_entries(const nspi::Stat& stat, const mapi::Property& target, Columns columns) override {
    Arena arena;
    const nspi::PropTagArray tags = tags_of(columns);
    nspi::SeekEntriesIn in;
    in.handle = handle_;
    in.stat = stat;
    in.target = nspi::nspi_value(target, arena);
    in.columns = ndr::Pointer<nspi::PropTagArray>::to(tags);
    ROPEWALK_TRY(auto out, call<nspi::SeekEntriesOut>(kSeekEntries, "NspiSeekEntries", in, arena));
    return rows_answer(out, columns, arena);
  }

  Outcome<Matches> get_matches(const nspi::Stat& stat, const mapi::Restriction* filter, u32 most,
                               Columns columns) override {
    Arena arena;
    const nspi::PropTagArray tags = tags_of(columns);
    nspi::GetMatchesIn in;
    in.handle = handle_;
    in.stat = stat;
    if (filter != nullptr) in.filter = nspi::nspi_restriction(*filter, arena);
    in.requested = most;
    in.columns = ndr::Pointer<nspi::PropTagArray>::to(tags);
    ROPEWALK_TRY(auto out, call<nspi::GetMatchesOut>(kGetMatches, "NspiGetMatches", in, arena));
    return matches(out.ids, out.rows, columns, arena);
  }

  Outcome<Matches> resolve_names(const nspi::Stat& stat, std::span<const std::string> names, Columns columns) override {
    std::vector<std::vector<u8>> texts;
    std::vector<ndr::WideString> wide;
    std::vector<ndr::Pointer<ndr::WideString>> pointers;
    for (const std::string& name : names) texts.push_back(utf8_to_utf16(name));
    for (const auto& text : texts) wide.push_back({0, {text}});
    for (const ndr::WideString& text : wide) pointers.push_back(ndr::Pointer<ndr::WideString>::to(text));
    const nspi::PropTagArray tags = tags_of(columns);
    nspi::ResolveNamesWIn in;
    in.handle = handle_;
    in.stat = stat;
    in.columns = ndr::Pointer<nspi::PropTagArray>::to(tags);
    in.names.items = std::span<ndr::Pointer<ndr::WideString>>(pointers);
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::ResolveNamesWOut>(kResolveNamesW, "NspiResolveNamesW", in, arena));
    return matches(out.ids, out.rows, columns, arena);
  }

  Outcome<nspi::Stat> update_stat(const nspi::Stat& stat) override {
    nspi::UpdateStatIn in;
    in.handle = handle_;
    in.stat = stat;
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::UpdateStatOut>(kUpdateStat, "NspiUpdateStat", in, arena));
    return out.stat;
  }

  Outcome<PropertyBag> get_props(const nspi::Stat& stat, Columns columns) override {
    const nspi::PropTagArray tags = tags_of(columns);
    nspi::GetPropsIn in;
    in.handle = handle_;
    in.stat = stat;
    in.tags = ndr::Pointer<nspi::PropTagArray>::to(tags);
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::GetPropsOut>(kGetProps, "NspiGetProps", in, arena));
    return out.row ? bag_of(nspi::properties_of(*out.row, arena)) : PropertyBag();
  }

  Outcome<std::vector<PropTag>> get_prop_list(u32 id) override {
    nspi::GetPropListIn in;
    in.handle = handle_;
    in.flags = kSkipObjects;
    in.id = id;
    in.code_page = first().code_page;
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::GetPropListOut>(kGetPropList, "NspiGetPropList", in, arena));
    if (!out.tags) return std::vector<PropTag>();
    return std::vector<PropTag>(out.tags->items.begin(), out.tags->items.end());
  }

  Outcome<std::vector<u32>> dn_to_mid(std::span<const std::string> dns) override {
    std::vector<ndr::String> texts;
    std::vector<ndr::Pointer<ndr::String>> pointers;
    for (const std::string& dn : dns) texts.push_back(ndr::String::of(dn));
    for (const ndr::String& text : texts) pointers.push_back(ndr::Pointer<ndr::String>::to(text));
    nspi::DNToMIdIn in;
    in.handle = handle_;
    in.names.items = std::span<ndr::Pointer<ndr::String>>(pointers);
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::DNToMIdOut>(kDNToMId, "NspiDNToMId", in, arena));
    if (!out.ids) return std::vector<u32>(dns.size());
    return std::vector<u32>(out.ids->items.begin(), out.ids->items.end());
  }

  Outcome<std::vector<PropTag>> query_columns() override {
    nspi::QueryColumnsIn in;
    in.handle = handle_;
    in.flags = kUnicodeTypes;
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::QueryColumnsOut>(kQueryColumns, "NspiQueryColumns", in, arena));
    if (!out.columns) return std::vector<PropTag>();
    return std::vector<PropTag>(out.columns->items.begin(), out.columns->items.end());
  }

  Outcome<std::vector<u32>> resort_restriction(const nspi::Stat& stat, std::span<const u32> ids) override {
    nspi::ResortRestrictionIn in;
    in.handle = handle_;
    in.stat = stat;
    in.in_ids.items = wire::List<u32>::view(ids);
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::ResortRestrictionOut>(kResortRestriction, "NspiResortRestriction", in, arena));
    if (!out.out_ids) return std::vector<u32>();
    return std::vector<u32>(out.out_ids->items.begin(), out.out_ids->items.end());
  }

  Outcome<i32> compare_mids(const nspi::Stat& stat, u32 id1, u32 id2) override {
    nspi::CompareMIdsIn in;
    in.handle = handle_;
    in.stat = stat;
    in.id1 = id1;
    in.id2 = id2;
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::CompareMIdsOut>(kCompareMIds, "NspiCompareMIds", in, arena));
    return out.result;
  }

  Outcome<void> mod_props(const nspi::Stat& stat, Columns removed, std::span<const mapi::Property> values) override {
    Arena arena;
    const nspi::PropTagArray tags = tags_of(removed);
    nspi::ModPropsIn in;
    in.handle = handle_;
    in.stat = stat;
    in.tags = ndr::Pointer<nspi::PropTagArray>::to(tags);
    in.row = nspi::nspi_row(values, arena);
    ROPEWALK_CHECK(call<nspi::ModPropsOut>(kModProps, "NspiModProps", in, arena));
    return {};
  }

  Outcome<void> mod_link_att(u32 flags, PropTag property, u32 id, std::span<const std::vector<u8>> entry_ids) override {
    Arena arena;
    std::vector<mapi::Value> values;
    for (const std::vector<u8>& bytes : entry_ids) values.push_back(mapi::Value::of(ByteView(bytes)));
    const mapi::Property list{property.with_type(mapi::PropType::multiple_binary),
                              mapi::Value::of(wire::List<mapi::Value>::view(values))};
    nspi::ModLinkAttIn in;
    in.handle = handle_;
    in.flags = flags;
    in.tag = property;
    in.id = id;
    in.entry_ids = nspi::nspi_value(list, arena).binaries;
    ROPEWALK_CHECK(call<nspi::ModLinkAttOut>(kModLinkAtt, "NspiModLinkAtt", in, arena));
    return {};
  }

  Outcome<std::vector<u8>> template_info(u32 display_type) override {
    nspi::GetTemplateInfoIn in;
    in.handle = handle_;
    in.flags = kTemplate;
    in.type = display_type;
    in.code_page = code_page();
    in.locale = first().template_locale;
    Arena arena;
    ROPEWALK_TRY(auto out, call<nspi::GetTemplateInfoOut>(kGetTemplateInfo, "NspiGetTemplateInfo", in, arena));
    return out.row ? template_data_of(nspi::properties_of(*out.row, arena)) : std::vector<u8>();
  }

  // Behind an RPC proxy the referral interface has a port of its own; elsewhere it is where the mapper says.
  Outcome<Endpoints> endpoints(const std::string& user_dn, const std::string& server_dn) override {
    ROPEWALK_TRY(auto client, connected_to(options_, rfr::kRfr, kReferralPort));
    Endpoints found;
    ROPEWALK_TRY(found.address_book, address_book_server(*client, user_dn));
    const bool is_known = !server_dn.empty();
    ROPEWALK_TRY(found.mailbox, is_known ? server_name(*client, server_dn) : Outcome<std::string>(std::string()));
    return found;
  }

 private:
  template <class Out, class In>
  Outcome<Out> call(u16 opnum, const char* method, const In& in, Arena& arena) {
    const auto began = std::chrono::steady_clock::now();
    auto out = client_->call<Out>(nspi::kNspi, opnum, in, arena);
    if (!out.ok()) {
      if (client_->fault() == dcerpc::kContextMismatch)
        lose(Loss::unknown);
      else if (client_->fault() == 0)  // the connection is gone, and the session with it
        lose(std::chrono::steady_clock::now() - began < options_.http.timeout ? Loss::broken : Loss::silent);
      bound_ = bound_ && loss() == Loss::none;
      return out;
    }
    if (!is_done(out->return_value))
      return failure(out->return_value, "the address book refused " + std::string(method));
    return out;
  }

  static nspi::PropTagArray tags_of(Columns columns) { return {0, wire::List<PropTag>::view(columns)}; }
  static Outcome<Rows> rows_of(const ndr::Pointer<nspi::PropertyRowSet>& given, Columns columns, Arena& arena) {
    Rows rows({columns.begin(), columns.end()});
    if (!given) return rows;
    for (const nspi::PropertyRow& row : given->items)
      if (!add_row(nspi::properties_of(row, arena), rows))
        return Failure{ErrorCode::rpc_failed, "the address book sent rows of other columns than it was asked for"};
    return rows;
  }
  static Outcome<RowsAnswer> rows_answer(const auto& out, Columns columns, Arena& arena) {
    ROPEWALK_TRY(Rows rows, rows_of(out.rows, columns, arena));
    return RowsAnswer{std::move(rows), out.stat};
  }
  static Outcome<Matches> matches(const ndr::Pointer<nspi::MinimalIds>& ids,
                                  const ndr::Pointer<nspi::PropertyRowSet>& given, Columns columns, Arena& arena) {
    ROPEWALK_TRY(Rows rows, rows_of(given, columns, arena));
    Matches found{{}, std::move(rows)};
    if (ids) found.ids.assign(ids->items.begin(), ids->items.end());
    return found;
  }

  const ChannelOptions options_;
  std::unique_ptr<RpcClient> client_;
  ndr::ContextHandle handle_;
  bool bound_ = false;
};

}  // namespace

Outcome<std::unique_ptr<NspiSession>> open_nspi_over_rpc(const ChannelOptions& options) {
  ROPEWALK_TRY(auto client, connected_to(options, nspi::kNspi, kAddressBookPort));
  auto session = std::make_unique<RpcNspi>(options, std::move(client));
  ROPEWALK_CHECK(session->bind());
  return std::unique_ptr<NspiSession>(std::move(session));
}

}  // namespace ropewalk::client::exchange
