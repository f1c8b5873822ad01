// Positions in tables and their rows: [MS-OXNSPI] 3.1.4.1.4, 3.1.4.1.8, 3.1.4.1.9, 3.1.4.1.11, 3.1.4.1.12, 3.1.4.5.
#include <atomic>
#include <set>
#include <thread>

#include "server/addressbook/list_views.h"
#include "server/addressbook/test_book.h"

namespace ropewalk::server {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr u32 kCurrent = 1, kEnd = 2, kEphemeral = 2;  // the last: a flag, fEphID

// ---- NspiUpdateStat ----

// Where a STAT comes to stand: MS-OXNSPI_R768, MS-OXNSPI_R773, MS-OXNSPI_R776, MS-OXNSPI_R800.
TEST_F(NspiTest, StandsWhereItIsTold) {
  // MS-OXNSPI_R79, MS-OXNSPI_R80, MS-OXNSPI_R542: the beginning is before the first row; MS-OXNSPI_R319.
  auto answer = service_->update_stat(caller(), begin());
  EXPECT_EQ(answer.error, ErrorCode::none);
  // MS-OXNSPI_R796, MS-OXNSPI_R556, MS-OXNSPI_R798, MS-OXNSPI_R538, MS-OXNSPI_R330, MS-OXNSPI_R332, MS-OXNSPI_R333
  EXPECT_EQ(answer.stat.current_record, alpha_.id);
  EXPECT_EQ(answer.stat.total_records, 10u);
  // MS-OXNSPI_R797, MS-OXNSPI_R558, MS-OXNSPI_R561, MS-OXNSPI_R325, MS-OXNSPI_R327, MS-OXNSPI_R328: from 0 on
  EXPECT_EQ(answer.stat.position, 0u);
  // MS-OXNSPI_R791: an object by its Minimal Entry ID; MS-OXNSPI_R347, MS-OXNSPI_R1591
  answer = service_->update_stat(caller(), at(echo_.id));
  EXPECT_EQ(answer.stat.position, 3u);
  EXPECT_EQ(answer.stat.current_record, echo_.id);
  // MS-OXNSPI_R81, MS-OXNSPI_R1758: the end is behind the last row.
  answer = service_->update_stat(caller(), at(kEnd));
  EXPECT_EQ(answer.stat.position, 10u);
  EXPECT_EQ(answer.stat.current_record, kEnd);
}

TEST_F(NspiTest, MovesByDelta) {
  // MS-OXNSPI_R549, MS-OXNSPI_R322: towards the end
  nspi::Stat stat = at(alpha_.id);
  stat.delta = 3;
  auto answer = service_->update_stat(caller(), stat);
  EXPECT_EQ(answer.stat.current_record, echo_.id);
  EXPECT_EQ(answer.delta, 3);       // MS-OXNSPI_R795
  EXPECT_EQ(answer.stat.delta, 0);  // MS-OXNSPI_R324
  // MS-OXNSPI_R548: towards the beginning
  stat = at(echo_.id);
  stat.delta = -2;
  EXPECT_EQ(service_->update_stat(caller(), stat).stat.current_record, bravo_.id);
  stat.delta = 0;  // MS-OXNSPI_R550
  EXPECT_EQ(service_->update_stat(caller(), stat).stat.current_record, echo_.id);
  // MS-OXNSPI_R1743, MS-OXNSPI_R1744: not before the first row
  stat.delta = -100;
  answer = service_->update_stat(caller(), stat);
  EXPECT_EQ(answer.stat.current_record, alpha_.id);
  EXPECT_EQ(answer.stat.position, 0u);
  EXPECT_EQ(answer.delta, -3);
  // MS-OXNSPI_R554, MS-OXNSPI_R1704: one past the last row at most
  stat.delta = 100;
  answer = service_->update_stat(caller(), stat);
  EXPECT_EQ(answer.stat.current_record, kEnd);
  EXPECT_EQ(answer.stat.position, 10u);
  EXPECT_EQ(answer.delta, 7);
}

// Deltas that no table is long enough for.
TEST_F(NspiTest, TakesAnyDelta) {
  for (u32 record : {0u, kCurrent, kEnd, echo_.id}) {
    nspi::Stat stat = at(record);
    stat.position = stat.total_records = 0xFFFFFFFF;
    stat.delta = std::numeric_limits<i32>::min();
    EXPECT_EQ(service_->update_stat(caller(), stat).stat.current_record, alpha_.id);
    stat.delta = std::numeric_limits<i32>::max();
    EXPECT_EQ(service_->update_stat(caller(), stat).stat.current_record, kEnd);
  }
}

// Fractions: MS-OXNSPI_R793, MS-OXNSPI_R1742, 3.1.4.5.2.
TEST_F(NspiTest, StandsAtFractions) {
  nspi::Stat stat = at(kCurrent);
  auto row = [&](u32 position, u32 total, i32 delta = 0) {
    stat.position = position;
    stat.total_records = total;
    stat.delta = delta;
    const auto answer = service_->update_stat(caller(), stat);
    EXPECT_EQ(answer.error, ErrorCode::none);
    EXPECT_EQ(answer.stat.total_records, 10u);  // MS-OXNSPI_R575
    return answer.stat.position;                // MS-OXNSPI_R598, MS-OXNSPI_R601
  };
  EXPECT_EQ(row(1, 2), 5u);      // MS-OXNSPI_R577: half of the way, MS-OXNSPI_R584
  EXPECT_EQ(row(1, 3), 3u);      // MS-OXNSPI_R578: 3.33
  EXPECT_EQ(row(7, 5), 10u);     // MS-OXNSPI_R580: beyond the end is the end
  EXPECT_EQ(row(5, 0), 0u);      // a client that knows of no rows
  EXPECT_EQ(row(1, 2, 2), 7u);   // MS-OXNSPI_R588
  EXPECT_EQ(row(1, 2, -2), 3u);  // MS-OXNSPI_R587
  EXPECT_EQ(row(1, 2, 0), 5u);   // MS-OXNSPI_R589
  // MS-OXNSPI_R1745, MS-OXNSPI_R1746, MS-OXNSPI_R595
  EXPECT_EQ(row(1, 2, -50), 0u);
  EXPECT_EQ(service_->update_stat(caller(), stat).stat.current_record, alpha_.id);
  // MS-OXNSPI_R1747, MS-OXNSPI_R1748
  EXPECT_EQ(row(1, 2, 50), 10u);
  EXPECT_EQ(service_->update_stat(caller(), stat).stat.current_record, kEnd);
}

// MS-OXNSPI_R326001, MS-OXNSPI_R331001: what the client says of them counts for fractions alone.
TEST_F(NspiTest, IgnoresPositionAndTotalOfAbsolutePositions) {
  nspi::Stat stat = at(echo_.id);
  stat.position = 9;
  stat.total_records = 12345;
  const auto answer = service_->update_stat(caller(), stat);
  EXPECT_EQ(answer.stat.position, 3u);
  EXPECT_EQ(answer.stat.total_records, 10u);
}

// MS-OXNSPI_R311, MS-OXNSPI_R314, MS-OXNSPI_R315, MS-OXNSPI_R318, MS-OXNSPI_R334, MS-OXNSPI_R337, MS-OXNSPI_R338,
// MS-OXNSPI_R340, MS-OXNSPI_R341, MS-OXNSPI_R344, MS-OXNSPI_R799: the rest of a STAT stays.
TEST_F(NspiTest, KeepsTheRestOfAStat) {
  nspi::Stat stat = begin(list("All Users").id);
  stat.sort_type = 3;
  stat.code_page = 1251;
  stat.template_locale = 0x407;
  stat.sort_locale = 0x41D;
  for (const auto& after : {service_->update_stat(caller(), stat).stat, query(stat, 2, {}).stat}) {
    EXPECT_EQ(after.sort_type, stat.sort_type);
    EXPECT_EQ(after.container_id, stat.container_id);
    EXPECT_EQ(after.code_page, stat.code_page);
    EXPECT_EQ(after.template_locale, stat.template_locale);
    EXPECT_EQ(after.sort_locale, stat.sort_locale);
  }
}

bool same(const nspi::Stat& a, const nspi::Stat& b) { return std::memcmp(&a, &b, sizeof a) == 0; }

TEST_F(NspiTest, RefusesPositionsThatAreNone) {
  // MS-OXNSPI_R789, MS-OXCDATA_R991, MS-OXCDATA_R992: no such list
  nspi::Stat stat = begin(0x7FFFFFFE);
  auto answer = service_->update_stat(caller(), stat);
  EXPECT_EQ(answer.error, ErrorCode::invalid_bookmark);
  EXPECT_THAT(refused_, HasSubstr("user1@ropewalk.test at 127.0.0.1, NspiUpdateStat: no address list"));
  EXPECT_TRUE(same(answer.stat, stat));  // MS-OXNSPI_R784
  // MS-OXNSPI_R792, MS-OXCDATA_R949, MS-OXCDATA_R950: an object that is not, and one that is not in the list
  for (u32 record : {0x7FFFFFFDu, hidden_.id}) {
    stat = at(record);
    stat.delta = 4;
    answer = service_->update_stat(caller(), stat);
    EXPECT_EQ(answer.error, ErrorCode::not_found);
    EXPECT_TRUE(same(answer.stat, stat));
  }
  EXPECT_EQ(service_->update_stat(caller(), at(alpha_.id, list("All Contacts").id)).error, ErrorCode::not_found);
  // MS-OXNSPI_R780, MS-OXCDATA_R927, MS-OXCDATA_R928
  stat = begin();
  stat.code_page = 1200;
  EXPECT_EQ(service_->update_stat(caller(), stat).error, ErrorCode::not_supported);
  stat.code_page = 4711;
  EXPECT_EQ(service_->update_stat(caller(), stat).error, ErrorCode::invalid_codepage);
  stat.code_page = 65001;  // Windows where everything is UTF-8
  EXPECT_EQ(service_->update_stat(caller(), stat).error, ErrorCode::none);
  stat.sort_type = 77;
  EXPECT_EQ(service_->update_stat(caller(), stat).error, ErrorCode::error);
}

// ---- the order of rows ----

// MS-OXNSPI_R93, MS-OXNSPI_R1749, MS-OXNSPI_R480, MS-OXNSPI_R494, MS-OXNSPI_R496, MS-OXNSPI_R1763: case and accents do
// not count. MS-OXNSPI_R92
TEST_F(NspiTest, SortsByName) {
  EXPECT_THAT(names(begin()), ElementsAreArray(kNames));  // MS-OXNSPI_R967, MS-OXNSPI_R975
  nspi::Stat stat = begin();
  for (u32 type : {1000u, 1001u}) {  // MS-OXNSPI_R98, MS-OXNSPI_R100
    stat.sort_type = type;
    EXPECT_THAT(names(stat), ElementsAreArray(kNames));
  }
}

// MS-OXNSPI_R95, MS-OXNSPI_R495
TEST_F(NspiTest, SortsByPhoneticName) {
  directory::ObjectChange change;
  change.phonetic = "Zulu";
  done(book_->change(alpha_.id, change));
  nspi::Stat stat = begin();
  EXPECT_EQ(names(stat).front(), "Alpha One");
  stat.sort_type = 3;
  EXPECT_EQ(names(stat).front(), "bravo Two");
  EXPECT_EQ(names(stat).back(), "Alpha One");
}

// The same names in the order of two languages, each in a view of its own.
TEST_F(NspiTest, SortsAsTheLocaleHasIt) {
  directory::ObjectChange change;
  change.name = "Ärger";
  done(book_->change(bravo_.id, change));
  nspi::Stat stat = begin();
  EXPECT_EQ(names(stat)[1], "Ärger");  // English: with A
  stat.sort_locale = 0x41D;            // Swedish: behind Z
  EXPECT_EQ(names(stat).back(), "Ärger");
  stat.sort_locale = 0xFFFFFFF0;  // nobody's: as the default's
  EXPECT_EQ(names(stat)[1], "Ärger");
}

// Lists show some; a list of lists shows nobody, and is no error.
TEST_F(NspiTest, ShowsWhatEachListHas) {
  EXPECT_THAT(names(begin(list("All Contacts").id)), ElementsAre("Foxtrot Six"));
  EXPECT_THAT(names(begin(list("All Rooms").id)), ElementsAre("India Room"));
  const auto answer = query(begin(list("All Address Lists").id), 10, {});
  EXPECT_EQ(answer.error, ErrorCode::none);
  ASSERT_TRUE(answer.rows);
  EXPECT_THAT(answer.rows->rows, IsEmpty());  // MS-OXNSPI_R986
  EXPECT_EQ(answer.stat.total_records, 0u);
  EXPECT_EQ(answer.stat.current_record, kEnd);
}

// Who is hidden counts in no position.
TEST_F(NspiTest, LeavesOutWhoIsHidden) {
  EXPECT_THAT(names(begin()), testing::Not(testing::Contains("Delta Four")));
  directory::ObjectChange show;
  show.hidden = false;
  done(book_->change(hidden_.id, show));
  EXPECT_EQ(names(begin())[3], "Delta Four");
  show.hidden = true;
  done(book_->change(hidden_.id, show));
  EXPECT_THAT(names(begin()), ElementsAreArray(kNames));
}

// Views follow the directory without being built again.
TEST_F(NspiTest, FollowsChanges) {
  ListViews views(*book_, 1000);
  auto total = [&] {
    auto view = views.open(list("Global Address List"), false, 0x409);
    EXPECT_TRUE(view.ok());
    return (*view)->size();
  };
  EXPECT_EQ(total(), 10u);
  const Object lima = made(Kind::contact, "Lima", "contact2@partner.test");
  EXPECT_EQ(total(), 11u);
  directory::ObjectChange change;
  change.name = "aaa";
  done(book_->change(lima.id, change));
  {
    auto view = views.open(list("Global Address List"), false, 0x409);
    EXPECT_EQ((*view)->at(0), lima.id);
    EXPECT_EQ((*view)->row_of(lima.id), 0u);
  }
  done(book_->remove(lima.id));
  EXPECT_EQ(total(), 10u);
  EXPECT_EQ(views.statistics().built, 1u);
}

// Many ask while names change and views are forgotten: every answer is of one moment.
TEST_F(NspiTest, ManyAskAtOnce) {
  serve(25);
  std::atomic<bool> over{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> askers;
  for (u32 locale : {0x409u, 0x41Du, 0x40Eu, 0x407u}) {
    askers.emplace_back([&, locale] {
      const PropTag id(tag::PidTagInstanceKey);
      while (!over) {
        Arena arena;
        nspi::Stat stat = begin();
        stat.sort_locale = locale;
        const auto answer =
            service_->query_rows(caller(), 0, stat, std::nullopt, 100, NspiColumns(std::span(&id, 1)), arena);
        std::set<std::string_view> ids;
        if (answer.rows)
          for (const auto& row : answer.rows->rows) ids.insert(text_of(row[0].value.bytes));
        if (answer.error != ErrorCode::none || ids.size() != 10 || answer.stat.total_records != 10) ++wrong;
      }
    });
  }
  for (int i = 0; i < 30; ++i) {
    directory::ObjectChange change;
    change.name = std::string(1, static_cast<char>('A' + i % 26)) + "moves";
    done(book_->change(kilo_.id, change));
  }
  over = true;
  for (auto& asker : askers) asker.join();
  EXPECT_EQ(wrong, 0);
}

// As many views as memory is allowed for; what is forgotten is built anew.
TEST_F(NspiTest, ForgetsViewsThatTakeTooMuch) {
  ListViews views(*book_, 25);
  for (u32 locale : {0x409u, 0x41Du, 0x40Eu, 0x409u, 0x41Du}) {
    auto view = views.open(list("Global Address List"), false, locale);
    ASSERT_TRUE(view.ok());
    EXPECT_EQ((*view)->size(), 10u);
  }
  EXPECT_LE(views.statistics().entries, 25u);
  EXPECT_LE(views.statistics().views, 2u);
  EXPECT_EQ(views.statistics().built, 5u);
}

// ---- NspiQueryRows ----

// MS-OXNSPI_R916, MS-OXNSPI_R922, MS-OXNSPI_R927, MS-OXNSPI_R929, MS-OXNSPI_R931, MS-OXNSPI_R997
TEST_F(NspiTest, GivesRows) {
  // MS-OXNSPI_R955: of the table that the STAT describes; MS-OXNSPI_R973, MS-OXNSPI_R974, MS-OXNSPI_R983
  const auto answer = query(at(bravo_.id), 3, {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagDisplayType)});
  EXPECT_EQ(answer.error, ErrorCode::none);
  ASSERT_TRUE(answer.rows);
  EXPECT_THAT(texts(*answer.rows), ElementsAre("bravo Two", "Çharlie Three", "Echo Five"));
  // MS-OXNSPI_R951: the columns asked for, in their order
  for (const auto& row : answer.rows->rows) {
    ASSERT_EQ(row.size(), 2u);
    EXPECT_EQ(row[0].tag, PropTag(tag::PidTagDisplayName));
    EXPECT_EQ(row[1].tag, PropTag(tag::PidTagDisplayType));
  }
  // MS-OXNSPI_R988, MS-OXNSPI_R1701: the position moves as by NspiUpdateStat
  nspi::Stat moved = at(bravo_.id);
  moved.delta = 3;
  EXPECT_TRUE(same(answer.stat, service_->update_stat(caller(), moved).stat));
}

// A window that is scrolled back: the rows before where one stands.
TEST_F(NspiTest, ScrollsBackwards) {
  nspi::Stat stat = at(kEnd);
  stat.delta = -3;
  EXPECT_THAT(names(stat), ElementsAre("India Room", "Juliett Folder", "Kilo Group"));
  EXPECT_THAT(names(stat, 2), ElementsAre("India Room", "Juliett Folder"));
  stat = at(foxtrot_.id);
  stat.delta = -1;
  EXPECT_THAT(names(stat, 2), ElementsAre("Echo Five", "Foxtrot Six"));
}

// Never more rows than asked for, whatever a client asks for; beyond the end is the end.
TEST_F(NspiTest, GivesNoMoreRowsThanAskedFor) {
  for (u32 count : {1u, 2u, 9u}) EXPECT_EQ(names(begin(), count).size(), count);  // MS-OXNSPI_R962
  for (u32 count : {10u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu}) EXPECT_EQ(names(begin(), count).size(), 10u);
  const std::vector<u32> some = {echo_.id, alpha_.id, echo_.id};
  const PropTag name(tag::PidTagDisplayName);
  for (u32 count : {0u, 2u, 3u, 500u}) {
    const auto answer =
        service_->query_rows(caller(), 0, begin(), NspiTable(some), count, NspiColumns(std::span(&name, 1)), arena_);
    ASSERT_TRUE(answer.rows);
    EXPECT_EQ(answer.rows->rows.size(), std::min<std::size_t>(count, 3));
  }
  nspi::Stat beyond = at(kCurrent);
  beyond.position = 4000;
  beyond.total_records = 10;
  EXPECT_THAT(names(beyond), IsEmpty());
  beyond = at(kilo_.id);
  beyond.delta = 5;
  EXPECT_THAT(names(beyond), IsEmpty());
}

// An answer that is full says where to go on.
TEST_F(NspiTest, StopsWhereAnAnswerIsFull) {
  const std::vector<u8> photo(nspi::kMaxBinary, 0x5A);
  const std::vector<Object> all = {alpha_, bravo_, charlie_, echo_, foxtrot_, golf_, hotel_, india_, juliett_, kilo_};
  for (const Object& object : all) {
    directory::ObjectChange change;
    change.set.set_bytes(PropTag(tag::PidTagThumbnailPhoto), photo);
    done(book_->change(object.id, change));
  }
  const auto answer = query(begin(), 10, {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagThumbnailPhoto)});
  ASSERT_TRUE(answer.rows);
  const std::size_t given = answer.rows->rows.size();
  ASSERT_TRUE(given > 1 && given < 10) << given;
  EXPECT_EQ(answer.rows->rows[0][1].value.bytes.size(), photo.size());
  EXPECT_EQ(answer.stat.current_record, all[given].id);
  EXPECT_EQ(answer.stat.position, given);
  EXPECT_EQ(answer.stat.total_records, 10u);
}

