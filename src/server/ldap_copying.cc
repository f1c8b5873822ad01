#include "server/ldap_copying.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>

#include "server/user_with_mailbox.h"

namespace ropewalk::server {
namespace {

constexpr std::chrono::seconds kRetry{60};
constexpr std::size_t kMostComplaints = 1000;

// Held while a copy is under way; the kernel lets go of it with the process.
class CopyLock {
 public:
  explicit CopyLock(const std::string& data_folder)
      : file_(::open((data_folder + "/ldap.lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600)) {}
  ~CopyLock() {
    if (file_ >= 0) ::close(file_);
  }
  CopyLock(const CopyLock&) = delete;
  CopyLock& operator=(const CopyLock&) = delete;

  bool is_open() const { return file_ >= 0; }
  bool take(bool waits) const { return ::flock(file_, waits ? LOCK_EX : LOCK_EX | LOCK_NB) == 0; }

 private:
  const int file_;
};

}  // namespace

Result<std::optional<directory::LdapCounts>> copy_ldap(const LdapCopy& to, directory::LdapSource& source,
                                                       directory::LdapSource::Listener listener,
                                                       const std::function<bool()>& busy) {
  const CopyLock lock(to.data_folder);
  if (!lock.is_open()) return Error{fmt::format("cannot open {}/ldap.lock: {}", to.data_folder, std::strerror(errno))};
  if (!lock.take(false) && (!busy() || !lock.take(true))) return std::optional<directory::LdapCounts>();
  listener.make_user = [&to](const std::string& address, const std::string& name) -> Result<i64> {
    ROPEWALK_TRY(const directory::User user,
                 add_user_with_mailbox(to.directory, to.mailboxes, {.address = address, .name = name}));
    return user.id;
  };
  ROPEWALK_TRY(const auto counts, source.copy_into(to.book, listener));
  return std::optional(counts);
}

LdapCopying::LdapCopying(const Parts& parts, const directory::LdapSettings& settings)
    : parts_(parts), source_(settings), thread_([this] { work(); }) {}

LdapCopying::~LdapCopying() {
  {
    std::lock_guard guard(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

void LdapCopying::work() {
  for (;;) {
    const bool is_good = copy();
    const auto pause = is_good ? source_.settings().interval : std::min(kRetry, source_.settings().interval);
    std::unique_lock guard(lock_);
    if (wake_.wait_for(guard, pause, [this] { return stopping_; })) return;
  }
}

bool LdapCopying::copy() {
  directory::LdapSource::Listener listener;
  listener.reject = [this](const std::string& dn, const std::string& why) {
    if (known_.size() >= kMostComplaints || !known_.insert(dn + why).second) return;
    parts_.log.warning(fmt::format("LDAP: not in the address book: {}: {}", dn, why));
  };
  const LdapCopy to{parts_.data_folder, parts_.book, parts_.directory, parts_.mailboxes};
  auto copied = copy_ldap(to, source_, std::move(listener), [] { return false; });
  if (copied.ok() && !*copied) return true;  // `ropewalk directory sync` is at it
  const Result<directory::LdapCounts> counts =
      copied.ok() ? Result<directory::LdapCounts>(**copied) : Result<directory::LdapCounts>(copied.error());
  if (!counts.ok()) {
    if (std::exchange(is_reachable_, false)) {
      parts_.log.error(fmt::format("LDAP: {}; {}", counts.error().text,
                                   copied_at_.empty() ? "the address book stays as it is"
                                                      : "the address book stays as it was at " + copied_at_));
    }
    return false;
  }
  const auto& imported = counts->imported;
  if (!std::exchange(is_reachable_, true) || copied_at_.empty() ||
      imported.added + imported.changed + counts->gone > 0) {
    parts_.log.info(fmt::format("LDAP: {} entries of {} copied: {} added, {} changed, {} gone", imported.entries,
                                source_.settings().url, imported.added, imported.changed, counts->gone));
  }
  copied_at_ = fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(std::time(nullptr)));
  return true;
}

}  // namespace ropewalk::server
