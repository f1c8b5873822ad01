// For the store's tests alone: a mailbox in a temporary folder, and messages to put into it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "mapi/property_bag.h"
#include "mapi/property_tags.h"
#include "store/mailbox_store.h"

namespace ropewalk::store {

class TestMailbox {
 public:
  explicit TestMailbox(StoreOptions options = {.durable = false}) : options_(options) {
    std::string name = std::filesystem::temp_directory_path() / "ropewalk-store-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    auto made = MailboxStore::create(path(), owner(), options_);
    EXPECT_TRUE(made.ok()) << made.error().text;
    if (made.ok()) store = *made;
  }
  ~TestMailbox() {
    store.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string path() const { return folder_ + "/mailbox.db"; }
  const std::string& folder() const { return folder_; }
  static MailboxOwner owner() {
    return {"User One", "user1@ropewalk.test", "/o=Ropewalk/ou=Exchange Administrative Group/cn=Recipients/cn=user1",
            guid_literal("0f0e0d0c-0b0a-0908-0706-050403020100")};
  }
  void reopen() {
    store.reset();
    auto opened = MailboxStore::open(path(), options_);
    ASSERT_TRUE(opened.ok()) << opened.error().text;
    store = *opened;
  }
  mapi::FolderId inbox() const { return store->special(SpecialFolder::inbox); }
  // All is consistent.
  void check() const {
    auto found = store->verify();
    ASSERT_TRUE(found.ok()) << found.error().text;
    for (const std::string& text : *found) ADD_FAILURE() << text;
  }

  std::shared_ptr<MailboxStore> store;

 private:
  StoreOptions options_;
  std::string folder_;
};

inline mapi::PropTag tag_of(u32 value) { return mapi::PropTag(value); }

// A small message as an importer would make it, unread, delivered at `delivered` seconds of Unix time.
inline mapi::MessageContent simple_message(const std::string& subject, i64 delivered = 1'700'000'000,
                                           const std::string& body = "Text of the message.\r\n") {
  using namespace mapi;
  MessageContent content;
  PropertyBag& bag = content.properties;
  bag.set_text(tag_of(tag::PidTagMessageClass), "IPM.Note");
  bag.set_text(tag_of(tag::PidTagSubject), subject);
  bag.set_text(tag_of(tag::PidTagBody), body);
  bag.set_text(tag_of(tag::PidTagSentRepresentingName), "Sender of " + subject);
  bag.set_text(tag_of(tag::PidTagSenderName), "Sender of " + subject);
  bag.set(tag_of(tag::PidTagMessageDeliveryTime), Value::of(FileTime::from_unix(delivered)));
  bag.set(tag_of(tag::PidTagImportance), Value::of(u32{1}));
  PropertyBag& to = content.recipients.emplace_back();
  to.set(tag_of(tag::PidTagRecipientType), Value::of(u32{1}));
  to.set_text(tag_of(tag::PidTagDisplayName), "User One");
  to.set_text(tag_of(tag::PidTagSmtpAddress), "user1@ropewalk.test");
  return content;
}

}  // namespace ropewalk::store
