#include "server/client_report.h"

#include <fmt/format.h>

#include "base/utf16.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/extended_buffer.h"

namespace ropewalk::server {
namespace {

using emsmdb::AuxBlock;

constexpr std::size_t kHeaderSize = 4;  // of AUX_HEADER: offsets count from it
constexpr std::size_t kMostText = 64;   // UTF-16 code units
// More is no report but a burden: 0x1008 bytes hold some 500 blocks.
constexpr std::size_t kMostBlocks = 64;
constexpr u16 kClassicMode = 0x01, kCachedMode = 0x02;  // ClientMode, [MS-OXCRPC] 2.2.2.2.4
constexpr u32 kRunsCached = 0x0001;                     // ConnectionFlags, [MS-OXCRPC] 2.2.2.2.21

// The null-terminated text at an offset of the block; empty where there is none.
std::string text_at(const AuxBlock& block, u16 offset) {
  if (offset < kHeaderSize || offset - kHeaderSize >= block.payload.size()) return {};
  ByteView rest = block.payload.subspan(offset - kHeaderSize);
  std::size_t size = 0;
  while (size + 1 < rest.size() && size < 2 * kMostText && (rest[size] != 0 || rest[size + 1] != 0)) size += 2;
  return utf16_to_utf8(rest.first(size));
}

template <class B>
std::optional<B> read_as(const AuxBlock& block, Arena& arena) {
  std::size_t consumed = 0;
  auto read = wire::decode<B>(block.payload, arena, nullptr, &consumed);
  return read.ok() ? std::optional<B>(*read) : std::nullopt;
}

class Reader {
 public:
  explicit Reader(session::ClientReport& report) : report_(report) {}

  // What of the block is worth a line.
  std::string read(const AuxBlock& block) {
    if (block.version != 1 && !(block.version == 2 && block.type.value == emsmdb::kAuxPerfProcessInfo)) return {};
    switch (block.type.value) {
      case emsmdb::kAuxPerfClientInfo:
        return client_info(block);
      case emsmdb::kAuxPerfProcessInfo:
        return process_info(block);
      case emsmdb::kAuxClientConnectionInfo:
        return connection_info(block);
      default:
        return {};
    }
  }

 private:
  std::string client_info(const AuxBlock& block) {
    auto info = read_as<emsmdb::AuxPerfClientInfo>(block, arena_);
    if (!info) return kUnreadable;
    report_.machine = text_at(block, info->machine_name_offset);
    report_.account = text_at(block, info->user_name_offset);
    if (info->client_mode == kClassicMode || info->client_mode == kCachedMode)
      report_.cached = info->client_mode == kCachedMode;
    return fmt::format("machine {}, account {}, mode {}", report_.machine, report_.account, info->client_mode);
  }
  std::string process_info(const AuxBlock& block) {
    auto info = read_as<emsmdb::AuxPerfProcessInfo>(block, arena_);
    if (!info) return kUnreadable;
    report_.process = text_at(block, info->process_name_offset);
    return "process " + report_.process;
  }
  std::string connection_info(const AuxBlock& block) {
    auto info = read_as<emsmdb::AuxClientConnectionInfo>(block, arena_);
    if (!info) return kUnreadable;
    report_.connection = text_at(block, info->offset_connection_context_info);
    report_.connection_attempts = info->connection_attempts;
    if ((info->connection_flags & kRunsCached) != 0) report_.cached = true;
    return fmt::format("attempt {}, {}", info->connection_attempts, report_.connection);
  }

  static constexpr const char* kUnreadable = "too short";
  session::ClientReport& report_;
  Arena arena_{16u << 10, 1u << 10};
};

std::string name_of(const AuxBlock& block) {
  const emsmdb::AuxType* known = emsmdb::find_aux_type(block.version, block.type.value);
  return known != nullptr ? std::string(known->name)
                          : fmt::format("unknown block {}.{:#04x}", block.version, block.type.value);
}

}  // namespace

Result<std::string, wire::WireError> read_client_report(ByteView auxiliary, session::ClientReport& report) {
  if (auxiliary.empty()) return std::string();
  // DIRECT2 packs to at most 64 KiB; nothing else is copied.
  Arena arena(128u << 10);
  auto opened = emsmdb::open_extended_buffers(auxiliary, arena);
  if (!opened.ok()) return opened.error();
  std::string line;
  Reader reader(report);
  std::size_t blocks = 0;
  for (ByteView rest : *opened) {
    while (!rest.empty() && blocks < kMostBlocks) {
      std::size_t consumed = 0;
      auto block = wire::decode<AuxBlock>(rest, arena, nullptr, &consumed);
      if (!block.ok()) {
        line += "; what follows is no block: " + block.error().text();
        break;
      }
      rest = rest.subspan(consumed);
      std::string told = reader.read(*block);
      line += (blocks++ == 0 ? "" : "; ") + name_of(*block) + (told.empty() ? "" : " (" + told + ")");
    }
  }
  if (blocks == kMostBlocks) line += "; and more";
  return line;
}

}  // namespace ropewalk::server
