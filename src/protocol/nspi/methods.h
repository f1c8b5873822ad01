// The parameters of NSPI's methods: [MS-OXNSPI] 3.1.4.1.
#pragma once

#include "protocol/dcerpc/interface.h"
#include "protocol/nspi/types.h"

namespace ropewalk::nspi {

// [MS-OXNSPI] 2.1
extern const dcerpc::Interface kNspi;

// Opnum 0
struct BindIn {
  static constexpr std::string_view kName = "NspiBind-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.1";
  u32 flags{};
  Stat stat;
  ndr::Pointer<FlatUid> server_guid;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("dwFlags", m.flags);
    n("pStat", m.stat);
    n("pServerGuid", m.server_guid);
  }
};
struct BindOut {
  static constexpr std::string_view kName = "NspiBind-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.1";
  ndr::Pointer<FlatUid> server_guid;
  ndr::ContextHandle handle;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pServerGuid", m.server_guid);
    n("contextHandle", m.handle);
    n("return", m.return_value);
  }
};

// Opnum 1
struct UnbindIn {
  static constexpr std::string_view kName = "NspiUnbind-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.2";
  ndr::ContextHandle handle;
  u32 reserved{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("contextHandle", m.handle);
    n("Reserved", m.reserved);
  }
};
struct UnbindOut {
  static constexpr std::string_view kName = "NspiUnbind-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.2";
  ndr::ContextHandle handle;
  u32 return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("contextHandle", m.handle);
    n("return", m.return_value);
  }
};

// Opnum 2
struct UpdateStatIn {
  static constexpr std::string_view kName = "NspiUpdateStat-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.4";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  ndr::Pointer<i32> delta;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("plDelta", m.delta);
  }
};
struct UpdateStatOut {
  static constexpr std::string_view kName = "NspiUpdateStat-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.4";
  Stat stat;
  ndr::Pointer<i32> delta;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pStat", m.stat);
    n("plDelta", m.delta);
    n("return", m.return_value);
  }
};

// Opnum 3
struct QueryRowsIn {
  static constexpr std::string_view kName = "NspiQueryRows-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.8";
  ndr::ContextHandle handle;
  u32 flags{};
  Stat stat;
  u32 table_count{};
  ndr::Pointer<ndr::Array<u32>> table;
  u32 count{};
  ndr::Pointer<PropTagArray> columns;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("dwFlags", m.flags);
    n("pStat", m.stat);
    std::size_t said = m.table ? m.table->size() : m.table_count;
    n.announced("dwETableCount", u32{}, said);
    n.range(said, 0, kMaxCount);
    n.set(m.table_count, said);
    n("lpETable", m.table);
    if (m.table) n.expect_length(said, m.table->size());
    n("Count", m.count);
    n("pPropTags", m.columns);
  }
};
struct QueryRowsOut {
  static constexpr std::string_view kName = "NspiQueryRows-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.8";
  Stat stat;
  ndr::Pointer<PropertyRowSet> rows;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pStat", m.stat);
    n("ppRows", m.rows);
    n("return", m.return_value);
  }
};

// Opnum 4
struct SeekEntriesIn {
  static constexpr std::string_view kName = "NspiSeekEntries-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.9";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  PropertyValue target;
  ndr::Pointer<MinimalIds> table;
  ndr::Pointer<PropTagArray> columns;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("pTarget", m.target);
    n("lpETable", m.table);
    n("pPropTags", m.columns);
  }
};
struct SeekEntriesOut {
  static constexpr std::string_view kName = "NspiSeekEntries-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.9";
  Stat stat;
  ndr::Pointer<PropertyRowSet> rows;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pStat", m.stat);
    n("ppRows", m.rows);
    n("return", m.return_value);
  }
};

// Opnum 5
struct GetMatchesIn {
  static constexpr std::string_view kName = "NspiGetMatches-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.10";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  ndr::Pointer<MinimalIds> table;
  u32 reserved2{};
  ndr::Pointer<Restriction> filter;
  ndr::Pointer<PropertyName> property_name;
  u32 requested{};
  ndr::Pointer<PropTagArray> columns;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved1", m.reserved);
    n("pStat", m.stat);
    n("pReserved", m.table);
    n("Reserved2", m.reserved2);
    n("Filter", m.filter);
    n("lpPropName", m.property_name);
    n("ulRequested", m.requested);
    n("pPropTags", m.columns);
  }
};
struct GetMatchesOut {
  static constexpr std::string_view kName = "NspiGetMatches-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.10";
  Stat stat;
  ndr::Pointer<MinimalIds> ids;
  ndr::Pointer<PropertyRowSet> rows;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pStat", m.stat);
    n("ppOutMIds", m.ids);
    n("ppRows", m.rows);
    n("return", m.return_value);
  }
};