// MS-OXNSPI_R1627: the columns where none are said
TEST_F(NspiTest, ChoosesColumns) {
  const auto answer = service_->query_rows(caller(), 0, begin(), std::nullopt, 1, std::nullopt, arena_);
  ASSERT_TRUE(answer.rows);
  EXPECT_THAT(answer.rows->columns,
              ElementsAre(PropTag(0xFFFD0003), PropTag(0x0FFE0003), PropTag(0x39000003), PropTag(0x3001001E),
                          PropTag(0x3A1A001E), PropTag(0x3A18001E), PropTag(0x3A19001E)));
  ASSERT_EQ(answer.rows->rows.size(), 1u);
  EXPECT_EQ(text(answer.rows->rows[0][3]), "Alpha One");
}

// MS-OXNSPI_R958, MS-OXNSPI_R506, MS-OXNSPI_R507: an Explicit Table is the client's, in its order, from anywhere.
TEST_F(NspiTest, GivesRowsOfExplicitTables) {
  const std::vector<u32> some = {kilo_.id, alpha_.id};
  const PropTag name(tag::PidTagDisplayName);
  nspi::Stat stat = at(0, 0x7FFFFFF0);  // a list that is not there does not matter
  stat.delta = 7;
  const auto answer =
      service_->query_rows(caller(), 0, stat, NspiTable(some), 2, NspiColumns(std::span(&name, 1)), arena_);
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_THAT(texts(*answer.rows), ElementsAre("Kilo Group", "Alpha One"));
  EXPECT_TRUE(same(answer.stat, stat));
  // MS-OXNSPI_R985, MS-OXNSPI_R986: nobody's rows have errors for values.
  const std::vector<u32> nobody = {0x7FFFFFF1, 1, 0xFFFFFFFF};
  const auto empty =
      service_->query_rows(caller(), 0, begin(), NspiTable(nobody), 3, NspiColumns(std::span(&name, 1)), arena_);
  EXPECT_EQ(empty.error, ErrorCode::none);
  ASSERT_EQ(empty.rows->rows.size(), 3u);
  for (const auto& row : empty.rows->rows) EXPECT_EQ(row[0].tag, PropTag(0x3001000A));
}

