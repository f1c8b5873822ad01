// Tables: order, restriction, cursor, bookmarks, and staying current.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "base/utf16.h"
#include "store/message_row.h"
#include "store/test_mailbox.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::PropTag;
using mapi::PropType;
using mapi::RelOp;
using mapi::Restriction;
using mapi::RestrictType;
using mapi::Value;
namespace tag = mapi::tag;

constexpr std::size_t kNoLimit = 1u << 20;

std::string text_in(const mapi::PropertyCell& cell) {
  return cell.flag == mapi::CellFlag::value ? mapi::text_of_value(cell.type, cell.value) : "(none)";
}

// The texts of the first column, from the cursor on.
std::vector<std::string> texts(Table& table, u32 count = 10'000, bool forward = true, bool advance = true) {
  Arena arena;
  std::vector<std::string> all;
  auto rows = table.query_rows(count, forward, advance, kNoLimit, arena);
  EXPECT_TRUE(rows.ok());
  if (rows.ok())
    for (const auto& row : rows->rows) all.push_back(text_in(row.cells[0]));
  return all;
}

std::unique_ptr<Table> open_table(TestMailbox& box, bool associated = false) {
  auto table = box.store->contents_table(box.inbox(), associated);
  EXPECT_TRUE(table.ok());
  const PropTag columns[] = {PropTag(tag::PidTagSubject), PropTag(tag::PidTagMid)};
  EXPECT_TRUE((*table)->set_columns(columns).ok());
  return std::move(*table);
}

void sort(Table& table, u32 by, bool descending) {
  const SortKey keys[] = {{PropTag(by), descending}};
  auto done = table.sort(keys);
  ASSERT_TRUE(done.ok()) << done.error().text;
}

// `<property> <op> <value>`.
struct Condition {
  mapi::TaggedPropertyValue value;
  Restriction node;
  Condition(u32 the_tag, RelOp op, const Value& with) {
    value.tag = PropTag(the_tag);
    value.value = with;
    node.type = RestrictType::property;
    node.relop = op;
    node.tag = PropTag(the_tag);
    node.values = wire::List<mapi::TaggedPropertyValue>(std::span(&value, 1));
  }
};
struct Content {
  Arena arena;
  mapi::TaggedPropertyValue value;
  Restriction node;
  Content(u32 the_tag, std::string_view text, u16 level) {
    value.tag = PropTag(the_tag);
    value.value = Value::of(mapi::utf16_in(arena, text));
    node.type = RestrictType::content;
    node.fuzzy_level_low = level;
    node.fuzzy_level_high = mapi::kFuzzyIgnoreCase;
    node.tag = PropTag(the_tag);
    node.values = wire::List<mapi::TaggedPropertyValue>(std::span(&value, 1));
  }
};

void fill(TestMailbox& box, std::initializer_list<const char*> subjects) {
  i64 time = 1'700'000'000;
  for (const char* subject : subjects)
    ASSERT_TRUE(box.store->import(box.inbox(), simple_message(subject, ++time)).ok());
}

TEST(ContentsTable, OrdersByDeliveryBothWays) {
  TestMailbox box;
  fill(box, {"a", "b", "c", "d", "e"});
  auto table = open_table(box);
  EXPECT_THAT(texts(*table), testing::ElementsAre("a", "b", "c", "d", "e"));
  sort(*table, tag::PidTagMessageDeliveryTime, true);
  EXPECT_THAT(texts(*table, 2), testing::ElementsAre("e", "d"));
  EXPECT_THAT(texts(*table, 2), testing::ElementsAre("c", "b"));
  EXPECT_EQ(table->position()->numerator, 4u);
  EXPECT_EQ(table->position()->denominator, 5u);
  EXPECT_THAT(texts(*table, 3, false), testing::ElementsAre("b", "c", "d"));
  EXPECT_EQ(table->position()->numerator, 1u);
  EXPECT_THAT(texts(*table, 9, false), testing::ElementsAre("e"));
  EXPECT_THAT(texts(*table, 2, true, false), testing::ElementsAre("e", "d"));
  EXPECT_EQ(table->position()->numerator, 0u);
}

