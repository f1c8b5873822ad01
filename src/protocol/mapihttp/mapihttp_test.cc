#include <gtest/gtest.h>

#include "base/hex.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/headers.h"
#include "protocol/mapihttp/response_stream.h"
#include "wire/generate.h"
#include "wire/json_reader.h"

namespace ropewalk::mapihttp {
namespace {

std::vector<u8> encoded(const wire::StructInfo& info, const void* object) {
  wire::OutBuffer out;
  wire::Encoder encoder(out);
  info.encode(encoder, object);
  EXPECT_TRUE(encoder.ok());
  return {out.data(), out.data() + out.size()};
}

TEST(MapiHttpBodies, EveryReadingAgrees) {
  const wire::StructInfo* infos[] = {
      &wire::struct_info<ConnectRequest>,          &wire::struct_info<ConnectResponse>,
      &wire::struct_info<ExecuteRequest>,          &wire::struct_info<ExecuteResponse>,
      &wire::struct_info<DisconnectRequest>,       &wire::struct_info<DisconnectResponse>,
      &wire::struct_info<NotificationWaitRequest>, &wire::struct_info<NotificationWaitResponse>};
  wire::Random random{std::mt19937_64(4)};
  for (const wire::StructInfo* info : infos)
    for (int i = 0; i < 60; ++i) {
      Arena arena;
      void* made = wire::generate(*info, random, arena);
      ASSERT_NE(made, nullptr);
      auto bytes = encoded(*info, made);
      wire::Tree tree = wire::read_tree(*info, bytes, arena);
      ASSERT_FALSE(tree.error) << tree.error->text();
      EXPECT_EQ(tree.consumed, bytes.size());
      auto rebuilt = wire::from_json(*info, wire::to_json(tree.root), arena);
      ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().text();
      EXPECT_EQ(encoded(*info, *rebuilt), bytes);
    }
}

// A body put together by hand from [MS-OXCMAPIHTTP] 2.2.4.1.2 and 2.2.4.1.3.
TEST(MapiHttpBodies, ConnectSucceedsOrFails) {
  Arena arena;
  auto success = *from_hex("00000000 00000000 60EA0000 06000000 10270000 2F6F3D5200 55003100 0000 00000000");
  auto read = wire::decode<ConnectResponse>(success, arena);
  ASSERT_TRUE(read.ok()) << read.error().text();
  EXPECT_EQ(read->polls_max, 60000u);
  EXPECT_EQ(read->dn_prefix.text(), "/o=R");
  EXPECT_EQ(read->display_name.bytes.size(), 4u);
  auto failure = *from_hex("05000000 00000000");
  EXPECT_EQ(wire::decode<ConnectResponse>(failure, arena)->status_code, 5u);
  auto cut = *from_hex("00000000 00000000 60EA");
  EXPECT_EQ(wire::decode<ConnectResponse>(cut, arena).error().text(),
            "ConnectResponseBody.PollsMax: 4 bytes needed, 2 left at 0x0008");
  auto huge = *from_hex("00000000 FFFFFFFF 00");
  EXPECT_FALSE(wire::decode<ExecuteRequest>(huge, arena).ok());
}

TEST(MapiHttpHeaders, NamesOfRequestsAndCodes) {
  EXPECT_EQ(parse_request_type("notificationWAIT"), RequestType::notification_wait);
  EXPECT_EQ(parse_request_type(" PING "), RequestType::ping);
  EXPECT_EQ(parse_request_type("Bind"), RequestType::bind);
  EXPECT_FALSE(parse_request_type("Rebind"));
  EXPECT_FALSE(parse_request_type(""));
  EXPECT_EQ(name(RequestType::connect), "Connect");
  EXPECT_EQ(name(ResponseCode::invalid_request_type), "Invalid Request Type");
  EXPECT_EQ(name(ResponseCode::missing_cookie), "Missing Cookie");
  EXPECT_EQ(name(static_cast<ResponseCode>(99)), "Unknown");
  EXPECT_EQ(parse_response_code(" 10"), ResponseCode::context_not_found);
  EXPECT_FALSE(parse_response_code("ten"));
  EXPECT_FALSE(parse_response_code("-1"));
}

TEST(MapiHttpHeaders, Cookies) {
  EXPECT_EQ(find_cookie("MapiContext=abc; MapiSequence=\"1-x==\"", "MapiContext"), "abc");
  EXPECT_EQ(find_cookie("MapiContext=abc; MapiSequence=\"1-x==\"", "MapiSequence"), "1-x==");
  EXPECT_FALSE(find_cookie("MapiContext=abc", "mapicontext"));
  EXPECT_FALSE(find_cookie(";;=;", "MapiContext"));
  auto set = parse_set_cookie("MapiContext=MAPIAAAA=; path=/mapi/emsmdb; secure; HttpOnly");
  ASSERT_TRUE(set);
  EXPECT_EQ(set->name, "MapiContext");
  EXPECT_EQ(set->value, "MAPIAAAA=");
  EXPECT_FALSE(parse_set_cookie("nothing"));
}

const std::string kStream =
    "PROCESSING\r\nPENDING\r\nPENDING\r\nDONE\r\nX-ResponseCode: 0\r\nx-elapsedtime: 12\r\n\r\nbody\r\nDONE\r\n";

TEST(ResponseStreams, AnyPiecesGiveTheSame) {
  for (std::size_t step = 1; step <= kStream.size(); ++step) {
    ResponseStream stream;
    for (std::size_t at = 0; at < kStream.size(); at += step) {
      EXPECT_FALSE(at == 0 && stream.done());
      ASSERT_TRUE(stream.feed(bytes_of(std::string_view(kStream).substr(at, step))).ok());
    }
    ASSERT_TRUE(stream.finish().ok());
    EXPECT_EQ(stream.pendings(), 2u);
    EXPECT_EQ(stream.response_code(), ResponseCode::success);
    EXPECT_EQ(stream.header("X-ElapsedTime"), "12");
    EXPECT_EQ(text_of(stream.body()), "body\r\nDONE\r\n");
  }
}

TEST(ResponseStreams, ReadWhatTheServerWrites) {
  std::string written = std::string(kProcessing) + std::string(kPending) +
                        done_lines({ResponseCode::context_not_found, 7, "Thu, 01 Jan 2026 00:00:00 GMT"}) + "rest";
  ResponseStream stream;
  ASSERT_TRUE(stream.feed(bytes_of(written)).ok());
  EXPECT_EQ(stream.response_code(), ResponseCode::context_not_found);
  EXPECT_EQ(stream.header(kStartTime), "Thu, 01 Jan 2026 00:00:00 GMT");
  EXPECT_EQ(text_of(stream.body()), "rest");
}

TEST(ResponseStreams, BadOnesAreRefused) {
  auto refused = [](std::string_view text, std::size_t limit = 100) {
    ResponseStream stream(limit);
    return !stream.feed(bytes_of(text)).ok();
  };
  EXPECT_TRUE(refused("<html>\r\n"));
  EXPECT_TRUE(refused("PROCESSING\r\nDONE\r\nno header\r\n"));
  EXPECT_TRUE(refused("DONE\r\n\r\n" + std::string(101, 'x')));
  EXPECT_TRUE(refused(std::string(10000, 'P')));
  std::string endless = "DONE\r\n";
  for (int i = 0; i < 10000; ++i) endless += "X-Header: value\r\n";
  EXPECT_TRUE(refused(endless));
  ResponseStream cut;
  ASSERT_TRUE(cut.feed(bytes_of("PROCESSING\r\nDONE\r\nX-ResponseCode: 0\r\n")).ok());
  EXPECT_FALSE(cut.finish().ok());
}

}  // namespace
}  // namespace ropewalk::mapihttp