// MS-OXNSPI_R1694: the same rows as NspiGetProps gives. MS-OXNSPI_R1926: other flags do not matter.
TEST_F(NspiTest, GivesTheRowsThatGetPropsGives) {
  const std::vector<PropTag> columns = {PropTag(tag::PidTagEntryId), PropTag(tag::PidTagDisplayName),
                                        PropTag(tag::PidTagTitle), PropTag(tag::PidTagDisplayName)};
  for (u32 flags : {0u, 1u, 2u, 0xFFFFFFFDu}) {
    const auto rows = query(at(echo_.id), 1, columns, flags);
    const auto props = service_->get_props(caller(), flags, at(echo_.id), NspiColumns(columns), arena_);
    ASSERT_TRUE(rows.rows && props.row);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Property &a = rows.rows->rows[0][i], &b = (*props.row)[i];
      EXPECT_EQ(a.tag, b.tag);
      EXPECT_TRUE(mapi::equal_values(a.tag.type(), a.value, b.value));
    }
  }
}

TEST_F(NspiTest, RefusesRows) {
  const PropTag name(tag::PidTagDisplayName);
  auto error = [&](const nspi::Stat& stat, u32 count) {
    const auto answer =
        service_->query_rows(caller(), 0, stat, std::nullopt, count, NspiColumns(std::span(&name, 1)), arena_);
    EXPECT_FALSE(answer.rows);             // MS-OXNSPI_R943
    EXPECT_TRUE(same(answer.stat, stat));  // MS-OXNSPI_R1762
    return answer.error;
  };
  EXPECT_EQ(error(begin(77), 5), ErrorCode::invalid_bookmark);  // MS-OXNSPI_R948
  EXPECT_EQ(error(begin(), 0), ErrorCode::invalid_param);       // MS-OXNSPI_R939, MS-OXCDATA_R903, MS-OXCDATA_R904
  EXPECT_EQ(error(at(hidden_.id), 5), ErrorCode::not_found);
  nspi::Stat stat = begin();
  stat.code_page = 1200;
  EXPECT_EQ(error(stat, 5), ErrorCode::not_supported);  // MS-OXNSPI_R935
  // MS-OXNSPI_R982: what NspiGetProps refuses
  const std::vector<PropTag> many(5000, name);
  EXPECT_EQ(service_->get_props(caller(), 0, at(alpha_.id), NspiColumns(many), arena_).error, ErrorCode::table_too_big);
  EXPECT_EQ(query(begin(), 1, many).error, ErrorCode::table_too_big);
}

