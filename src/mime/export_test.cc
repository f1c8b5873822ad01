// Out and in again: a message that was exported and imported is the same message.
#include <map>

#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "mime/addresses.h"
#include "mime/export.h"
#include "mime/import_context.h"
#include "mime/test_mail.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

// Not of the message's meaning: how it was written, and entry ids made of what is compared anyway.
bool is_written_form(u32 property) {
  return property == tag::PidTagTransportMessageHeaders || property == tag::PidTagMimeSkeleton ||
         property == tag::PidTagAttachFilename || property == tag::PidTagAttachNumber;
}

std::string shown(const mapi::Property& property) {
  switch (property.tag.type()) {
    case mapi::PropType::string:
      return utf16_to_utf8(property.value.bytes);
    case mapi::PropType::binary:
      return std::string(text_of(property.value.bytes));
    case mapi::PropType::multiple_string: {
      std::string out;
      for (const Value& item : property.value.items.span()) out += utf16_to_utf8(item.bytes) + "|";
      return out;
    }
    default:
      return std::to_string(property.value.number);
  }
}

using Picture = std::multimap<std::string, std::string>;

std::string name_of(const MessageContent& message, PropTag tag) {
  if (!tag.is_named()) return tag.to_string();
  const mapi::PropertyName& name = message.names.at(tag.id() - 0x8000u);
  return name.set.to_string() + "/" + (name.lid ? std::to_string(*name.lid) : name.name);
}

void picture_of(const MessageContent& message, const mapi::PropertyBag& bag, const std::string& where, Picture& out) {
  for (const mapi::Property& property : bag.all())
    if (!is_written_form(property.tag.value)) out.emplace(where + name_of(message, property.tag), shown(property));
}

Picture picture_of(const MessageContent& message, const std::string& where = "") {
  Picture out;
  picture_of(message, message.properties, where, out);
  for (const auto& recipient : message.recipients) picture_of(message, recipient, where + "recipient ", out);
  for (const auto& attachment : message.attachments) {
    std::string name = attachment.embedded ? "message" : "file";
    mapi::PropertyBag bag;
    for (const mapi::Property& property : attachment.properties.all()) {
      bool made_up = attachment.embedded && (property.tag.value == tag::PidTagAttachLongFilename);
      if (!made_up) bag.set(property.tag, property.value);
    }
    picture_of(message, bag, where + name + " ", out);
    if (attachment.embedded) out.merge(picture_of(*attachment.embedded, where + "inner "));
  }
  return out;
}

std::string difference(const Picture& a, const Picture& b) {
  std::string out;
  auto tell = [&](const Picture& from, const Picture& other, const char* mark) {
    Picture left = other;
    for (const auto& [name, value] : from) {
      auto [first, last] = left.equal_range(name);
      auto at = std::find_if(first, last, [&](const auto& one) { return one.second == value; });
      if (at != last)
        left.erase(at);
      else
        out += std::string(mark) + name + " = " + value.substr(0, 120) + "\n";
    }
  };
  tell(a, b, "- ");
  tell(b, a, "+ ");
  return out;
}

// Kept verbatim with a header that is none: out and in again it reads differently, and is all there.
constexpr std::string_view kBrokenEntity = "stalwart-malformed-007.eml";

void expect_same_again(const std::filesystem::path& path) {
  Imported first = import_text(read_file(path));
  std::string out = export_message(first.message);
  Imported second = import_text(out);
  if (path.filename() != kBrokenEntity) {
    EXPECT_EQ(difference(picture_of(first.message), picture_of(second.message)), "") << path;
  }
  for (std::string_view rest = out; !rest.empty();) {
    std::string_view line = take_line(rest);
    if (line.size() > 1000) {
      ADD_FAILURE() << path << ": a line of " << line.size();
      break;
    }
  }
}

