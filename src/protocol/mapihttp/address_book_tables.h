// Bodies of the address book endpoint's request types that bind and that walk tables: [MS-OXCMAPIHTTP] 2.2.5. Their
// structures bear the names of NSPI's methods, of which they are another encoding. A response whose StatusCode is not 0
// is the failure form: the auxiliary buffer alone follows.
#pragma once

#include "protocol/mapihttp/address_book_values.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/nspi/types.h"

namespace ropewalk::mapihttp {

namespace detail {

// What every response has, around the fields of its own.
void response_fields(auto& m, auto& v, auto&& content) {
  v("StatusCode", m.status_code);
  if (m.status_code == 0) {
    v("ErrorCode", m.error_code);
    content();
  }
  auxiliary_fields(m.auxiliary_buffer, v);
}

void state_field(auto& m, auto& v) { optional_field("HasState", "State", m, v); }

// Minimal Entry IDs behind their number.
void ids_fields(std::string_view count_name, std::string_view name, auto& ids, auto& v) {
  v(count_name, wire::count_of<u32>(ids));
  v(name, ids);
}
void minimal_ids_fields(auto& m, auto& v) {
  Optional<wire::List<u32>>::fields("HasMinimalIds", m, v,
                                    [&](auto& ids) { ids_fields("MinimalIdCount", "MinimalIds", ids, v); });
}

}  // namespace detail

// Rows and the columns that shape them.
struct ColumnsAndRows {
  LargePropertyTagArray columns;
  wire::List<AddressBookPropertyRow> rows;
  static void fields(std::string_view columns_name, auto& m, auto& v) {
    v(columns_name, m.columns);
    v("RowCount", wire::count_of<u32>(m.rows));
    v.with(mapi::RowColumns{m.columns.tags.span()}, [&] { v("RowData", m.rows); });
  }
};

namespace detail {

void rows_fields(auto& m, auto& v) {
  Optional<ColumnsAndRows>::fields("HasColumnsAndRows", m, v,
                                   [&](auto& rows) { ColumnsAndRows::fields("Columns", rows, v); });
}

}  // namespace detail

// [MS-OXCMAPIHTTP] 2.2.5.1.1
struct BindRequest {
  static constexpr std::string_view kName = "NspiBindRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.1.1";
  u32 flags{};
  Optional<nspi::Stat> state;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    detail::state_field(m.state, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.1.2 and 2.2.5.1.3
struct BindResponse {
  static constexpr std::string_view kName = "NspiBindResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.1.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Guid server_guid;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] { v("ServerGuid", m.server_guid); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.2.1
struct UnbindRequest {
  static constexpr std::string_view kName = "NspiUnbindRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.2.1";
  u32 reserved{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.2.2 and 2.2.5.2.3. Its ErrorCode is 1 where the session was there ([MS-OXNSPI] 3.1.4.1.2).
struct UnbindResponse {
  static constexpr std::string_view kName = "NspiUnbindResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.2.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [] {});
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.3.1
struct CompareMinIdsRequest {
  static constexpr std::string_view kName = "NspiCompareMIdsRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.3.1";
  u32 reserved{};
  Optional<nspi::Stat> state;
  u32 id1{}, id2{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    v("MinimalId1", m.id1);
    v("MinimalId2", m.id2);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.3.2 and 2.2.5.3.3
struct CompareMinIdsResponse {
  static constexpr std::string_view kName = "NspiCompareMIdsResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.3.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  i32 result{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] { v("Result", m.result); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.5.1
struct GetMatchesRequest {
  static constexpr std::string_view kName = "NspiGetMatchesRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.5.1";
  struct PropertyName {
    Guid guid;
    u32 id{};
  };
  u32 reserved{};
  Optional<nspi::Stat> state;
  Optional<wire::List<u32>> ids;
  u32 interface_option_flags{};
  Optional<AddressBookRestriction> filter;
  Optional<PropertyName> property_name;
  u32 row_count{};
  Optional<LargePropertyTagArray> columns;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    detail::minimal_ids_fields(m.ids, v);
    v("InterfaceOptionFlags", m.interface_option_flags);
    optional_field("HasFilter", "Filter", m.filter, v);
    Optional<PropertyName>::fields("HasPropertyName", m.property_name, v, [&](auto& name) {
      v("PropertyNameGuid", name.guid);
      v("PropertyNameId", name.id);
    });
    v("RowCount", m.row_count);
    optional_field("HasColumns", "Columns", m.columns, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.5.2 and 2.2.5.5.3
struct GetMatchesResponse {
  static constexpr std::string_view kName = "NspiGetMatchesResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.5.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<nspi::Stat> state;
  Optional<wire::List<u32>> ids;
  Optional<ColumnsAndRows> rows;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      detail::state_field(m.state, v);
      detail::minimal_ids_fields(m.ids, v);
      detail::rows_fields(m.rows, v);
    });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.8.1
struct GetSpecialTableRequest {
  static constexpr std::string_view kName = "NspiGetSpecialTableRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.8.1";
  u32 flags{};
  Optional<nspi::Stat> state;
  Optional<u32> version;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    detail::state_field(m.state, v);
    optional_field("HasVersion", "Version", m.version, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.8.2 and 2.2.5.8.3
struct GetSpecialTableResponse {
  static constexpr std::string_view kName = "NspiGetSpecialTableResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.8.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 code_page{};
  Optional<u32> version;
  Optional<wire::List<AddressBookPropertyValueList>> rows;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      nspi::named<nspi::CodePage>("CodePage", m.code_page, v);
      optional_field("HasVersion", "Version", m.version, v);
      Optional<wire::List<AddressBookPropertyValueList>>::fields("HasRows", m.rows, v, [&](auto& list) {
        v("RowsCount", wire::count_of<u32>(list));
        v("Rows", list);
      });
    });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.12.1
struct QueryRowsRequest {
  static constexpr std::string_view kName = "NspiQueryRowsRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.12.1";
  u32 flags{};
  Optional<nspi::Stat> state;
  wire::List<u32> explicit_table;
  u32 row_count{};
  Optional<LargePropertyTagArray> columns;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    detail::state_field(m.state, v);
    detail::ids_fields("ExplicitTableCount", "ExplicitTable", m.explicit_table, v);
    v("RowCount", m.row_count);
    optional_field("HasColumns", "Columns", m.columns, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

namespace detail {

// What QueryRows and SeekEntries answer.
struct StateAndRows {
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<nspi::Stat> state;
  Optional<ColumnsAndRows> rows;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    response_fields(m, v, [&] {
      state_field(m.state, v);
      rows_fields(m.rows, v);
    });
  }
};

}  // namespace detail

// [MS-OXCMAPIHTTP] 2.2.5.12.2 and 2.2.5.12.3
struct QueryRowsResponse : detail::StateAndRows {
  static constexpr std::string_view kName = "NspiQueryRowsResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.12.2";
};

// [MS-OXCMAPIHTTP] 2.2.5.13.1
struct QueryColumnsRequest {
  static constexpr std::string_view kName = "NspiQueryColumnsRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.13.1";
  u32 reserved{}, flags{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    v("MapiFlags", m.flags);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.13.2 and 2.2.5.13.3
struct QueryColumnsResponse {
  static constexpr std::string_view kName = "NspiQueryColumnsResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.13.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<LargePropertyTagArray> columns;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] { optional_field("HasColumns", "Columns", m.columns, v); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.15.1
struct ResortRestrictionRequest {
  static constexpr std::string_view kName = "NspiResortRestrictionRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.15.1";
  u32 reserved{};
  Optional<nspi::Stat> state;
  Optional<wire::List<u32>> ids;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    detail::minimal_ids_fields(m.ids, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.15.2 and 2.2.5.15.3
struct ResortRestrictionResponse {
  static constexpr std::string_view kName = "NspiResortRestrictionResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.15.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<nspi::Stat> state;
  Optional<wire::List<u32>> ids;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      detail::state_field(m.state, v);
      detail::minimal_ids_fields(m.ids, v);
    });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.16.1
struct SeekEntriesRequest {
  static constexpr std::string_view kName = "NspiSeekEntriesRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.16.1";
  u32 reserved{};
  Optional<nspi::Stat> state;
  Optional<AddressBookTaggedPropertyValue> target;
  Optional<wire::List<u32>> explicit_table;
  Optional<LargePropertyTagArray> columns;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    optional_field("HasTarget", "Target", m.target, v);
    Optional<wire::List<u32>>::fields("HasExplicitTable", m.explicit_table, v, [&](auto& ids) {
      detail::ids_fields("ExplicitTableCount", "ExplicitTable", ids, v);
    });
    optional_field("HasColumns", "Columns", m.columns, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.16.2 and 2.2.5.16.3
struct SeekEntriesResponse : detail::StateAndRows {
  static constexpr std::string_view kName = "NspiSeekEntriesResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.16.2";
};

// [MS-OXCMAPIHTTP] 2.2.5.17.1
struct UpdateStatRequest {
  static constexpr std::string_view kName = "NspiUpdateStatRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.17.1";
  u32 reserved{};
  Optional<nspi::Stat> state;
  Presence delta_requested;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    v("DeltaRequested", m.delta_requested);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.17.2 and 2.2.5.17.3
struct UpdateStatResponse {
  static constexpr std::string_view kName = "NspiUpdateStatResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.17.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<nspi::Stat> state;
  Optional<i32> delta;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      detail::state_field(m.state, v);
      optional_field("HasDelta", "Delta", m.delta, v);
    });
  }
};

}  // namespace ropewalk::mapihttp
