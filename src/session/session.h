// One client's Session Context: [MS-OXCRPC] 3.1.1, [MS-OXCMAPIHTTP] 3.2.1.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/guid.h"
#include "session/handle_table.h"
#include "session/notification_queue.h"
#include "session/turns.h"

namespace ropewalk::session {

// Who is logged on: a copy from the directory, taken at Connect. Other mailboxes than this one's are opened with
// RopLogon.
struct UserIdentity {
  i64 id = 0;  // the directory's
  std::string address;
  std::string display_name;
  std::string legacy_dn;
  Guid mailbox_guid;
};

enum class Transport : u8 { http, rpc };

// [MS-OXCRPC] 3.2.4.1.3: major.minor.build.revision; zero where the client did not say.
struct ClientVersion {
  u16 major = 0, minor = 0, build = 0, revision = 0;
  auto operator<=>(const ClientVersion&) const = default;
  std::string to_string() const;
};

// What Connect said of the client.
struct ClientContext {
  u32 code_page = 1252;     // for String8 values: the request's DefaultCodePage
  u32 lcid_string = 0x409;  // for everything other than sorting
  u32 lcid_sort = 0x409;
  ClientVersion version;
  Transport transport = Transport::http;
  std::string application;  // as the client calls itself: "Outlook/16.0.15928.20006"
  std::string info;         // its X-ClientInfo, for log lines alone: not unique
  std::string address;      // where the Connect came from
};

// What the auxiliary buffers of Connect and Execute told of the client, [MS-OXCRPC] 2.2.2.2: for logs and for people
// who look after a server; nothing depends on it. Texts are as the client wrote them, cut at 64 characters.
struct ClientReport {
  std::string machine;          // AUX_PERF_CLIENTINFO
  std::string account;          // likewise: the user's name on that machine
  std::string process;          // AUX_PERF_PROCESSINFO: "OUTLOOK.EXE"
  std::string connection;       // AUX_CLIENT_CONNECTION_INFO: opaque, "to be logged by the server"
  std::optional<bool> cached;   // whether it keeps a copy of the mailbox, where it said
  u32 connection_attempts = 0;  // AUX_CLIENT_CONNECTION_INFO
};

// A resource, shared between the registry and the requests under way. Lives from Connect to Disconnect or expiry,
// across any number of connections. The identity and the client never change; `handles` is used by whoever has the
// turn; the notifications and times are for any thread.
class Session {
 public:
  using Clock = std::chrono::steady_clock;

  Session(UserIdentity who, ClientContext what);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // 128 random bits as text: names the session to its client, and must not be guessable.
  const std::string& id() const { return id_; }
  const UserIdentity user;
  const ClientContext client;

  Turns turns;          // one ROP buffer at a time
  ClientReport report;  // by who has the turn, and by Connect before anybody can
  // Shared with the mailboxes' event buses, which may be telling it something while the session ends.
  const std::shared_ptr<NotificationQueue> notification_queue = std::make_shared<NotificationQueue>();
  NotificationQueue& notifications = *notification_queue;
  HandleTable handles;  // by who has the turn; destroyed first: its objects may still speak to the queue

  // What the next request's sequence cookie says; counted up with every Execute.
  std::atomic<u64> sequence{1};
  // Requests under way (NotificationWait too): a session does not expire meanwhile.
  std::atomic<u32> busy{0};

 private:
  friend class Registry;
  std::string id_;
  std::atomic<Clock::rep> last_used_{0};
};

// 32 hexadecimal digits from the operating system's generator.
std::string random_id();

}  // namespace ropewalk::session
