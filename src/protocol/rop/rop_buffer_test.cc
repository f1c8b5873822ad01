#include "protocol/rop/rop_buffer.h"

#include <gtest/gtest.h>

#include "protocol/rop/control.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"
#include "wire/test_round_trip.h"

namespace ropewalk::rop {
namespace {

std::vector<u8> hex(std::string_view text) { return *from_hex(text); }

// MS-OXCROPS_R4668, MS-OXCROPS_R4669, MS-OXCROPS_R4672, MS-OXCROPS_R4673, MS-OXCROPS_R11, MS-OXCROPS_R4675
TEST(RopBuffers, HoldRopsThenHandles) {
  auto bytes = hex("0B00 010000 010001 010002 0D160000 90150000 D7150000");
  Arena arena;
  auto buffer = wire::decode<InputBuffer>(bytes, arena);
  ASSERT_TRUE(buffer.ok()) << buffer.error().text();
  ASSERT_EQ(buffer->rops.size(), 3u);
  ASSERT_NE(buffer->rops[2].as<ReleaseRequest>(), nullptr);
  EXPECT_EQ(buffer->rops[2].as<ReleaseRequest>()->input_handle_index, 2);
  ASSERT_EQ(buffer->handles.size(), 3u);
  EXPECT_EQ(buffer->handles[0], 0x160Du);
  EXPECT_EQ(wire::check_bytes(wire::struct_info<InputBuffer>, bytes, nullptr), "");
}

TEST(RopBuffers, ElementsOfTheListAreTheRopsThemselves) {
  auto bytes = hex("0500 010700 0D160000");
  Arena arena;
  auto tree = wire::read_tree(wire::struct_info<InputBuffer>, bytes, arena);
  ASSERT_FALSE(tree.error) << tree.error->text();
  const wire::Node& rop = tree.root.find("RopsList")->fields.at(0);
  EXPECT_EQ(rop.name, "[0]");
  EXPECT_EQ(rop.type, "RopReleaseRequest");
  EXPECT_EQ(rop.find("LogonId")->offset, 3u);
}

TEST(RopBuffers, UnknownRopsTakeTheRestOfTheList) {
  auto bytes = hex("0900 010000 28 1122 33 0D160000");
  Arena arena;
  auto buffer = wire::decode<InputBuffer>(bytes, arena);
  ASSERT_TRUE(buffer.ok()) << buffer.error().text();
  ASSERT_EQ(buffer->rops.size(), 2u);
  EXPECT_EQ(&buffer->rops[1].info(), &wire::struct_info<UnknownRop>);
  EXPECT_EQ(to_hex(static_cast<UnknownRop*>(buffer->rops[1].body)->data), "112233");
  EXPECT_EQ(buffer->handles.size(), 1u);
  EXPECT_EQ(wire::check_bytes(wire::struct_info<InputBuffer>, bytes, nullptr), "");
}

TEST(RopBuffers, RefuseSizesThatCannotBe) {
  Arena arena;
  for (std::string_view text : {"", "02", "0000", "0100", "0600 010000", "0400 1200", "0200 112233"}) {
    auto bytes = hex(text);
    EXPECT_FALSE(wire::decode<InputBuffer>(bytes, arena).ok()) << text;
    EXPECT_FALSE(wire::decode<OutputBuffer>(bytes, arena).ok()) << text;
    EXPECT_EQ(split_rop_buffer(bytes).ok(), text == "0400 1200") << text;
  }
  EXPECT_TRUE(wire::decode<InputBuffer>(hex("0200"), arena).ok());
}

TEST(RopBuffers, DrawnOnesRoundTrip) {
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<InputBuffer>, nullptr, 150), "");
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<OutputBuffer>, nullptr, 150), "");
}

struct RowsConversation : ::testing::Test {
  // SetColumns on handle index 1, GetPropertiesSpecific on 2, QueryRows on 1.
  std::vector<u8> request =
      hex("3000"
          "12 00 01 00 0200 03000E3A 1F003700"
          "07 00 02 0000 0100 0100 1F000130"
          "15 00 01 00 01 3200"
          "01 00 02"
          "AA000000 BB000000 CC000000");
  std::vector<u8> response =
      hex("3200"
          "12 01 00000000 00"
          "07 02 00000000 00 6100 0000"
          "15 01 00000000 02 0200"
          "00 2A000000 6200 0000"
          "01 00 2B000000 0A 0F010480"
          "AA000000 BB000000 CC000000");
  Arena arena;
};

