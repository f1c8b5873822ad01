// Two processes on one mailbox file: an import beside the server. Two stores in one process are the same to SQLite.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <set>
#include <thread>

#include "mapi/property_tags.h"
#include "store/mailbox_store.h"

namespace ropewalk::store {
namespace {

class TwoWriters : public testing::Test {
 protected:
  TwoWriters() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ropewalk-two-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    StoreOptions options;
    options.durable = false;
    MailboxOwner owner{"User One", "user1@ropewalk.test", "/o=Ropewalk/cn=user1", Guid::random()};
    one_ = *MailboxStore::create(folder_ + "/m.db", owner, options);
    two_ = *MailboxStore::open(folder_ + "/m.db", options);
  }
  ~TwoWriters() override {
    one_.reset();
    two_.reset();
    std::filesystem::remove_all(folder_);
  }
  // Imports so many in batches; the ids that were acknowledged.
  static std::vector<mapi::MessageId> import(MailboxStore& store, int count, int batch) {
    mapi::MessageContent content;
    content.properties.set_text(mapi::PropTag(mapi::tag::PidTagMessageClass), "IPM.Note");
    std::vector<const mapi::MessageContent*> contents(static_cast<std::size_t>(batch), &content);
    std::vector<mapi::MessageId> all;
    for (int at = 0; at < count; at += batch) {
      auto ids = store.import(store.special(SpecialFolder::inbox), contents);
      EXPECT_TRUE(ids.ok()) << (ids.ok() ? "" : ids.error().text);
      if (!ids.ok()) break;
      all.insert(all.end(), ids->begin(), ids->end());
    }
    return all;
  }

  std::string folder_;
  std::shared_ptr<MailboxStore> one_, two_;
};

// More than either has reserved in advance, so that both have to ask the file again and again.
TEST_F(TwoWriters, NeverTakeEachOthersIds) {
  constexpr int kEach = 4000;
  std::vector<mapi::MessageId> first, second;
  std::thread other([&] { second = import(*two_, kEach, 7); });
  first = import(*one_, kEach, 11);
  other.join();
  std::set<u64> different;
  for (const auto* ids : {&first, &second})
    for (mapi::MessageId id : *ids) different.insert(id.value);
  EXPECT_EQ(different.size(), first.size() + second.size());
  for (MailboxStore* store : {one_.get(), two_.get()}) {
    auto listed = store->message_ids(store->special(SpecialFolder::inbox), false);
    ASSERT_TRUE(listed.ok());
    EXPECT_EQ(listed->size(), different.size());
  }
}

TEST_F(TwoWriters, SeeEachOthersCounts) {
  import(*one_, 5, 5);
  import(*two_, 7, 7);
  import(*one_, 3, 3);
  auto inbox = one_->folder(one_->special(SpecialFolder::inbox));
  ASSERT_TRUE(inbox.ok());
  EXPECT_EQ(one_->message_ids(one_->special(SpecialFolder::inbox), false)->size(), 15u);
}

}  // namespace
}  // namespace ropewalk::store
