#include "server/emsmdb_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "server/client_report.h"

namespace ropewalk::server {
namespace {

using mapi::ErrorCode;

constexpr std::size_t kHeaderSize = 8;       // of RPC_HEADER_EXT
constexpr u32 kRequestAdministrator = 0x01;  // ulFlags, [MS-OXCRPC] 3.1.4.1

template <class B>
void append_aux(u8 type, const B& block, wire::OutBuffer& out) {
  wire::OutBuffer payload;
  wire::encode(block, payload);
  wire::encode(emsmdb::AuxBlock::of(type, payload.view()), out);
}

// What a client learns of the server at Connect, [MS-OXCRPC] 3.1.4.1.2.1.
void append_connect_aux(wire::OutBuffer& out) {
  constexpr u32 kNoPublicFolders = 0;                              // PUBLIC_FOLDERS_ENABLED is not set
  constexpr u32 kEnableCompression = 0x4, kEnableTunneling = 0x8;  // [MS-OXCRPC] 2.2.2.2.15
  constexpr u32 kOneWeek = 604'800'000;                            // milliseconds
  constexpr u32 kSingleEndpoint = 0x1;                             // [MS-OXCRPC] 2.2.2.2.20
  wire::OutBuffer blocks;
  append_aux(emsmdb::kAuxExOrgInfo, emsmdb::AuxExOrgInfo{kNoPublicFolders}, blocks);
  append_aux(emsmdb::kAuxClientControl, emsmdb::AuxClientControl{kEnableCompression | kEnableTunneling, kOneWeek},
             blocks);
  append_aux(emsmdb::kAuxEndpointCapabilities, emsmdb::AuxEndpointCapabilities{kSingleEndpoint}, blocks);
  emsmdb::append_extended_buffer(blocks.view(), {.compress = false, .obfuscate = false}, out);
}

}  // namespace

std::string server_application() {
  return fmt::format("Exchange/{:02}.{:02}.{:04}.{:03}", kServerVersion.major, kServerVersion.minor,
                     kServerVersion.build, kServerVersion.revision);
}

// Packs plain output buffers into one answer, each behind its RPC_HEADER_EXT.
class EmsmdbService::Packer {
 public:
  Packer(wire::OutBuffer& out, std::size_t limit, u32 flags)
      : out_(out),
        end_(out.size() + limit),
        options_{.compress = (flags & kNoCompression) == 0, .obfuscate = (flags & kNoXorMagic) == 0, .last = false} {}

  // Where the next payload is made; one per thread is enough, as nobody waits between making and packing.
  static wire::OutBuffer& plain() {
    thread_local wire::OutBuffer buffer;
    return buffer;
  }
  // How large that may become.
  std::size_t room() const {
    std::size_t used = out_.size() + kHeaderSize;
    return used >= end_ ? 0 : std::min(end_ - used, kMaxPlainPayload);
  }
  bool is_full() const { return payloads_ >= kMaxPayloads; }

  void pack() {
    last_header_ = out_.size();
    emsmdb::append_extended_buffer(plain().view(), options_, out_);
    ++payloads_;
  }
  // Marks the last payload as such.
  void finish() {
    constexpr std::size_t kFlagsAt = 2;
    u8* flags = out_.data() + last_header_ + kFlagsAt;
    store_le<u16>(flags, load_le<u16>(flags) | emsmdb::ExtendedFlags::kLast);
  }

