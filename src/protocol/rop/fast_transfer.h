// [MS-OXCROPS] 2.2.12: fast transfer ROPs. What they do: [MS-OXCFXICS].
#pragma once

#include "mapi/ids.h"
#include "protocol/rop/context.h"
#include "protocol/rop/registry.h"

namespace ropewalk::rop {

// [MS-OXCFXICS] 2.2.3.1.1.5.2
enum class TransferStatus : u16 { error = 0, partial = 1, no_room = 2, done = 3 };
const wire::TypeInfo& wire_type(std::type_identity<TransferStatus>);

// [MS-OXCFXICS] 2.2.3.1.2.1.1
enum class SourceOperation : u8 { copy_to = 1, copy_properties = 2, copy_messages = 3, copy_folder = 4 };
const wire::TypeInfo& wire_type(std::type_identity<SourceOperation>);

// [MS-OXCFXICS] 2.2.3.1.1.1.2
struct SendOptions {
  static constexpr u8 kUnicode = 0x01, kUseCpid = 0x02, kRecoverMode = 0x04, kForceUnicode = 0x08, kPartialItem = 0x10;
  u8 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<SendOptions>);

struct FastTransferDestinationConfigureRequest : OpeningRequest<RopId::fast_transfer_destination_configure> {
  static constexpr std::string_view kName = "RopFastTransferDestinationConfigureRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.1.1";
  SourceOperation source_operation{};
  u8 copy_flags{};

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("SourceOperation", m.source_operation);
    v("CopyFlags", m.copy_flags);
  }
};

struct FastTransferDestinationConfigureResponse : OpeningResponse<RopId::fast_transfer_destination_configure> {
  static constexpr std::string_view kName = "RopFastTransferDestinationConfigureResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.1.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct FastTransferDestinationPutBufferRequest : Request<RopId::fast_transfer_destination_put_buffer> {
  static constexpr std::string_view kName = "RopFastTransferDestinationPutBufferRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.2.1";
  ByteView transfer_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("TransferDataSize", "TransferData", m.transfer_data, v);
  }
};

// The status of a transfer. The specification has it in failures too; servers exist that leave it out there, which can
// be told where such a response is the last.
template <class Steps>
struct TransferProgress {
  bool has_status = true;  // failures alone may have none
  TransferStatus transfer_status{};
  Steps in_progress_count{}, total_step_count{};
  u8 reserved{};

  static void progress(auto& m, auto& v) {
    v("TransferStatus", m.transfer_status);
    v("InProgressCount", m.in_progress_count);
    v("TotalStepCount", m.total_step_count);
    v("Reserved", m.reserved);
  }
  // Calls content() where the status is there.
  template <class F>
  static void where_told(auto& m, auto& v, F&& content) {
    if (m.ok())
      content();
    else
      v.tail(m.has_status, content);
  }
};

template <RopId id, class Steps>
struct PutBufferResponse : Response<id>, TransferProgress<Steps> {
  u16 buffer_used_size{};

  static void fields(auto& m, auto& v) {
    Response<id>::header(m, v);
    TransferProgress<Steps>::where_told(m, v, [&] {
      TransferProgress<Steps>::progress(m, v);
      v("BufferUsedSize", m.buffer_used_size);
    });
  }
};

struct FastTransferDestinationPutBufferResponse : PutBufferResponse<RopId::fast_transfer_destination_put_buffer, u16> {
  static constexpr std::string_view kName = "RopFastTransferDestinationPutBufferResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.2.2";
};

struct FastTransferDestinationPutBufferExtendedRequest : Request<RopId::fast_transfer_destination_put_buffer_extended> {
  static constexpr std::string_view kName = "RopFastTransferDestinationPutBufferExtendedRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.3.1";
  ByteView transfer_data;

  static void fields(auto& m, auto& v) {
    header(m, v);
    sized_bytes("TransferDataSize", "TransferData", m.transfer_data, v);
  }
};

struct FastTransferDestinationPutBufferExtendedResponse
    : PutBufferResponse<RopId::fast_transfer_destination_put_buffer_extended, u32> {
  static constexpr std::string_view kName = "RopFastTransferDestinationPutBufferExtendedResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.3.2";
};

// BufferSize of RopFastTransferSourceGetBuffer: this value leaves the size to the server.
struct GetBufferSize {
  static constexpr u16 kServerDecides = 0xBABE;
  u16 value = kServerDecides;
};
const wire::TypeInfo& wire_type(std::type_identity<GetBufferSize>);

