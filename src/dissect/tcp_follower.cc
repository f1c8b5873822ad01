#include "dissect/tcp_follower.h"

#include <fmt/format.h>

#include "protocol/dcerpc/pdu.h"

namespace ropewalk::dissect {

using capture::Frame;
using capture::Side;

namespace {

enum class Speaks { unknown, rpc, http, tls, smb, other };

constexpr std::size_t kMostWaiting = 256;  // bytes that wait for a decision
constexpr int kMostTries = 64;             // segments, where the capture does not have the connection's beginning

Speaks spoken(ByteView bytes) {
  std::string_view text = text_of(bytes);
  if (looks_like_pdu(bytes)) return Speaks::rpc;
  if (looks_like_http(bytes)) return Speaks::http;
  if (bytes.size() >= 3 && bytes[0] >= 0x14 && bytes[0] <= 0x17 && bytes[1] == 3 && bytes[2] <= 4) return Speaks::tls;
  if (bytes.size() >= 8 && (text.substr(4, 4) == "\xFFSMB" || text.substr(4, 4) == "\xFESMB")) return Speaks::smb;
  if (bytes.size() >= 4 && bytes[0] == 0x81 && bytes[1] == 0) return Speaks::smb;  // NetBIOS session request
  return bytes.size() >= dcerpc::kHeaderSize ? Speaks::other : Speaks::unknown;
}

class RpcFollower : public Follower {
 public:
  RpcFollower(Conversations& all, Link link) : link_(std::move(link)), association_(all) {}

  void data(Side from, ByteView bytes, const Frame& frame) override {
    cutter(from).data(bytes, frame, [&](RawPdu& raw) {
      turn_round(from, raw);
      association_.pdu(link_, turned_ ? other(from) : from, raw);
    });
  }
  void gap(Side from, u64 bytes) override {
    cutter(from).gap(bytes);
    association_.lost(turned_ ? other(from) : from);
  }
  void note(Side from, std::string text) override { cutter(from).note(std::move(text)); }

 private:
  PduCutter& cutter(Side from) { return cutters_[static_cast<int>(from)]; }
  // In captures that begin later the parties may seem to be the wrong way round; the first PDU tells.
  void turn_round(Side from, const RawPdu& raw) {
    if (known_) return;
    auto head = dcerpc::read_start(raw.bytes.first<dcerpc::kHeaderSize>());
    auto sender = sender_of(head.type);
    if (!sender) return;
    known_ = true;
    turned_ = *sender != from;
    if (turned_) std::swap(link_.client, link_.server);
  }

  Link link_;
  bool known_ = false, turned_ = false;
  PduCutter cutters_[2];
  RpcAssociation association_;
};

class TcpReader : public capture::StreamReader {
 public:
  TcpReader(Conversations& all, const capture::Connection& connection)
      : all_(all),
        link_{connection.id, connection.client.text(), connection.server.text()},
        from_start_(connection.from_start),
        is_rpc_port_(all.options().rpc_ports.contains(connection.server.port)) {}

  void data(Side from, ByteView bytes, const Frame& frame) override {
    if (!follower_ && !decide(from, bytes, frame)) return;
    if (follower_) follower_->data(from, bytes, frame);
  }
  void gap(Side from, u64 bytes, const Frame&) override {
    if (follower_) return follower_->gap(from, bytes);
    from_start_ = false;
    waiting_[static_cast<int>(from)].clear();
  }
  void retransmitted(Side from, std::size_t bytes, const Frame& frame) override {
    if (follower_) follower_->note(from, fmt::format("frame {} repeats {} bytes", frame.number, bytes));
  }
  void end(const Frame& frame) override {
    if (follower_) return follower_->end(frame);
    if (decided_ == Speaks::unknown) ++all_.counts().other;
  }

 private:
  // True where a follower takes these bytes too; what waited has been handed over.
  bool decide(Side from, ByteView bytes, const Frame& frame) {
    if (decided_ != Speaks::unknown) return false;
    FramedBytes& waiting = waiting_[static_cast<int>(from)];
    Speaks speaks;
    if (waiting.size() == 0) {
      speaks = spoken(bytes);
    } else {
      std::vector<u8> joined(waiting.view().begin(), waiting.view().end());
      joined.insert(joined.end(), bytes.begin(), bytes.end());
      speaks = spoken(joined);
    }
    bool named = is_rpc_port_ || all_.named_port(link_.server) != nullptr || all_.named_port(link_.client) != nullptr;
    if (speaks == Speaks::other && named) speaks = Speaks::rpc;
    if (speaks == Speaks::other && !from_start_ && ++tries_ < kMostTries) {
      waiting.clear();
      return false;
    }
    if (speaks == Speaks::unknown) {
      if (waiting.size() < kMostWaiting) waiting.append(bytes, frame);
      return false;
    }
    decided_ = speaks;
    if (speaks == Speaks::tls) ++all_.counts().tls;
    if (speaks == Speaks::smb) ++all_.counts().smb;
    if (speaks == Speaks::other) ++all_.counts().other;
    if (speaks != Speaks::rpc && speaks != Speaks::http) return false;
    ++all_.counts().followed;
    follower_ = speaks == Speaks::rpc ? make_rpc_follower(all_, link_) : make_http_follower(all_, link_);
    for (Side side : {Side::client, Side::server}) {
      FramedBytes& early = waiting_[static_cast<int>(side)];
      if (early.size() != 0) follower_->data(side, early.view(), frame);
      early.clear();
    }
    return true;
  }

  Conversations& all_;
  Link link_;
  bool from_start_;
  bool is_rpc_port_;
  int tries_ = 0;
  Speaks decided_ = Speaks::unknown;
  FramedBytes waiting_[2];
  std::unique_ptr<Follower> follower_;
};

}  // namespace

std::unique_ptr<Follower> make_rpc_follower(Conversations& all, const Link& link) {
  return std::make_unique<RpcFollower>(all, link);
}

std::unique_ptr<capture::StreamReader> follow_tcp(Conversations& all, const capture::Connection& connection) {
  return std::make_unique<TcpReader>(all, connection);
}

}  // namespace ropewalk::dissect