 private:
  wire::OutBuffer& out_;
  std::size_t end_;
  emsmdb::PackOptions options_;
  std::size_t last_header_ = 0;
  std::size_t payloads_ = 0;
};

ErrorCode EmsmdbService::refuse(std::string_view who, ErrorCode code, std::string_view why) {
  parts_.refused(fmt::format("{}: refused with {}: {}", who, mapi::name(code), why));
  return code;
}

// The values of [MS-OXCRPC] 3.1.4.1's table of return values.
ErrorCode EmsmdbService::check_connect(const session::UserIdentity& user, const ConnectCall& call) {
  if (call.user_dn.empty()) return refuse(user.address, ErrorCode::access_denied, "Connect without a user's DN");
  auto owner = parts_.user_of_dn(call.user_dn);
  if (!owner)
    return refuse(user.address, ErrorCode::unknown_user,
                  fmt::format("Connect as {}, which is nobody's DN", call.user_dn.substr(0, 256)));
  if (*owner != user.id)
    return refuse(user.address, ErrorCode::access_denied,
                  fmt::format("Connect as {}, who is somebody else", call.user_dn));
  if ((call.flags & kRequestAdministrator) != 0)
    return refuse(user.address, ErrorCode::login_perm, "Connect asks for administrator privilege");
  return ErrorCode::none;
}

// [MS-OXCRPC] 3.1.4.1 cbAuxIn, 3.1.4.2 cbAuxIn; what is in the buffer is for information alone.
ErrorCode EmsmdbService::read_auxiliary(std::string_view who, ByteView auxiliary, session::ClientReport& report) {
  if (auxiliary.empty()) return ErrorCode::none;
  if (auxiliary.size() > kMaxAuxiliary || auxiliary.size() < kHeaderSize)
    return refuse(who, ErrorCode::rpc_failed, fmt::format("an auxiliary buffer of {} bytes", auxiliary.size()));
  auto told = read_client_report(auxiliary, report);
  if (!told.ok()) return refuse(who, ErrorCode::rpc_format, "the auxiliary buffer: " + told.error().text());
  if (parts_.debug) parts_.debug(fmt::format("{}: client says {}", who, *told));
  return ErrorCode::none;
}

ConnectReply EmsmdbService::connect(const session::UserIdentity& user, const ConnectCall& call) {
  ConnectReply reply;
  reply.error = check_connect(user, call);
  session::ClientReport report;
  if (reply.error == ErrorCode::none) reply.error = read_auxiliary(user.address, call.aux_in, report);
  if (reply.error != ErrorCode::none) return reply;

  session::ClientContext client;
  client.code_page = call.code_page;
  client.lcid_sort = call.lcid_sort;
  client.lcid_string = call.lcid_string;
  client.version = call.version;
  client.transport = call.transport;
  client.application = call.application.substr(0, 128);
  client.info = call.info.substr(0, 128);
  client.address = call.address;
  auto made = std::make_shared<session::Session>(user, std::move(client));
  made->report = std::move(report);
  auto added = parts_.registry.add(made, session::Session::Clock::now());
  if (!added) {
    reply.error = refuse(user.address, ErrorCode::too_many_sessions, added.error().text);
    return reply;
  }
  reply.session = std::move(made);
  if (auto evicted = *std::move(added)) {
    parts_.refused(fmt::format("{}: session of {} ended: more than {} at once", user.address,
                               evicted->client.application, parts_.registry.limits().sessions_per_user));
    evicted->notifications.close();
  }
  reply.display_name = user.display_name;
  append_connect_aux(reply.aux_out);
  return reply;
}

ErrorCode EmsmdbService::execute(session::Session& session, const ExecuteCall& call, wire::OutBuffer& rop_out) {
  const std::string& who = session.user.address;
  if (call.rop_in.size() < kHeaderSize)
    return refuse(who, ErrorCode::rpc_failed, fmt::format("Execute with {} bytes of ROPs", call.rop_in.size()));
  if (call.max_rop_out < kHeaderSize)
    return refuse(who, ErrorCode::rpc_failed, fmt::format("Execute leaves {} bytes for the answer", call.max_rop_out));
  if (ErrorCode failed = read_auxiliary(who, call.aux_in, session.report); failed != ErrorCode::none) return failed;
  Arena arena;
  auto inputs = emsmdb::open_extended_buffers(call.rop_in, arena);
  if (!inputs) return refuse(who, ErrorCode::rpc_format, "Execute: " + inputs.error().text());
  if (inputs->empty() || inputs->size() > kMaxPayloads)
    return refuse(who, ErrorCode::rpc_format, fmt::format("Execute with {} extended buffers", inputs->size()));

  std::size_t start = rop_out.size();
  Packer packer(rop_out, std::min<std::size_t>(call.max_rop_out, kMaxRopBuffer), call.flags);
  for (ByteView rops : *inputs) {
    ErrorCode failed = run_chain(session, rops, (call.flags & kChain) != 0, packer);
    if (failed == ErrorCode::none) continue;
    rop_out.truncate(start);
    return refuse(who, failed, "Execute");
  }
  packer.finish();
  return ErrorCode::none;
}

// Runs one input buffer, and what its last ROP goes on with as long as there is room: [MS-OXCRPC] 3.1.4.2.1.2.2.
ErrorCode EmsmdbService::run_chain(session::Session& session, ByteView rops, bool may_chain, Packer& packer) {
  RopChain chain;
  std::vector<u8> current;  // what `rops` looks at from the second round on
  for (;;) {
    chain.next.clear();
    packer.plain().clear();
    ErrorCode failed = parts_.rops.run(session, rops, packer.plain(), packer.room(), may_chain ? &chain : nullptr);
    if (failed != ErrorCode::none) return failed;
    packer.pack();
    if (chain.next.empty() || packer.is_full() || packer.room() < chain.room_wanted) return ErrorCode::none;
    std::swap(current, chain.next);
    rops = current;
  }
}

bool EmsmdbService::is_brief(const session::Session& session, const ExecuteCall& call) const {
  constexpr std::size_t kMostBytes = 1024;
  // What waits to be told comes with the answer, and may need rows of tables.
  if (session.notifications.pending()) return false;
  if (call.rop_in.size() > kMostBytes) return false;
  Arena arena(1u << 20, 2 * kMostBytes);
  auto inputs = emsmdb::open_extended_buffers(call.rop_in, arena);
  return !inputs || (inputs->size() == 1 && parts_.rops.is_brief(inputs->front()));
}

bool EmsmdbService::disconnect(std::string_view session_id) {
  auto gone = parts_.registry.remove(session_id);
  if (gone == nullptr) return false;
  gone->notifications.close();
  return true;
}

}  // namespace ropewalk::server
