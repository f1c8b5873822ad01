// Folders of a local store.
#include "client/local/local_objects.h"

namespace ropewalk::client::local {

namespace {

class LocalFolder : public Folder {
 public:
  LocalFolder(Mailbox mailbox, FolderId id) : mailbox_(std::move(mailbox)), id_(id) {}

  FolderId id() const override { return id_; }
  Outcome<mapi::PropertyBag> get(std::span<const PropTag> tags) override {
    ROPEWALK_LOCAL_TRY(auto folder, mailbox_->folder(id_));
    return bag_of(folder, tags);
  }
  Outcome<mapi::PropertyBag> get_all() override {
    ROPEWALK_LOCAL_TRY(auto folder, mailbox_->folder(id_));
    return bag_of(folder, folder.tags());
  }
  Outcome<void> set(std::span<const mapi::Property> properties) override { return change(properties, {}); }
  Outcome<void> remove(std::span<const PropTag> tags) override { return change({}, tags); }
  Outcome<std::unique_ptr<Stream>> open_stream(PropTag tag, Access, bool) override { return no_streams(tag); }

  Outcome<std::unique_ptr<Table>> folders(bool deep) override {
    ROPEWALK_LOCAL_TRY(auto table, mailbox_->hierarchy_table(id_, deep));
    return make_table(std::move(table));
  }
  Outcome<std::unique_ptr<Table>> messages(bool associated) override {
    ROPEWALK_LOCAL_TRY(auto table, mailbox_->contents_table(id_, associated));
    return make_table(std::move(table));
  }
  Outcome<std::unique_ptr<Folder>> create_folder(std::string_view name, bool open_existing) override {
    store::NewFolder made{id_, std::string(name), {}, store::FolderType::generic, open_existing};
    ROPEWALK_LOCAL_TRY(auto created, mailbox_->create_folder(made));
    return make_folder(mailbox_, created.id);
  }
  Outcome<void> delete_folder(FolderId id) override {
    ROPEWALK_LOCAL_CHECK(mailbox_->delete_folder(id, {true, true}));
    return {};
  }
  Outcome<std::unique_ptr<Message>> create_message(bool associated) override {
    ROPEWALK_LOCAL_TRY(auto message, mailbox_->new_message(id_, associated));
    return make_message(std::move(message));
  }
  Outcome<void> delete_messages(std::span<const MessageId> messages) override {
    ROPEWALK_LOCAL_TRY(auto done, mailbox_->delete_messages(id_, messages));
    return all_done(done, "delete");
  }
  Outcome<void> move_messages(std::span<const MessageId> messages, Folder& to, bool copy) override {
    ROPEWALK_LOCAL_TRY(auto done, copy ? mailbox_->copy_messages(id_, to.id(), messages)
                                       : mailbox_->move_messages(id_, to.id(), messages));
    return all_done(done, copy ? "copy" : "move");
  }
  Outcome<void> set_read(std::span<const MessageId> messages, bool read) override {
    if (messages.empty()) return {};  // none: the store would take it for all
    ROPEWALK_LOCAL_TRY(auto done, mailbox_->set_read(id_, messages, read));
    return all_done(done, "mark");
  }

 private:
  static Outcome<void> all_done(const store::Partly& done, const std::string& verb) {
    if (done.failed == 0) return {};
    return failure(mapi::ErrorCode::partially_complete,
                   "could not " + verb + " " + std::to_string(done.failed) + " of the messages");
  }
  Outcome<void> change(std::span<const mapi::Property> set, std::span<const PropTag> removed) {
    ROPEWALK_LOCAL_TRY(auto problems, mailbox_->set_folder_properties(id_, set, removed));
    if (problems.empty()) return {};
    return failure(problems[0].code, "cannot change " + problems[0].tag.to_string() + " of folder " + id_.to_string());
  }

  Mailbox mailbox_;
  FolderId id_;
};

}  // namespace

std::unique_ptr<Folder> make_folder(Mailbox mailbox, FolderId id) {
  return std::make_unique<LocalFolder>(std::move(mailbox), id);
}

}  // namespace ropewalk::client::local
