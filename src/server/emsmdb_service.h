// The EMSMDB interface without a transport: what Connect, Execute and Disconnect do, whichever way they came.
// [MS-OXCRPC] 3.1.4, [MS-OXCMAPIHTTP] 3.2.5.
#pragma once

#include <functional>
#include <optional>

#include "server/rop_runner.h"
#include "session/registry.h"

namespace ropewalk::server {

// [MS-OXCRPC] 3.1.4.1.3. Exchange 2016 calls itself 15.1.
inline constexpr session::ClientVersion kServerVersion{15, 1, 2507, 34};
// The same for X-ServerApplication, "Exchange/15.01.2507.034": [MS-OXCMAPIHTTP] 2.2.3.3.7.
std::string server_application();

struct ConnectCall {
  std::string_view user_dn;  // as the client gave it: without prefix, any case
  u32 flags = 0;             // ulFlags
  u32 code_page = 0, lcid_sort = 0, lcid_string = 0;
  ByteView aux_in;  // empty, or an extended buffer of auxiliary blocks
  session::ClientVersion version;
  session::Transport transport = session::Transport::http;
  std::string_view application, info, address;
};

struct ConnectReply {
  // `none`, or why there is no session.
  mapi::ErrorCode error = mapi::ErrorCode::none;
  std::shared_ptr<session::Session> session;
  u32 polls_max = 60'000;    // milliseconds
  u32 retry_count = 6;       // times
  u32 retry_delay = 10'000;  // milliseconds
  std::string dn_prefix;     // always empty: recipients' DNs are given whole
  std::string display_name;  // UTF-8
  wire::OutBuffer aux_out;
};

// Flags of [MS-OXCRPC] 3.1.4.2 pulFlags.
inline constexpr u32 kNoCompression = 0x1, kNoXorMagic = 0x2, kChain = 0x4;

struct ExecuteCall {
  u32 flags = 0;
  ByteView rop_in;  // extended buffers back to back
  u32 max_rop_out = 0;
  ByteView aux_in;
};

// The largest rgbIn, rgbOut and auxiliary parameters, [MS-OXCRPC] 3.1.4.2.
inline constexpr std::size_t kMaxRopBuffer = 0x40000;
inline constexpr std::size_t kMaxAuxiliary = 0x1008;
// The largest plain payload, and the most payloads of one answer.
inline constexpr std::size_t kMaxPlainPayload = 0x8000;
inline constexpr std::size_t kMaxPayloads = 96;

// Any thread.
class EmsmdbService {
 public:
  struct Parts {
    session::Registry& registry;
    RopRunner& rops;
    // The directory's id of the user with this legacy DN (any case); nullopt for nobody's.
    std::function<std::optional<i64>(std::string_view legacy_dn)> user_of_dn;
    // A line for the log: what was refused to whom, and why.
    std::function<void(const std::string& line)> refused = [](const std::string&) {};
    // Likewise: what clients tell of themselves. Empty where nobody wants to know.
    std::function<void(const std::string& line)> debug{};
  };
  explicit EmsmdbService(Parts parts) : parts_(std::move(parts)) {}

  // Opens a session for `user`, who has been authenticated.
  ConnectReply connect(const session::UserIdentity& user, const ConnectCall& call);
  // Runs the ROPs in `call.rop_in` and appends extended buffers to `rop_out`, which stays as it was where that fails.
  // The caller holds the session's turn.
  mapi::ErrorCode execute(session::Session& session, const ExecuteCall& call, wire::OutBuffer& rop_out);
  // Whether execute() will take microseconds alone and may run where others wait.
  bool is_brief(const session::Session& session, const ExecuteCall& call) const;
  // False where there was no such session.
  bool disconnect(std::string_view session_id);

  session::Registry& registry() const { return parts_.registry; }

 private:
  mapi::ErrorCode read_auxiliary(std::string_view who, ByteView auxiliary, session::ClientReport& report);
  mapi::ErrorCode check_connect(const session::UserIdentity& user, const ConnectCall& call);
  class Packer;
  mapi::ErrorCode run_chain(session::Session& session, ByteView rops, bool may_chain, Packer& packer);
  mapi::ErrorCode refuse(std::string_view who, mapi::ErrorCode code, std::string_view why);

  Parts parts_;
};

}  // namespace ropewalk::server
