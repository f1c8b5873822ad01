#include "dissect/message_collector.h"

#include <gtest/gtest.h>

#include "mapi/property_tags.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/rop_buffer.h"
#include "protocol/rop/streams.h"

namespace ropewalk::dissect {
namespace {

using mapi::PropTag;
namespace tag = mapi::tag;

constexpr u32 kMessage = 2, kAttachment = 3, kStream = 4;

class Collected : public testing::Test {
 protected:
  template <class Request, class Response>
  void take(Request request, Response response, u32 handle, u32 opened = rop::kNoHandle) {
    const auto asked = rop::AnyRopRequest::of(request);
    const auto answered = rop::AnyRopResponse::of(response);
    collector_.take({asked, answered, handle, opened});
    for (auto& changed : collector_.take_changed()) message_ = changed;
  }
  void open_attachment() {
    take(rop::CreateMessageRequest{}, rop::CreateMessageResponse{}, 1, kMessage);
    take(rop::CreateAttachmentRequest{}, rop::CreateAttachmentResponse{}, kMessage, kAttachment);
  }
  void open_stream() {
    rop::OpenStreamRequest open;
    open.property_tag = PropTag(tag::PidTagAttachDataBinary);
    take(open, rop::OpenStreamResponse{}, kAttachment, kStream);
  }
  void write(ByteView piece) {
    rop::WriteStreamRequest request;
    request.data = piece;
    take(request, rop::WriteStreamResponse{}, kStream);
  }
  ByteView attached() const {
    const mapi::Value* value =
        message_->content.attachments.at(0).properties.find(PropTag(tag::PidTagAttachDataBinary));
    return value == nullptr ? ByteView() : value->bytes;
  }

  MessageCollector collector_;
  std::shared_ptr<CollectedMessage> message_;
};

TEST_F(Collected, StreamsArePutWhenTheyAreAskedFor) {
  open_attachment();
  open_stream();
  const std::vector<u8> piece{1, 2, 3};
  write(piece);
  ASSERT_NE(message_, nullptr);
  EXPECT_TRUE(message_->is_worth_showing());
  EXPECT_EQ(attached().size(), 0u);
  message_->put_streams();
  EXPECT_EQ(attached().size(), 3u);
  write(piece);
  message_->put_streams();
  EXPECT_EQ(attached().size(), 6u);
  open_stream();  // from the beginning again
  write(piece);
  message_->put_streams();
  EXPECT_EQ(attached().size(), 3u);
}

// 100 MB in pieces: time and memory of the order of the attachment, not of its square.
TEST_F(Collected, ALargeAttachmentCostsItsSize) {
  constexpr std::size_t kPiece = 32u << 10, kPieces = 3200;
  open_attachment();
  open_stream();
  std::vector<u8> piece(kPiece);
  const auto began = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < kPieces; ++i) {
    piece[0] = static_cast<u8>(i);
    write(piece);
  }
  message_->put_streams();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(20));  // it takes a tenth of one
  ASSERT_EQ(attached().size(), kPiece * kPieces);
  EXPECT_EQ(attached()[kPiece * 777], static_cast<u8>(777));
  EXPECT_LT(message_->content.attachments[0].properties.arena().used(), kPiece * kPieces * 2);
}

}  // namespace
}  // namespace ropewalk::dissect