// ---- NspiSeekEntries ----

// MS-OXNSPI_R998, MS-OXNSPI_R1010, MS-OXNSPI_R1012, MS-OXNSPI_R1076
TEST_F(NspiTest, SeeksNames) {
  auto seek = [&](std::string_view name) {
    return service_->seek_entries(caller(), begin(), name_sought(name), std::nullopt, std::nullopt, arena_);
  };
  const auto answer = seek("echo");  // MS-OXNSPI_R1050, MS-OXNSPI_R1051
  EXPECT_EQ(answer.error, ErrorCode::none);
  EXPECT_EQ(answer.stat.current_record, echo_.id);
  EXPECT_EQ(answer.stat.position, 3u);
  EXPECT_EQ(answer.stat.total_records, 10u);  // MS-OXNSPI_R1054; jumping to the last entry needs it
  EXPECT_FALSE(answer.rows);
  EXPECT_EQ(seek("charlie").stat.current_record, charlie_.id) << "accents do not count";
  EXPECT_EQ(seek("d").stat.current_record, echo_.id) << "who is hidden is not found";
  EXPECT_EQ(seek("").stat.current_record, alpha_.id);
  EXPECT_EQ(seek("kilo group").stat.position, 9u);
  EXPECT_EQ(seek("zz").error, ErrorCode::not_found);  // MS-OXNSPI_R1048
  // 8-bit, in the STAT's code page
  const Property narrow{PropTag(0x3001001E), Value::of(bytes_of("\xC7harlie"))};
  EXPECT_EQ(service_->seek_entries(caller(), begin(), narrow, std::nullopt, std::nullopt, arena_).stat.current_record,
            charlie_.id);
}

