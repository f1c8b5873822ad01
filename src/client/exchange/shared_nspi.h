// A session with an address book that its objects share, and what happens when it is lost.
#pragma once

#include <mutex>

#include "client/exchange/nspi_session.h"

namespace ropewalk::client::exchange {

/// One call at a time, from any thread. A session that the server has ended, or whose connection broke, is opened again
/// by whoever needs it next. Minimal Entry IDs are good for one session: objects remember the epoch() of theirs beside
/// DNs or permanent entry identifiers, and look them up again where it has passed.
class SharedNspi {
 public:
  static Outcome<std::shared_ptr<SharedNspi>> open(const ChannelOptions& options);

  /// Runs `work(session)`, which gives an Outcome and reads; once more, from its beginning, where the session was lost
  /// on the way.
  template <class Work>
  auto read(Work work) {
    return run(work, true);
  }
  /// The same with work that changes something: once more only where the server says that it did not run the call.
  template <class Work>
  auto change(Work work) {
    return run(work, false);
  }

  /// The number of the session, for use in work.
  u64 epoch() const { return epoch_; }
  const ChannelOptions& options() const { return options_; }
  /// NspiSession::first().
  nspi::Stat first() const { return first_; }

 private:
  explicit SharedNspi(const ChannelOptions& options) : options_(options) {}
  Outcome<void> ensure_open();

  template <class Work>
  std::invoke_result_t<Work&, NspiSession&> run(Work& work, bool repeatable) {
    std::lock_guard lock(mutex_);
    ROPEWALK_CHECK(ensure_open());
    auto done = work(*session_);
    if (done.ok()) return done;
    const Loss loss = session_->loss();
    if (loss != Loss::unknown && !(loss == Loss::broken && repeatable)) return done;
    ROPEWALK_CHECK(ensure_open());
    return work(*session_);
  }

  const ChannelOptions options_;
  std::mutex mutex_;
  std::unique_ptr<NspiSession> session_;
  nspi::Stat first_;
  u64 epoch_ = 0;
};

}  // namespace ropewalk::client::exchange