TEST(ContentsTable, TellsWhereTheCursorStands) {
  TestMailbox box;
  fill(box, {"a", "b", "c"});
  auto table = open_table(box);
  Arena arena;
  EXPECT_EQ(table->query_rows(2, true, true, kNoLimit, arena)->at, Origin::current);
  EXPECT_EQ(table->query_rows(1, true, true, kNoLimit, arena)->at, Origin::end);
  auto none = table->query_rows(1, true, true, kNoLimit, arena);
  EXPECT_EQ(none->at, Origin::end);
  EXPECT_TRUE(none->rows.empty());
  EXPECT_EQ(table->query_rows(5, false, true, kNoLimit, arena)->at, Origin::beginning);
  EXPECT_EQ(table->query_rows(3, true, false, kNoLimit, arena)->at, Origin::beginning);
}

TEST(ContentsTable, KeepsToTheByteLimit) {
  TestMailbox box;
  for (int i = 0; i < 10; ++i) fill(box, {"123456789 123456789 123456789 123456789 123456789"});
  auto table = open_table(box);
  Arena arena;
  auto rows = table->query_rows(10, true, true, 350, arena);
  ASSERT_EQ(rows->rows.size(), 3u);  // 1 + 100 + 8 bytes each
  EXPECT_EQ(rows->at, Origin::current);
  EXPECT_EQ(table->position()->numerator, 3u);
  EXPECT_EQ(table->query_rows(10, true, true, 1, arena)->rows.size(), 1u);
  EXPECT_EQ(table->position()->numerator, 4u);
}

TEST(ContentsTable, SortsTextWithoutCaseAndBySeveralColumns) {
  TestMailbox box;
  fill(box, {"beta", "Alpha", "BETA", "émile", "alpha", "Zeta", "eagle"});
  auto table = open_table(box);
  const SortKey keys[] = {{PropTag(tag::PidTagSubject), false}, {PropTag(tag::PidTagMessageDeliveryTime), true}};
  ASSERT_TRUE(table->sort(keys).ok());
  EXPECT_THAT(texts(*table), testing::ElementsAre("alpha", "Alpha", "BETA", "beta", "eagle", "émile", "Zeta"));
  sort(*table, tag::PidTagSubject, true);
  EXPECT_EQ(texts(*table).front(), "Zeta");
  sort(*table, tag::PidTagSentRepresentingName, false);
  EXPECT_EQ(texts(*table).back(), "Zeta");
  sort(*table, tag::PidTagNormalizedSubject, false);  // not in the index
  EXPECT_EQ(texts(*table).back(), "Zeta");
}

TEST(ContentsTable, RestrictsByColumnsTextAndFlags) {
  TestMailbox box;
  fill(box, {"red apple", "green apple", "red pear", "blue plum"});
  auto table = open_table(box);
  Content apple(tag::PidTagSubject, "APPLE", mapi::kFuzzySubstring);
  ASSERT_TRUE(table->restrict(&apple.node).ok());
  EXPECT_EQ(*table->row_count(), 2u);
  EXPECT_THAT(texts(*table), testing::ElementsAre("red apple", "green apple"));
  Content red(tag::PidTagSubject, "red", mapi::kFuzzyPrefix);
  Restriction parts[] = {apple.node, red.node};
  Restriction both;
  both.type = RestrictType::and_;
  both.children = wire::List<Restriction>(std::span(parts));
  ASSERT_TRUE(table->restrict(&both).ok());
  EXPECT_THAT(texts(*table), testing::ElementsAre("red apple"));
  both.type = RestrictType::or_;
  ASSERT_TRUE(table->restrict(&both).ok());
  EXPECT_THAT(texts(*table), testing::ElementsAre("red apple", "green apple", "red pear"));
  Restriction unread;
  unread.type = RestrictType::bit_mask;
  unread.tag = PropTag(tag::PidTagMessageFlags);
  unread.number = kFlagRead;
  unread.bit_mask_relop = mapi::BitMaskRelOp::eqz;
  ASSERT_TRUE(table->restrict(&unread).ok());
  EXPECT_EQ(*table->row_count(), 4u);
  ASSERT_TRUE(box.store->set_read(box.inbox(), {}, true).ok());
  EXPECT_EQ(*table->row_count(), 0u);
  ASSERT_TRUE(table->restrict(nullptr).ok());
  EXPECT_EQ(*table->row_count(), 4u);
  Condition regex(tag::PidTagSubject, RelOp::re, Value::of(ByteView()));
  EXPECT_EQ(table->restrict(&regex.node).error().code, ErrorCode::too_complex);
}

