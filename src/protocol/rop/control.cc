#include "protocol/rop/control.h"

namespace ropewalk::rop {

std::span<const RopRow> control_rops() {
  static constexpr RopRow rows[] = {
      rop_row<RopId::release, ReleaseRequest, NoResponse>(),
      rop_row<RopId::buffer_too_small, NoRequest, BufferTooSmallResponse>(),
      rop_row<RopId::backoff, NoRequest, BackoffResponse>(),
  };
  return rows;
}

}  // namespace ropewalk::rop