// Opnum 6
struct ResortRestrictionIn {
  static constexpr std::string_view kName = "NspiResortRestriction-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.11";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  MinimalIds in_ids;
  ndr::Pointer<MinimalIds> out_ids;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("pInMIds", m.in_ids);
    n("ppOutMIds", m.out_ids);
  }
};
struct ResortRestrictionOut {
  static constexpr std::string_view kName = "NspiResortRestriction-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.11";
  Stat stat;
  ndr::Pointer<MinimalIds> out_ids;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("pStat", m.stat);
    n("ppOutMIds", m.out_ids);
    n("return", m.return_value);
  }
};

// Opnum 7
struct DNToMIdIn {
  static constexpr std::string_view kName = "NspiDNToMId-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.13";
  ndr::ContextHandle handle;
  u32 reserved{};
  StringsArray names;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pNames", m.names);
  }
};
struct DNToMIdOut {
  static constexpr std::string_view kName = "NspiDNToMId-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.13";
  ndr::Pointer<MinimalIds> ids;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppOutMIds", m.ids);
    n("return", m.return_value);
  }
};

// Opnum 8
struct GetPropListIn {
  static constexpr std::string_view kName = "NspiGetPropList-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.6";
  ndr::ContextHandle handle;
  u32 flags{};
  u32 id{};
  u32 code_page{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("dwFlags", m.flags);
    n("dwMId", m.id);
    n("CodePage", m.code_page);
  }
};
struct GetPropListOut {
  static constexpr std::string_view kName = "NspiGetPropList-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.6";
  ndr::Pointer<PropTagArray> tags;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppPropTags", m.tags);
    n("return", m.return_value);
  }
};

// Opnum 9
struct GetPropsIn {
  static constexpr std::string_view kName = "NspiGetProps-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.7";
  ndr::ContextHandle handle;
  u32 flags{};
  Stat stat;
  ndr::Pointer<PropTagArray> tags;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("dwFlags", m.flags);
    n("pStat", m.stat);
    n("pPropTags", m.tags);
  }
};
struct GetPropsOut {
  static constexpr std::string_view kName = "NspiGetProps-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.7";
  ndr::Pointer<PropertyRow> row;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppRows", m.row);
    n("return", m.return_value);
  }
};

// Opnum 10
struct CompareMIdsIn {
  static constexpr std::string_view kName = "NspiCompareMIds-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.12";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  u32 id1{};
  u32 id2{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("MId1", m.id1);
    n("MId2", m.id2);
  }
};
struct CompareMIdsOut {
  static constexpr std::string_view kName = "NspiCompareMIds-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.12";
  i32 result{};
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("plResult", m.result);
    n("return", m.return_value);
  }
};

// Opnum 11
struct ModPropsIn {
  static constexpr std::string_view kName = "NspiModProps-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.14";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  ndr::Pointer<PropTagArray> tags;
  PropertyRow row;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("pPropTags", m.tags);
    n("pRow", m.row);
  }
};
struct ModPropsOut {
  static constexpr std::string_view kName = "NspiModProps-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.14";
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("return", m.return_value);
  }
};

// Opnum 12
struct GetSpecialTableIn {
  static constexpr std::string_view kName = "NspiGetSpecialTable-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.3";
  ndr::ContextHandle handle;
  u32 flags{};
  Stat stat;
  u32 version{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("dwFlags", m.flags);
    n("pStat", m.stat);
    n("lpVersion", m.version);
  }
};
struct GetSpecialTableOut {
  static constexpr std::string_view kName = "NspiGetSpecialTable-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.3";
  u32 version{};
  ndr::Pointer<PropertyRowSet> rows;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("lpVersion", m.version);
    n("ppRows", m.rows);
    n("return", m.return_value);
  }
};

// Opnum 13
struct GetTemplateInfoIn {
  static constexpr std::string_view kName = "NspiGetTemplateInfo-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.18";
  ndr::ContextHandle handle;
  u32 flags{};
  u32 type{};
  ndr::Pointer<ndr::String> dn;
  u32 code_page{};
  u32 locale{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("dwFlags", m.flags);
    n("ulType", m.type);
    n("pDN", m.dn);
    n("dwCodePage", m.code_page);
    n("dwLocaleID", m.locale);
  }
};
struct GetTemplateInfoOut {
  static constexpr std::string_view kName = "NspiGetTemplateInfo-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.18";
  ndr::Pointer<PropertyRow> row;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppData", m.row);
    n("return", m.return_value);
  }
};

