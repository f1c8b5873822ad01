#include "protocol/rop/fast_transfer.h"

#include "wire/flag_text.h"

namespace ropewalk::rop {

const wire::TypeInfo& wire_type(std::type_identity<TransferStatus>) {
  static constexpr wire::NamedValue kNames[] = {{0, "Error"}, {1, "Partial"}, {2, "NoRoom"}, {3, "Done"}};
  static constexpr wire::TypeInfo info{"TransferStatus", 2, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) -> u64 { return random.below(4); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<SourceOperation>) {
  static constexpr wire::NamedValue kNames[] = {
      {1, "CopyTo"}, {2, "CopyProperties"}, {3, "CopyMessages"}, {4, "CopyFolder"}};
  static constexpr wire::TypeInfo info{"SourceOperation", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) -> u64 { return 1 + random.below(4); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<SendOptions>) {
  static constexpr wire::NamedValue kNames[] = {
      {0x01, "Unicode"}, {0x02, "UseCpid"}, {0x04, "RecoverMode"}, {0x08, "ForceUnicode"}, {0x10, "PartialItem"}};
  static constexpr wire::TypeInfo info{"SendOptions", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_flag_names(raw, kNames, out); }};
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<GetBufferSize>) {
  static constexpr wire::TypeInfo info{
      "BufferSize", 2, wire::Form::unsigned_number, nullptr, [](wire::Random& random) -> u64 {
        return random.chance(50) ? GetBufferSize::kServerDecides : random.below(0x8000);
      }};
  return info;
}

std::span<const RopRow> fast_transfer_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::fast_transfer_destination_configure, FastTransferDestinationConfigureRequest,
              FastTransferDestinationConfigureResponse>(),
      rop_row<RopId::fast_transfer_destination_put_buffer, FastTransferDestinationPutBufferRequest,
              FastTransferDestinationPutBufferResponse>(),
      rop_row<RopId::fast_transfer_destination_put_buffer_extended, FastTransferDestinationPutBufferExtendedRequest,
              FastTransferDestinationPutBufferExtendedResponse>(),
      rop_row<RopId::fast_transfer_source_get_buffer, FastTransferSourceGetBufferRequest,
              FastTransferSourceGetBufferResponse>(),
      rop_row<RopId::fast_transfer_source_copy_folder, FastTransferSourceCopyFolderRequest,
              FastTransferSourceCopyFolderResponse>(),
      rop_row<RopId::fast_transfer_source_copy_messages, FastTransferSourceCopyMessagesRequest,
              FastTransferSourceCopyMessagesResponse>(),
      rop_row<RopId::fast_transfer_source_copy_to, FastTransferSourceCopyToRequest, FastTransferSourceCopyToResponse>(),
      rop_row<RopId::fast_transfer_source_copy_properties, FastTransferSourceCopyPropertiesRequest,
              FastTransferSourceCopyPropertiesResponse>(),
      rop_row<RopId::tell_version, TellVersionRequest, TellVersionResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
