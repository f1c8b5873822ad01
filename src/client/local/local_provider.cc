#include "client/local/local_provider.h"

#include <algorithm>
#include <filesystem>

#include "client/local/local_store.h"
#include "mapi/ascii_case.h"
#include "store/mailbox_store.h"

namespace ropewalk::client {

namespace fs = std::filesystem;
using mapi::ErrorCode;

namespace {

using Mailbox = std::shared_ptr<store::MailboxStore>;

Outcome<Mailbox> open_file(const fs::path& path) {
  auto opened = store::MailboxStore::open(path.string());
  if (!opened.ok()) return Failure{opened.error().code, opened.error().text};
  return *std::move(opened);
}

Outcome<std::vector<fs::path>> mailbox_files(const fs::path& data) {
  fs::path folder = fs::exists(data / "mailboxes") ? data / "mailboxes" : data;
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".db") files.push_back(at->path());
  if (error) return Failure{ErrorCode::error, "cannot read the folder " + folder.string() + ": " + error.message()};
  if (files.empty()) return Failure{ErrorCode::not_found, "there is no mailbox in " + folder.string()};
  std::sort(files.begin(), files.end());
  return files;
}

Outcome<Mailbox> open_in_folder(const fs::path& data, const std::string& user) {
  ROPEWALK_TRY(auto files, mailbox_files(data));
  if (user.empty() && files.size() == 1) return open_file(files.front());
  std::string owners;
  for (const fs::path& file : files) {
    ROPEWALK_TRY(Mailbox mailbox, open_file(file));
    const std::string& address = mailbox->owner().smtp_address;
    if (mapi::equal_ignoring_ascii_case(address, user)) return mailbox;
    owners += (owners.empty() ? "" : ", ") + address;
  }
  return Failure{ErrorCode::not_found, user.empty()
                                           ? data.string() + " has several mailboxes, say whose with --user: " + owners
                                           : data.string() + " has no mailbox of " + user + ", only of " + owners};
}

class LocalProvider : public Provider {
 public:
  Outcome<std::unique_ptr<MessageStore>> open_store(const Service& service, Host&) override {
    fs::path path = service.get("path");
    std::error_code error;
    if (path.empty()) return Failure{ErrorCode::invalid_param, "the service \"" + service.name + "\" has no `path`"};
    if (!fs::exists(path, error)) return Failure{ErrorCode::not_found, "there is no " + path.string()};
    if (!fs::is_directory(path, error)) {
      ROPEWALK_TRY(Mailbox mailbox, open_file(path));
      return make_local_store(std::move(mailbox));
    }
    ROPEWALK_TRY(Mailbox mailbox, open_in_folder(path, service.get("user")));
    return make_local_store(std::move(mailbox));
  }
};

}  // namespace

Provider& local_provider() {
  static LocalProvider provider;
  return provider;
}

}  // namespace ropewalk::client
