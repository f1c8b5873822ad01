#include "server/ldap_copying.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "server/user_with_mailbox.h"

namespace ropewalk::server {
namespace {

constexpr std::chrono::seconds kRetry{60};
constexpr std::size_t kMostComplaints = 1000;

}  // namespace

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
  auto make = [this](const std::string& address, const std::string& name) -> Result<i64> {
    ROPEWALK_TRY(const directory::User user,
                 add_user_with_mailbox(parts_.directory, parts_.mailboxes, {.address = address, .name = name}));
    return user.id;
  };
  auto reject = [this](const std::string& why) {
    if (known_.size() >= kMostComplaints || !known_.insert(why).second) return;
    parts_.log.warning("LDAP: not in the address book: " + why);
  };
  auto counts = source_.copy_into(parts_.book, make, reject);
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
