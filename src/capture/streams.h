// TCP streams put together from segments that come out of order, twice, overlapping, or not at all.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <unordered_map>

#include "capture/network.h"

namespace ropewalk::capture {

// The two parties of a connection: `client` sent the first SYN or, where the capture begins later, the first segment.
enum class Side : u8 { client = 0, server = 1 };
inline Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

struct Connection {
  u64 id = 0;  // from 1, in the order of their first segments
  Endpoint client, server;
  bool from_start = false;  // its SYN was captured
  const Endpoint& of(Side side) const { return side == Side::client ? client : server; }
};

// Takes what each party of one connection sent, in order, each byte once.
class StreamReader {
 public:
  virtual ~StreamReader() = default;
  // `bytes` came with `frame`.
  virtual void data(Side from, ByteView bytes, const Frame& frame) = 0;
  // Bytes that are not in the capture stood here; 0: nobody knows how many. `frame`: what came behind them.
  virtual void gap(Side from, u64 bytes, const Frame& frame) = 0;
  // Bytes came once more.
  virtual void retransmitted(Side from, std::size_t bytes, const Frame& frame) = 0;
  // The connection was closed or reset, or the capture ends; nothing follows.
  virtual void end(const Frame& frame) = 0;
};

// Bounds of what Streams keep.
struct StreamLimits {
  std::size_t connections = 4096;            // open ones; the one idle for longest is given up
  std::size_t ahead = 1u << 20;              // bytes of one direction that wait for a missing segment
  std::size_t ahead_of_all = 64u << 20;      // of all directions
  i64 idle = i64{2} * 3600 * 1'000'000'000;  // nanoseconds without a segment until a connection is given up
};

class Streams {
 public:
  using Follow = std::function<std::unique_ptr<StreamReader>(const Connection&)>;

  // `follow` is asked for a reader when a connection's first byte comes; null: nobody wants it.
  explicit Streams(Follow follow, const StreamLimits& limits = {}) : follow_(std::move(follow)), limits_(limits) {}
  ~Streams();

  void add(const TcpSegment& segment, const Frame& frame);
  // The capture is over.
  void finish();

  u64 connections() const { return count_; }

 private:
  struct Waiting {
    std::vector<u8> bytes;
    std::size_t cut;
    Frame frame;
  };
  // One direction. Positions are sequence numbers that do not wrap.
  struct Way {
    bool known = false;
    u64 next = u64{1} << 32;  // the position of the next byte to deliver
    u64 acknowledged = 0;     // by the other party
    std::optional<u64> fin;
    std::map<u64, Waiting> ahead;
    std::size_t ahead_bytes = 0;
    int overdue = 0;  // segments since the missing one was acknowledged
    bool is_over() const { return fin && next >= *fin; }
    u64 position(u32 sequence) const {
      return next + static_cast<u64>(static_cast<i64>(static_cast<std::int32_t>(sequence - static_cast<u32>(next))));
    }
    void start(u32 sequence) {
      known = true;
      next = (u64{1} << 32) + sequence;
    }
  };
  struct Key {
    Endpoint low, high;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct State {
    Connection connection;
    Way ways[2];
    std::unique_ptr<StreamReader> reader;
    bool asked = false, ended = false;
    Frame last;
    std::list<Key>::iterator age;
    Way& way(Side side) { return ways[static_cast<int>(side)]; }
  };

  State& state_of(const TcpSegment& segment, const Frame& frame);
  void open(State& state, const TcpSegment& segment);
  void take(State& state, Side from, u64 at, const TcpSegment& segment, const Frame& frame);
  void deliver(State& state, Side from, ByteView bytes, std::size_t cut, const Frame& frame);
  void deliver_waiting(State& state, Side from);
  // Gives up what is missing in front of the first segment that waits.
  void skip(State& state, Side from);
  void look_for_losses(State& state);
  void end(State& state, const Frame& frame);
  void forget(const Key& key);

  Follow follow_;
  StreamLimits limits_;
  std::unordered_map<Key, State, KeyHash> states_;
  std::list<Key> ages_;  // idle for longest first
  std::size_t ahead_ = 0;
  u64 count_ = 0;
};

}  // namespace ropewalk::capture