// Opnum 14
struct ModLinkAttIn {
  static constexpr std::string_view kName = "NspiModLinkAtt-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.15";
  ndr::ContextHandle handle;
  u32 flags{};
  mapi::PropTag tag;
  u32 id{};
  BinaryArray entry_ids;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("dwFlags", m.flags);
    n("ulPropTag", m.tag);
    n("dwMId", m.id);
    n("lpEntryIds", m.entry_ids);
  }
};
struct ModLinkAttOut {
  static constexpr std::string_view kName = "NspiModLinkAtt-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.15";
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("return", m.return_value);
  }
};

// Opnum 16
struct QueryColumnsIn {
  static constexpr std::string_view kName = "NspiQueryColumns-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.5";
  ndr::ContextHandle handle;
  u32 reserved{};
  u32 flags{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("dwFlags", m.flags);
  }
};
struct QueryColumnsOut {
  static constexpr std::string_view kName = "NspiQueryColumns-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.5";
  ndr::Pointer<PropTagArray> columns;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppColumns", m.columns);
    n("return", m.return_value);
  }
};

// Opnum 17
struct GetNamesFromIDsIn {
  static constexpr std::string_view kName = "NspiGetNamesFromIDs-in";
  static constexpr std::string_view kSource = "[MS-NSPI] 3.1.4.16";
  ndr::ContextHandle handle;
  u32 reserved{};
  ndr::Pointer<FlatUid> guid;
  ndr::Pointer<PropTagArray> tags;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("lpguid", m.guid);
    n("pPropTags", m.tags);
  }
};
struct GetNamesFromIDsOut {
  static constexpr std::string_view kName = "NspiGetNamesFromIDs-out";
  static constexpr std::string_view kSource = "[MS-NSPI] 3.1.4.16";
  ndr::Pointer<PropTagArray> tags;
  ndr::Pointer<PropertyNameSet> names;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppReturnedPropTags", m.tags);
    n("ppNames", m.names);
    n("return", m.return_value);
  }
};

// Opnum 18
struct GetIDsFromNamesIn {
  static constexpr std::string_view kName = "NspiGetIDsFromNames-in";
  static constexpr std::string_view kSource = "[MS-NSPI] 3.1.4.17";
  ndr::ContextHandle handle;
  u32 reserved{};
  u32 flags{};
  ndr::Array<ndr::Pointer<PropertyName>> names;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("dwFlags", m.flags);
    std::size_t said = m.names.size();
    n.announced("cPropNames", u32{}, said);
    n("pNames", m.names);
    n.expect_length(said, m.names.size());
  }
};
struct GetIDsFromNamesOut {
  static constexpr std::string_view kName = "NspiGetIDsFromNames-out";
  static constexpr std::string_view kSource = "[MS-NSPI] 3.1.4.17";
  ndr::Pointer<PropTagArray> tags;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppPropTags", m.tags);
    n("return", m.return_value);
  }
};

// Opnum 19
struct ResolveNamesIn {
  static constexpr std::string_view kName = "NspiResolveNames-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.16";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  ndr::Pointer<PropTagArray> columns;
  StringsArray names;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("pPropTags", m.columns);
    n("paStr", m.names);
  }
};
struct ResolveNamesOut {
  static constexpr std::string_view kName = "NspiResolveNames-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.16";
  ndr::Pointer<MinimalIds> ids;
  ndr::Pointer<PropertyRowSet> rows;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppMIds", m.ids);
    n("ppRows", m.rows);
    n("return", m.return_value);
  }
};

// Opnum 20
struct ResolveNamesWIn {
  static constexpr std::string_view kName = "NspiResolveNamesW-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.17";
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  ndr::Pointer<PropTagArray> columns;
  WStringsArray names;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("pPropTags", m.columns);
    n("paWStr", m.names);
  }
};
struct ResolveNamesWOut {
  static constexpr std::string_view kName = "NspiResolveNamesW-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.17";
  ndr::Pointer<MinimalIds> ids;
  ndr::Pointer<PropertyRowSet> rows;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppMIds", m.ids);
    n("ppRows", m.rows);
    n("return", m.return_value);
  }
};

}  // namespace ropewalk::nspi
