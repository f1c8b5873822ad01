// Mailboxes, folders, ids, names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "base/utf16.h"
#include "store/default_folders.h"
#include "store/mailbox_stores.h"
#include "store/test_mailbox.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::Value;
namespace tag = mapi::tag;

std::string text(const Folder& folder, u32 the_tag) {
  Arena arena;
  auto property = folder.property(PropTag(the_tag), arena);
  return property ? mapi::text_of_value(property->tag.type(), property->value) : "(absent)";
}

TEST(Mailbox, HasTheDefaultFolders) {
  TestMailbox box;
  std::set<u64> ids;
  for (const DefaultFolder& expected : default_folders()) {
    auto folder = box.store->folder(box.store->special(expected.kind));
    ASSERT_TRUE(folder.ok()) << expected.name;
    EXPECT_EQ(folder->name, expected.name);
    EXPECT_EQ(text(*folder, tag::PidTagContainerClass),
              expected.container_class.empty() ? "(absent)" : std::string(expected.container_class));
    if (expected.kind == SpecialFolder::root)
      EXPECT_TRUE(folder->parent.is_null());
    else
      EXPECT_EQ(folder->parent, box.store->special(expected.parent)) << expected.name;
    EXPECT_EQ(box.store->special_of(folder->id), expected.kind);
    ids.insert(folder->id.value);
  }
  EXPECT_EQ(ids.size(), kSpecialFolders);
  box.check();
}

TEST(Mailbox, RootAndInboxNameTheSpecialFolders) {
  TestMailbox box;
  for (SpecialFolder kind : {SpecialFolder::root, SpecialFolder::inbox}) {
    auto folder = box.store->folder(box.store->special(kind));
    ASSERT_TRUE(folder.ok());
    Arena arena;
    auto calendar = folder->property(PropTag(tag::PidTagIpmAppointmentEntryId), arena);
    ASSERT_TRUE(calendar.has_value());
    EXPECT_EQ(box.store->resolve_entry_id(calendar->value.bytes).folder, box.store->special(SpecialFolder::calendar));
    auto more = folder->property(PropTag(tag::PidTagAdditionalRenEntryIds), arena);
    ASSERT_TRUE(more.has_value());
    ASSERT_EQ(more->value.items.size(), 5u);
    EXPECT_EQ(box.store->resolve_entry_id(more->value.items[4].bytes).folder,
              box.store->special(SpecialFolder::junk_email));
  }
}

TEST(Mailbox, IsNotMadeTwiceAndOpensAgain) {
  TestMailbox box;
  auto again = MailboxStore::create(box.path(), TestMailbox::owner(), {.durable = false});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code, ErrorCode::duplicate_object);
  const Guid database = box.store->database_guid();
  box.reopen();
  EXPECT_EQ(box.store->database_guid(), database);
  EXPECT_EQ(box.store->owner().smtp_address, "user1@ropewalk.test");
  EXPECT_EQ(MailboxStore::open(box.folder() + "/none.db").error().code, ErrorCode::not_found);
}

TEST(Mailbox, StoresOpenEachFileOnce) {
  TestMailbox box;
  MailboxStores stores(box.folder(), {.durable = false});
  auto owner = TestMailbox::owner();
  owner.mailbox_guid = Guid::random();
  auto made = stores.create(owner);
  ASSERT_TRUE(made.ok()) << made.error().text;
  auto opened = stores.open(owner.mailbox_guid);
  ASSERT_TRUE(opened.ok());
  EXPECT_EQ(*made, *opened);
  EXPECT_FALSE(stores.remove(owner.mailbox_guid).ok());
  *made = *opened = nullptr;
  EXPECT_TRUE(stores.remove(owner.mailbox_guid).ok());
  EXPECT_EQ(stores.open(owner.mailbox_guid).error().code, ErrorCode::not_found);
}

TEST(Ids, AreNeverGivenTwice) {
  TestMailbox box;
  const u64 first = *box.store->reserve_ids(10);
  const u64 second = *box.store->reserve_ids(5000);
  EXPECT_GE(second, first + 10);
  box.reopen();
  EXPECT_GE(*box.store->reserve_ids(1), second + 5000);
}