// MS-OXNSPI_R1055: nothing else changes.
TEST_F(NspiTest, KeepsTheRestOfAStatThatSeeks) {
  nspi::Stat stat = at(kilo_.id, list("All Users").id);
  stat.template_locale = 0x407;
  stat.delta = 0;
  const auto answer = service_->seek_entries(caller(), stat, name_sought("b"), std::nullopt, std::nullopt, arena_);
  ASSERT_EQ(answer.error, ErrorCode::none);
  nspi::Stat expected = stat;
  expected.current_record = bravo_.id;
  expected.position = 1;
  expected.total_records = 5;
  EXPECT_TRUE(same(answer.stat, expected));
}

// MS-OXNSPI_R1058, MS-OXNSPI_R105801, MS-OXNSPI_R1695: rows as NspiQueryRows gives them from there
TEST_F(NspiTest, GivesRowsWhereItSeeks) {
  const std::vector<PropTag> columns = {PropTag(tag::PidTagDisplayName), PropTag(tag::PidTagEntryId)};
  const auto answer =
      service_->seek_entries(caller(), begin(), name_sought("i"), std::nullopt, NspiColumns(columns), arena_);
  ASSERT_TRUE(answer.rows);
  EXPECT_THAT(texts(*answer.rows), ElementsAre("India Room", "Juliett Folder", "Kilo Group"));
  EXPECT_EQ(answer.rows->rows[0][1].value.bytes[0], 0x87);
  expect_same(*answer.rows, *query(answer.stat, 50, columns, kEphemeral).rows);
  EXPECT_EQ(answer.stat.position, 7u) << "reading rows does not move it";
}

