// The parameters of NSPI's methods that read, change and find objects, opnums 7 to 20: [MS-OXNSPI] 3.1.4.1.
#pragma once

#include "protocol/nspi/types.h"

namespace ropewalk::nspi {

namespace detail {

// The parameters of NspiResolveNames and NspiResolveNamesW, which differ in their strings alone, and their answer.
template <class Names>
struct NamesIn {
  ndr::ContextHandle handle;
  u32 reserved{};
  Stat stat;
  ndr::Pointer<PropTagArray> columns;
  Names names;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("hRpc", m.handle);
    n("Reserved", m.reserved);
    n("pStat", m.stat);
    n("pPropTags", m.columns);
    n(std::is_same_v<Names, StringsArray> ? "paStr" : "paWStr", m.names);
  }
};
struct IdsAndRows {
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

}  // namespace detail

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
    named<CodePage>("CodePage", m.code_page, n);
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
    named<CodePage>("dwCodePage", m.code_page, n);
    named<Locale>("dwLocaleID", m.locale, n);
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
struct ResolveNamesIn : detail::NamesIn<StringsArray> {
  static constexpr std::string_view kName = "NspiResolveNames-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.16";
};
struct ResolveNamesOut : detail::IdsAndRows {
  static constexpr std::string_view kName = "NspiResolveNames-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.16";
};

// Opnum 20
struct ResolveNamesWIn : detail::NamesIn<WStringsArray> {
  static constexpr std::string_view kName = "NspiResolveNamesW-in";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.17";
};
struct ResolveNamesWOut : detail::IdsAndRows {
  static constexpr std::string_view kName = "NspiResolveNamesW-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.17";
};

}  // namespace ropewalk::nspi
