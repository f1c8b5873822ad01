// A session context on a server: Connect, Logon, ROPs in batches, notifications, and what happens when it is lost.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "client/exchange/batch.h"
#include "client/exchange/channel.h"
#include "client/objects.h"

namespace ropewalk::client::exchange {

class Notifier;

/// Any thread; ROP buffers go one after the other, as the server wants them. Owned by everything opened in it.
class RopSession : public std::enable_shared_from_this<RopSession> {
 public:
  /// Connects and logs on.
  static Outcome<std::shared_ptr<RopSession>> open(ChannelOptions options);
  ~RopSession();  // Disconnect

  /// Sends the batch and fills its responses in; as many requests as that takes (the server may leave ROPs to the next
  /// one, or chain its answers). Fails where the conversation fails; a ROP's own failure is in its response.
  Outcome<void> execute(Batch& batch);

  /// The mailbox's logon object. Where the session was lost, a new one is made: what was opened in the old one stays
  /// lost.
  Outcome<Handle> logon();
  /// What RopLogon told, by SpecialFolder.
  FolderId special(SpecialFolder which) const { return folder_ids_[static_cast<std::size_t>(which)]; }
  /// True since the server ended the session and until logon() made a new one.
  bool lost() const;
  /// A handle nobody needs any more: its RopRelease travels with the next batch.
  void release(Handle handle);

  /// Events of one subscription; see MessageStore::subscribe().
  Outcome<std::unique_ptr<Subscription>> subscribe(u16 kinds, std::optional<FolderId> folder, EventSink sink);

  const std::shared_ptr<ChannelState>& channel_state() const { return state_; }

 private:
  friend class Notifier;
  /// What a notification said, and whose it is.
  struct Notice {
    u32 handle = 0;
    Event event;
  };

  explicit RopSession(std::shared_ptr<ChannelState> state);
  Outcome<void> connect();
  Outcome<void> log_on();
  Outcome<Handle> logon_locked();
  Outcome<void> execute_locked(Batch& batch);
  Outcome<bool> round(Batch& batch, ByteView rops, std::vector<u8>& left);
  Outcome<std::vector<ByteView>> exchange(ByteView plain, Batch& batch);
  Outcome<bool> read_responses(ByteView buffer, bool chained, Batch& batch, std::vector<u8>& left);
  Outcome<std::size_t> read_one(ByteView rops, bool chained, Batch& batch);
  void note(ByteView notify, Arena& arena);
  void append_releases(wire::OutBuffer& rops, std::vector<u32>& handles);
  Failure lose(ChannelFailure failed);

  std::shared_ptr<ChannelState> state_;
  std::unique_ptr<Channel> channel_;
  mutable std::mutex mutex_;  // the conversation
  u64 epoch_ = 0;             // 0: not connected
  bool lost_ = true;
  Handle logon_;
  std::array<FolderId, kSpecialFolders> folder_ids_{};
  std::mutex release_mutex_;
  std::vector<Handle> to_release_;
  std::mutex notifier_mutex_;
  std::shared_ptr<Notifier> notifier_;
};

/// A server object that is released when nobody holds it any more.
class ServerObject {
 public:
  ServerObject(std::shared_ptr<RopSession> session, Handle handle) : session_(std::move(session)), handle_(handle) {}
  ServerObject(const ServerObject&) = delete;
  ServerObject& operator=(const ServerObject&) = delete;
  ~ServerObject() { session_->release(handle_); }
  /// It is not this object that closes it.
  void forget() { handle_ = {}; }

  RopSession& session() const { return *session_; }
  const std::shared_ptr<RopSession>& shared_session() const { return session_; }
  Handle handle() const { return handle_; }

 private:
  std::shared_ptr<RopSession> session_;
  Handle handle_;
};

}  // namespace ropewalk::client::exchange