// MS-OXNSPI_R1052, MS-OXNSPI_R1755: in an Explicit Table, with the rows that remain of it
TEST_F(NspiTest, SeeksInExplicitTables) {
  const std::vector<u32> some = {alpha_.id, echo_.id, golf_.id, kilo_.id};
  const PropTag name(tag::PidTagDisplayName);
  const auto answer = service_->seek_entries(caller(), begin(), name_sought("f"), NspiTable(some),
                                             NspiColumns(std::span(&name, 1)), arena_);
  ASSERT_EQ(answer.error, ErrorCode::none);
  EXPECT_EQ(answer.stat.current_record, golf_.id);
  EXPECT_EQ(answer.stat.position, 2u);
  EXPECT_EQ(answer.stat.total_records, 4u);
  EXPECT_THAT(texts(*answer.rows), ElementsAre("Golf Group", "Kilo Group"));
  expect_same(*answer.rows, *service_
                                 ->query_rows(caller(), kEphemeral, answer.stat, NspiTable(std::span(some).subspan(2)), 2,
                                              NspiColumns(std::span(&name, 1)), arena_)
                                 .rows);
  // MS-OXNSPI_R1020: one with nobody of the list
  const std::vector<u32> foreign = {hidden_.id, 0x7FFFFFF0};
  EXPECT_EQ(service_->seek_entries(caller(), begin(), name_sought("a"), NspiTable(foreign), std::nullopt, arena_).error,
            ErrorCode::not_found);
}

