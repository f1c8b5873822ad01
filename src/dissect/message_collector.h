// Messages put together from what ROPs read and write of them: for saving them as mail.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "dissect/mapi_session.h"
#include "mapi/property_bag.h"

namespace ropewalk::dissect {

// A message as far as its ROPs told of it.
struct CollectedMessage {
  u64 number = 0;  // from 1
  // Once put_streams() has been called: properties read and written by streams are apart until then, so that a large
  // attachment is not copied with each of its pieces.
  mapi::MessageContent content;
  void put_streams();
  bool is_worth_showing() const;  // there is more than an opened handle

  struct Stream {
    mapi::MessageContent* message;  // `content`, or one embedded in it
    std::size_t attachment;         // of `message`; kNone: the message itself
    mapi::PropTag tag;
    std::vector<u8> data;
    bool is_put = false;
  };
  static constexpr std::size_t kNone = ~std::size_t{0};
  std::deque<Stream> streams;
};

// Follows one session. Bounded: past the limits, messages and properties are left out.
class MessageCollector {
 public:
  static constexpr std::size_t kMaxMessages = 4096, kMaxStreams = 4096, kMaxBytes = 256u << 20;

  void take(const MapiSession::Done& done);
  // The messages that were added to since the last call.
  std::vector<std::shared_ptr<CollectedMessage>> take_changed();

 private:
  // What a handle stands for: a message, one of its attachments, or a stream of a property of either.
  struct Object {
    std::shared_ptr<CollectedMessage> whole;
    mapi::MessageContent* message = nullptr;  // `whole`'s, or one embedded in it
    std::size_t attachment = CollectedMessage::kNone;
    CollectedMessage::Stream* stream = nullptr;  // of `whole`; null: not a stream
    bool is_attachment() const { return attachment != CollectedMessage::kNone; }
    mapi::PropertyBag& bag() const {
      return is_attachment() ? message->attachments[attachment].properties : message->properties;
    }
  };

  void open(const MapiSession::Done& done);
  void open_from(const MapiSession::Done& done, Object parent);
  void values(const MapiSession::Done& done, Object& object);
  void stream(const MapiSession::Done& done, Object& object);
  void restart(CollectedMessage::Stream& stream);
  void recipients(const MapiSession::Done& done, Object& object);
  void set(Object& object, mapi::PropTag tag, const mapi::Value& value);
  void changed(const Object& object);

  std::map<u32, Object> objects_;
  std::vector<std::shared_ptr<CollectedMessage>> changed_;
  u64 messages_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace ropewalk::dissect
