#include "dissect/framed_bytes.h"

#include <algorithm>

namespace ropewalk::dissect {

void add_frame(std::vector<capture::Frame>& frames, const capture::Frame& frame) {
  if (frames.empty() || frames.back().number != frame.number) frames.push_back(frame);
}

void FramedBytes::append(ByteView bytes, const capture::Frame& frame) {
  bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  u64 end = dropped_ + size();
  if (!marks_.empty() && marks_.back().frame.number == frame.number)
    marks_.back().end = end;
  else
    marks_.push_back({end, frame});
}

void FramedBytes::frames_of(std::size_t n, std::vector<capture::Frame>& frames) const {
  u64 begin = dropped_;
  for (const Mark& mark : marks_) {
    if (begin >= dropped_ + n) return;
    add_frame(frames, mark.frame);
    begin = mark.end;
  }
}

void FramedBytes::drop(std::size_t n) {
  begin_ += n;
  dropped_ += n;
  while (!marks_.empty() && marks_.front().end <= dropped_) marks_.pop_front();
  if (begin_ == bytes_.size()) {
    bytes_.clear();
    begin_ = 0;
    if (bytes_.capacity() > (256u << 10)) bytes_.shrink_to_fit();
  } else if (begin_ > bytes_.size() / 2 && begin_ > 4096) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
}

}  // namespace ropewalk::dissect
