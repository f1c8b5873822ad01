// Messages and attachments of a local store.
#include "client/local/local_objects.h"

namespace ropewalk::client::local {

namespace {

// PropertyObject over a store::Item.
template <class Base>
class ItemObject : public Base {
 public:
  explicit ItemObject(std::shared_ptr<store::Item> item) : item_(std::move(item)) {}

  Outcome<mapi::PropertyBag> get(std::span<const PropTag> tags) override { return bag_of(*item_, tags); }
  Outcome<mapi::PropertyBag> get_all() override {
    auto tags = item_->tags();
    return bag_of(*item_, tags);
  }
  Outcome<void> set(std::span<const mapi::Property> properties) override {
    for (const mapi::Property& property : properties) {
      auto done = item_->set(property.tag, property.value);
      if (!done.ok() && done.error().code != mapi::ErrorCode::computed) return failure_of(std::move(done).error());
    }
    return {};
  }
  Outcome<void> remove(std::span<const PropTag> tags) override {
    for (PropTag tag : tags) ROPEWALK_LOCAL_CHECK(item_->remove(tag));
    return {};
  }
  Outcome<std::unique_ptr<Stream>> open_stream(PropTag tag, Access access, bool truncate) override {
    auto mode = access == Access::read ? store::StreamMode::read : store::StreamMode::create;
    ROPEWALK_LOCAL_TRY(auto stream, item_->open_stream(tag, mode));
    if (truncate && access != Access::read) ROPEWALK_LOCAL_CHECK(stream->resize(0));
    return make_stream(std::move(stream));
  }

 private:
  std::shared_ptr<store::Item> item_;
};

class LocalAttachment : public ItemObject<Attachment> {
 public:
  explicit LocalAttachment(std::shared_ptr<store::Attachment> attachment)
      : ItemObject(attachment), attachment_(std::move(attachment)) {}

  u32 number() const override { return attachment_->number(); }
  Outcome<std::unique_ptr<Message>> open_embedded(Access, bool create) override {
    ROPEWALK_LOCAL_TRY(auto message, attachment_->open_embedded(create));
    return make_message(std::move(message));
  }
  Outcome<void> save() override {
    ROPEWALK_LOCAL_CHECK(attachment_->save());
    return {};
  }

 private:
  std::shared_ptr<store::Attachment> attachment_;
};

class LocalMessage : public ItemObject<Message> {
 public:
  explicit LocalMessage(std::shared_ptr<store::Message> message) : ItemObject(message), message_(std::move(message)) {}

  MessageId id() const override { return message_->id(); }
  Outcome<std::vector<mapi::PropertyBag>> recipients() override {
    std::vector<mapi::PropertyBag> made;
    Arena arena;
    for (const store::Recipient& recipient : message_->recipients()) {
      mapi::PropertyBag bag;
      store::PackedView view = recipient.properties();
      for (std::size_t i = 0; i < view.size(); ++i)
        if (auto value = view.value(view.entry(i), arena)) bag.set(view.entry(i).tag, *value);
      bag.set(PropTag(mapi::tag::PidTagRowid), mapi::Value::of(recipient.row_id));
      made.push_back(std::move(bag));
    }
    return made;
  }
  Outcome<void> set_recipients(std::span<const mapi::PropertyBag> recipients) override {
    message_->clear_recipients();
    u32 row = 0;
    for (const mapi::PropertyBag& recipient : recipients) message_->set_recipient(row++, recipient.all());
    return {};
  }
  Outcome<std::unique_ptr<Table>> attachments() override {
    ROPEWALK_LOCAL_TRY(auto table, message_->store().attachment_table(*message_));
    return make_table(std::move(table));
  }
  Outcome<std::unique_ptr<Attachment>> open_attachment(u32 number, Access access) override {
    ROPEWALK_LOCAL_TRY(auto attachment, message_->open_attachment(number, access != Access::read));
    return std::unique_ptr<Attachment>(std::make_unique<LocalAttachment>(std::move(attachment)));
  }
  Outcome<std::unique_ptr<Attachment>> create_attachment() override {
    ROPEWALK_LOCAL_TRY(auto attachment, message_->create_attachment());
    return std::unique_ptr<Attachment>(std::make_unique<LocalAttachment>(std::move(attachment)));
  }
  Outcome<void> delete_attachment(u32 number) override {
    ROPEWALK_LOCAL_CHECK(message_->delete_attachment(number));
    return {};
  }
  Outcome<void> save() override {
    ROPEWALK_LOCAL_CHECK(message_->save());
    return {};
  }

 private:
  std::shared_ptr<store::Message> message_;
};

}  // namespace

std::unique_ptr<Message> make_message(std::shared_ptr<store::Message> message) {
  return std::make_unique<LocalMessage>(std::move(message));
}

}  // namespace ropewalk::client::local
