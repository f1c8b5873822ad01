// The mailboxes below one data folder, each opened once for the whole process.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "store/mailbox_store.h"

namespace ropewalk::store {

// Any thread. Files: DIR/mailboxes/GUID.db. A mailbox stays open while somebody holds it.
class MailboxStores {
 public:
  explicit MailboxStores(std::string data_folder, StoreOptions options = {});

  // ecNotFound where there is no such mailbox.
  Outcome<std::shared_ptr<MailboxStore>> open(const Guid& mailbox_guid);
  Outcome<std::shared_ptr<MailboxStore>> create(const MailboxOwner& owner);
  // Deletes the file; fails while somebody holds the mailbox.
  Outcome<void> remove(const Guid& mailbox_guid);
  std::string path_of(const Guid& mailbox_guid) const;

 private:
  std::string folder_;
  StoreOptions options_;
  std::mutex mutex_;
  std::unordered_map<std::string, std::weak_ptr<MailboxStore>> open_;
};

}  // namespace ropewalk::store
