// The address book over RPC, by TCP or over HTTP. [MS-OXNSPI] 3.1.4
#include "base/utf16.h"
#include "client/exchange/nspi_session.h"
#include "client/exchange/rpc_client.h"
#include "protocol/nspi/methods.h"
#include "protocol/nspi/values.h"

namespace ropewalk::client::exchange {
namespace {

using mapi::ErrorCode;
using mapi::PropertyBag;
using mapi::PropTag;

constexpr u16 kAddressBookPort = 6004;  // of NSPI behind an RPC proxy

// Opnums, [MS-OXNSPI] 3.1.4
constexpr u16 kBind = 0, kUnbind = 1, kUpdateStat = 2, kQueryRows = 3, kSeekEntries = 4, kGetMatches = 5, kDNToMId = 7,
              kGetPropList = 8, kGetProps = 9, kGetSpecialTable = 12, kResolveNamesW = 20;

class RpcNspi final : public NspiSession {
 public:
  RpcNspi(const ChannelOptions& options, std::unique_ptr<RpcClient> client)
      : NspiSession(options), client_(std::move(client)) {}
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

 private:
  template <class Out, class In>
  Outcome<Out> call(u16 opnum, const char* method, const In& in, Arena& arena) {
    auto out = client_->call<Out>(nspi::kNspi, opnum, in, arena);
    if (!out.ok()) {
      bound_ = false;  // the connection is gone, and the session with it
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

  std::unique_ptr<RpcClient> client_;
  ndr::ContextHandle handle_;
  bool bound_ = false;
};

}  // namespace

Outcome<std::unique_ptr<NspiSession>> open_nspi_over_rpc(const ChannelOptions& options) {
  RpcOptions rpc = rpc_options(options, kAddressBookPort);
  if (rpc.port == 0) {
    RpcOptions mapper = rpc;
    mapper.port = options.mapper_port;
    ROPEWALK_TRY(auto mapping, RpcClient::connect(std::move(mapper)));
    ROPEWALK_TRY(rpc.port, map_endpoint(*mapping, nspi::kNspi));
  }
  ROPEWALK_CHECK(take_security(options, rpc));
  ROPEWALK_TRY(auto client, RpcClient::connect(std::move(rpc)));
  auto session = std::make_unique<RpcNspi>(options, std::move(client));
  ROPEWALK_CHECK(session->bind());
  return std::unique_ptr<NspiSession>(std::move(session));
}

}  // namespace ropewalk::client::exchange
