#include "rpc/http/rts_pdu.h"

#include "protocol/dcerpc/pdu.h"

namespace ropewalk::rpc::http {
namespace {

constexpr std::size_t kRtsHeader = 20;
// All that an RTS PDU may have; the longest named one has seven commands in some 150 bytes, or padding.
constexpr std::size_t kLongestRts = 4096;

}  // namespace

void append_rts(std::string_view name, std::initializer_list<rpch::Command> commands, std::vector<u8>& out) {
  const rpch::NamedRts* named = rpch::find_rts(name);
  rpch::Rts body;
  body.flags.value = named == nullptr ? u16{} : named->flags;
  body.commands = wire::List<rpch::Command>::view({commands.begin(), commands.size()});
  dcerpc::Pdu pdu;
  pdu.type = dcerpc::PacketType::rts;
  pdu.body = &body;
  wire::OutBuffer bytes;
  wire::encode(pdu, bytes);
  out.insert(out.end(), bytes.view().begin(), bytes.view().end());
}

bool is_rts(ByteView pdu) { return pdu.size() > 2 && pdu[2] == static_cast<u8>(dcerpc::PacketType::rts); }

Result<rpch::Rts> read_rts(ByteView bytes, Arena& arena) {
  if (bytes.size() < kRtsHeader || bytes.size() > kLongestRts)
    return Error{"an RTS PDU of " + std::to_string(bytes.size()) + " bytes"};
  auto pdu = wire::decode<dcerpc::Pdu>(bytes, arena);
  if (!pdu.ok()) return Error{"an RTS PDU that cannot be read: " + pdu.error().text()};
  if (!pdu->auth_value.empty() || pdu->big_endian()) return Error{"an RTS PDU whose header is none"};
  return pdu->as<rpch::Rts>();
}

std::optional<std::size_t> pdu_length(ByteView start) {
  if (start.size() < dcerpc::kHeaderSize) return 0;
  const dcerpc::PduStart read = dcerpc::read_start(start.first<dcerpc::kHeaderSize>());
  if (read.rpc_vers != 5 || read.frag_length < dcerpc::kHeaderSize) return std::nullopt;
  return read.frag_length;
}

bool PduStream::feed(ByteView bytes, const std::function<bool(ByteView)>& each) {
  while (!bytes.empty()) {
    ByteView from = bytes;
    if (!partial_.empty()) {
      // What is missing of the header, then of the PDU.
      const std::size_t wanted =
          partial_.size() < dcerpc::kHeaderSize ? dcerpc::kHeaderSize : pdu_length(partial_).value_or(0);
      const std::size_t more = std::min(wanted - std::min(wanted, partial_.size()), bytes.size());
      partial_.insert(partial_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(more));
      bytes = bytes.subspan(more);
      from = partial_;
    }
    const auto length = pdu_length(from);
    if (!length) return false;
    if (*length == 0 || *length > from.size()) {
      if (partial_.empty()) {
        partial_.assign(from.begin(), from.end());
        return true;
      }
      continue;
    }
    bool go_on = true;
    if (partial_.empty()) {
      go_on = each(bytes.first(*length));
      bytes = bytes.subspan(*length);
    } else {
      const std::vector<u8> whole = std::exchange(partial_, {});
      go_on = each(whole);
    }
    if (!go_on) return false;
  }
  return true;
}

}  // namespace ropewalk::rpc::http
