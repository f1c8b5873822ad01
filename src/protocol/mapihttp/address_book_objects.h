// Bodies of the address book endpoint's request types that find, read and change objects, and of those that tell where
// the endpoints are: [MS-OXCMAPIHTTP] 2.2.5.
#pragma once

#include "mapi/entry_id.h"
#include "protocol/mapihttp/address_book_tables.h"

namespace ropewalk::mapihttp {

// [MS-OXCMAPIHTTP] 2.2.5.4.1
struct DnToMinIdRequest {
  static constexpr std::string_view kName = "NspiDNToMIdRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.4.1";
  u32 reserved{};
  Optional<wire::List<wire::String8>> names;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    Optional<wire::List<wire::String8>>::fields("HasNames", m.names, v, [&](auto& list) {
      v("NameCount", wire::count_of<u32>(list));
      v("NameValues", list);
    });
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.4.2 and 2.2.5.4.3
struct DnToMinIdResponse {
  static constexpr std::string_view kName = "NspiDNToMIdResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.4.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<wire::List<u32>> ids;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] { detail::minimal_ids_fields(m.ids, v); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.6.1
struct GetPropListRequest {
  static constexpr std::string_view kName = "NspiGetPropListRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.6.1";
  u32 flags{}, id{}, code_page{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    v("MinimalId", m.id);
    nspi::named<nspi::CodePage>("CodePage", m.code_page, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.6.2 and 2.2.5.6.3
struct GetPropListResponse {
  static constexpr std::string_view kName = "NspiGetPropListResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.6.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  Optional<LargePropertyTagArray> tags;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] { optional_field("HasPropertyTags", "PropertyTags", m.tags, v); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.7.1
struct GetPropsRequest {
  static constexpr std::string_view kName = "NspiGetPropsRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.7.1";
  u32 flags{};
  Optional<nspi::Stat> state;
  Optional<LargePropertyTagArray> tags;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    detail::state_field(m.state, v);
    optional_field("HasPropertyTags", "PropertyTags", m.tags, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.7.2 and 2.2.5.7.3
struct GetPropsResponse {
  static constexpr std::string_view kName = "NspiGetPropsResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.7.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 code_page{};
  Optional<AddressBookPropertyValueList> values;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      nspi::named<nspi::CodePage>("CodePage", m.code_page, v);
      optional_field("HasPropertyValues", "PropertyValues", m.values, v);
    });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.9.1
struct GetTemplateInfoRequest {
  static constexpr std::string_view kName = "NspiGetTemplateInfoRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.9.1";
  u32 flags{}, display_type{};
  Optional<wire::String8> template_dn;
  u32 code_page{}, locale_id{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    v("DisplayType", m.display_type);
    optional_field("HasTemplateDn", "TemplateDn", m.template_dn, v);
    nspi::named<nspi::CodePage>("CodePage", m.code_page, v);
    nspi::named<nspi::Locale>("LocaleId", m.locale_id, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.9.2 and 2.2.5.9.3
struct GetTemplateInfoResponse {
  static constexpr std::string_view kName = "NspiGetTemplateInfoResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.9.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 code_page{};
  Optional<AddressBookPropertyValueList> row;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      nspi::named<nspi::CodePage>("CodePage", m.code_page, v);
      optional_field("HasRow", "Row", m.row, v);
    });
  }
};

// An EphemeralEntryID, where the first byte is 0x87, else a PermanentEntryID: [MS-OXNSPI] 2.2.9.2, 2.2.9.3.
struct LinkedEntryId : mapi::EntryIdHead {
  static constexpr std::string_view kName = "LinkedEntryID";
  static constexpr std::string_view kSource = "[MS-OXNSPI] 2.2.9";
  static constexpr u8 kEphemeral = 0x87;
  mapi::EphemeralEntryIdBody ephemeral;
  mapi::AddressBookEntryIdBody permanent;
  static void fields(auto& m, auto& v) {
    mapi::EntryIdHead::head(m, v);
    if (m.flags[0] == kEphemeral)
      mapi::EphemeralEntryIdBody::fields(m.ephemeral, v);
    else
      mapi::AddressBookEntryIdBody::fields(m.permanent, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.10.1
struct ModLinkAttRequest {
  static constexpr std::string_view kName = "NspiModLinkAttRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.10.1";
  u32 flags{};
  mapi::PropTag tag;
  u32 id{};
  Optional<wire::List<LinkedEntryId>> entry_ids;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    v("PropertyTag", m.tag);
    v("MinimalId", m.id);
    Optional<wire::List<LinkedEntryId>>::fields("HasEntryIds", m.entry_ids, v, [&](auto& ids) {
      v("EntryIdCount", wire::count_of<u32>(ids));
      v("EntryIds", ids);
    });
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.10.2 and 2.2.5.10.3
struct ModLinkAttResponse {
  static constexpr std::string_view kName = "NspiModLinkAttResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.10.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [] {});
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.11.1
struct ModPropsRequest {
  static constexpr std::string_view kName = "NspiModPropsRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.11.1";
  u32 reserved{};
  Optional<nspi::Stat> state;
  Optional<LargePropertyTagArray> removed;
  Optional<AddressBookPropertyValueList> values;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    optional_field("HasPropertyTags", "PropertiesTags", m.removed, v);
    optional_field("HasPropertyValues", "PropertyValues", m.values, v);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.11.2 and 2.2.5.11.3
struct ModPropsResponse {
  static constexpr std::string_view kName = "NspiModPropsResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.11.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [] {});
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.14.1
struct ResolveNamesRequest {
  static constexpr std::string_view kName = "NspiResolveNamesRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.14.1";
  u32 reserved{};
  Optional<nspi::Stat> state;
  Optional<LargePropertyTagArray> tags;
  Optional<wire::List<wire::String16>> names;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::state_field(m.state, v);
    optional_field("HasPropertyTags", "PropertyTags", m.tags, v);
    Optional<wire::List<wire::String16>>::fields("HasNames", m.names, v, [&](auto& list) {
      v("NameCount", wire::count_of<u32>(list));
      v("NameValues", list);
    });
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.14.2 and 2.2.5.14.3
struct ResolveNamesResponse {
  static constexpr std::string_view kName = "NspiResolveNamesResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.14.2";
  u32 status_code{};
  mapi::ErrorCode error_code{};
  u32 code_page{};
  Optional<wire::List<u32>> ids;
  Optional<ColumnsAndRows> rows;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] {
      nspi::named<nspi::CodePage>("CodePage", m.code_page, v);
      detail::minimal_ids_fields(m.ids, v);
      Optional<ColumnsAndRows>::fields("HasRowsAndCols", m.rows, v,
                                       [&](auto& list) { ColumnsAndRows::fields("PropertyTags", list, v); });
    });
  }
};

// What both requests for a URL are answered with.
struct ServerUrlResponse {
  u32 status_code{};
  mapi::ErrorCode error_code{};
  wire::String16 server_url;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    detail::response_fields(m, v, [&] { v("ServerUrl", m.server_url); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.18.1
struct GetMailboxUrlRequest {
  static constexpr std::string_view kName = "GetMailboxUrlRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.18.1";
  u32 flags{};
  wire::String16 server_dn;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    v("ServerDn", m.server_dn);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.18.2 and 2.2.5.18.3
struct GetMailboxUrlResponse : ServerUrlResponse {
  static constexpr std::string_view kName = "GetMailboxUrlResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.18.2";
};

// [MS-OXCMAPIHTTP] 2.2.5.19.1
struct GetAddressBookUrlRequest {
  static constexpr std::string_view kName = "GetAddressBookUrlRequestBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.19.1";
  u32 flags{};
  wire::String16 user_dn;
  ByteView auxiliary_buffer;
  static void fields(auto& m, auto& v) {
    v("Flags", m.flags);
    v("UserDn", m.user_dn);
    detail::auxiliary_fields(m.auxiliary_buffer, v);
  }
};

// [MS-OXCMAPIHTTP] 2.2.5.19.2 and 2.2.5.19.3
struct GetAddressBookUrlResponse : ServerUrlResponse {
  static constexpr std::string_view kName = "GetAddressBookUrlResponseBody";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.5.19.2";
};

}  // namespace ropewalk::mapihttp