TEST_F(NspiTest, RefusesToSeek) {
  auto error = [&](const nspi::Stat& stat, const Property& target) {
    const PropTag name(tag::PidTagDisplayName);
    const auto answer =
        service_->seek_entries(caller(), stat, target, std::nullopt, NspiColumns(std::span(&name, 1)), arena_);
    EXPECT_FALSE(answer.rows);             // MS-OXNSPI_R1630
    EXPECT_TRUE(same(answer.stat, stat));  // MS-OXNSPI_R1631
    return answer.error;
  };
  nspi::Stat stat = begin();
  stat.sort_type = 3;
  EXPECT_EQ(error(stat, name_sought("a")), ErrorCode::error);  // MS-OXNSPI_R1039, MS-OXCDATA_R899, MS-OXCDATA_R900
  Property other = name_sought("a");
  other.tag = PropTag(tag::PidTagSurname);
  EXPECT_EQ(error(begin(), other), ErrorCode::error);                            // MS-OXNSPI_R1043
  EXPECT_EQ(error(begin(4711), name_sought("a")), ErrorCode::invalid_bookmark);  // MS-OXNSPI_R1033
  stat = begin();
  stat.code_page = 1200;
  EXPECT_EQ(error(stat, name_sought("a")), ErrorCode::not_supported);  // MS-OXNSPI_R1016
}

