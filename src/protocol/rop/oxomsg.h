// [MS-OXCROPS] 2.2.7: transport ROPs. What they do: [MS-OXOMSG].
#pragma once

#include "mapi/ids.h"
#include "mapi/value_fields.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

struct SubmitMessageRequest : Request<RopId::submit_message> {
  static constexpr std::string_view kName = "RopSubmitMessageRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.1.1";
  u8 submit_flags{};  // [MS-OXOMSG] 2.2.3.1.1

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SubmitFlags", m.submit_flags);
  }
};

struct SubmitMessageResponse : Response<RopId::submit_message> {
  static constexpr std::string_view kName = "RopSubmitMessageResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.1.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct AbortSubmitRequest : Request<RopId::abort_submit> {
  static constexpr std::string_view kName = "RopAbortSubmitRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.2.1";
  mapi::FolderId folder_id;
  mapi::MessageId message_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("FolderId", m.folder_id);
    v("MessageId", m.message_id);
  }
};

struct AbortSubmitResponse : Response<RopId::abort_submit> {
  static constexpr std::string_view kName = "RopAbortSubmitResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.2.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetAddressTypesRequest : Request<RopId::get_address_types> {
  static constexpr std::string_view kName = "RopGetAddressTypesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.3.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetAddressTypesResponse : Response<RopId::get_address_types> {
  static constexpr std::string_view kName = "RopGetAddressTypesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.3.2, 2.2.7.3.3";
  wire::List<wire::String8> address_types;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("AddressTypeCount", wire::count_of<u16>(m.address_types));
    v.sized("AddressTypeSize", u16{}, [&] { v("AddressTypes", m.address_types); });
  }
};

struct SetSpoolerRequest : Request<RopId::set_spooler> {
  static constexpr std::string_view kName = "RopSetSpoolerRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.4.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct SetSpoolerResponse : Response<RopId::set_spooler> {
  static constexpr std::string_view kName = "RopSetSpoolerResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.4.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

// [MS-OXOMSG] 2.2.3.4.1
enum class LockState : u8 { lock = 0x00, unlock = 0x01, finished = 0x02 };
const wire::TypeInfo& wire_type(std::type_identity<LockState>);

struct SpoolerLockMessageRequest : Request<RopId::spooler_lock_message> {
  static constexpr std::string_view kName = "RopSpoolerLockMessageRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.5.1";
  mapi::MessageId message_id;
  LockState lock_state{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageId", m.message_id);
    v("LockState", m.lock_state);
  }
};

struct SpoolerLockMessageResponse : Response<RopId::spooler_lock_message> {
  static constexpr std::string_view kName = "RopSpoolerLockMessageResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.5.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct TransportSendRequest : Request<RopId::transport_send> {
  static constexpr std::string_view kName = "RopTransportSendRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.6.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct TransportSendResponse : Response<RopId::transport_send> {
  static constexpr std::string_view kName = "RopTransportSendResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.6.2, 2.2.7.6.3";
  u8 no_properties_returned{};
  wire::List<mapi::TaggedPropertyValue> property_values;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("NoPropertiesReturned", m.no_properties_returned);
    if (m.no_properties_returned != 0) return;
    v("PropertyValueCount", wire::count_of<u16>(m.property_values));
    v("PropertyValues", m.property_values);
  }
};

struct TransportNewMailRequest : Request<RopId::transport_new_mail> {
  static constexpr std::string_view kName = "RopTransportNewMailRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.7.1";
  mapi::MessageId message_id;
  mapi::FolderId folder_id;
  wire::String8 message_class;
  u32 message_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageId", m.message_id);
    v("FolderId", m.folder_id);
    v("MessageClass", m.message_class);
    v("MessageFlags", m.message_flags);
  }
};

struct TransportNewMailResponse : Response<RopId::transport_new_mail> {
  static constexpr std::string_view kName = "RopTransportNewMailResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.7.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetTransportFolderRequest : Request<RopId::get_transport_folder> {
  static constexpr std::string_view kName = "RopGetTransportFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.8.1";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct GetTransportFolderResponse : Response<RopId::get_transport_folder> {
  static constexpr std::string_view kName = "RopGetTransportFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.8.2, 2.2.7.8.3";
  mapi::FolderId folder_id;

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (m.ok()) v("FolderId", m.folder_id);
  }
};

struct OptionsDataRequest : Request<RopId::options_data> {
  static constexpr std::string_view kName = "RopOptionsDataRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.9.1";
  wire::String8 address_type;
  u8 want_win32{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("AddressType", m.address_type);
    v("WantWin32", m.want_win32);
  }
};

struct OptionsDataResponse : Response<RopId::options_data> {
  static constexpr std::string_view kName = "RopOptionsDataResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.7.9.2, 2.2.7.9.3";
  u8 reserved{};
  ByteView options_info, help_file;
  wire::String8 help_file_name;  // where there is a help file

  static void fields(auto& m, auto& v) {
    header(m, v);
    if (!m.ok()) return;
    v("Reserved", m.reserved);
    sized_bytes("OptionsInfoSize", "OptionsInfo", m.options_info, v);
    sized_bytes("HelpFileSize", "HelpFile", m.help_file, v);
    if (!m.help_file.empty()) v("HelpFileName", m.help_file_name);
  }
};

std::span<const RopRow> oxomsg_rops();

}  // namespace ropewalk::rop
