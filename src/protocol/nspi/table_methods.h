// The parameters of NSPI's methods that bind and that walk tables, opnums 0 to 6: [MS-OXNSPI] 3.1.4.1.
#pragma once

#include "protocol/nspi/types.h"

namespace ropewalk::nspi {

namespace detail {

// What NspiQueryRows and NspiSeekEntries answer.
struct StatAndRows {
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

}  // namespace detail

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
struct QueryRowsOut : detail::StatAndRows {
  static constexpr std::string_view kName = "NspiQueryRows-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.8";
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
struct SeekEntriesOut : detail::StatAndRows {
  static constexpr std::string_view kName = "NspiSeekEntries-out";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 3.1.4.1.9";
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

}  // namespace ropewalk::nspi
