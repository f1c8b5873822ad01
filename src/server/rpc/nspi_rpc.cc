#include "server/rpc/nspi_rpc.h"

#include <fmt/format.h>

#include "base/utf16.h"
#include "protocol/dcerpc/status.h"
#include "protocol/nspi/values.h"
#include "server/addressbook/cells.h"
#include "server/rpc/caller.h"

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;
using nspi::nspi_ids;
using nspi::nspi_row;
using nspi::nspi_rows;
using nspi::nspi_tags;
using nspi::Stat;

// An NSPI_HANDLE: [MS-OXNSPI] 2.2.10.
class NspiHandle final : public ContextObject {
 public:
  explicit NspiHandle(NspiCaller who) : caller(std::move(who)) {}
  const NspiCaller caller;
};

constexpr std::size_t kMostAnswer = 128u << 20;  // an answer's rows as NDR has them, which points a lot

using Names = std::vector<std::optional<std::string>>;

NspiTable table_of(const ndr::Pointer<nspi::MinimalIds>& ids) {
  return ids ? NspiTable(ids->items.span()) : std::nullopt;
}

ndr::Pointer<nspi::PropertyRowSet> rows_of(const std::optional<NspiRows>& rows, Arena& arena) {
  if (!rows) return {};
  return nspi_rows(rows->rows, arena);
}

}  // namespace

// One call of a method on a session.
class NspiRpc::Request {
 public:
  Request(NspiRpc& service, RpcCall& call) : service_(service), call_(call) {}

  // The parameters that `method` takes as In, with the session's caller; faults where there are none.
  template <class In, class Method>
  RpcAnswer with(const Method& method) {
    auto in = parameters<In>(call_.call, arena_);
    if (!in) return {dcerpc::kBadStubData, {}};
    auto handle = service_.parts_.handles.find<NspiHandle>(call_.call.association, in->handle.uuid);
    if (handle == nullptr) return {dcerpc::kContextMismatch, {}};
    caller_ = &handle->caller;
    return answer_with(call_.call, method(*in));
  }

  RpcAnswer tables(u16 opnum) {
    switch (opnum) {
      case 2:
        return with<nspi::UpdateStatIn>([&](const auto& in) { return update_stat(in); });
      case 3:
        return with<nspi::QueryRowsIn>([&](const auto& in) { return query_rows(in); });
      case 4:
        return with<nspi::SeekEntriesIn>([&](const auto& in) { return seek_entries(in); });
      case 5:
        return with<nspi::GetMatchesIn>([&](const auto& in) { return get_matches(in); });
      case 6:
        return with<nspi::ResortRestrictionIn>([&](const auto& in) { return resort(in); });
      case 10:
        return with<nspi::CompareMIdsIn>([&](const auto& in) {
          auto answer = book().compare_mids(*caller_, in.stat, in.id1, in.id2);
          return nspi::CompareMIdsOut{answer.delta, answer.error};
        });
      case 12:
        return with<nspi::GetSpecialTableIn>([&](const auto& in) { return special_table(in); });
      case 19:
        return with<nspi::ResolveNamesIn>([&](const auto& in) {
          return resolve<nspi::ResolveNamesOut>(in, false, names(in.names, in.stat.code_page));
        });
      case 20:
        return with<nspi::ResolveNamesWIn>(
            [&](const auto& in) { return resolve<nspi::ResolveNamesWOut>(in, true, names(in.names)); });
      default:
        return objects(opnum);
    }
  }