TEST_F(RowsConversation, RequestsTellTheColumnsOfRows) {
  request[0] = static_cast<u8>(request.size() - 12);
  response[0] = static_cast<u8>(response.size() - 12);
  auto input = wire::decode<InputBuffer>(request, arena);
  ASSERT_TRUE(input.ok()) << input.error().text();
  AnsweredRequests answered{input->rops.span(), input->handles.span()};
  wire::Context context = wire::add_context(answered, nullptr);
  auto output = wire::decode<OutputBuffer>(response, arena, &context);
  ASSERT_TRUE(output.ok()) << output.error().text();
  ASSERT_EQ(output->rops.size(), 3u);
  const auto* specific = output->rops[1].as<GetPropertiesSpecificResponse>();
  ASSERT_NE(specific, nullptr);
  ASSERT_EQ(specific->row.cells.size(), 1u);
  EXPECT_EQ(specific->row.cells[0].column, mapi::PropTag(0x3001001F));
  const auto* rows = output->rops[2].as<QueryRowsResponse>();
  ASSERT_NE(rows, nullptr);
  ASSERT_EQ(rows->rows.size(), 2u);
  EXPECT_EQ(rows->row_count, 2);
  EXPECT_EQ(rows->rows[0].cells[0].value.number, 42u);
  EXPECT_EQ(rows->rows[1].cells[1].flag, mapi::CellFlag::error);
  EXPECT_EQ(wire::check_bytes(wire::struct_info<OutputBuffer>, response, &context), "");
}

TEST_F(RowsConversation, WithoutColumnsRowsStayBytes) {
  response[0] = static_cast<u8>(response.size() - 12);
  auto output = wire::decode<OutputBuffer>(response, arena);
  ASSERT_TRUE(output.ok()) << output.error().text();
  ASSERT_EQ(output->rops.size(), 2u);
  EXPECT_GT(output->rops[1].as<GetPropertiesSpecificResponse>()->row_data.size(), 20u);
  EXPECT_EQ(wire::check_bytes(wire::struct_info<OutputBuffer>, response, nullptr), "");
}

TEST_F(RowsConversation, ColumnsOfEarlierBuffersComeByHandle) {
  struct Tables : TableColumns {
    mapi::PropTag tags[2] = {mapi::PropTag(0x3A0E0003), mapi::PropTag(0x0037001F)};
    std::span<const mapi::PropTag> columns(u32 handle) const override {
      if (handle != 0xBB) return {};
      return tags;
    }
  } tables;
  auto query = hex("15 00 01 00 01 3200");
  AnyRopRequest asked;
  asked.id = RopId::query_rows;
  auto decoded = wire::decode<QueryRowsRequest>(query, arena);
  ASSERT_TRUE(decoded.ok());
  asked.body = &*decoded;
  u32 handles[] = {0xAA, 0xBB};
  AnsweredRequests answered{{&asked, 1}, handles, &tables};
  wire::Context context = wire::add_context(answered, nullptr);
  auto bytes = hex("15 01 00000000 02 0100 00 2A000000 6200 0000");
  auto response_rop = wire::decode<AnyRopResponse>(bytes, arena, &context);
  ASSERT_TRUE(response_rop.ok()) << response_rop.error().text();
  ASSERT_EQ(response_rop->as<QueryRowsResponse>()->rows.size(), 1u);
}

TEST(RopReaders, HandOutOneRequestAtATime) {
  auto bytes = hex("1200 010007 12 00 01 00 0100 03000E3A 28 00 0D160000");
  bytes[0] = static_cast<u8>(bytes.size() - 4);
  auto parts = split_rop_buffer(bytes);
  ASSERT_TRUE(parts.ok()) << parts.error().text();
  ASSERT_EQ(parts->handle_count(), 1u);
  EXPECT_EQ(parts->handle(0), 0x160Du);
  Arena arena;
  RopReader reader(parts->rops, arena);
  ASSERT_FALSE(reader.at_end());
  EXPECT_EQ(reader.id(), RopId::release);
  const auto* release = static_cast<const ReleaseRequest*>(reader.read_any());
  ASSERT_NE(release, nullptr);
  EXPECT_EQ(release->input_handle_index, 7);
  SetColumnsRequest columns;
  ASSERT_TRUE(reader.read(columns));
  EXPECT_EQ(columns.property_tags[0], mapi::PropTag(0x3A0E0003));
  ASSERT_FALSE(reader.at_end());
  EXPECT_EQ(reader.read_any(), nullptr);
  EXPECT_EQ(reader.error().text(), "RopId: RopId 0x28 has no request at 0x0000");
  EXPECT_EQ(reader.rest().size(), 2u);
}

TEST(RopReaders, TellWhereARequestIsBroken) {
  auto rops = hex("12 00 01 00 0300 03000E3A 03000E3A");
  Arena arena;
  RopReader reader(rops, arena);
  SetColumnsRequest columns;
  EXPECT_FALSE(reader.read(columns));
  EXPECT_EQ(reader.error().path, "RopSetColumnsRequest.PropertyTags[2]");
  EXPECT_EQ(reader.rest().size(), rops.size());
}

TEST(RopWriters, BackPatchRopSize) {
  wire::OutBuffer out;
  RopWriter writer(out);
  ReleaseRequest release;
  release.input_handle_index = 1;
  ASSERT_TRUE(writer.add(release));
  u32 handles[] = {0x11223344};
  ASSERT_TRUE(writer.finish(handles));
  EXPECT_EQ(to_hex(out.view()), to_hex(hex("0500 010001 44332211")));
}

TEST(RopWriters, RefuseMoreThanRopSizeCanSay) {
  wire::OutBuffer out;
  RopWriter writer(out);
  out.extend(0xFFFF);
  EXPECT_FALSE(writer.finish({}));
}

}  // namespace
}  // namespace ropewalk::rop
