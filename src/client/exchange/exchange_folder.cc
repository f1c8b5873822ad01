// Folders: [MS-OXCFOLD].
#include "client/exchange/exchange_objects.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;

namespace {

constexpr u8 kGenericFolder = 1;                                                 // [MS-OXCFOLD] 2.2.1.2.1 FolderType
constexpr u8 kDeleteMessages = 0x01, kDeleteFolders = 0x04, kDeleteHard = 0x10;  // [MS-OXCFOLD] 2.2.1.3.1
constexpr u8 kSuppressReceipt = 0x01, kClearReadFlag = 0x04;                     // [MS-OXCMSG] 2.2.3.10.1 ReadFlags
constexpr std::size_t kMessagesAtOnce = 2000;

class RemoteFolder : public RemoteObject<Folder> {
 public:
  RemoteFolder(Session session, Handle handle, FolderId id) : RemoteObject(std::move(session), handle), id_(id) {}

  FolderId id() const override { return id_; }
  Outcome<std::unique_ptr<Table>> folders(bool deep) override {
    return make_table(shared_object(), deep ? TableKind::deep_hierarchy : TableKind::hierarchy);
  }
  Outcome<std::unique_ptr<Table>> messages(bool associated) override {
    return make_table(shared_object(), associated ? TableKind::associated : TableKind::contents);
  }
  Outcome<std::unique_ptr<Folder>> create_folder(std::string_view name, bool open_existing) override {
    Arena arena;
    Batch batch;
    rop::CreateFolderRequest request;
    request.input_handle_index = batch.place(handle());
    request.output_handle_index = batch.new_place();
    request.folder_type = kGenericFolder;
    request.use_unicode_strings = 1;
    request.open_existing = open_existing ? 1 : 0;
    request.display_name = mapi::utf16_in(arena, name);
    rop::CreateFolderResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot create the folder \"" + std::string(name) + "\"", response);
    Handle made{batch.handle_at(request.output_handle_index), handle().epoch};
    return make_folder(shared_session(), made, response.folder_id);
  }
  Outcome<void> delete_folder(FolderId id) override {
    Batch batch;
    rop::DeleteFolderRequest request;
    request.input_handle_index = batch.place(handle());
    request.delete_folder_flags = kDeleteMessages | kDeleteFolders | kDeleteHard;
    request.folder_id = id;
    rop::DeleteFolderResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(session().execute(batch));
    return complete("cannot delete folder " + id.to_string(), response);
  }
  Outcome<std::unique_ptr<Message>> create_message(bool associated) override {
    return exchange::create_message(shared_session(), handle(), id_, associated);
  }
  Outcome<void> delete_messages(std::span<const MessageId> messages) override {
    return in_pieces(messages, [&](std::span<const MessageId> some) -> Outcome<void> {
      Batch batch;
      rop::DeleteMessagesRequest request;
      request.input_handle_index = batch.place(handle());
      request.message_ids = wire::List<MessageId>::view(some);
      rop::DeleteMessagesResponse response;
      batch.add(request, response);
      ROPEWALK_CHECK(session().execute(batch));
      return complete("cannot delete messages", response);
    });
  }
  Outcome<void> move_messages(std::span<const MessageId> messages, Folder& to, bool copy) override {
    auto* target = dynamic_cast<RemoteFolder*>(&to);
    if (target == nullptr || target->shared_session() != shared_session())
      return failure(ErrorCode::not_supported, "cannot move messages to a folder of another store");
    return in_pieces(messages, [&](std::span<const MessageId> some) -> Outcome<void> {
      Batch batch;
      rop::MoveCopyMessagesRequest request;
      request.source_handle_index = batch.place(handle());
      request.dest_handle_index = batch.place(target->handle());
      request.message_ids = wire::List<MessageId>::view(some);
      request.want_copy = copy ? 1 : 0;
      rop::MoveCopyMessagesResponse response;
      batch.add(request, response);
      ROPEWALK_CHECK(session().execute(batch));
      return complete(copy ? "cannot copy messages" : "cannot move messages", response);
    });
  }
  Outcome<void> set_read(std::span<const MessageId> messages, bool read) override {
    return in_pieces(messages, [&](std::span<const MessageId> some) -> Outcome<void> {
      Batch batch;
      rop::SetReadFlagsRequest request;
      request.input_handle_index = batch.place(handle());
      request.read_flags = read ? kSuppressReceipt : kClearReadFlag;
      request.message_ids = wire::List<MessageId>::view(some);
      rop::SetReadFlagsResponse response;
      batch.add(request, response);
      ROPEWALK_CHECK(session().execute(batch));
      return complete("cannot mark messages", response);
    });
  }

 private:
  template <class Response>
  static Outcome<void> complete(const std::string& attempted, const Response& response) {
    ROPEWALK_ROP_CHECK(attempted, response);
    if (response.partial_completion == 0) return {};
    return failure(ErrorCode::partially_complete, attempted);
  }
  template <class Work>
  static Outcome<void> in_pieces(std::span<const MessageId> messages, Work work) {
    for (std::size_t at = 0; at < messages.size(); at += kMessagesAtOnce)
      ROPEWALK_CHECK(work(messages.subspan(at, std::min(kMessagesAtOnce, messages.size() - at))));
    return {};
  }

  FolderId id_;
};

}  // namespace

std::unique_ptr<Folder> make_folder(Session session, Handle handle, FolderId id) {
  return std::make_unique<RemoteFolder>(std::move(session), handle, id);
}

Outcome<std::unique_ptr<Folder>> open_folder(const Session& session, Handle logon, FolderId id) {
  Batch batch;
  rop::OpenFolderRequest request;
  request.input_handle_index = batch.place(logon);
  request.output_handle_index = batch.new_place();
  request.folder_id = id;
  rop::OpenFolderResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(session->execute(batch));
  ROPEWALK_ROP_CHECK("cannot open folder " + id.to_string(), response);
  return make_folder(session, {batch.handle_at(request.output_handle_index), logon.epoch}, id);
}

}  // namespace ropewalk::client::exchange
