#include "dissect/message_collector.h"

#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "mapi/property_tags.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/rop_buffer.h"
#include "protocol/rop/streams.h"

namespace ropewalk::dissect {

using mapi::PropTag;
using mapi::PropType;
using rop::RopId;
namespace tag = mapi::tag;

namespace {

constexpr u32 kCodePage = 1252;
constexpr u16 kFirstNamed = 0x8000;

mapi::PropertyBag recipient(const mapi::RecipientRow& row, u8 type) {
  namespace flags = mapi::recipient_flags;
  mapi::PropertyBag bag;
  auto text = [&](u32 property, u16 bit, ByteView bytes) {
    if (!row.flags.has(bit)) return;
    bool is_unicode = row.flags.has(flags::kUnicode);
    bag.set_text(PropTag(property), is_unicode ? utf16_to_utf8(bytes) : mapi::string8_to_utf8(bytes, kCodePage));
  };
  bag.set(PropTag(tag::PidTagRecipientType), mapi::Value::of(u32{type}));
  text(tag::PidTagDisplayName, flags::kDisplayName, row.display_name);
  text(tag::PidTagEmailAddress, flags::kEmailAddress, row.email_address);
  if (row.flags.type() == mapi::RecipientAddressType::smtp) {
    bag.set_text(PropTag(tag::PidTagAddressType), "SMTP");
    text(tag::PidTagSmtpAddress, flags::kEmailAddress, row.email_address);
  }
  for (const mapi::PropertyCell& cell : row.properties.cells)
    if (cell.flag == mapi::CellFlag::value && cell.column.id() < kFirstNamed)
      bag.set(PropTag(static_cast<u32>(cell.column.id()) << 16 | static_cast<u16>(cell.type)), cell.value);
  return bag;
}

void take_summary(const rop::MessageSummary& summary, mapi::MessageContent& message) {
  std::string subject = summary.subject_prefix.text() + summary.normalized_subject.text();
  if (!subject.empty()) message.properties.set_text(PropTag(tag::PidTagSubject), subject);
  if (!message.recipients.empty()) return;
  for (const auto& row : summary.recipient_rows) message.recipients.push_back(recipient(row.row, row.recipient_type));
}

}  // namespace

bool CollectedMessage::is_worth_showing() const {
  for (const Stream& stream : streams)
    if (!stream.data.empty()) return true;
  return !content.properties.text(PropTag(tag::PidTagSubject)).empty() || content.properties.all().size() > 1;
}

void CollectedMessage::put_streams() {
  for (Stream& stream : streams) {
    if (std::exchange(stream.is_put, true)) continue;
    auto& bag = stream.attachment == kNone ? stream.message->properties
                                           : stream.message->attachments[stream.attachment].properties;
    bag.set_bytes(stream.tag, stream.data);
  }
}

std::vector<std::shared_ptr<CollectedMessage>> MessageCollector::take_changed() { return std::exchange(changed_, {}); }

void MessageCollector::changed(const Object& object) {
  if (std::ranges::find(changed_, object.whole) == changed_.end()) changed_.push_back(object.whole);
}

void MessageCollector::set(Object& object, PropTag property, const mapi::Value& value) {
  // Named properties have numbers that mean something in their mailbox alone.
  if (property.id() >= kFirstNamed || bytes_ > kMaxBytes) return;
  bytes_ += value.bytes.size() + sizeof value;
  object.bag().set(property, value);
  changed(object);
}

void MessageCollector::open(const MapiSession::Done& done) {
  if (done.request.id == RopId::open_message || done.request.id == RopId::create_message) {
    if (++messages_ > kMaxMessages) return;
    Object made;
    made.whole = std::make_shared<CollectedMessage>();
    made.whole->number = messages_;
    made.message = &made.whole->content;
    if (const auto* opened = done.response.as<rop::OpenMessageResponse>()) {
      take_summary(opened->summary, *made.message);
      changed(made);
    }
    objects_[done.opened] = std::move(made);
    return;
  }
  auto parent = objects_.find(done.handle);
  if (parent != objects_.end()) open_from(done, parent->second);
}

void MessageCollector::open_from(const MapiSession::Done& done, Object made) {
  switch (done.request.id) {
    case RopId::open_attachment:
    case RopId::create_attachment:
      made.attachment = made.message->attachments.size();
      made.message->attachments.emplace_back();
      break;
    case RopId::open_embedded_message: {
      if (!made.is_attachment()) return;
      auto& embedded = made.message->attachments[made.attachment].embedded;
      if (embedded == nullptr) embedded = std::make_unique<mapi::MessageContent>();
      made.message = embedded.get();
      made.attachment = CollectedMessage::kNone;
      if (const auto* opened = done.response.as<rop::OpenEmbeddedMessageResponse>())
        take_summary(opened->summary, *made.message);
      break;
    }
    case RopId::open_stream: {
      const PropTag property = done.request.as<rop::OpenStreamRequest>()->property_tag;
      const PropType type = property.type();
      if (type != PropType::string && type != PropType::string8 && type != PropType::binary) return;
      auto& streams = made.whole->streams;
      if (streams.size() >= kMaxStreams) return;
      // Opened again, it is read or written from its beginning again.
      auto known = std::ranges::find_if(streams, [&](const CollectedMessage::Stream& stream) {
        return stream.message == made.message && stream.attachment == made.attachment && stream.tag == property;
      });
      if (known == streams.end()) known = streams.insert(streams.end(), {made.message, made.attachment, property, {}});
      restart(*known);
      made.stream = &*known;
      break;
    }
    default:
      return;
  }
  objects_[done.opened] = std::move(made);
}

void MessageCollector::values(const MapiSession::Done& done, Object& object) {
  if (const auto* specific = done.response.as<rop::GetPropertiesSpecificResponse>()) {
    for (const mapi::PropertyCell& cell : specific->row.cells)
      if (cell.flag == mapi::CellFlag::value)
        set(object, PropTag(static_cast<u32>(cell.column.id()) << 16 | static_cast<u16>(cell.type)), cell.value);
  } else if (const auto* all = done.response.as<rop::GetPropertiesAllResponse>()) {
    for (const auto& property : all->property_values)
      if (property.tag.type() != PropType::error_code) set(object, property.tag, property.value);
  } else if (const auto* written = done.request.as<rop::SetPropertiesRequest>()) {
    for (const auto& property : written->property_values) set(object, property.tag, property.value);
  }
}

void MessageCollector::stream(const MapiSession::Done& done, Object& object) {
  ByteView data;
  if (const auto* read = done.response.as<rop::ReadStreamResponse>()) data = read->data;
  if (const auto* written = done.request.as<rop::WriteStreamRequest>()) data = written->data;
  if (data.empty() || bytes_ + data.size() > kMaxBytes) return;
  bytes_ += data.size();
  std::vector<u8>& all = object.stream->data;
  all.insert(all.end(), data.begin(), data.end());
  object.stream->is_put = false;
  changed(object);
}

void MessageCollector::restart(CollectedMessage::Stream& stream) {
  bytes_ -= stream.data.size();
  stream.data.clear();
  stream.is_put = true;
}

void MessageCollector::recipients(const MapiSession::Done& done, Object& object) {
  if (done.request.id == RopId::remove_all_recipients) object.message->recipients.clear();
  if (const auto* modified = done.request.as<rop::ModifyRecipientsRequest>())
    for (const auto& row : modified->recipient_rows)
      if (row.present) object.message->recipients.push_back(recipient(row.row, row.recipient_type));
  changed(object);
}

void MessageCollector::take(const MapiSession::Done& done) {
  if (done.opened != rop::kNoHandle) return open(done);
  auto found = objects_.find(done.handle);
  if (found == objects_.end()) return;
  Object& object = found->second;
  if (object.stream != nullptr) return stream(done, object);
  bool of_recipients = done.request.id == RopId::modify_recipients || done.request.id == RopId::remove_all_recipients;
  if (of_recipients && !object.is_attachment()) return recipients(done, object);
  values(done, object);
}

}  // namespace ropewalk::dissect