// As a client makes them: no original header to lean on.
TEST(Export, MessagesWithoutAnOriginalComeBack) {
  for (const auto& path : files_in(example_mail(), ".eml")) {
    MessageContent message = import_text(read_file(path)).message;
    message.properties.remove(PropTag(tag::PidTagTransportMessageHeaders).id());
    Imported second = import_text(export_message(message));
    // What only a header tells: when it was delivered.
    message.properties.remove(PropTag(tag::PidTagMessageDeliveryTime).id());
    second.message.properties.remove(PropTag(tag::PidTagMessageDeliveryTime).id());
    EXPECT_EQ(difference(picture_of(message), picture_of(second.message)), "") << path;
  }
}

TEST(Export, ChangedPropertiesChangeTheHeader) {
  MessageContent message = import_text(
                               "X-First: 1\r\nSubject: old =?utf-8?q?J=FC?=\r\nFrom: \"A\" (c) <a@ropewalk.test>\r\n"
                               "Date: Mon, 1 Jan 2024 13:00:00 +0200\r\nTo: b@ropewalk.test\r\nReceived: kept\r\n\r\nx")
                               .message;
  message.properties.set_text(PropTag(tag::PidTagSubject), "J\xC3\xBCte");
  message.recipients.clear();
  std::string out = export_message(message);
  EXPECT_TRUE(
      out.starts_with("X-First: 1\r\nSubject: =?utf-8?B?SsO8dGU=?=\r\nFrom: \"A\" (c) <a@ropewalk.test>\r\n"
                      "Date: Mon, 1 Jan 2024 13:00:00 +0200\r\nReceived: kept\r\nMIME-Version: 1.0\r\n"))
      << out;
}

TEST(Export, SignedMessageKeepsTheSignedBytes) {
  std::string raw = read_file(example_mail() / "48-signed.eml");
  std::string out = export_message(import_text(raw).message);
  std::string entity = raw.substr(raw.find("\r\n\r\n"));
  EXPECT_TRUE(out.ends_with(entity));
}

TEST(Export, AMeetingWithoutItsCalendarIsWrittenAnew) {
  for (const char* name : {"11-meeting-request.eml", "12-meeting-reply.eml", "13-meeting-cancelled.eml"}) {
    MessageContent message = import_text(read_file(example_mail() / name)).message;
    std::string kept = export_message(message);
    mapi::PropTag start = named_tag(message, mapi::named::PidLidAppointmentStartWhole);
    u64 later = message.properties.find(start)->number + 36'000'000'000;
    message.properties.set(start, Value::of(later));
    MessageContent again = import_text(export_message(message)).message;
    EXPECT_EQ(again.properties.find(named_tag(again, mapi::named::PidLidAppointmentStartWhole))->number, later);
    for (const auto& property : {mapi::named::PidLidGlobalObjectId, mapi::named::PidLidLocation,
                                 mapi::named::PidLidAppointmentSequence, mapi::named::PidLidBusyStatus}) {
      auto type = static_cast<mapi::PropType>(property.type);
      const Value* a = message.properties.find(named_tag(message, property));
      const Value* b = again.properties.find(named_tag(again, property));
      ASSERT_TRUE(a != nullptr && b != nullptr) << name;
      EXPECT_TRUE(mapi::equal_values(type, *a, *b)) << name;
    }
    EXPECT_EQ(again.properties.text(PropTag(tag::PidTagMessageClass)),
              message.properties.text(PropTag(tag::PidTagMessageClass)));
  }
}

TEST(Export, ExamplesComeBack) {
  for (const auto& path : files_in(example_mail(), ".eml")) expect_same_again(path);
}

TEST(Export, CorpusComesBack) {
  auto folder = shared_path("mail/eml");
  if (folder.empty()) GTEST_SKIP() << "the shared mail corpus is absent";
  for (const auto& path : files_in(folder, ".eml")) expect_same_again(path);
}

}  // namespace
}  // namespace ropewalk::mime
