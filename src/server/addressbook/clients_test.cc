// What real clients ask for beyond the documents, or cannot bear: see the table in docs/design/addressbook.md.
#include "protocol/mapihttp/address_book_values.h"
#include "protocol/nspi/values.h"
#include "server/addressbook/cells.h"
#include "server/addressbook/test_book.h"

namespace ropewalk::server {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class RealClients : public NspiTest {
 protected:
  // One page of a list window as clients read it: seek a name, read on, and where that is short of the window's height,
  // go back from the end by what is missing.
  std::vector<std::string> page(std::string_view name, u32 height) {
    const auto found = service_->seek_entries(caller(), begin(), name_sought(name), std::nullopt, std::nullopt, arena_);
    EXPECT_EQ(found.error, ErrorCode::none) << name;
    auto rows = names(found.stat, height);
    if (rows.size() == height) return rows;
    nspi::Stat back = found.stat;
    back.delta = static_cast<i32>(rows.size()) - static_cast<i32>(height);
    const auto moved = service_->update_stat(caller(), back);
    EXPECT_EQ(moved.error, ErrorCode::none);
    return names(moved.stat, height);
  }
};

TEST_F(RealClients, ReadAListInWindows) {
  const std::vector<std::string> all(std::begin(kNames), std::end(kNames));
  constexpr std::size_t kHeight = 4;
  for (std::size_t first = 0; first < all.size(); ++first) {
    const std::size_t from = std::min(first, all.size() - kHeight);
    const std::vector<std::string> expected(all.begin() + static_cast<std::ptrdiff_t>(from),
                                            all.begin() + static_cast<std::ptrdiff_t>(from + kHeight));
    EXPECT_EQ(page(all[first], kHeight), expected);
  }
  // A row at a time back from the end, and on again: nobody twice, nobody left out.
  nspi::Stat stat = at(2);
  for (std::size_t row = all.size(); row-- > 0;) {
    stat.delta = -1;
    stat = service_->update_stat(caller(), stat).stat;
    EXPECT_EQ(stat.position, row);
    EXPECT_EQ(names(stat, 1), std::vector<std::string>{all[row]});
  }
  stat.delta = -1;
  EXPECT_EQ(service_->update_stat(caller(), stat).stat.position, 0u) << "before the first there is nobody";
}

// Jumping to the last entry needs the total, which one who is hidden is not part of.
TEST_F(RealClients, JumpToTheLastEntry) {
  nspi::Stat stat = begin();
  stat.total_records = 99;
  const auto found = service_->seek_entries(caller(), stat, name_sought("A"), std::nullopt, std::nullopt, arena_);
  EXPECT_EQ(found.stat.total_records, std::size(kNames));
  stat = at(1);
  stat.position = found.stat.total_records - 1;
  stat.total_records = found.stat.total_records;
  EXPECT_EQ(names(stat), std::vector<std::string>{"Kilo Group"});
  stat.position = stat.total_records + 7;  // past the end is the end
  EXPECT_THAT(names(stat), IsEmpty());
}

// When a name was resolved to nobody, the same is asked as a search, with a STAT of zeros.
TEST_F(RealClients, SearchForWhatWasNotResolved) {
  EXPECT_THAT(resolve({"char", "", std::nullopt}), ElementsAre(2u, 0u, 0u)) << "empty names are nobody's";
  nspi::Stat zeros;
  zeros.code_page = 1252;
  const auto search = [&](u32 tag, std::string_view name) {
    const Value value =
        PropTag(tag).type() == PropType::string ? Value::of(mapi::utf16_in(arena_, name)) : Value::of(bytes_of(name));
    const auto filter = condition(mapi::RestrictType::property, tag, value);
    const auto answer = service_->get_matches(caller(), zeros, &filter, std::nullopt, 50, std::nullopt, arena_);
    EXPECT_EQ(answer.error, ErrorCode::none);
    EXPECT_EQ(answer.stat.container_id, 0u);
    return answer.ids;
  };
  EXPECT_THAT(search(tag::PidTagAnr, "alp"), ElementsAre(alpha_.id));
  EXPECT_THAT(search(0x360C001E, "\xC7har"), ElementsAre(charlie_.id)) << "in the STAT's code page";
  EXPECT_THAT(search(tag::PidTagAnr, "nobody"), IsEmpty());
  for (std::string_view nothing : {"", " ", "="}) EXPECT_THAT(search(tag::PidTagAnr, nothing), IsEmpty());
}

// Old clients ask for these two as 8-bit texts.
TEST_F(RealClients, AskForAddressesIn8Bits) {
  directory::ObjectChange change;
  std::vector<u8> first = utf8_to_utf16("ncacn_ip_tcp:mail.ropewalk.test"), second = utf8_to_utf16("ncacn_http:Zürich");
  Value items[] = {Value::of(ByteView(first)), Value::of(ByteView(second))};
  change.set.set(PropTag(tag::PidTagAddressBookNetworkAddress), Value::of(wire::List<Value>(std::span(items))));
  done(book_->change(alpha_.id, change));
  const Property network = property(alpha_.id, 0x8170101E);
  ASSERT_EQ(network.tag, PropTag(0x8170101E));
  ASSERT_EQ(network.value.items.size(), 2u);
  EXPECT_EQ(text_of(network.value.items[0].bytes), "ncacn_ip_tcp:mail.ropewalk.test");
  EXPECT_EQ(text_of(network.value.items[1].bytes), "ncacn_http:Z\xFCrich");
  const auto rows = query(begin(), 2, {PropTag(0x8170101E), PropTag(0x800F101E)});
  ASSERT_TRUE(rows.rows && rows.rows->rows.size() == 2);
  EXPECT_EQ(rows.rows->rows[0][1].tag, PropTag(0x800F101E));
  EXPECT_EQ(text_of(rows.rows->rows[0][1].value.items[0].bytes), "SMTP:user1@ropewalk.test");
  EXPECT_EQ(rows.rows->rows[1][0].tag, PropTag(0x8170000A)) << "who has none has an error there, no empty list";
}

// A null text in a list ends a client, though the encodings have a mark for it.
TEST_F(RealClients, GetNoNullTexts) {
  const std::vector<u8> first = utf8_to_utf16("one");
  Value items[] = {Value::of(ByteView(first)), Value::of(ByteView()), Value::of(ByteView())};
  for (u32 wanted : {0x8170101Fu, 0x8170101Eu}) {
    const PropTag column(wanted);
    const Property kept{PropTag(tag::PidTagAddressBookNetworkAddress), Value::of(wire::List<Value>(std::span(items)))};
    const auto cell = cell_of(column, kept, 1252, arena_);
    ASSERT_TRUE(cell);
    ASSERT_EQ(cell->value.items.size(), 3u);
    for (const Value& item : cell->value.items)  // over HTTP
      EXPECT_FALSE(mapihttp::is_absent(mapi::base_type(column.type()), item));
    const auto over_rpc = nspi::nspi_value(*cell, arena_);
    const auto there = [](const auto& texts) {
      return texts.size() == 3 && std::ranges::all_of(texts.array->items, [](const auto& text) { return bool(text); });
    };
    EXPECT_TRUE(column.type() == PropType::multiple_string ? there(over_rpc.texts) : there(over_rpc.texts8));
  }
}

// Icons follow the display types.
TEST_F(RealClients, ChooseIconsByKind) {
  const Object echo = echo_;
  done(book_->set_kind(echo.id, Kind::equipment));
  const std::pair<u32, u32> kinds[] = {{alpha_.id, 0x40000000}, {india_.id, 0x40000007}, {echo.id, 0x40000008},
                                       {foxtrot_.id, 6},        {golf_.id, 1},           {kilo_.id, 3},
                                       {juliett_.id, 2}};
  for (const auto& [id, type] : kinds) EXPECT_EQ(property(id, tag::PidTagDisplayTypeEx).value.number, type) << id;
}

}  // namespace
}  // namespace ropewalk::server