TEST(Ids, LongTermFormsGoBothWays) {
  TestMailbox box;
  const auto inbox = box.inbox();
  auto long_term = box.store->long_term_id(inbox.value);
  ASSERT_TRUE(long_term.ok());
  EXPECT_EQ(long_term->database_guid, box.store->database_guid());
  EXPECT_EQ(*box.store->short_term_id(*long_term), inbox.value);
  EXPECT_EQ(box.store->long_term_id(0x77).error().code, ErrorCode::not_found);
  const Guid foreign = Guid::random();
  const u16 replid = *box.store->replid_of(foreign);
  EXPECT_NE(replid, 1);
  box.reopen();
  EXPECT_EQ(*box.store->replid_of(foreign), replid);
  EXPECT_EQ(*box.store->guid_of(replid), foreign);
}

TEST(Names, KeepTheirIds) {
  TestMailbox box;
  const Guid set = Guid::random();
  const mapi::PropertyName names[] = {{set, 0x8005, {}}, {set, {}, "Colour"}, {set, {}, "colour"}, {set, 0x8006, {}}};
  EXPECT_THAT(*box.store->ids_of_names(names, false), testing::Each(0));
  const auto ids = *box.store->ids_of_names(names, true);
  EXPECT_THAT(std::set<u16>(ids.begin(), ids.end()), testing::SizeIs(4));
  EXPECT_THAT(ids, testing::Each(testing::Ge(0x8000)));
  box.reopen();
  EXPECT_EQ(*box.store->ids_of_names(names, true), ids);
  const u16 asked[] = {ids[1], 0x0037, 0xFFF0};
  const auto back = box.store->names_of_ids(asked);
  EXPECT_EQ(back[0], names[1]);
  ASSERT_TRUE(back[1].has_value());
  EXPECT_EQ(back[1]->lid, 0x37u);  // PS_MAPI
  EXPECT_FALSE(back[2].has_value());
  EXPECT_EQ(box.store->all_names(set).size(), 4u);
}

TEST(Folders, AreMadeRenamedMovedAndDeleted) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  const auto top = store.special(SpecialFolder::ipm_subtree);
  auto made = store.create_folder({.parent = top, .name = "Projects", .comment = "all of them"});
  ASSERT_TRUE(made.ok()) << made.error().text;
  EXPECT_EQ(store.create_folder({.parent = top, .name = "PROJECTS"}).error().code, ErrorCode::duplicate_name);
  auto existing = store.create_folder({.parent = top, .name = "projects", .open_existing = true});
  ASSERT_TRUE(existing.ok());
  EXPECT_TRUE(existing->existed);
  EXPECT_EQ(existing->id, made->id);
  auto child = store.create_folder({.parent = made->id, .name = "Überblick"});
  ASSERT_TRUE(child.ok());
  auto folder = *store.folder(made->id);
  EXPECT_EQ(folder.subfolder_count, 1u);
  EXPECT_EQ(text(folder, tag::PidTagComment), "all of them");
  EXPECT_EQ(*store.child_named(made->id, "überblick"), child->id);
  EXPECT_EQ(store.move_folder(made->id, child->id, "").error().code, ErrorCode::root_folder);
  EXPECT_TRUE(store.move_folder(child->id, top, "Overview").ok());
  EXPECT_EQ(store.folder(child->id)->name, "Overview");
  EXPECT_FALSE(store.folder(made->id)->has_subfolders());
  box.check();
  EXPECT_TRUE(*store.delete_folder(child->id, {}));
  EXPECT_EQ(store.folder(child->id).error().code, ErrorCode::not_found);
  EXPECT_EQ(store.delete_folder(box.inbox(), {true, true}).error().code, ErrorCode::access_denied);
  box.check();
}

TEST(Folders, DeleteOnlyWhatTheOptionsName) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  auto outer = *store.create_folder({.parent = box.inbox(), .name = "Outer"});
  auto inner = *store.create_folder({.parent = outer.id, .name = "Inner"});
  ASSERT_TRUE(store.import(inner.id, simple_message("deep")).ok());
  EXPECT_FALSE(*store.delete_folder(outer.id, {}));
  EXPECT_FALSE(*store.delete_folder(inner.id, {.subfolders = true}));
  EXPECT_TRUE(store.folder(inner.id).ok());
  EXPECT_TRUE(*store.delete_folder(outer.id, {true, true}));
  EXPECT_FALSE(store.folder_exists(inner.id));
  box.check();
}

