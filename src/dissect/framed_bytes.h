// A stream's bytes that wait to be taken, each with the frame that brought it.
#pragma once

#include <deque>

#include "capture/packet_file.h"

namespace ropewalk::dissect {

class FramedBytes {
 public:
  void append(ByteView bytes, const capture::Frame& frame);
  // What waits; until the next call.
  ByteView view() const { return ByteView(bytes_).subspan(begin_); }
  std::size_t size() const { return bytes_.size() - begin_; }
  // The frames that brought the first n bytes, added to `frames` (each once).
  void frames_of(std::size_t n, std::vector<capture::Frame>& frames) const;
  // Takes the first n bytes away.
  void drop(std::size_t n);
  void clear() { drop(size()); }

 private:
  struct Mark {
    u64 end;  // counted from the beginning of the stream
    capture::Frame frame;
  };
  std::vector<u8> bytes_;
  std::size_t begin_ = 0;
  u64 dropped_ = 0;
  std::deque<Mark> marks_;
};

// Adds a frame, unless it is the last one already.
void add_frame(std::vector<capture::Frame>& frames, const capture::Frame& frame);

}  // namespace ropewalk::dissect
