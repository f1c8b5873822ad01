// Conversations made up from our own encoders: what several ROP buffers carry together.
#include <gtest/gtest.h>

#include "base/utf16.h"
#include "dissect/test_conversation.h"
#include "mapi/property_tags.h"
#include "protocol/emsmdb/extended_buffer.h"
#include "protocol/fasttransfer/stream.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/rop/control.h"
#include "protocol/rop/fast_transfer.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"

namespace ropewalk::dissect {
namespace {

using mapi::PropTag;
namespace tag = mapi::tag;

using Handles = std::vector<u32>;

// One ROP buffer with these ROPs.
template <class... Rops>
std::vector<u8> rop_buffer(const Handles& handles, const Rops&... rops) {
  wire::OutBuffer out;
  rop::RopWriter writer(out);
  EXPECT_TRUE((writer.add(rops) && ... && true));
  EXPECT_TRUE(writer.finish(handles));
  return {out.view().begin(), out.view().end()};
}

// A client and a server, and the ROPs they exchanged.
class Conversation : public HttpConversation {
 public:
  Conversation() : HttpConversation("/mapi/emsmdb/") {}
  void ask(const std::vector<u8>& buffer) {
    wire::OutBuffer packed;
    emsmdb::append_extended_buffer(buffer, {}, packed);
    mapihttp::ExecuteRequest body;
    body.rop_buffer = packed.view();
    body.max_rop_out = 0x8008;
    request("Execute", encoded(body));
  }
  // Several buffers: chained.
  void answer(std::initializer_list<std::vector<u8>> buffers) {
    wire::OutBuffer packed;
    std::size_t left = buffers.size();
    for (const auto& buffer : buffers) emsmdb::append_extended_buffer(buffer, {.last = --left == 0}, packed);
    mapihttp::ExecuteResponse body;
    body.rop_buffer = packed.view();
    response("Execute", encoded(body));
  }
};

template <class Request>
Request on(u8 index, Request request = {}) {
  request.input_handle_index = index;
  return request;
}
template <class Response>
Response from(u8 index, Response response = {}) {
  response.response_handle_index = index;
  return response;
}

// ---- FastTransfer ----

struct Message {
  Message() {
    fasttransfer::Element subject;
    subject.tag = {tag::PidTagSubject};
    subject.value.text.bytes = mapi::utf16_in(arena, "tarred hemp");
    fasttransfer::Element start, end;
    start.tag = {0x400C0003};  // StartMessage
    end.tag = {0x400D0003};    // EndMessage
    elements = {start, subject, end};
    fasttransfer::Stream stream;
    stream.elements = wire::List<fasttransfer::Element>(elements);
    text = encoded(stream);
  }
  ByteView head() const { return bytes_of(text).first(13); }
  ByteView tail() const { return bytes_of(text).subspan(13); }
  Arena arena;
  std::vector<fasttransfer::Element> elements;
  std::string text;
};

void expect_stream(const Operation& operation, const Message& message, const std::string& origin) {
  EXPECT_EQ(operation.notes, (std::vector<std::string>{"a FastTransfer stream of " +
                                                       std::to_string(message.text.size()) + " bytes, " + origin}));
  ASSERT_FALSE(operation.buffers.empty());
  EXPECT_EQ(text_of(operation.buffers.back().bytes), message.text);
  std::string shown;
  walk(operation.tree, [&](const wire::Node& node) {
    shown += node.name + "=" + node.text + " ";
    if (node.value.is_string()) shown += std::string(node.value.as_string()) + " ";
  });
  for (const char* part : {"StartMessage", "PidTagSubject", "tarred hemp", "EndMessage"})
    EXPECT_NE(shown.find(part), std::string::npos) << part << " is missing in " << shown;
}

TEST(Transfers, DownloadsArePutTogether) {
  Message message;
  Conversation talk;
  rop::FastTransferSourceCopyToRequest copy;
  copy.output_handle_index = 1;
  rop::FastTransferSourceGetBufferRequest get;
  get.buffer_size.value = 4096;
  rop::FastTransferSourceCopyToResponse copied;
  copied.output_handle_index = 1;
  rop::FastTransferSourceGetBufferResponse got;
  // The source is opened by the same buffer that reads it first.
  talk.ask(rop_buffer({7, rop::kNoHandle}, on(0, copy), on(1, get)));
  got.transfer_status = rop::TransferStatus::partial;
  got.transfer_buffer = message.head();
  talk.answer({rop_buffer({7, 9}, copied, on(1, got))});
  talk.ask(rop_buffer({7, 9}, on(1, get)));
  got.transfer_status = rop::TransferStatus::done;
  got.transfer_buffer = message.tail();
  talk.answer({rop_buffer({7, 9}, on(1, got))});
  auto all = talk.told("download.pcap");
  ASSERT_EQ(all.size(), 4u);
  EXPECT_TRUE(all[1].notes.empty());
  EXPECT_EQ(all[3].rops.at(0).object, "FastTransferSource");
  expect_stream(all[3], message, "from 2 buffers of RopFastTransferSourceGetBuffer");
}

TEST(Transfers, UploadsArePutTogether) {
  Message message;
  Conversation talk;
  rop::FastTransferDestinationConfigureRequest configure;
  configure.output_handle_index = 1;
  configure.source_operation = rop::SourceOperation::copy_to;
  rop::FastTransferDestinationConfigureResponse configured;
  configured.output_handle_index = 1;
  rop::FastTransferDestinationPutBufferRequest put;
  rop::FastTransferDestinationPutBufferResponse taken;
  put.transfer_data = message.head();
  taken.buffer_used_size = static_cast<u16>(message.head().size());
  talk.ask(rop_buffer({7, rop::kNoHandle}, on(0, configure), on(1, put)));
  talk.answer({rop_buffer({7, 9}, configured, on(1, taken))});
  put.transfer_data = message.tail();
  taken.buffer_used_size = static_cast<u16>(message.tail().size());
  talk.ask(rop_buffer({7, 9}, on(1, put)));
  talk.answer({rop_buffer({7, 9}, on(1, taken))});
  talk.ask(rop_buffer({9}, on(0, rop::ReleaseRequest{})));
  talk.answer({rop_buffer({9})});
  auto all = talk.told("upload.pcap");
  ASSERT_EQ(all.size(), 6u);
  EXPECT_TRUE(all[3].notes.empty());
  expect_stream(all[5], message, "from 2 buffers of RopFastTransferDestinationPutBuffer");
}

// ---- rows in chained buffers ----

// The bytes of a row whose columns are all there: a flag, then Importance where it is a column, then the subject.
void append_row(std::vector<u8>& out, std::optional<u32> importance, std::string_view subject) {
  out.push_back(0);
  for (int i = 0; importance && i < 4; ++i) out.push_back(static_cast<u8>(*importance >> 8 * i));
  for (char c : subject) out.insert(out.end(), {static_cast<u8>(c), 0});
  out.insert(out.end(), {0, 0});
}

TEST(Transfers, RowsOfChainedBuffersHaveTheColumnsOfTheLastQuery) {
  const PropTag few[] = {PropTag(tag::PidTagSubject)};
  const PropTag more[] = {PropTag(tag::PidTagImportance), PropTag(tag::PidTagSubject)};
  rop::SetColumnsRequest first, second;
  first.property_tags = wire::List<PropTag>::view(few);
  second.property_tags = wire::List<PropTag>::view(more);
  rop::QueryRowsRequest query;
  query.forward_read = 1;
  query.row_count = 50;
  std::vector<u8> narrow, wide[4];
  append_row(narrow, std::nullopt, "one");
  for (u32 i = 0; i < 4; ++i) append_row(wide[i], i, "wide");
  auto rows = [](ByteView data) {
    rop::QueryRowsResponse response;
    response.row_count = 1;
    response.row_data = data;
    return response;
  };
  Conversation talk;
  talk.ask(rop_buffer({5}, first, query, second, query));
  talk.answer({rop_buffer({5}, rop::SetColumnsResponse{}, rows(narrow), rop::SetColumnsResponse{}, rows(wide[0])),
               rop_buffer({5}, rows(wide[1])), rop_buffer({5}, rows(wide[2]))});
  talk.ask(rop_buffer({5}, query));
  talk.answer({rop_buffer({5}, rows(wide[3]))});
  auto all = talk.told("chained-rows.pcap");
  ASSERT_EQ(all.size(), 4u);
  using Texts = std::vector<std::string>;
  EXPECT_EQ(all[1].rops.size(), 6u);
  EXPECT_EQ(values(all[1], "PidTagSubject"), (Texts{"one", "wide", "wide", "wide"}));
  EXPECT_EQ(values(all[1], "PidTagImportance"), (Texts{"0", "1", "2"}));
  EXPECT_EQ(values(all[3], "PidTagImportance"), (Texts{"3"}));
}

}  // namespace
}  // namespace ropewalk::dissect
