#include "client/exchange/batch.h"

#include <algorithm>

namespace ropewalk::client::exchange {

u8 Batch::place(Handle handle) {
  if (epoch_ == 0) epoch_ = handle.epoch;
  if (epoch_ != handle.epoch) mixed_epochs_ = true;
  auto found = std::find(handles_.begin(), handles_.end(), handle.value);
  if (found != handles_.end() && handle.value != rop::kNoHandle) return static_cast<u8>(found - handles_.begin());
  handles_.push_back(handle.value);
  return static_cast<u8>(handles_.size() - 1);
}

u8 Batch::new_place() {
  handles_.push_back(rop::kNoHandle);
  return static_cast<u8>(handles_.size() - 1);
}

}  // namespace ropewalk::client::exchange