TEST(ContentsTable, FindsRowsInBothDirections) {
  TestMailbox box;
  fill(box, {"a1", "b", "a2", "c", "a3"});
  auto table = open_table(box);
  Content a(tag::PidTagSubject, "a", mapi::kFuzzyPrefix);
  for (u32 by : {u32{tag::PidTagMessageDeliveryTime}, u32{tag::PidTagLastModificationTime}}) {
    sort(*table, by, false);
    Arena arena;
    auto row = table->find(a.node, Origin::beginning, true, arena);
    ASSERT_TRUE(row.ok() && row->has_value());
    EXPECT_EQ(text_in((*row)->cells[0]), "a1");
    ASSERT_TRUE(table->seek(Origin::current, 1).ok());
    row = table->find(a.node, Origin::current, true, arena);
    EXPECT_EQ(text_in((*row)->cells[0]), "a2");
    EXPECT_EQ(table->position()->numerator, 2u);
    EXPECT_THAT(texts(*table, 2, true, false), testing::ElementsAre("a2", "c"));
    row = table->find(a.node, Origin::end, false, arena);
    EXPECT_EQ(text_in((*row)->cells[0]), "a3");
    EXPECT_EQ(table->position()->numerator, 4u);
    row = table->find(a.node, Origin::current, false, arena);
    EXPECT_EQ(text_in((*row)->cells[0]), "a2");
    Content none(tag::PidTagSubject, "zzz", mapi::kFuzzyPrefix);
    EXPECT_FALSE(table->find(none.node, Origin::beginning, true, arena)->has_value());
    EXPECT_EQ(table->position()->numerator, 2u);  // stays
  }
}

TEST(ContentsTable, BookmarksHoldTheirRow) {
  TestMailbox box;
  fill(box, {"a", "b", "c", "d"});
  auto table = open_table(box);
  for (u32 by : {u32{tag::PidTagMessageDeliveryTime}, u32{tag::PidTagSubject}}) {
    sort(*table, by, true);
    ASSERT_TRUE(table->seek(Origin::beginning, 2).ok());
    auto bookmark = *table->create_bookmark();
    ASSERT_TRUE(table->seek(Origin::end, 0).ok());
    auto moved = table->seek_bookmark(bookmark, 0);
    ASSERT_TRUE(moved.ok());
    EXPECT_FALSE(moved->row_gone);
    EXPECT_THAT(texts(*table, 1), testing::ElementsAre("b"));
    ASSERT_TRUE(table->seek_bookmark(bookmark, -1).ok());
    EXPECT_THAT(texts(*table, 1), testing::ElementsAre("c"));
    EXPECT_TRUE(table->free_bookmark(bookmark).ok());
    EXPECT_EQ(table->seek_bookmark(bookmark, 0).error().code, ErrorCode::invalid_bookmark);
  }
  auto bookmark = *table->create_bookmark();
  sort(*table, tag::PidTagSubject, false);
  EXPECT_EQ(table->free_bookmark(bookmark).error().code, ErrorCode::invalid_bookmark);
}

