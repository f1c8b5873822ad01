#include <fmt/format.h>

#include "dissect/rpc_association.h"
#include "protocol/dcerpc/pdu.h"

namespace ropewalk::dissect {

using dcerpc::kHeaderSize;

// [C706] 12.6.3.1: version 5, a known PTYPE, a known data representation, sizes that can be.
bool looks_like_pdu(ByteView bytes) {
  if (bytes.size() < kHeaderSize || bytes[0] != 5 || bytes[1] > 1) return false;
  auto start = dcerpc::read_start(bytes.first<kHeaderSize>());
  bool known_type = !dcerpc::packet_name(start.type).empty();
  bool known_representation = (bytes[4] & 0xEE) == 0 && bytes[5] <= 3 && bytes[6] == 0 && bytes[7] == 0;
  return known_type && known_representation && start.frag_length >= kHeaderSize &&
         start.auth_length + kHeaderSize <= start.frag_length;
}

std::optional<capture::Side> sender_of(dcerpc::PacketType type) {
  using dcerpc::PacketType;
  switch (type) {
    case PacketType::request:
    case PacketType::bind:
    case PacketType::alter_context:
    case PacketType::auth3:
    case PacketType::co_cancel:
    case PacketType::orphaned:
      return capture::Side::client;
    case PacketType::response:
    case PacketType::fault:
    case PacketType::bind_ack:
    case PacketType::bind_nak:
    case PacketType::alter_context_resp:
    case PacketType::shutdown:
      return capture::Side::server;
    case PacketType::rts:
      break;
  }
  return std::nullopt;
}

void PduCutter::note(std::string text) {
  if (notes_.size() < 16) notes_.push_back(std::move(text));
}

void PduCutter::gap(u64 bytes) {
  if (bytes_.size() != 0) note(fmt::format("{} bytes of a PDU whose rest is missing are passed over", bytes_.size()));
  bytes_.clear();
  note(bytes == 0 ? std::string("bytes are missing in front of this")
                  : fmt::format("{} bytes are missing in front of this", bytes));
  searching_ = true;
}

bool PduCutter::find_start() {
  while (bytes_.size() >= kHeaderSize) {
    if (looks_like_pdu(bytes_.view())) {
      if (passed_over_ != 0) note(fmt::format("{} bytes that are no PDU are passed over", passed_over_));
      passed_over_ = 0;
      searching_ = false;
      return true;
    }
    searching_ = true;
    ByteView view = bytes_.view();
    const void* five = std::memchr(view.data() + 1, 5, view.size() - 1);
    std::size_t n =
        five == nullptr ? view.size() : static_cast<std::size_t>(static_cast<const u8*>(five) - view.data());
    passed_over_ += n;
    bytes_.drop(n);
  }
  return false;
}

void PduCutter::data(ByteView bytes, const capture::Frame& frame, const OnPdu& on_pdu) {
  auto give = [&](ByteView pdu, std::vector<capture::Frame> frames) {
    RawPdu raw{pdu, std::move(frames), std::exchange(notes_, {})};
    on_pdu(raw);
  };
  // Most PDUs come whole: they need not be copied.
  while (bytes_.size() == 0 && !searching_ && looks_like_pdu(bytes)) {
    std::size_t size = dcerpc::read_start(bytes.first<kHeaderSize>()).frag_length;
    if (size > bytes.size()) break;
    give(bytes.first(size), {frame});
    bytes = bytes.subspan(size);
  }
  if (bytes.empty()) return;
  bytes_.append(bytes, frame);
  while (find_start()) {
    std::size_t size = dcerpc::read_start(bytes_.view().first<kHeaderSize>()).frag_length;
    if (size > bytes_.size()) return;
    std::vector<capture::Frame> frames;
    bytes_.frames_of(size, frames);
    give(bytes_.view().first(size), std::move(frames));
    bytes_.drop(size);
  }
}

}  // namespace ropewalk::dissect