 private:
  RpcAnswer objects(u16 opnum) {
    switch (opnum) {
      case 7:
        return with<nspi::DNToMIdIn>([&](const auto& in) {
          auto answer = book().dn_to_mid(*caller_, names(in.names, kTeletexPage));
          return nspi::DNToMIdOut{answer.error == ErrorCode::none ? nspi_ids(answer.ids, arena_) : no_ids(),
                                  answer.error};
        });
      case 8:
        return with<nspi::GetPropListIn>([&](const auto& in) {
          return tags<nspi::GetPropListOut>(book().get_prop_list(*caller_, in.flags, in.id, in.code_page));
        });
      case 9:
        return with<nspi::GetPropsIn>([&](const auto& in) {
          auto answer = book().get_props(*caller_, in.flags, in.stat, columns_of(in.tags), arena_);
          return row<nspi::GetPropsOut>(answer);
        });
      case 11:
        return with<nspi::ModPropsIn>([&](const auto& in) {
          const auto properties = properties_of(in.row, arena_);
          return nspi::ModPropsOut{book().mod_props(*caller_, in.stat, columns_of(in.tags), properties)};
        });
      case 13:
        return with<nspi::GetTemplateInfoIn>([&](const auto& in) {
          std::optional<std::string> dn;
          if (in.dn) dn = std::string(in.dn->text.text());
          return row<nspi::GetTemplateInfoOut>(
              book().get_template_info(*caller_, in.flags, in.type, dn, in.code_page, in.locale, arena_));
        });
      case 14:
        return with<nspi::ModLinkAttIn>([&](const auto& in) { return mod_link(in); });
      case 16:
        return with<nspi::QueryColumnsIn>(
            [&](const auto& in) { return tags<nspi::QueryColumnsOut>(book().query_columns(*caller_, in.flags)); });
      case 17:
        return with<nspi::GetNamesFromIDsIn>([&](const auto& in) {
          std::optional<Guid> set;
          if (in.guid) set = in.guid->uid;
          const auto answer = book().get_names_from_ids(*caller_, set, columns_of(in.tags));
          nspi::GetNamesFromIDsOut out;
          out.return_value = answer.error;
          if (answer.error != ErrorCode::none) return out;
          if (!in.tags) out.tags = nspi_tags(answer.tags, arena_);
          out.names = nspi_names(answer.names);
          return out;
        });
      case 18:
        return with<nspi::GetIDsFromNamesIn>([&](const auto& in) {
          std::vector<NspiPropertyName> names;
          for (const auto& name : in.names.items)
            names.push_back(name && name->guid ? NspiPropertyName{name->guid->uid, name->id} : NspiPropertyName{});
          const auto answer = book().get_ids_from_names(*caller_, in.flags, names);
          nspi::GetIDsFromNamesOut out;
          out.return_value = answer.error;
          if (!answer.tags.empty()) out.tags = nspi_tags(answer.tags, arena_);
          return out;
        });
      default:
        return {dcerpc::kOpnumOutOfRange, {}};
    }
  }

  // A name without a set has no pointer to one.
  ndr::Pointer<nspi::PropertyNameSet> nspi_names(const std::vector<NspiPropertyName>& names) {
    auto made = arena_.make<nspi::PropertyName>(names.size());
    auto sets = arena_.make<nspi::FlatUid>(made.size());
    for (std::size_t i = 0; i < made.size(); ++i) {
      made[i].id = names[i].id;
      sets[i].uid = names[i].set;
      if (!names[i].set.is_null()) made[i].guid = ndr::Pointer<nspi::FlatUid>::to(sets[i]);
    }
    names_.items = made;
    return ndr::Pointer<nspi::PropertyNameSet>::to(names_);
  }

  AddressBookService& book() const { return service_.parts_.book; }
  static ndr::Pointer<nspi::MinimalIds> no_ids() { return {}; }

  template <class Out>
  Out tags(const NspiTagsAnswer& answer) {
    return Out{answer.error == ErrorCode::none ? nspi_tags(answer.tags, arena_) : ndr::Pointer<nspi::PropTagArray>(),
               answer.error};
  }
  template <class Out>
  Out row(const NspiRowAnswer& answer) {
    Out out;
    out.return_value = answer.error;
    if (!answer.row) return out;
    row_ = nspi_row(*answer.row, arena_);
    out.row = ndr::Pointer<nspi::PropertyRow>::to(row_);
    return out;
  }

  // Names in a code page, and in Unicode.
  static Names names(const nspi::StringsArray& from, u32 code_page) {
    Names names;
    for (const auto& text : from.items)
      names.push_back(text ? std::optional(from_code_page(text->text.bytes, code_page)) : std::nullopt);
    return names;
  }
  static Names names(const nspi::WStringsArray& from) {
    Names names;
    for (const auto& text : from.items)
      names.push_back(text ? std::optional(utf16_to_utf8(text->text.bytes)) : std::nullopt);
    return names;
  }

  nspi::UpdateStatOut update_stat(const nspi::UpdateStatIn& in) {
    const auto answer = book().update_stat(*caller_, in.stat);
    delta_ = answer.delta;
    return {answer.stat, in.delta ? ndr::Pointer<i32>::to(delta_) : ndr::Pointer<i32>(), answer.error};
  }

  nspi::QueryRowsOut query_rows(const nspi::QueryRowsIn& in) {
    const NspiTable table = in.table ? NspiTable(in.table->items.span()) : std::nullopt;
    const auto answer = book().query_rows(*caller_, in.flags, in.stat, table, in.count, columns_of(in.columns), arena_);
    return {{answer.stat, rows_of(answer.rows, arena_), answer.error}};
  }

  nspi::SeekEntriesOut seek_entries(const nspi::SeekEntriesIn& in) {
    const auto answer = book().seek_entries(*caller_, in.stat, property_of(in.target, arena_), table_of(in.table),
                                            columns_of(in.columns), arena_);
    return {{answer.stat, rows_of(answer.rows, arena_), answer.error}};
  }

