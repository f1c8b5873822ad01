// Where mail of which class goes: [MS-OXCSTOR] 3.2.5.2 to 3.2.5.4.
#include "store/folder_row.h"
#include "store/mailbox_store.h"
#include "store/store_core.h"
#include "store/text_key.h"

namespace ropewalk::store {
namespace {

ReceiveFolder read(const sql::Statement& row) {
  return {std::string(row.text(0)), folder_id(row.integer(1)), FileTime{static_cast<u64>(row.integer(2))}};
}

bool is_fixed(std::string_view folded) { return folded.empty() || folded == "ipm" || folded == "report.ipm"; }

}  // namespace

Outcome<ReceiveFolder> MailboxStore::receive_folder(std::string_view message_class) const {
  ROPEWALK_TRY(Reader reader, core_->reader());
  for (std::string key = fold_name(message_class);;) {
    ROPEWALK_TRY(auto row, reader->prepare("SELECT class, folder, modified FROM receive_folders WHERE class_key = ?"));
    ROPEWALK_TRY(bool found, row.bind(1, key).step());
    if (found) return read(row);
    if (key.empty()) break;
    const auto dot = key.rfind('.');
    key.resize(dot == std::string::npos ? 0 : dot);
  }
  return Failure(mapi::ErrorCode::not_found, "the mailbox has no receive folder for any class");
}

Outcome<std::vector<ReceiveFolder>> MailboxStore::receive_folders() const {
  std::vector<ReceiveFolder> all;
  ROPEWALK_TRY(Reader reader, core_->reader());
  ROPEWALK_TRY(auto row, reader->prepare("SELECT class, folder, modified FROM receive_folders ORDER BY class_key"));
  for (;;) {
    ROPEWALK_TRY(bool found, row.step());
    if (!found) return all;
    all.push_back(read(row));
  }
}

Outcome<void> MailboxStore::set_receive_folder(std::string_view message_class, mapi::FolderId folder) {
  const std::string key = fold_name(message_class);
  if (key == "ipm" || key == "report.ipm" || (folder.is_null() && is_fixed(key)))
    return Failure(mapi::ErrorCode::access_denied,
                   "the receive folder of class \"" + std::string(message_class) + "\" cannot be changed");
  return core_->write([&](WriteContext& context) -> Outcome<void> {
    sql::Database& database = context.database;
    if (folder.is_null()) {
      ROPEWALK_CHECK(database.run("DELETE FROM receive_folders WHERE class_key = ?", key));
      return {};
    }
    ROPEWALK_TRY(auto there, database.integer("SELECT id FROM folders WHERE id = ?", row_of(folder)));
    if (!there) return Failure(mapi::ErrorCode::not_found, "there is no folder " + folder.to_string());
    ROPEWALK_CHECK(
        database.run("INSERT OR REPLACE INTO receive_folders (class_key, class, folder, modified) VALUES (?, ?, ?, ?)",
                     key, message_class, row_of(folder), context.now.value));
    return {};
  });
}

}  // namespace ropewalk::store