TEST(ContentsTable, CellsInTheAskedForm) {
  TestMailbox box;
  auto content = simple_message("Grüße", 1'700'000'000, std::string(20'000, 'b'));
  content.properties.set_text(PropTag(tag::PidTagTransportMessageHeaders), std::string(3'000, 'h'));
  ASSERT_TRUE(box.store->import(box.inbox(), content).ok());
  auto table = open_table(box);
  const PropTag columns[] = {PropTag(tag::PidTagSubject).with_type(PropType::string8),
                             PropTag(tag::PidTagSubject).with_type(PropType::unspecified),
                             PropTag(tag::PidTagBody),
                             PropTag(tag::PidTagTransportMessageHeaders),
                             PropTag(tag::PidTagHtml),
                             PropTag(tag::PidTagImportance).with_type(PropType::string),
                             PropTag(tag::PidTagNormalizedSubject),
                             PropTag(tag::PidTagInstanceKey)};
  ASSERT_TRUE(table->set_columns(columns).ok());
  Arena arena;
  auto rows = table->query_rows(5, true, true, kNoLimit, arena);
  ASSERT_EQ(rows->rows.size(), 1u);
  const auto& row = rows->rows[0];
  EXPECT_EQ(row.flag, 1);
  EXPECT_EQ(row.cells[0].value.bytes.size(), 5u);
  EXPECT_EQ(row.cells[1].type, PropType::string);
  EXPECT_EQ(row.cells[2].value.bytes.size(), 510u);
  EXPECT_EQ(row.cells[3].value.bytes.size(), 510u);
  EXPECT_EQ(row.cells[4].flag, mapi::CellFlag::error);
  EXPECT_EQ(static_cast<ErrorCode>(row.cells[4].value.number), ErrorCode::not_found);
  EXPECT_EQ(row.cells[5].flag, mapi::CellFlag::error);
  EXPECT_EQ(text_in(row.cells[6]), "Grüße");
  EXPECT_EQ(row.cells[7].value.bytes.size(), 12u);
}

TEST(ContentsTable, AssociatedMessagesHaveATableOfTheirOwn) {
  TestMailbox box;
  fill(box, {"normal"});
  auto message = *box.store->new_message(box.inbox(), true);
  Arena arena;
  ASSERT_TRUE(message->set(PropTag(tag::PidTagSubject), Value::of(mapi::utf16_in(arena, "fai"))).ok());
  ASSERT_TRUE(message->save().ok());
  EXPECT_THAT(texts(*open_table(box, true)), testing::ElementsAre("fai"));
  EXPECT_THAT(texts(*open_table(box)), testing::ElementsAre("normal"));
}

// ---- against a model, while the folder changes ----

struct ModelRow {
  u64 id;
  std::string subject;
  i64 time;
};

class ModelTest : public testing::TestWithParam<int> {
 protected:
  void add(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string subject = "s" + std::to_string(random_() % 50) + (random_() % 2 == 0 ? "x" : "X");
      const i64 time = 1'700'000'000 + static_cast<i64>(random_() % 40);
      auto id = box_.store->import(box_.inbox(), simple_message(subject, time));
      ASSERT_TRUE(id.ok());
      model_.push_back({id->value, subject, time});
    }
  }
  void remove(int count) {
    for (int i = 0; i < count && !model_.empty(); ++i) {
      const std::size_t at = random_() % model_.size();
      const mapi::MessageId ids[] = {mapi::MessageId{model_[at].id}};
      ASSERT_EQ(box_.store->delete_messages(box_.inbox(), ids)->done, 1u);
      model_.erase(model_.begin() + static_cast<std::ptrdiff_t>(at));
    }
  }
  void change(int count) {
    Arena arena;
    for (int i = 0; i < count && !model_.empty(); ++i) {
      ModelRow& row = model_[random_() % model_.size()];
      row.subject = "c" + std::to_string(random_() % 50);
      auto message = *box_.store->open_message({}, mapi::MessageId{row.id}, true);
      ASSERT_TRUE(message->set(PropTag(tag::PidTagSubject), Value::of(mapi::utf16_in(arena, row.subject))).ok());
      ASSERT_TRUE(message->save().ok());
    }
  }
  std::vector<u64> expected(int order) const {
    auto rows = model_;
    auto lower = [](std::string text) {
      for (char& c : text) c = static_cast<char>(std::tolower(c));
      return text;
    };
    auto counter = [](u64 id) { return mapi::MessageId{id}.globcnt(); };
    std::ranges::sort(rows, [&](const ModelRow& a, const ModelRow& b) {
      switch (order) {
        case 0:
          return std::pair(a.time, counter(a.id)) < std::pair(b.time, counter(b.id));
        case 1:
          return std::pair(a.time, counter(a.id)) > std::pair(b.time, counter(b.id));
        case 2:
          return std::pair(lower(a.subject), counter(a.id)) < std::pair(lower(b.subject), counter(b.id));
        default:
          return std::pair(lower(a.subject), counter(a.id)) > std::pair(lower(b.subject), counter(b.id));
      }
    });
    std::vector<u64> ids;
    for (const ModelRow& row : rows) ids.push_back(row.id);
    return ids;
  }
  static std::vector<u64> ids(Table& table, u32 count, bool forward, bool advance) {
    Arena arena;
    std::vector<u64> all;
    auto rows = table.query_rows(count, forward, advance, kNoLimit, arena);
    EXPECT_TRUE(rows.ok());
    for (const auto& row : rows->rows) all.push_back(row.cells[1].value.number);
    return all;
  }

  TestMailbox box_;
  std::mt19937 random_{static_cast<unsigned>(GetParam())};
  std::vector<ModelRow> model_;
};