  nspi::GetMatchesOut get_matches(const nspi::GetMatchesIn& in) {
    std::optional<mapi::Restriction> filter;
    if (in.filter) {
      filter = restriction_of(*in.filter, arena_);
      if (!filter) return {in.stat, {}, {}, ErrorCode::too_complex};
    }
    std::optional<NspiPropertyName> name;
    if (in.property_name) {
      const auto& guid = in.property_name->guid;
      name = NspiPropertyName{guid ? guid->uid : Guid(), in.property_name->id};
    }
    const auto answer = book().get_matches(*caller_, in.stat, filter ? &*filter : nullptr, name, in.requested,
                                           columns_of(in.columns), arena_);
    if (answer.error != ErrorCode::none) return {answer.stat, {}, {}, answer.error};
    return {answer.stat, nspi_ids(answer.ids, arena_), rows_of(answer.rows, arena_), answer.error};
  }

  nspi::ResortRestrictionOut resort(const nspi::ResortRestrictionIn& in) {
    const auto answer = book().resort_restriction(*caller_, in.stat, in.in_ids.items.span());
    if (answer.error != ErrorCode::none) return {answer.stat, {}, answer.error};
    return {answer.stat, nspi_ids(answer.ids, arena_), answer.error};
  }

  nspi::GetSpecialTableOut special_table(const nspi::GetSpecialTableIn& in) {
    const auto answer = book().get_special_table(*caller_, in.flags, in.stat, in.version, arena_);
    if (answer.error != ErrorCode::none) return {in.version, {}, answer.error};
    return {answer.version, nspi_rows(answer.rows, arena_), answer.error};
  }

  nspi::ModLinkAttOut mod_link(const nspi::ModLinkAttIn& in) {
    std::vector<ByteView> ids;
    if (in.entry_ids.array)
      for (const nspi::Binary& binary : in.entry_ids.array->items)
        ids.push_back(binary.array ? binary.array->bytes : ByteView());
    return {book().mod_link_att(*caller_, in.flags, in.tag, in.id, ids)};
  }

  template <class Out>
  Out resolve(const auto& in, bool unicode, const Names& wanted) {
    const auto answer = book().resolve_names(*caller_, in.stat, columns_of(in.columns), wanted, unicode, arena_);
    Out out;
    out.return_value = answer.error;
    if (answer.error != ErrorCode::none) return out;
    out.ids = nspi_ids(answer.ids, arena_);
    out.rows = rows_of(answer.rows, arena_);
    return out;
  }

  NspiRpc& service_;
  RpcCall& call_;
  Arena arena_{kMostAnswer};
  const NspiCaller* caller_ = nullptr;
  // What results point at.
  i32 delta_ = 0;
  nspi::PropertyRow row_;
  nspi::PropertyNameSet names_;
};

const dcerpc::Interface& NspiRpc::interface() const { return nspi::kNspi; }

net::Awaitable<RpcAnswer> NspiRpc::run(RpcCall& call) {
  auto work = [&] { return serve(call); };
  co_return co_await net::run(parts_.pool, work);
}

RpcAnswer NspiRpc::serve(RpcCall& call) {
  switch (call.call.opnum) {
    case 0:
      return bind(call);
    case 1:
      return unbind(call);
    default:
      return Request(*this, call).tables(call.call.opnum);
  }
}

RpcAnswer NspiRpc::bind(RpcCall& call) {
  Arena arena;
  auto in = parameters<nspi::BindIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  NspiCaller caller{0, caller_text(call), call.link.peer};
  if (auto user = user_of(call, parts_.directory)) {
    caller.user_id = user->id;
    caller.address = user->address;
  }
  nspi::BindOut out;
  out.return_value = parts_.book.bind(caller, in->flags, in->stat);
  nspi::FlatUid guid;
  if (out.return_value != ErrorCode::none) return answer_with(call.call, out);
  auto handle = parts_.handles.add(call.call.association, std::make_shared<NspiHandle>(caller));
  if (!handle) {
    out.return_value = ErrorCode::mapi_oom;
    return answer_with(call.call, out);
  }
  out.handle.uuid = *handle;
  guid.uid = parts_.book.server_guid();
  if (in->server_guid) out.server_guid = ndr::Pointer<nspi::FlatUid>::to(guid);
  parts_.told(fmt::format("{} at {}, NspiBind: session opened over {}", caller.address, caller.peer, call.transport));
  return answer_with(call.call, out);
}

RpcAnswer NspiRpc::unbind(RpcCall& call) {
  Arena arena;
  auto in = parameters<nspi::UnbindIn>(call.call, arena);
  if (!in) return {dcerpc::kBadStubData, {}};
  if (parts_.handles.find<NspiHandle>(call.call.association, in->handle.uuid) == nullptr)
    return {dcerpc::kContextMismatch, {}};
  parts_.handles.remove(call.call.association, in->handle.uuid);
  return answer_with(call.call, nspi::UnbindOut{{}, static_cast<u32>(ErrorCode::unbind_success)});
}

}  // namespace ropewalk::server