struct FastTransferSourceGetBufferRequest : Request<RopId::fast_transfer_source_get_buffer> {
  static constexpr std::string_view kName = "RopFastTransferSourceGetBufferRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.4.1";
  GetBufferSize buffer_size;
  u16 maximum_buffer_size{};  // where the server decides

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("BufferSize", m.buffer_size);
    if (m.buffer_size.value == GetBufferSize::kServerDecides) v("MaximumBufferSize", m.maximum_buffer_size);
  }
};

struct FastTransferSourceGetBufferResponse : Response<RopId::fast_transfer_source_get_buffer>, TransferProgress<u16> {
  static constexpr std::string_view kName = "RopFastTransferSourceGetBufferResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.4.2";
  ByteView transfer_buffer;
  u32 backoff_time{};  // milliseconds, where return_value is ecServerBusy

  static void fields(auto& m, auto& v) {
    header(m, v);
    where_told(m, v, [&] {
      progress(m, v);
      sized_bytes("TransferBufferSize", "TransferBuffer", m.transfer_buffer, v);
      if (m.return_value == mapi::ErrorCode::server_busy) v("BackoffTime", m.backoff_time);
    });
  }
};

struct FastTransferSourceCopyFolderRequest : OpeningRequest<RopId::fast_transfer_source_copy_folder> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyFolderRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.5.1";
  u8 copy_flags{};
  SendOptions send_options;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("CopyFlags", m.copy_flags);
    v("SendOptions", m.send_options);
  }
};

struct FastTransferSourceCopyFolderResponse : OpeningResponse<RopId::fast_transfer_source_copy_folder> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyFolderResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.5.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct FastTransferSourceCopyMessagesRequest : OpeningRequest<RopId::fast_transfer_source_copy_messages> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyMessagesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.6.1";
  wire::List<mapi::MessageId> message_ids;
  u8 copy_flags{};
  SendOptions send_options;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("MessageIdCount", wire::count_of<u16>(m.message_ids));
    v("MessageIds", m.message_ids);
    v("CopyFlags", m.copy_flags);
    v("SendOptions", m.send_options);
  }
};

struct FastTransferSourceCopyMessagesResponse : OpeningResponse<RopId::fast_transfer_source_copy_messages> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyMessagesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.6.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct FastTransferSourceCopyToRequest : OpeningRequest<RopId::fast_transfer_source_copy_to> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyToRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.7.1";
  u8 level{};
  u32 copy_flags{};
  SendOptions send_options;
  wire::List<mapi::PropTag> property_tags;  // what to leave out

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Level", m.level);
    v("CopyFlags", m.copy_flags);
    v("SendOptions", m.send_options);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

struct FastTransferSourceCopyToResponse : OpeningResponse<RopId::fast_transfer_source_copy_to> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyToResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.7.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct FastTransferSourceCopyPropertiesRequest : OpeningRequest<RopId::fast_transfer_source_copy_properties> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyPropertiesRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.8.1";
  u8 level{};
  u8 copy_flags{};
  SendOptions send_options;
  wire::List<mapi::PropTag> property_tags;

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Level", m.level);
    v("CopyFlags", m.copy_flags);
    v("SendOptions", m.send_options);
    v("PropertyTagCount", wire::count_of<u16>(m.property_tags));
    v("PropertyTags", m.property_tags);
  }
};

struct FastTransferSourceCopyPropertiesResponse : OpeningResponse<RopId::fast_transfer_source_copy_properties> {
  static constexpr std::string_view kName = "RopFastTransferSourceCopyPropertiesResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.8.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

struct TellVersionRequest : Request<RopId::tell_version> {
  static constexpr std::string_view kName = "RopTellVersionRequest";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.9.1";
  std::array<u8, 6> version{};  // three numbers of 16 bits, as the other server told them

  static void fields(auto& m, auto& v) {
    header(m, v);
    v("Version", m.version);
  }
};

struct TellVersionResponse : Response<RopId::tell_version> {
  static constexpr std::string_view kName = "RopTellVersionResponse";
  static constexpr std::string_view kSource = "[MS-OXCROPS] 2.2.12.9.2";

  static void fields(auto& m, auto& v) { header(m, v); }
};

std::span<const RopRow> fast_transfer_rops();

}  // namespace ropewalk::rop
