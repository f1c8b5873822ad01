#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "inspect/operation_store.h"
#include "inspect/record.h"
#include "inspect/statistics.h"
#include "inspect/test_operations.h"
#include "inspect/views.h"

namespace ropewalk::inspect {
namespace {

using testing::HasSubstr;

constexpr View::Clock::time_point kForever = View::Clock::time_point::max();

void fill(OperationStore& store, u64 from, u64 to) {
  for (u64 n = from; n <= to; ++n) store.add(sample_operation(n));
}

TEST(Record, KeepsEverythingOfAnOperation) {
  dissect::Operation before = sample_operation(20);
  before.frames = {{7, -5}, {3, 1'700'000'000'000'000'000}};
  before.detail = "EMSMDB v0.81";
  before.round_trip = -1;
  before.since_start = 1'234'567;
  before.opnum = 11;
  before.call_id = 0xFFFFFFFF;
  before.notes = {"lost", std::string("\0\xFF", 2)};
  dissect::Operation after = read_facts(write_facts(before));
  ASSERT_TRUE(read_content(write_content(before), after));
  EXPECT_EQ(boost::json::serialize(to_json(after)), boost::json::serialize(to_json(before)));
  EXPECT_EQ(after.frames.size(), 2u);
  EXPECT_EQ(after.frames[0].time, -5);
  EXPECT_EQ(after.since_start, 1'234'567);
  EXPECT_EQ(after.notes, before.notes);
  EXPECT_EQ(after.opnum, before.opnum);
  EXPECT_EQ(after.call_id, before.call_id);
  ASSERT_EQ(after.buffers.size(), before.buffers.size());
  for (std::size_t i = 0; i < after.buffers.size(); ++i) EXPECT_EQ(after.buffers[i].bytes, before.buffers[i].bytes);
}

TEST(Record, ContentThatWasDamagedIsRefused) {
  const std::string content = write_content(sample_operation(1));
  for (std::size_t i = 0; i < content.size(); ++i) {
    dissect::Operation operation;
    EXPECT_FALSE(read_content(std::string_view(content).substr(0, i), operation)) << i;
    std::string wrong = content;
    wrong[i] = static_cast<char>(wrong[i] ^ 0x55);
    read_content(wrong, operation);  // whatever it says, it ends
  }
}

TEST(OperationStore, GivesBackWhatItTook) {
  OperationStore store;
  fill(store, 1, 300);
  auto operation = store.whole(123);
  ASSERT_TRUE(operation.ok()) << operation.error().text;
  EXPECT_EQ(boost::json::serialize(to_json(*operation)), boost::json::serialize(to_json(sample_operation(123))));
  u64 answer = 0;
  ASSERT_TRUE(store.facts(123, &answer));
  EXPECT_EQ(answer, 124u);
  EXPECT_THAT(store.whole(301).error().text, HasSubstr("no operation 301"));
  EXPECT_THAT(store.whole(0).error().text, HasSubstr("no operation 0"));
  EXPECT_FALSE(store.facts(~u64{0}));
}

TEST(OperationStore, AKeptRingIsBoundedAndKeepsTheNewest) {
  OperationStore store({.operations = 100, .bytes = 0, .disk = 0});
  fill(store, 1, 1000);
  const auto extent = store.extent();
  EXPECT_EQ(extent.count, 100u);
  EXPECT_EQ(extent.first, 901u);
  EXPECT_EQ(extent.last, 1000u);
  EXPECT_EQ(extent.dropped, 900u);
  EXPECT_TRUE(store.whole(950).ok());
  EXPECT_THAT(store.whole(900).error().text, HasSubstr("not kept any more"));
}

TEST(OperationStore, MemoryAndDiskAreBounded) {
  OperationStore rows({.operations = 0, .bytes = 50'000, .disk = 0});
  fill(rows, 1, 2000);
  EXPECT_LE(rows.extent().memory, 50'000u);
  EXPECT_GT(rows.extent().count, 50u);
  OperationStore disk({.operations = 0, .bytes = 0, .disk = 3 * Spool::kFileSize});
  dissect::Operation large = sample_operation(1);
  large.buffers.front().bytes.resize(16u << 20);
  u32 random = 1;
  for (u8& byte : large.buffers.front().bytes) byte = static_cast<u8>((random = random * 1664525 + 1013904223) >> 24);
  for (u64 n = 1; n <= 24; ++n) {
    large.number = n;
    disk.add(large);
    EXPECT_LE(disk.extent().disk, 3 * Spool::kFileSize + (17u << 20));
  }
  EXPECT_GE(disk.extent().count, 8u);
  EXPECT_TRUE(disk.whole(24).ok());
}

TEST(OperationStore, NumbersThatDoNotGrowAreLeftOut) {
  OperationStore store;
  store.add(sample_operation(5));
  store.add(sample_operation(5));
  store.add(sample_operation(4));
  store.add(sample_operation(9));
  EXPECT_EQ(store.extent().count, 2u);
  EXPECT_EQ(store.index_of(9), 1u);
  EXPECT_EQ(store.index_of(6), 1u);
  EXPECT_TRUE(store.whole(9).ok());
  EXPECT_FALSE(store.whole(6).ok());
}

TEST(OperationStore, ADiskThatCannotBeWrittenLosesTreesAlone) {
  OperationStore store({}, "/nowhere/at/all");
  fill(store, 1, 3);
  EXPECT_EQ(store.extent().count, 3u);
  EXPECT_THAT(store.extent().trouble, HasSubstr("/nowhere/at/all"));
  EXPECT_TRUE(store.facts(2));
  EXPECT_FALSE(store.whole(2).ok());
}

TEST(Views, AFilterIsFollowedAsOperationsComeAndGo) {
  OperationStore store({.operations = 400, .bytes = 0, .disk = 0});
  fill(store, 1, 200);
  auto view = View::make("mapi.rop == \"RopQueryRows\"", store);
  ASSERT_TRUE(view.ok()) << view.error().text;
  (*view)->advance(kForever);
  EXPECT_TRUE((*view)->is_complete());
  const u64 before = (*view)->size();
  EXPECT_EQ(before, 50u);
  fill(store, 201, 800);
  EXPECT_FALSE((*view)->is_complete());
  (*view)->advance(kForever);
  EXPECT_EQ((*view)->size(), 100u);
  for (u64 number : (*view)->numbers(0, 1000)) EXPECT_GT(number, 400u);
  (*view)->count(kForever);
  EXPECT_TRUE((*view)->is_counted());
  EXPECT_EQ((*view)->statistics().count(), 100u);
}

TEST(Views, AFilterReadsTreesFromTheDisk) {
  OperationStore store;
  fill(store, 1, 140);
  auto view = View::make("mapi.OpenFolder.FolderId == 0x0500000000000003", store);
  ASSERT_TRUE(view.ok()) << view.error().text;
  (*view)->advance(kForever);
  EXPECT_EQ((*view)->size(), 20u);
}

TEST(Views, AWrongFilterIsToldInWords) {
  OperationStore store;
  Views views(store);
  auto wrong = views.borrow("mapi.ropp == 3");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().text, HasSubstr("mapi.ropp"));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(views.borrow("frame.number == " + std::to_string(i)).ok());
}

TEST(Statistics, CountLatenciesErrorsAndTalkers) {
  Statistics statistics;
  for (u64 n = 1; n <= 1000; ++n) statistics.add(sample_operation(n));
  const boost::json::value json = statistics.to_json(0);
  const auto& object = json.as_object();
  EXPECT_EQ(object.at("count").to_number<u64>(), 1000u);
  EXPECT_EQ(object.at("requests"), object.at("responses"));
  EXPECT_EQ(object.at("rop_errors").as_array().size(), 2u);
  u64 counted = 0;
  for (const auto& interval : object.at("intervals").at("list").as_array())
    counted += interval.as_array()[0].to_number<u64>();
  EXPECT_EQ(counted, 1000u);
  EXPECT_LE(object.at("intervals").at("list").as_array().size(), Statistics::kMaxIntervals);
  EXPECT_EQ(statistics.hosts(1), std::vector<std::string>{"192.0.2.7"});
}

TEST(Statistics, StayBoundedWhateverNamesAndTimesCome) {
  Statistics statistics;
  dissect::Operation operation = sample_operation(2);
  for (int i = 0; i < 6000; ++i) {
    operation.name = "name" + std::to_string(i);
    operation.src = std::to_string(i) + ":1";
    operation.frames = {{1, i % 2 == 0 ? std::numeric_limits<i64>::max() - i : std::numeric_limits<i64>::min() + i}};
    operation.round_trip = std::numeric_limits<i64>::max();
    statistics.add(operation);
  }
  const boost::json::value json = statistics.to_json(0);
  EXPECT_LE(json.at("operations").as_array().size(), Statistics::kMaxNames + 1);
  EXPECT_LE(json.at("talkers").as_array().size(), Statistics::kMaxNames + 1);
  EXPECT_LE(json.at("intervals").at("list").as_array().size(), Statistics::kMaxIntervals);
}

}  // namespace
}  // namespace ropewalk::inspect
