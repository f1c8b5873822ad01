#include "protocol/dcerpc/pdu.h"

#include "protocol/rpch/rts.h"

namespace ropewalk::dcerpc {

using wire::struct_info;

const wire::StructInfo& body_info(PacketType type) {
  switch (type) {
    case PacketType::request:
      return struct_info<Request>;
    case PacketType::response:
      return struct_info<Response>;
    case PacketType::fault:
      return struct_info<Fault>;
    case PacketType::bind:
      return struct_info<Bind>;
    case PacketType::bind_ack:
      return struct_info<BindAck>;
    case PacketType::bind_nak:
      return struct_info<BindNak>;
    case PacketType::alter_context:
      return struct_info<AlterContext>;
    case PacketType::alter_context_resp:
      return struct_info<AlterContextResp>;
    case PacketType::auth3:
      return struct_info<Auth3>;
    case PacketType::shutdown:
      return struct_info<Shutdown>;
    case PacketType::co_cancel:
      return struct_info<CoCancel>;
    case PacketType::orphaned:
      return struct_info<Orphaned>;
    case PacketType::rts:
      return struct_info<rpch::Rts>;
  }
  return struct_info<UnknownBody>;
}

PduStart read_start(std::span<const u8, kHeaderSize> header) {
  bool big_endian = IntegerRepresentation{header[4]}.big_endian();
  auto number = [&]<class T>(std::size_t at, T) {
    T value = load_le<T>(header.data() + at);
    return big_endian ? wire::swapped(value) : value;
  };
  return {header[0],         header[1],        static_cast<PacketType>(header[2]),
          header[3],         big_endian,       number(8, u16{}),
          number(10, u16{}), number(12, u32{})};
}

}  // namespace ropewalk::dcerpc
