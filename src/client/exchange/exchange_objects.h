// The objects of the exchange provider, and what they share.
#pragma once

#include "client/exchange/rop_session.h"

namespace ropewalk::client::exchange {

using Session = std::shared_ptr<RopSession>;

/// What one Execute carries of a stream, and of a request's variable parts.
inline constexpr std::size_t kPiece = 31u << 10;

// ---- property ROPs on any object ----
Outcome<mapi::PropertyBag> get_properties(const ServerObject& object, std::span<const PropTag> tags);
Outcome<mapi::PropertyBag> get_all_properties(const ServerObject& object);
Outcome<void> set_properties(const ServerObject& object, std::span<const mapi::Property> properties);
Outcome<void> remove_properties(const ServerObject& object, std::span<const PropTag> tags);
Outcome<std::unique_ptr<Stream>> open_property_stream(const ServerObject& object, PropTag tag, Access access,
                                                      bool truncate);

/// PropertyObject by those.
template <class Base>
class RemoteObject : public Base {
 public:
  RemoteObject(Session session, Handle handle) : object_(std::make_shared<ServerObject>(std::move(session), handle)) {}

  Outcome<mapi::PropertyBag> get(std::span<const PropTag> tags) override { return get_properties(*object_, tags); }
  Outcome<mapi::PropertyBag> get_all() override { return get_all_properties(*object_); }
  Outcome<void> set(std::span<const mapi::Property> properties) override {
    return set_properties(*object_, properties);
  }
  Outcome<void> remove(std::span<const PropTag> tags) override { return remove_properties(*object_, tags); }
  Outcome<std::unique_ptr<Stream>> open_stream(PropTag tag, Access access, bool truncate) override {
    return open_property_stream(*object_, tag, access, truncate);
  }

  Handle handle() const { return object_->handle(); }
  const Session& shared_session() const { return object_->shared_session(); }

 protected:
  RopSession& session() const { return object_->session(); }
  const std::shared_ptr<ServerObject>& shared_object() const { return object_; }

 private:
  std::shared_ptr<ServerObject> object_;
};

/// A table of `parent`, opened once something is asked of it; `parent` stays open until then.
enum class TableKind { hierarchy, deep_hierarchy, contents, associated, attachments };
std::unique_ptr<Table> make_table(std::shared_ptr<ServerObject> parent, TableKind kind);

Outcome<std::unique_ptr<Folder>> open_folder(const Session& session, Handle logon, FolderId id);
std::unique_ptr<Folder> make_folder(Session session, Handle handle, FolderId id);

/// Opens by RopOpenMessage on the logon.
Outcome<std::unique_ptr<Message>> open_message(const Session& session, Handle logon, FolderId folder, MessageId id,
                                               Access access);
Outcome<std::unique_ptr<Message>> create_message(const Session& session, Handle folder, FolderId id, bool associated);

/// OpenModeFlags of RopOpenMessage, RopOpenAttachment, RopOpenEmbeddedMessage ([MS-OXCMSG] 2.2.3.1.1).
constexpr u8 open_mode(Access access) { return access == Access::read ? 0x00 : access == Access::write ? 0x01 : 0x03; }

/// A cell of a row that the server sent, as clients see it.
template <class Sink>
void hand_on(const mapi::PropertyCell& cell, Sink&& sink) {
  if (cell.flag == mapi::CellFlag::value)
    sink(cell.column.with_type(cell.type), cell.value);
  else if (cell.flag == mapi::CellFlag::error)
    sink(cell.column.with_type(mapi::PropType::error_code), cell.value);
  else
    sink(cell.column.with_type(mapi::PropType::error_code), mapi::Value::of(mapi::ErrorCode::not_found));
}

}  // namespace ropewalk::client::exchange
