#include "store/mailbox_stores.h"

#include <unistd.h>

#include <filesystem>

namespace ropewalk::store {

MailboxStores::MailboxStores(std::string data_folder, StoreOptions options)
    : folder_(std::move(data_folder) + "/mailboxes"), options_(options) {}

std::string MailboxStores::path_of(const Guid& mailbox_guid) const {
  return folder_ + "/" + mailbox_guid.to_string() + ".db";
}

// The lock is held while a file is opened, so that nobody opens it a second time beside.
Outcome<std::shared_ptr<MailboxStore>> MailboxStores::open(const Guid& mailbox_guid) {
  std::lock_guard lock(mutex_);
  auto& slot = open_[mailbox_guid.to_string()];
  if (auto there = slot.lock()) return there;
  ROPEWALK_TRY(auto opened, MailboxStore::open(path_of(mailbox_guid), options_));
  slot = opened;
  return opened;
}

Outcome<std::shared_ptr<MailboxStore>> MailboxStores::create(const MailboxOwner& owner) {
  std::lock_guard lock(mutex_);
  std::error_code problem;
  std::filesystem::create_directories(folder_, problem);
  if (problem) return Failure(Error{"cannot make the folder " + folder_ + ": " + problem.message()});
  ROPEWALK_TRY(auto made, MailboxStore::create(path_of(owner.mailbox_guid), owner, options_));
  open_[owner.mailbox_guid.to_string()] = made;
  return made;
}

Outcome<void> MailboxStores::remove(const Guid& mailbox_guid) {
  std::lock_guard lock(mutex_);
  const std::string path = path_of(mailbox_guid);
  if (auto found = open_.find(mailbox_guid.to_string()); found != open_.end()) {
    if (!found->second.expired())
      return Failure(mapi::ErrorCode::access_denied, "the mailbox " + path + " is in use: close its sessions first");
    open_.erase(found);
  }
  if (::unlink(path.c_str()) != 0)
    return Failure(mapi::ErrorCode::not_found, "cannot remove the mailbox file " + path + ": " + std::strerror(errno));
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path + suffix).c_str());
  return {};
}

}  // namespace ropewalk::store