TEST_P(ModelTest, TablesShowWhatIsThere) {
  std::vector<std::unique_ptr<Table>> tables;
  for (int order = 0; order < 4; ++order) {
    tables.push_back(open_table(box_));
    sort(*tables.back(), order < 2 ? tag::PidTagMessageDeliveryTime : tag::PidTagSubject, order % 2 != 0);
  }
  add(60);
  for (int round = 0; round < 30; ++round) {
    add(static_cast<int>(random_() % 4));
    remove(static_cast<int>(random_() % 4));
    change(static_cast<int>(random_() % 3));
    for (int order = 0; order < 4; ++order) {
      Table& table = *tables[static_cast<std::size_t>(order)];
      const auto all = expected(order);
      ASSERT_EQ(*table.row_count(), all.size());
      // Seek anywhere, then read both ways.
      const auto size = static_cast<u32>(all.size());
      const u32 to = random_() % (size + 1);
      const bool from_end = random_() % 2 == 0;
      auto moved = from_end ? table.seek(Origin::end, static_cast<i32>(to) - static_cast<i32>(size))
                            : table.seek(Origin::beginning, static_cast<i32>(to));
      ASSERT_TRUE(moved.ok());
      ASSERT_EQ(moved->rows, from_end ? static_cast<i32>(to) - static_cast<i32>(size) : static_cast<i32>(to));
      ASSERT_EQ(table.position()->numerator, to);
      const u32 count = random_() % 20 + 1;
      const std::vector<u64> after(all.begin() + to, all.begin() + std::min(size, to + count));
      ASSERT_EQ(ids(table, count, true, false), after) << "order " << order << " at " << to;
      std::vector<u64> before(all.begin() + (to > count ? to - count : 0), all.begin() + to);
      std::ranges::reverse(before);
      ASSERT_EQ(ids(table, count, false, true), before) << "order " << order << " at " << to;
      ASSERT_EQ(table.position()->numerator, to - before.size());
      // Relative steps.
      const i32 step = static_cast<i32>(random_() % 30) - 15;
      const i64 target = std::clamp<i64>(i64{to} - static_cast<i64>(before.size()) + step, 0, size);
      moved = table.seek(Origin::current, step);
      ASSERT_TRUE(moved.ok());
      ASSERT_EQ(table.position()->numerator, target);
    }
  }
  box_.check();
}