TEST(Folders, PropertiesAreSetOneByOne) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  auto made = *store.create_folder({.parent = box.inbox(), .name = "One"});
  (void)store.create_folder({.parent = box.inbox(), .name = "Two"});
  Arena arena;
  const u64 before = store.folder(made.id)->change_number;
  const mapi::Property set[] = {
      {PropTag(tag::PidTagContainerClass), Value::of(mapi::utf16_in(arena, "IPF.Task"))},
      {PropTag(tag::PidTagContentCount), Value::of(u32{7})},
      {PropTag(tag::PidTagDisplayName), Value::of(mapi::utf16_in(arena, "Two"))},
  };
  auto problems = store.set_folder_properties(made.id, set, {});
  ASSERT_TRUE(problems.ok());
  ASSERT_EQ(problems->size(), 2u);
  EXPECT_EQ((*problems)[0].code, ErrorCode::access_denied);
  EXPECT_EQ((*problems)[1].code, ErrorCode::duplicate_name);
  auto folder = *store.folder(made.id);
  EXPECT_EQ(folder.name, "One");
  EXPECT_EQ(text(folder, tag::PidTagContainerClass), "IPF.Task");
  EXPECT_GT(folder.change_number, before);
  const PropTag removed[] = {PropTag(tag::PidTagContainerClass)};
  ASSERT_TRUE(store.set_folder_properties(made.id, {}, removed).ok());
  EXPECT_EQ(text(*store.folder(made.id), tag::PidTagContainerClass), "(absent)");
}

TEST(ReceiveFolders, TheLongestPrefixWins) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  EXPECT_EQ(store.receive_folder("ipm.note.smime")->message_class, "IPM.Note");
  EXPECT_EQ(store.receive_folder("IPM.Unknown")->folder, box.inbox());
  EXPECT_EQ(store.receive_folder("Else")->message_class, "");
  EXPECT_EQ(store.receive_folder("IPM.Appointment")->folder, store.special(SpecialFolder::calendar));
  ASSERT_TRUE(store.set_receive_folder("IPM.Note.Special", store.special(SpecialFolder::drafts)).ok());
  EXPECT_EQ(store.receive_folder("IPM.NOTE.special.More")->folder, store.special(SpecialFolder::drafts));
  EXPECT_EQ(store.set_receive_folder("", {}).error().code, ErrorCode::access_denied);
  ASSERT_TRUE(store.set_receive_folder("ipm.note.special", {}).ok());
  EXPECT_EQ(store.receive_folder("IPM.Note.Special")->message_class, "IPM.Note");
}

TEST(Store, PropertiesOfTheMailbox) {
  TestMailbox box;
  Arena arena;
  auto name = box.store->property(PropTag(tag::PidTagMailboxOwnerName), arena);
  ASSERT_TRUE(name.has_value());
  EXPECT_EQ(utf16_to_utf8(name->value.bytes), "User One");
  const PropTag mine(0x7C04, mapi::PropType::binary);
  const u8 bytes[] = {1, 2, 3};
  const mapi::Property set[] = {{mine, Value::of(ByteView(bytes))}};
  ASSERT_TRUE(box.store->set_properties(set, {}).ok());
  box.reopen();
  auto back = box.store->property(mine, arena);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->value.bytes.size(), 3u);
  auto outbox = box.store->property(PropTag(tag::PidTagIpmOutboxEntryId), arena);
  ASSERT_TRUE(outbox.has_value());
  EXPECT_EQ(box.store->resolve_entry_id(outbox->value.bytes).folder, box.store->special(SpecialFolder::outbox));
}

TEST(Store, ManyWritersShareCommits) {
  TestMailbox box({.durable = true});
  constexpr int kThreads = 8, kEach = 20;
  const auto before = box.store->counters();
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        auto made = box.store->create_folder(
            {.parent = box.inbox(), .name = "F" + std::to_string(t) + "-" + std::to_string(i)});
        EXPECT_TRUE(made.ok());
        // One that fails beside must take nothing with it.
        EXPECT_FALSE(box.store->create_folder({.parent = box.inbox(), .name = "f" + std::to_string(t) + "-0"}).ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(box.store->folder(box.inbox())->subfolder_count, u32{kThreads * kEach});
  EXPECT_EQ(box.store->counters().writes - before.writes, u64{kThreads * kEach});
  EXPECT_LT(box.store->counters().commits - before.commits, u64{kThreads * kEach});
  box.check();
}

}  // namespace
}  // namespace ropewalk::store
