// What one would write by hand for two messages: the yardstick of the described ones. Bounds are checked as there,
// lists lie in the same arena, the results have the same members; only the description is missing.
#pragma once

#include "base/utf16.h"
#include "protocol/rop/oxctabl.h"

namespace ropewalk::bench {

// Reads little-endian integers and views; false once something is missing.
class HandReader {
 public:
  explicit HandReader(ByteView bytes) : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  template <class T>
  bool number(T& x) {
    if (left() < sizeof(T)) return false;
    std::memcpy(&x, at_, sizeof(T));
    at_ += sizeof(T);
    return true;
  }
  bool view(ByteView& bytes, std::size_t n) {
    if (left() < n) return false;
    bytes = {at_, n};
    at_ += n;
    return true;
  }
  bool utf16(ByteView& text) {
    const u8* zero = find_utf16_zero(at_, end_);
    if (zero == nullptr) return false;
    text = {at_, static_cast<std::size_t>(zero - at_)};
    at_ = zero + 2;
    return true;
  }

 private:
  const u8* at_;
  const u8* end_;
};

bool hand_decode(ByteView bytes, Arena& arena, rop::SetColumnsRequest& out);
void hand_encode(const rop::SetColumnsRequest& request, wire::OutBuffer& out);
bool hand_decode(ByteView bytes, std::span<const mapi::PropTag> columns, Arena& arena, rop::QueryRowsResponse& out);
void hand_encode(const rop::QueryRowsResponse& response, wire::OutBuffer& out);

}  // namespace ropewalk::bench