// A cursor stays at its row whatever comes and goes around it.
TEST_P(ModelTest, CursorsStayAtTheirRow) {
  add(40);
  for (int order = 0; order < 4; ++order) {
    auto table = open_table(box_);
    sort(*table, order < 2 ? tag::PidTagMessageDeliveryTime : tag::PidTagSubject, order % 2 != 0);
    for (int round = 0; round < 20; ++round) {
      auto all = expected(order);
      const u32 at = random_() % static_cast<u32>(all.size());
      ASSERT_TRUE(table->seek(Origin::beginning, static_cast<i32>(at)).ok());
      const u64 row = all[at];
      add(2);
      const std::size_t other = random_() % model_.size();
      if (model_[other].id != row) {
        const mapi::MessageId gone[] = {mapi::MessageId{model_[other].id}};
        ASSERT_TRUE(box_.store->delete_messages(box_.inbox(), gone).ok());
        model_.erase(model_.begin() + static_cast<std::ptrdiff_t>(other));
      }
      if (at == 0) continue;  // at the beginning the cursor stays there
      all = expected(order);
      const auto now = static_cast<u32>(std::ranges::find(all, row) - all.begin());
      ASSERT_EQ(table->position()->numerator, now) << "order " << order;
      ASSERT_EQ(ids(*table, 1, true, false).at(0), row);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, testing::Values(1, 2, 3));

TEST(ContentsTable, ViewsAreSharedAndBuiltOnce) {
  TestMailbox box;
  fill(box, {"a", "b", "c"});
  const u64 before = box.store->counters().views_built;
  auto one = open_table(box), two = open_table(box);
  sort(*one, tag::PidTagSubject, false);
  sort(*two, tag::PidTagSubject, false);
  (void)texts(*one);
  (void)texts(*two);
  fill(box, {"bb"});
  EXPECT_THAT(texts(*open_table(box)), testing::SizeIs(4));
  ASSERT_TRUE(two->seek(Origin::beginning, 0).ok());
  EXPECT_THAT(texts(*two), testing::ElementsAre("a", "b", "bb", "c"));
  EXPECT_EQ(box.store->counters().views_built - before, 1u);
  std::vector<mapi::MessageContent> many;
  for (int i = 0; i < 600; ++i) many.push_back(simple_message("m" + std::to_string(i)));
  std::vector<const mapi::MessageContent*> pointers;
  for (auto& content : many) pointers.push_back(&content);
  ASSERT_TRUE(box.store->import(box.inbox(), pointers).ok());
  EXPECT_EQ(*one->row_count(), 604u);  // too many changes to take in one by one
  EXPECT_EQ(box.store->counters().views_built - before, 2u);
}

TEST(ContentsTable, DeepPlacesAreFoundThroughAView) {
  TestMailbox box;
  std::vector<mapi::MessageContent> many;
  for (int i = 0; i < 12'000; ++i) many.push_back(simple_message(std::to_string(i), 1'700'000'000 + i, "x"));
  std::vector<const mapi::MessageContent*> pointers;
  for (auto& content : many) pointers.push_back(&content);
  ASSERT_TRUE(box.store->import(box.inbox(), pointers).ok());
  auto table = open_table(box);
  sort(*table, tag::PidTagMessageDeliveryTime, true);
  for (i32 at : {0, 50, 4'095, 4'096, 4'097, 6'000, 7'903, 7'904, 11'999}) {
    ASSERT_TRUE(table->seek(Origin::beginning, at).ok());
    EXPECT_EQ(table->position()->numerator, static_cast<u32>(at));
    EXPECT_THAT(texts(*table, 1), testing::ElementsAre(std::to_string(11'999 - at))) << at;
  }
  ASSERT_TRUE(table->seek_fraction(1, 2).ok());
  EXPECT_EQ(table->position()->numerator, 6'000u);
  EXPECT_EQ(table->seek(Origin::end, -20'000)->rows, -12'000);
}

// ---- the small tables ----

TEST(HierarchyTable, ListsDirectAndDeep) {
  TestMailbox box;
  const auto top = box.store->special(SpecialFolder::ipm_subtree);
  auto table = *box.store->hierarchy_table(top, false);
  const PropTag columns[] = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagDepth),
                             PropTag(tag::PidTagContentCount)};
  ASSERT_TRUE(table->set_columns(columns).ok());
  auto names = texts(*table);
  EXPECT_THAT(names, testing::Contains("Inbox"));
  EXPECT_THAT(names, testing::Not(testing::Contains("Conflicts")));
  EXPECT_TRUE(std::ranges::is_sorted(names));
  auto deep = *box.store->hierarchy_table(box.store->special(SpecialFolder::root), true);
  ASSERT_TRUE(deep->set_columns(columns).ok());
  EXPECT_THAT(texts(*deep), testing::SizeIs(kSpecialFolders - 1));
  ASSERT_TRUE(box.store->create_folder({.parent = box.inbox(), .name = "New"}).ok());
  EXPECT_EQ(*deep->row_count(), kSpecialFolders);
  Content inbox(tag::PidTagDisplayName, "inbox", mapi::kFuzzyFullString);
  Arena arena;
  auto row = deep->find(inbox.node, Origin::beginning, true, arena);
  ASSERT_TRUE(row.ok() && row->has_value());
  EXPECT_EQ((*row)->cells[1].value.number, 2u);  // depth
  ASSERT_TRUE(deep->seek(Origin::current, 1).ok());
  EXPECT_EQ(texts(*deep, 1).at(0), "New");
  sort(*table, tag::PidTagDisplayName, true);
  auto backwards = texts(*table);
  std::ranges::reverse(backwards);
  EXPECT_EQ(backwards, names);
}

TEST(AttachmentTable, ShowsStagedOnesToo) {
  TestMailbox box;
  auto content = simple_message("with files");
  for (const char* name : {"b.txt", "a.txt"})
    content.attachments.emplace_back().properties.set_text(PropTag(tag::PidTagAttachLongFilename), name);
  auto id = *box.store->import(box.inbox(), content);
  auto message = *box.store->open_message({}, id, true);
  auto added = *message->create_attachment();
  Arena arena;
  ASSERT_TRUE(added->set(PropTag(tag::PidTagAttachLongFilename), Value::of(mapi::utf16_in(arena, "c.txt"))).ok());
  ASSERT_TRUE(added->save().ok());
  auto table = *box.store->attachment_table(*message);
  const PropTag columns[] = {PropTag(tag::PidTagAttachLongFilename), PropTag(tag::PidTagAttachNumber)};
  ASSERT_TRUE(table->set_columns(columns).ok());
  EXPECT_THAT(texts(*table), testing::ElementsAre("b.txt", "a.txt", "c.txt"));
  sort(*table, tag::PidTagAttachLongFilename, false);
  EXPECT_THAT(texts(*table), testing::ElementsAre("a.txt", "b.txt", "c.txt"));
}

}  // namespace
}  // namespace ropewalk::store
