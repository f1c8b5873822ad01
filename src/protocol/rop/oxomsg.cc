#include "protocol/rop/oxomsg.h"

#include "wire/flag_text.h"

namespace ropewalk::rop {

const wire::TypeInfo& wire_type(std::type_identity<LockState>) {
  static constexpr wire::NamedValue kNames[] = {{0, "lstLock"}, {1, "lstUnlock"}, {2, "lstFinished"}};
  static constexpr wire::TypeInfo info{"LockState", 1, wire::Form::unsigned_number,
                                       [](u64 raw, std::string& out) { wire::append_value_name(raw, kNames, out); },
                                       [](wire::Random& random) -> u64 { return random.below(3); }};
  return info;
}

std::span<const RopRow> oxomsg_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::submit_message, SubmitMessageRequest, SubmitMessageResponse>(),
      rop_row<RopId::abort_submit, AbortSubmitRequest, AbortSubmitResponse>(),
      rop_row<RopId::get_address_types, GetAddressTypesRequest, GetAddressTypesResponse>(),
      rop_row<RopId::set_spooler, SetSpoolerRequest, SetSpoolerResponse>(),
      rop_row<RopId::spooler_lock_message, SpoolerLockMessageRequest, SpoolerLockMessageResponse>(),
      rop_row<RopId::transport_send, TransportSendRequest, TransportSendResponse>(),
      rop_row<RopId::transport_new_mail, TransportNewMailRequest, TransportNewMailResponse>(),
      rop_row<RopId::get_transport_folder, GetTransportFolderRequest, GetTransportFolderResponse>(),
      rop_row<RopId::options_data, OptionsDataRequest, OptionsDataResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
