#include "cli/mailbox_access.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>

#include "directory/directory.h"
#include "mapi/ascii_case.h"
#include "store/mailbox_stores.h"

namespace ropewalk::cli {
namespace {

std::optional<u64> hex_number(std::string_view digits, std::size_t most) {
  u64 value = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  bool all = problem == std::errc() && end == digits.data() + digits.size() && digits.size() <= most;
  return all ? std::optional(value) : std::nullopt;
}

}  // namespace

Result<std::shared_ptr<store::MailboxStore>> open_mailbox(const std::string& data_folder, const std::string& address,
                                                          bool create) {
  std::error_code ignored;
  if (!std::filesystem::exists(data_folder + "/directory.db", ignored))
    return Error{fmt::format("{} holds no directory of users; `ropewalk user add --data {} {}` makes one", data_folder,
                             data_folder, address)};
  ROPEWALK_TRY(auto directory, directory::Directory::open(data_folder));
  ROPEWALK_TRY(auto user, directory->find_by_address(address));
  if (!user)
    return Error{fmt::format("no user {} in {}; `ropewalk user add --data {} {}` adds one", address, data_folder,
                             data_folder, address)};
  store::MailboxStores stores(data_folder);
  auto opened = std::filesystem::exists(stores.path_of(user->mailbox_guid), ignored) || !create
                    ? stores.open(user->mailbox_guid)
                    : stores.create({user->name, user->address, user->legacy_dn, user->mailbox_guid});
  if (!opened) return Error{fmt::format("cannot open the mailbox of {}: {}", address, opened.error().text)};
  return *opened;
}

Result<mapi::FolderId> find_folder(store::MailboxStore& mailbox, const std::string& path, bool create) {
  mapi::FolderId at = mailbox.special(store::SpecialFolder::ipm_subtree);
  bool first = true;
  for (std::string_view rest = path; !rest.empty();) {
    auto slash = std::min(rest.find('/'), rest.size());
    std::string name(rest.substr(0, slash));
    rest.remove_prefix(std::min(slash + 1, rest.size()));
    if (name.empty()) continue;
    auto child = mailbox.child_named(at, name);
    if (!child) return Error{fmt::format("cannot read the folders of {}: {}", path, child.error().text)};
    if (*child) {
      at = **child;
    } else if (first && mapi::equal_ignoring_ascii_case(name, "inbox")) {
      at = mailbox.special(store::SpecialFolder::inbox);
    } else if (create) {
      auto made = mailbox.create_folder({at, name, {}, store::FolderType::generic, true});
      if (!made) return Error{fmt::format("cannot make the folder {}: {}", path, made.error().text)};
      at = made->id;
    } else {
      return Error{fmt::format("there is no folder \"{}\" (nothing is called \"{}\" there)", path, name)};
    }
    first = false;
  }
  return at;
}

std::optional<mapi::MessageId> parse_message_id(std::string_view text) {
  auto dash = text.find('-');
  if (dash == text.npos) return std::nullopt;
  auto replid = hex_number(text.substr(0, dash), 4);
  auto counter = hex_number(text.substr(dash + 1), 12);
  if (!replid || !counter) return std::nullopt;
  return mapi::MessageId::make(static_cast<u16>(*replid), *counter);
}

std::string message_id_text(mapi::MessageId id) { return fmt::format("{:X}-{:X}", id.replid(), id.globcnt()); }

}  // namespace ropewalk::cli