// ---- NspiResortRestriction ----

// MS-OXNSPI_R1168, MS-OXNSPI_R1172, MS-OXNSPI_R1175, MS-OXNSPI_R1177, MS-OXNSPI_R1198, MS-OXNSPI_R1201,
// MS-OXNSPI_R1209
TEST_F(NspiTest, SortsExplicitTables) {
  const std::vector<u32> ids = {kilo_.id, hidden_.id, 0x7FFFFFF0, alpha_.id, echo_.id, 0};
  nspi::Stat stat = at(echo_.id);
  auto answer = service_->resort_restriction(caller(), stat, ids);
  EXPECT_EQ(answer.error, ErrorCode::none);
  // MS-OXNSPI_R1197: without those that nobody is, or that are hidden
  EXPECT_THAT(answer.ids, ElementsAre(alpha_.id, echo_.id, kilo_.id));
  EXPECT_EQ(answer.stat.total_records, 3u);  // MS-OXNSPI_R1204
  EXPECT_EQ(answer.stat.position, 1u);
  EXPECT_EQ(answer.stat.current_record, echo_.id);
  // MS-OXNSPI_R1205, MS-OXNSPI_R1759: where one stood is not among them
  stat = at(golf_.id);
  stat.delta = 3;
  answer = service_->resort_restriction(caller(), stat, ids);
  EXPECT_EQ(answer.stat.position, 0u);
  EXPECT_EQ(answer.stat.current_record, 0u);
  // MS-OXNSPI_R1207
  nspi::Stat expected = stat;
  expected.current_record = expected.position = 0;
  expected.total_records = 3;
  EXPECT_TRUE(same(answer.stat, expected));
  // MS-OXNSPI_R1194002, MS-OXNSPI_R1185: other orders, as Exchange since 2013
  for (u32 type : {3u, 1000u, 77u}) {
    stat.sort_type = type;
    EXPECT_EQ(service_->resort_restriction(caller(), stat, ids).error, ErrorCode::none);
  }
  // MS-OXNSPI_R1181, MS-OXNSPI_R1189, MS-OXNSPI_R1757
  stat.code_page = 1200;
  answer = service_->resort_restriction(caller(), stat, ids);
  EXPECT_EQ(answer.error, ErrorCode::not_supported);
  EXPECT_THAT(answer.ids, IsEmpty());
  EXPECT_TRUE(same(answer.stat, stat));
}

// ---- NspiCompareMIds ----

// MS-OXNSPI_R1210, MS-OXNSPI_R1217, MS-OXNSPI_R1219, MS-OXNSPI_R1242
TEST_F(NspiTest, ComparesPositions) {
  auto compare = [&](u32 a, u32 b, u32 container = 0) {
    return service_->compare_mids(caller(), begin(container), a, b);
  };
  EXPECT_LT(compare(alpha_.id, kilo_.id).delta, 0);  // MS-OXNSPI_R1236
  EXPECT_GT(compare(kilo_.id, alpha_.id).delta, 0);  // MS-OXNSPI_R1238
  EXPECT_EQ(compare(echo_.id, echo_.id).delta, 0);   // MS-OXNSPI_R1240
  EXPECT_EQ(compare(echo_.id, echo_.id).error, ErrorCode::none);
  // MS-OXNSPI_R1234
  EXPECT_EQ(compare(alpha_.id, hidden_.id).error, ErrorCode::error);
  EXPECT_EQ(compare(0x7FFFFFF0, alpha_.id).error, ErrorCode::error);
  EXPECT_EQ(compare(alpha_.id, kilo_.id, list("All Users").id).error, ErrorCode::error);
  EXPECT_EQ(compare(alpha_.id, kilo_.id, 99).error, ErrorCode::invalid_bookmark);  // MS-OXNSPI_R1230
  nspi::Stat stat = begin();
  stat.code_page = 1200;
  EXPECT_EQ(service_->compare_mids(caller(), stat, 1, 2).error, ErrorCode::not_supported);  // MS-OXNSPI_R1223
}

}  // namespace
}  // namespace ropewalk::server
