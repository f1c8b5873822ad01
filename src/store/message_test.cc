// Messages: importing, staging, saving, attachments, streams, moving and deleting.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

#include "base/utf16.h"
#include "store/message_row.h"
#include "store/store_core.h"
#include "store/test_mailbox.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;
namespace tag = mapi::tag;

std::string text(const Item& item, u32 the_tag) {
  Arena arena;
  auto property = item.property(PropTag(the_tag), arena, ~std::size_t{0});
  return property ? mapi::text_of_value(property->tag.type(), property->value) : "(absent)";
}
u64 number(const Item& item, u32 the_tag) {
  Arena arena;
  auto property = item.property(PropTag(the_tag), arena);
  return property ? property->value.number : ~u64{0};
}
void set_text(Item& item, u32 the_tag, std::string_view utf8) {
  Arena arena;
  auto done = item.set(PropTag(the_tag), Value::of(mapi::utf16_in(arena, utf8)));
  ASSERT_TRUE(done.ok()) << done.error().text;
}
std::vector<u8> pattern(std::size_t size, u32 seed = 1) {
  std::vector<u8> bytes(size);
  for (u8& byte : bytes) byte = static_cast<u8>((seed = seed * 1664525 + 1013904223) >> 24);
  return bytes;
}
std::vector<u8> read_all(PropertyStream& stream, std::size_t step = 10'000) {
  std::vector<u8> all, block(step);
  while (all.size() < stream.size()) {
    auto got = stream.read(all.size(), block);
    if (!got.ok() || *got == 0) break;
    all.insert(all.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  return all;
}

TEST(Import, ComesBackAsItWas) {
  TestMailbox box;
  mapi::MessageContent content = simple_message("RE: first", 1'700'000'000, std::string(20'000, 'x'));
  const mapi::PropertyName name{Guid::random(), {}, "Colour"};
  content.properties.set_text(content.tag_of(name, PropType::string), "blue");
  content.properties.set_text(PropTag(tag::PidTagTransportMessageHeaders), std::string(2000, 'h'));
  mapi::AttachmentContent& file = content.attachments.emplace_back();
  const auto data = pattern(300'000);
  file.properties.set(PropTag(tag::PidTagAttachMethod), Value::of(u32{1}));
  file.properties.set_text(PropTag(tag::PidTagAttachLongFilename), "data.bin");
  file.properties.set_bytes(PropTag(tag::PidTagAttachDataBinary), data);
  mapi::AttachmentContent& nested = content.attachments.emplace_back();
  nested.properties.set(PropTag(tag::PidTagAttachMethod), Value::of(u32{5}));
  nested.embedded = std::make_unique<mapi::MessageContent>(simple_message("inside"));
  nested.embedded->properties.set_text(nested.embedded->tag_of(name, PropType::string), "red");

  auto id = box.store->import(box.inbox(), content);
  ASSERT_TRUE(id.ok()) << id.error().text;
  box.check();
  box.reopen();
  auto back = box.store->export_message(*id);
  ASSERT_TRUE(back.ok()) << back.error().text;
  for (const mapi::Property& property : content.properties.all()) {
    if (property.tag.is_named()) continue;
    const Value* value = back->properties.find(property.tag);
    ASSERT_NE(value, nullptr) << property.tag.to_string();
    EXPECT_TRUE(mapi::equal_values(property.tag.type(), property.value, *value)) << property.tag.to_string();
  }
  EXPECT_EQ(back->properties.text(back->tag_of(name, PropType::string)), "blue");
  EXPECT_EQ(back->properties.text(PropTag(tag::PidTagNormalizedSubject)), "first");
  EXPECT_EQ(back->properties.text(PropTag(tag::PidTagDisplayTo)), "User One");
  ASSERT_EQ(back->recipients.size(), 1u);
  EXPECT_EQ(back->recipients[0].text(PropTag(tag::PidTagSmtpAddress)), "user1@ropewalk.test");
  ASSERT_EQ(back->attachments.size(), 2u);
  const Value* bytes = back->attachments[0].properties.find(PropTag(tag::PidTagAttachDataBinary));
  ASSERT_NE(bytes, nullptr);
  EXPECT_TRUE(std::ranges::equal(bytes->bytes, data));
  ASSERT_NE(back->attachments[1].embedded, nullptr);
  mapi::MessageContent& inside = *back->attachments[1].embedded;
  EXPECT_EQ(inside.properties.text(PropTag(tag::PidTagSubject)), "inside");
  EXPECT_EQ(inside.properties.text(inside.tag_of(name, PropType::string)), "red");
}

TEST(Import, CountsAndColumns) {
  TestMailbox box;
  std::vector<mapi::MessageContent> contents;
  for (int i = 0; i < 600; ++i) contents.push_back(simple_message("Nr " + std::to_string(i), 1'700'000'000 + i));
  contents[5].properties.set(PropTag(tag::PidTagMessageFlags), Value::of(kFlagRead));
  std::vector<const mapi::MessageContent*> pointers;
  for (auto& content : contents) pointers.push_back(&content);
  auto ids = box.store->import(box.inbox(), pointers);
  ASSERT_TRUE(ids.ok()) << ids.error().text;
  ASSERT_EQ(ids->size(), 600u);
  auto inbox = *box.store->folder(box.inbox());
  EXPECT_EQ(inbox.content_count, 600u);
  EXPECT_EQ(inbox.unread_count, 599u);
  EXPECT_GT(inbox.size, 600u * 100);
  auto message = *box.store->open_message(box.inbox(), (*ids)[5], false);
  EXPECT_EQ(number(*message, tag::PidTagMessageDeliveryTime), FileTime::from_unix(1'700'000'005).value);
  EXPECT_EQ(number(*message, tag::PidTagMid), (*ids)[5].value);
  EXPECT_EQ(number(*message, tag::PidTagFolderId), box.inbox().value);
  EXPECT_EQ(number(*message, tag::PidTagHasAttachments), 0u);
  EXPECT_EQ(text(*message, tag::PidTagMessageClass), "IPM.Note");
  box.check();
}

TEST(Save, NewMessageStagedThenStored) {
  TestMailbox box;
  auto message = *box.store->new_message(box.inbox(), false);
  EXPECT_EQ(text(*message, tag::PidTagMessageClass), "IPM.Note");
  EXPECT_EQ(number(*message, tag::PidTagMessageFlags), 0x9u);
  set_text(*message, tag::PidTagSubject, "FW: hello");
  EXPECT_EQ(text(*message, tag::PidTagNormalizedSubject), "hello");
  EXPECT_EQ(text(*message, tag::PidTagSubjectPrefix), "FW: ");
  Arena arena;
  const mapi::Property to[] = {{PropTag(tag::PidTagRecipientType), Value::of(u32{1})},
                               {PropTag(tag::PidTagDisplayName), Value::of(mapi::utf16_in(arena, "Ä Eins"))}};
  const mapi::Property cc[] = {{PropTag(tag::PidTagRecipientType), Value::of(u32{2})},
                               {PropTag(tag::PidTagDisplayName), Value::of(mapi::utf16_in(arena, "B Zwei"))}};
  message->set_recipient(0, to);
  message->set_recipient(1, cc);
  message->set_recipient(2, to);
  EXPECT_EQ(box.store->folder(box.inbox())->content_count, 0u);
  EXPECT_EQ(number(*message, tag::PidTagMid), ~u64{0});
  auto saved = message->save();
  ASSERT_TRUE(saved.ok()) << saved.error().text;
  EXPECT_EQ(message->id(), saved->id);
  EXPECT_EQ(number(*message, tag::PidTagMessageFlags), 0x409u);
  box.reopen();
  auto again = *box.store->open_message(box.inbox(), saved->id, true);
  EXPECT_EQ(text(*again, tag::PidTagSubject), "FW: hello");
  EXPECT_EQ(text(*again, tag::PidTagDisplayTo), "Ä Eins; Ä Eins");
  EXPECT_EQ(text(*again, tag::PidTagDisplayCc), "B Zwei");
  EXPECT_EQ(again->recipients().size(), 3u);
  EXPECT_EQ(again->set(PropTag(tag::PidTagMid), Value::of(u64{1})).error().code, ErrorCode::access_denied);
  again->remove_recipient(2);
  ASSERT_TRUE(again->remove(PropTag(tag::PidTagImportance)).ok());
  set_text(*again, tag::PidTagNormalizedSubject, "bye");
  auto second = again->save();
  ASSERT_TRUE(second.ok()) << second.error().text;
  EXPECT_GT(second->change_number, saved->change_number);
  EXPECT_EQ(text(*again, tag::PidTagSubject), "FW: bye");
  EXPECT_EQ(text(*again, tag::PidTagDisplayTo), "Ä Eins");
  EXPECT_EQ(number(*again, tag::PidTagImportance), ~u64{0});
  box.check();
}

TEST(Save, ConflictsAreFound) {
  TestMailbox box;
  auto id = *box.store->import(box.inbox(), simple_message("one"));
  auto a = *box.store->open_message({}, id, true);
  auto b = *box.store->open_message({}, id, true);
  set_text(*a, tag::PidTagSubject, "by a");
  ASSERT_TRUE(a->save().ok());
  set_text(*b, tag::PidTagSubject, "by b");
  EXPECT_EQ(b->save().error().code, ErrorCode::object_modified);
  ASSERT_TRUE(b->save(SaveMode::overwrite).ok());
  EXPECT_EQ(text(**box.store->open_message({}, id, false), tag::PidTagSubject), "by b");
  const mapi::MessageId ids[] = {id};
  ASSERT_TRUE(box.store->delete_messages(box.inbox(), ids).ok());
  set_text(*b, tag::PidTagSubject, "too late");
  EXPECT_EQ(b->save().error().code, ErrorCode::object_deleted);
  box.check();
}

TEST(Save, ReadOnlyStaysUntouched) {
  TestMailbox box;
  auto id = *box.store->import(box.inbox(), simple_message("one"));
  auto message = *box.store->open_message({}, id, false);
  EXPECT_EQ(message->set(PropTag(tag::PidTagImportance), Value::of(u32{2})).error().code, ErrorCode::access_denied);
  EXPECT_EQ(message->save().error().code, ErrorCode::access_denied);
  EXPECT_EQ(message->open_stream(PropTag(tag::PidTagBody), StreamMode::read_write).error().code,
            ErrorCode::access_denied);
}

TEST(Streams, WriteAndReadALargeAttachment) {
  TestMailbox box;
  const auto data = pattern(3'000'000);
  auto message = *box.store->new_message(box.inbox(), false);
  auto attachment = *message->create_attachment();
  ASSERT_TRUE(attachment->set(PropTag(tag::PidTagAttachMethod), Value::of(u32{1})).ok());
  auto stream = attachment->open_stream(PropTag(tag::PidTagAttachDataBinary), StreamMode::create);
  ASSERT_TRUE(stream.ok()) << stream.error().text;
  for (std::size_t at = 0; at < data.size(); at += 31'000) {
    auto piece = ByteView(data).subspan(at, std::min<std::size_t>(31'000, data.size() - at));
    ASSERT_TRUE((*stream)->write(at, piece).ok());
  }
  ASSERT_TRUE((*stream)->commit().ok());
  ASSERT_TRUE(attachment->save().ok());
  EXPECT_EQ(message->attachments()->size(), 1u);
  auto saved = message->save();
  ASSERT_TRUE(saved.ok()) << saved.error().text;
  box.check();
  box.reopen();
  auto again = *box.store->open_message({}, saved->id, true);
  EXPECT_EQ(number(*again, tag::PidTagHasAttachments), 1u);
  auto opened = again->open_attachment(0, true);
  ASSERT_TRUE(opened.ok());
  Arena arena;
  auto whole = (*opened)->property(PropTag(tag::PidTagAttachDataBinary), arena);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->tag.type(), PropType::error_code);  // too large to be given at once
  EXPECT_EQ(static_cast<ErrorCode>(whole->value.number), ErrorCode::mapi_oom);
  EXPECT_EQ((*opened)->property_size(PropTag(tag::PidTagAttachDataBinary)), data.size());
  auto reading = (*opened)->open_stream(PropTag(tag::PidTagAttachDataBinary), StreamMode::read_write);
  ASSERT_TRUE(reading.ok());
  EXPECT_EQ(read_all(**reading), data);
  // One byte in the middle, then shorter.
  const u8 byte[] = {0xEE};
  ASSERT_TRUE((*reading)->write(1'000'000, byte).ok());
  ASSERT_TRUE((*reading)->resize(2'000'000).ok());
  ASSERT_TRUE((*reading)->commit().ok());
  ASSERT_TRUE((*opened)->save().ok());
  ASSERT_TRUE(again->save().ok());
  auto expected = data;
  expected[1'000'000] = 0xEE;
  expected.resize(2'000'000);
  auto third = *(*box.store->open_message({}, saved->id, false))->open_attachment(0, false);
  EXPECT_EQ(read_all(**third->open_stream(PropTag(tag::PidTagAttachDataBinary), StreamMode::read)), expected);
  box.check();
}

TEST(Streams, TextInBothWidths) {
  TestMailbox box;
  auto id = *box.store->import(box.inbox(), simple_message("one", 1, "Grüße"));
  auto message = *box.store->open_message({}, id, true);
  auto wide = *message->open_stream(PropTag(tag::PidTagBody), StreamMode::read);
  EXPECT_EQ(utf16_to_utf8(ByteView(read_all(*wide))), "Grüße");
  auto narrow = *message->open_stream(PropTag(tag::PidTagBody).with_type(PropType::string8), StreamMode::read);
  EXPECT_EQ(narrow->size(), 5u);
  EXPECT_EQ(message->open_stream(PropTag(tag::PidTagHtml), StreamMode::read).error().code, ErrorCode::not_found);
  EXPECT_EQ(message->open_stream(PropTag(tag::PidTagImportance), StreamMode::read).error().code,
            ErrorCode::not_supported);
}

TEST(Attachments, EmbeddedMessagesInLayers) {
  TestMailbox box;
  auto message = *box.store->new_message(box.inbox(), false);
  set_text(*message, tag::PidTagSubject, "outer");
  auto attachment = *message->create_attachment();
  auto inside = *attachment->open_embedded(true);
  set_text(*inside, tag::PidTagSubject, "middle");
  auto deeper_attachment = *inside->create_attachment();
  auto deeper = *deeper_attachment->open_embedded(true);
  set_text(*deeper, tag::PidTagSubject, "inner");
  ASSERT_TRUE(deeper->save().ok());
  ASSERT_TRUE(deeper_attachment->save().ok());
  ASSERT_TRUE(inside->save().ok());
  set_text(*inside, tag::PidTagSubject, "changed after saving: not stored");
  ASSERT_TRUE(attachment->save().ok());
  auto saved = message->save();
  ASSERT_TRUE(saved.ok()) << saved.error().text;
  box.check();
  EXPECT_EQ(box.store->folder(box.inbox())->content_count, 1u);

  auto again = *box.store->open_message({}, saved->id, true);
  auto first = *again->open_attachment(0, true);
  EXPECT_EQ(number(*first, tag::PidTagAttachMethod), 5u);
  auto middle = *first->open_embedded(false);
  EXPECT_EQ(text(*middle, tag::PidTagSubject), "middle");
  auto inner = *(*middle->open_attachment(0, true))->open_embedded(false);
  EXPECT_EQ(text(*inner, tag::PidTagSubject), "inner");
  set_text(*middle, tag::PidTagSubject, "middle 2");
  ASSERT_TRUE(middle->save().ok());
  ASSERT_TRUE(first->save().ok());
  ASSERT_TRUE(again->save().ok());
  box.check();
  auto third = *(*(*box.store->open_message({}, saved->id, false))->open_attachment(0, false))->open_embedded(false);
  EXPECT_EQ(text(*third, tag::PidTagSubject), "middle 2");
  EXPECT_EQ(text(*(*(*third->open_attachment(0, false))->open_embedded(false)), tag::PidTagSubject), "inner");

  ASSERT_TRUE(again->delete_attachment(0).ok());
  ASSERT_TRUE(again->save().ok());
  EXPECT_EQ(number(*again, tag::PidTagHasAttachments), 0u);
  box.check();  // nothing of the embedded ones is left behind
}

TEST(Contents, AreKeptOnceAndCounted) {
  TestMailbox box;
  auto content = simple_message("one");
  const auto data = pattern(100'000);
  content.attachments.emplace_back().properties.set_bytes(PropTag(tag::PidTagAttachDataBinary), data);
  auto first = *box.store->import(box.inbox(), content);
  auto second = *box.store->import(box.inbox(), content);
  const auto size_of_file = std::filesystem::file_size(box.path() + "-wal");
  EXPECT_LT(size_of_file, 2 * data.size() + 200'000);
  const mapi::MessageId ids[] = {first};
  ASSERT_TRUE(box.store->delete_messages(box.inbox(), ids).ok());
  box.check();
  auto attachment = *(*box.store->open_message({}, second, false))->open_attachment(0, false);
  EXPECT_EQ(read_all(**attachment->open_stream(PropTag(tag::PidTagAttachDataBinary), StreamMode::read)), data);
  std::vector<mapi::MessageId> copies;
  const mapi::MessageId others[] = {second};
  ASSERT_TRUE(box.store->copy_messages(box.inbox(), box.store->special(SpecialFolder::drafts), others, &copies).ok());
  ASSERT_TRUE(box.store->delete_messages(box.inbox(), others).ok());
  box.check();
  auto copy = *(*box.store->open_message({}, copies.at(0), false))->open_attachment(0, false);
  EXPECT_EQ(read_all(**copy->open_stream(PropTag(tag::PidTagAttachDataBinary), StreamMode::read)), data);
}

TEST(Messages, MoveCopyDelete) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  const auto drafts = store.special(SpecialFolder::drafts);
  auto nested = simple_message("nested");
  nested.attachments.emplace_back().embedded = std::make_unique<mapi::MessageContent>(simple_message("inside"));
  std::vector<mapi::MessageId> ids{*store.import(box.inbox(), simple_message("a")), *store.import(box.inbox(), nested),
                                   mapi::MessageId::make(1, 999'999)};
  std::vector<mapi::MessageId> moved, copied;
  auto result = store.copy_messages(box.inbox(), drafts, ids, &copied);
  ASSERT_TRUE(result.ok()) << result.error().text;
  EXPECT_EQ(result->done, 2u);
  EXPECT_EQ(result->failed, 1u);
  EXPECT_TRUE(copied[2].is_null());
  result = store.move_messages(box.inbox(), drafts, ids, &moved);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->done, 2u);
  EXPECT_NE(moved[0], ids[0]);
  EXPECT_EQ(store.folder(box.inbox())->content_count, 0u);
  EXPECT_EQ(store.folder(drafts)->content_count, 4u);
  EXPECT_EQ(store.open_message({}, ids[0], false).error().code, ErrorCode::not_found);
  auto inside = *(*(*store.open_message(drafts, moved[1], false))->open_attachment(0, false))->open_embedded(false);
  EXPECT_EQ(text(*inside, tag::PidTagSubject), "inside");
  box.check();
  EXPECT_EQ(store.delete_messages(drafts, moved)->done, 2u);
  EXPECT_EQ(store.empty_folder(drafts, true, true, true)->done, 2u);
  EXPECT_EQ(store.folder(drafts)->size, 0u);
  EXPECT_EQ(store.folder(drafts)->deleted_total, 4u);
  box.check();
}

TEST(Messages, ReadFlagsAndCounts) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  std::vector<mapi::MessageId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(*store.import(box.inbox(), simple_message("m" + std::to_string(i))));
  u32 changed = 0;
  const mapi::MessageId two[] = {ids[0], ids[1]};
  ASSERT_TRUE(store.set_read(box.inbox(), two, true, &changed).ok());
  EXPECT_EQ(changed, 2u);
  EXPECT_EQ(store.folder(box.inbox())->unread_count, 3u);
  ASSERT_TRUE(store.set_read(box.inbox(), two, true, &changed).ok());
  EXPECT_EQ(changed, 0u);
  ASSERT_TRUE(store.set_read(box.inbox(), {}, true, &changed).ok());
  EXPECT_EQ(store.folder(box.inbox())->unread_count, 0u);
  ASSERT_TRUE(store.set_read(box.inbox(), two, false).ok());
  EXPECT_EQ(store.folder(box.inbox())->unread_count, 2u);
  EXPECT_EQ(*store.set_message_status(box.inbox(), ids[0], 0x3, 0x1), 0u);
  EXPECT_EQ(*store.set_message_status(box.inbox(), ids[0], 0x4, 0x4), 1u);
  EXPECT_EQ(number(**store.open_message({}, ids[0], false), tag::PidTagMessageStatus), 5u);
  box.check();
}

TEST(Messages, AssociatedOnesAreCountedApart) {
  TestMailbox box;
  auto message = *box.store->new_message(box.inbox(), true);
  set_text(*message, tag::PidTagMessageClass, "IPM.Configuration.Test");
  ASSERT_TRUE(message->save().ok());
  auto inbox = *box.store->folder(box.inbox());
  EXPECT_EQ(inbox.content_count, 0u);
  EXPECT_EQ(inbox.associated_count, 1u);
  EXPECT_EQ(number(*message, tag::PidTagMessageFlags) & 0x40, 0x40u);
  box.check();
}

TEST(Keys, ChangeKeysFollowTheChange) {
  TestMailbox box;
  auto id = *box.store->import(box.inbox(), simple_message("one"));
  auto message = *box.store->open_message({}, id, true);
  Arena arena;
  auto key = message->property(PropTag(tag::PidTagChangeKey), arena);
  ASSERT_TRUE(key.has_value());
  ASSERT_EQ(key->value.bytes.size(), 22u);
  auto list = message->property(PropTag(tag::PidTagPredecessorChangeList), arena);
  ASSERT_EQ(list->value.bytes.size(), 23u);
  EXPECT_TRUE(std::ranges::equal(list->value.bytes.subspan(1), key->value.bytes));
  // A change from another replica, then one from here: the foreign entry stays.
  std::vector<u8> foreign(22, 0), foreign_list{22};  // its name space sorts first
  foreign_list.insert(foreign_list.end(), foreign.begin(), foreign.end());
  ASSERT_TRUE(message->set(PropTag(tag::PidTagChangeKey), Value::of(ByteView(foreign))).ok());
  ASSERT_TRUE(message->set(PropTag(tag::PidTagPredecessorChangeList), Value::of(ByteView(foreign_list))).ok());
  ASSERT_TRUE(message->save().ok());
  key = message->property(PropTag(tag::PidTagChangeKey), arena);
  EXPECT_TRUE(std::ranges::equal(key->value.bytes, foreign));
  set_text(*message, tag::PidTagSubject, "two");
  ASSERT_TRUE(message->save().ok());
  key = message->property(PropTag(tag::PidTagChangeKey), arena);
  EXPECT_FALSE(std::ranges::equal(key->value.bytes, foreign));
  list = message->property(PropTag(tag::PidTagPredecessorChangeList), arena);
  EXPECT_EQ(list->value.bytes.size(), 46u);
  EXPECT_TRUE(std::ranges::equal(list->value.bytes.first(23), foreign_list));
}

TEST(Events, TellWhatHappenedAfterTheCommit) {
  TestMailbox box;
  MailboxStore& store = *box.store;
  int woken = 0;
  auto all = store.events().subscribe({}, [&] { ++woken; });
  auto mail = store.events().subscribe({.kinds = static_cast<u16>(EventKind::new_mail)});
  auto id = *store.import(box.inbox(), simple_message("one"), true);
  EXPECT_EQ(woken, 1);
  auto events = all->take();
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].kind, EventKind::created);
  EXPECT_EQ(events[0].message, id);
  EXPECT_EQ(events[2].kind, EventKind::modified);
  EXPECT_TRUE(events[2].has_counts);
  EXPECT_EQ(events[2].content_count, 1u);
  auto news = mail->take();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].message_class, "IPM.Note");
  EXPECT_FALSE(mail->pending());
  (void)store.create_folder({.parent = box.inbox(), .name = ""});  // fails: no word of it
  EXPECT_FALSE(all->pending());
}

}  // namespace
}  // namespace ropewalk::store
