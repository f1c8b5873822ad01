#include "protocol/rop/registry.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/test_support.h"
#include "protocol/rop/rop_buffer.h"
#include "wire/test_round_trip.h"

namespace ropewalk::rop {
namespace {

std::vector<std::vector<std::string>> read_tsv(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string>& row = rows.emplace_back();
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');) row.push_back(cell);
  }
  return rows;
}

bool server_alone_sends(RopId id) {
  return id == RopId::notify || id == RopId::pending || id == RopId::backoff || id == RopId::buffer_too_small;
}

// MS-OXCROPS_R15
TEST(Registry, DescribesEveryRopOfTheSpecification) {
  auto path = shared_path("spec/rops.tsv");
  if (path.empty()) GTEST_SKIP() << "the shared specification tables are absent; set ROPEWALK_SHARED";
  int seen = 0;
  for (const auto& cells : read_tsv(path)) {
    if (cells.size() < 3 || cells[0] == "rop_id" || cells[2].empty()) continue;  // reserved and withdrawn ones
    ++seen;
    auto id = parse_rop(cells[1]);
    ASSERT_TRUE(id) << cells[1];
    EXPECT_EQ(static_cast<int>(*id), std::stoi(cells[0], nullptr, 16)) << cells[1];
    const RopRow* row = find_row(*id);
    EXPECT_NE(row, nullptr) << cells[1] << " is not described";
    if (row == nullptr) continue;
    EXPECT_EQ(row->request == nullptr, server_alone_sends(*id)) << cells[1];
    EXPECT_EQ(row->response == nullptr, *id == RopId::release) << cells[1];
  }
  EXPECT_GT(seen, 120);
}

TEST(Registry, NamesStructuresAsTheSpecificationDoes) {
  for (const RopRow* row : described_rops()) {
    if (row->request != nullptr) {
      EXPECT_EQ(row->request->name, name(row->id) + "Request");
    }
    if (row->response != nullptr) {
      EXPECT_EQ(row->response->name, name(row->id) + "Response");
    }
    for (const wire::StructInfo* info : {row->request, row->response}) {
      if (info == nullptr) continue;
      std::string section = "[MS-OXCROPS] " + std::string(find_rop(row->id)->section) + ".";
      EXPECT_TRUE(info->source.starts_with(section)) << info->name << " cites " << info->source << ", not " << section;
    }
  }
}

// Every registered structure, by all readings, with all its strict prefixes.
TEST(Registry, EveryStructureRoundTrips) {
  for (const RopRow* row : described_rops()) {
    for (const wire::StructInfo* info : {row->request, row->response})
      EXPECT_EQ(info == nullptr ? "" : wire::check_round_trips(*info, nullptr, 60), "");
  }
}

// The same where the columns of rows are known, and the logon is one on public folders.
TEST(Registry, EveryStructureRoundTripsWithContext) {
  mapi::PropTag tags[] = {mapi::PropTag(0x0037001F), mapi::PropTag(0x0E080003), mapi::PropTag(0x37010000)};
  mapi::RowColumns columns{tags};
  PublicLogons logons;
  logons.ids.set();
  wire::Context inner = wire::add_context(columns, nullptr);
  wire::Context context = wire::add_context(logons, &inner);
  for (const RopRow* row : described_rops()) {
    for (const wire::StructInfo* info : {row->request, row->response})
      EXPECT_EQ(info == nullptr ? "" : wire::check_round_trips(*info, &context, 60, 18), "");
  }
}

// Every response with a ReturnValue has a form that says no more than the failure.
TEST(Registry, FailureResponsesAnswerTheirRequests) {
  wire::Random random{std::mt19937_64(3)};
  int tried = 0;
  for (const RopRow* row : described_rops()) {
    if (row->request == nullptr || row->response == nullptr) continue;
    ASSERT_NE(row->make_failure, nullptr) << name(row->id);
    Arena arena;
    void* request = nullptr;
    while (request == nullptr) request = wire::generate(*row->request, random, arena);
    wire::OutBuffer out;
    ASSERT_TRUE(encode_failure(row->id, request, mapi::ErrorCode::not_supported, out)) << name(row->id);
    EXPECT_EQ(wire::check_bytes(*row->response, out.view(), nullptr), "") << name(row->id);
    wire::Tree tree = wire::read_tree(*row->response, out.view(), arena);
    ASSERT_FALSE(tree.error) << tree.error->text();
    const wire::Node* value = tree.root.find("ReturnValue");
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(value->text, "ecNotSupported") << name(row->id);
    EXPECT_EQ(tree.root.fields[1].value.to_number<int>(), row->response_index(request)) << name(row->id);
    ++tried;
  }
  EXPECT_GT(tried, 20);
}

}  // namespace
}  // namespace ropewalk::rop
