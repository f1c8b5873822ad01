#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "base/hex.h"
#include "dissect/conversation.h"
#include "dissect/http_text.h"
#include "dissect/kinds.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/mapihttp/response_stream.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"

namespace ropewalk::dissect {
namespace {

std::vector<u8> bytes(std::string_view hex) { return from_hex(hex).value_or(std::vector<u8>()); }

std::string text(std::string_view kind, ByteView data, const KindOptions& options = {}) {
  Arena arena;
  wire::Tree tree = read_kind(*find_kind(kind), data, arena, options);
  return wire::to_text(tree.root) + (tree.error ? "error: " + tree.error->text() : "");
}

// The tree's JSON gives the same bytes.
void expect_inverse(std::string_view kind, ByteView data, const KindOptions& options = {}) {
  Arena arena;
  wire::Tree tree = read_kind(*find_kind(kind), data, arena, options);
  ASSERT_FALSE(tree.error) << tree.error->text();
  auto again = write_kind(*find_kind(kind), wire::to_json(tree.root), arena, options);
  ASSERT_TRUE(again.ok()) << again.error().text;
  EXPECT_EQ(to_hex(*again), to_hex(data)) << kind;
}

TEST(Kinds, AreFoundByName) {
  for (const char* name : {"rop-request", "rop-response", "rop-input-buffer", "rop-output-buffer", "rpc-ext-buffer",
                           "restriction", "entry-id", "property-row", "tagged-property-value", "idset",
                           "mapihttp-request", "mapihttp-response", "RopSetColumnsRequest", "ropnotifyresponse"})
    EXPECT_NE(find_kind(name), nullptr) << name;
  EXPECT_EQ(find_kind("nothing"), nullptr);
  EXPECT_EQ(similar_kinds("RopSetColumRequest").front(), "RopSetColumnsRequest");
  for (const rop::RopRow* row : rop::described_rops())
    for (const wire::StructInfo* info : {row->request, row->response})
      EXPECT_TRUE(info == nullptr || find_kind(info->name) != nullptr) << info->name;
}

TEST(Kinds, NameNoTwoThingsAlike) {
  std::set<std::string_view> names;
  for (const Kind& kind : kinds()) EXPECT_TRUE(names.insert(kind.name).second) << kind.name;
  EXPECT_GT(names.size(), 300u);
}

TEST(Kinds, ColumnsAreNamesOrNumbers) {
  auto columns = parse_columns("PidTagSubject, PR_MESSAGE_SIZE 0x80010003");
  ASSERT_TRUE(columns.ok()) << columns.error().text;
  EXPECT_EQ(*columns, (std::vector<mapi::PropTag>{mapi::PropTag(0x0037001F), mapi::PropTag(0x0E080003),
                                                  mapi::PropTag(0x80010003)}));
  EXPECT_FALSE(parse_columns("PidLidReminderSet").ok());
  EXPECT_FALSE(parse_columns("0x37").ok());
}

TEST(Conversation, ResponsesAnswerTheirRequests) {
  KindOptions options;
  options.requests = bytes("120000 00 0200 1F003700 0300080E  150000 00 01 0A00");  // SetColumns, QueryRows
  auto row = bytes("15 00 00000000 02 0100 00 48006900 0000 10000000");
  std::string tree = text("rop-response", row, options);
  EXPECT_NE(tree.find("PidTagSubject: Hi\n"), std::string::npos) << tree;
  EXPECT_NE(tree.find("PidTagMessageSize: 16\n"), std::string::npos) << tree;
  EXPECT_EQ(tree.find("error"), std::string::npos) << tree;
  expect_inverse("rop-response", row, options);
  // the same requests as a whole input buffer, and obfuscated behind an RPC_HEADER_EXT
  wire::OutBuffer buffer, extended;
  store_le<u16>(buffer.extend(2), static_cast<u16>(options.requests.size() + 2));
  buffer.append(options.requests);
  buffer.append(bytes("05000000"));
  emsmdb::append_extended_buffer(buffer.view(), {}, extended);
  for (ByteView context : {buffer.view(), extended.view()}) {
    options.requests.assign(context.begin(), context.end());
    EXPECT_EQ(text("rop-response", row, options), tree);
  }
  options.requests = bytes("0700 000000 0000 0100 1F003700");  // GetPropertiesSpecific asks for itself
  EXPECT_NE(text("rop-response", bytes("07 00 00000000 00 4F006B00 0000"), options).find("PidTagSubject: Ok\n"),
            std::string::npos);
  options.requests = bytes("1200");
  EXPECT_NE(text("rop-response", row, options).find("error: context: RopSetColumnsRequest"), std::string::npos);
}

TEST(Conversation, UnknownRopsAreKept) {
  auto unknown = bytes("28 0102030405");
  EXPECT_NE(text("rop-request", unknown).find("UnknownRop"), std::string::npos);
  expect_inverse("rop-request", unknown);
  EXPECT_NE(text("rop-request", {}).find("error: UnknownRop.RopId: 1 byte needed, 0 left at 0x0000"),
            std::string::npos);
}

TEST(ExtendedBuffer, WhatIsInsideIsFoundOut) {
  wire::OutBuffer requests;
  requests.append(bytes("0500 010000 FFFFFFFF"));  // RopRelease
  for (bool compress : {false, true}) {
    wire::OutBuffer extended;
    emsmdb::append_extended_buffer(requests.view(), {compress, true, true}, extended);
    std::string tree = text("rpc-ext-buffer", extended.view());
    EXPECT_NE(tree.find("RopReleaseRequest"), std::string::npos) << tree;
    expect_inverse("rpc-ext-buffer", extended.view());
  }
}

// An Execute request and its streamed, chunked answer.
TEST(Http, WholeMessages) {
  wire::OutBuffer input, output, input_extended, output_extended, request_body, response_body;
  input.append(bytes("0D00 07 00 00 0000 0000 0100 1F003700"));
  store_le<u16>(input.data(), static_cast<u16>(input.size()));
  input.append(bytes("05000000"));
  emsmdb::append_extended_buffer(input.view(), {}, input_extended);
  output.append(bytes("0000 07 00 00000000 00 4F006B00 0000"));
  store_le<u16>(output.data(), static_cast<u16>(output.size()));
  output.append(bytes("05000000"));
  emsmdb::append_extended_buffer(output.view(), {}, output_extended);
  mapihttp::ExecuteRequest execute;
  execute.rop_buffer = input_extended.view();
  ASSERT_TRUE(wire::encode(execute, request_body));
  mapihttp::ExecuteResponse answer;
  answer.rop_buffer = output_extended.view();
  ASSERT_TRUE(wire::encode(answer, response_body));

  std::string request =
      "POST /mapi/emsmdb/?MailboxId=1 HTTP/1.1\r\nHost: ropewalk.test\r\nx-requesttype: Execute\r\n\r\n" +
      std::string(text_of(request_body.view()));
  std::string shown = text("mapihttp-request", bytes_of(request));
  EXPECT_NE(shown.find("RopGetPropertiesSpecificRequest"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("error"), std::string::npos) << shown;
  expect_inverse("mapihttp-request", bytes_of(request));

  std::string content =
      std::string(mapihttp::kProcessing) + mapihttp::done_lines({}) + std::string(text_of(response_body.view()));
  std::string chunks;
  for (std::size_t at = 0; at < content.size(); at += 20) {
    std::string chunk = content.substr(at, 20);
    char size[8];
    std::snprintf(size, sizeof size, "%zx", chunk.size());
    chunks += std::string(size) + "\r\n" + chunk + "\r\n";
  }
  std::string response =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-RequestType: Execute\r\nX-ResponseCode: 0\r\n\r\n" + chunks +
      "0\r\n\r\n";
  KindOptions options;
  options.requests.assign(request.begin(), request.end());
  shown = text("mapihttp-response", bytes_of(response), options);
  EXPECT_NE(shown.find("PROCESSING"), std::string::npos) << shown;
  EXPECT_NE(shown.find("X-ResponseCode: 0 (Success)"), std::string::npos) << shown;
  EXPECT_NE(shown.find("PidTagSubject: Ok\n"), std::string::npos) << shown;
  EXPECT_EQ(shown.find("error"), std::string::npos) << shown;
  expect_inverse("mapihttp-response", bytes_of(response), options);
  EXPECT_NE(text("mapihttp-request", bytes_of(response)).find("this is a response"), std::string::npos);
}

TEST(Http, FailuresAreText) {
  std::string response =
      "HTTP/1.1 200 OK\r\nX-RequestType: Execute\r\nX-ResponseCode: 10\r\nContent-Type: text/html\r\n\r\nno such "
      "context";
  std::string shown = text("mapihttp-response", bytes_of(response));
  EXPECT_NE(shown.find("X-ResponseCode: 10 (Context Not Found)"), std::string::npos) << shown;
  EXPECT_NE(shown.find("Text: no such context"), std::string::npos) << shown;
}

TEST(Http, BadMessagesAreRefused) {
  auto error = [](std::string_view message) {
    auto read = read_http_text(bytes_of(message));
    return read ? std::string() : read.error().text();
  };
  EXPECT_EQ(error("nonsense\r\n\r\n"), "HTTP: neither a request line nor a status line at 0x0000");
  EXPECT_EQ(error("GET / HTTP/1.1\r\nno colon\r\n\r\n"), "HTTP: a header field without a colon at 0x0010");
  EXPECT_EQ(error("GET / HTTP/1.1\r\nA: b\r\n"), "HTTP: the head does not end with an empty line at 0x0016");
  Arena arena;
  for (const char* body : {"zz\r\n", "5\r\nabcdeX\r\n", "-1\r\nabc", "FFFFFFFFFFFFFFFFFF\r\nabc"}) {
    std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
    auto read = read_http_text(bytes_of(message));
    ASSERT_TRUE(read.ok());
    EXPECT_FALSE(http_content(*read, arena)) << body;
  }
}

}  // namespace
}  // namespace ropewalk::dissect
