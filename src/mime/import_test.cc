// What single messages become: the sample mail, and tricky ones made here.
#include <ctime>

#include "base/utf16.h"
#include "mapi/property_tags.h"
#include "mime/addresses.h"
#include "mime/import_context.h"
#include "mime/test_mail.h"
#include "mime/transfer.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
namespace named = mapi::named;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

MessageContent example(const std::string& name) { return import_text(read_file(example_mail() / name)).message; }
std::string text(const MessageContent& message, u32 property) { return message.properties.text(PropTag(property)); }
std::string attachment_text(const MessageContent& message, std::size_t index, u32 property) {
  return message.attachments.at(index).properties.text(PropTag(property));
}
std::string data(const MessageContent& message, std::size_t index) {
  const Value* value = message.attachments.at(index).properties.find(PropTag(tag::PidTagAttachDataBinary));
  return value == nullptr ? "<none>" : std::string(text_of(value->bytes));
}
u64 number(const MessageContent& message, u32 property) {
  const Value* value = message.properties.find(PropTag(property));
  return value == nullptr ? 0xDEAD : value->number;
}
std::string body(const MessageContent& message) { return text(message, tag::PidTagBody); }
std::string html(const MessageContent& message) {
  const Value* value = message.properties.find(PropTag(tag::PidTagHtml));
  return value == nullptr ? "<none>" : std::string(text_of(value->bytes));
}
std::optional<Value> named_value(const MessageContent& message, const mapi::NamedProperty& property) {
  for (std::size_t i = 0; i < message.names.size(); ++i) {
    if (message.names[i] != property_name(property)) continue;
    const Value* value =
        message.properties.find(PropTag(static_cast<u16>(0x8000 + i), static_cast<mapi::PropType>(property.type)));
    return value == nullptr ? std::nullopt : std::optional(*value);
  }
  return std::nullopt;
}

TEST(Import, PlainMessage) {
  MessageContent message = example("01-plain.eml");
  EXPECT_EQ(text(message, tag::PidTagMessageClass), "IPM.Note");
  EXPECT_FALSE(text(message, tag::PidTagSubject).empty());
  EXPECT_FALSE(text(message, tag::PidTagSentRepresentingSmtpAddress).empty());
  EXPECT_EQ(text(message, tag::PidTagSenderSmtpAddress), text(message, tag::PidTagSentRepresentingSmtpAddress));
  EXPECT_EQ(message.recipients.size(), 1u);
  EXPECT_EQ(number(message, tag::PidTagNativeBody), 1u);
  EXPECT_NE(body(message).find("\r\n"), std::string::npos);
  EXPECT_TRUE(message.attachments.empty());
}

TEST(Import, SubjectPrefix) {
  struct {
    const char *subject, *prefix, *rest;
  } cases[] = {{"Re: ropes", "Re: ", "ropes"}, {"FW: a: b", "FW: ", "a: b"},      {"ropes", "", "ropes"},
               {"R2: x", "", "R2: x"},         {"Note: x", "", "Note: x"},        {"AW:x", "", "AW:x"},
               {"a b: x", "", "a b: x"},       {"\xC3\x9C: x", "\xC3\x9C: ", "x"}};
  for (const auto& one : cases) {
    MessageContent message = import_text("Subject: " + std::string(one.subject) + "\r\n\r\n").message;
    EXPECT_EQ(text(message, tag::PidTagSubject), one.subject);
    EXPECT_EQ(text(message, tag::PidTagSubjectPrefix), one.prefix);
    EXPECT_EQ(text(message, tag::PidTagNormalizedSubject), one.rest);
    EXPECT_EQ(text(message, tag::PidTagConversationTopic), one.rest);
  }
}

TEST(Import, AddressesAreOneOffs) {
  MessageContent message =
      import_text(
          "From: \"Rope, Maker\" <user1@ropewalk.test>\r\nSender: <user2@ropewalk.test>\r\n"
          "To: a@ropewalk.test, Team: b@ropewalk.test, =?utf-8?q?C=C3=A9?= <c@ropewalk.test>;\r\n"
          "Cc: (comment) d@ropewalk.test\r\nBcc: e@ropewalk.test\r\nReply-To: f@ropewalk.test\r\n\r\n")
          .message;
  EXPECT_EQ(text(message, tag::PidTagSentRepresentingName), "Rope, Maker");
  EXPECT_EQ(text(message, tag::PidTagSenderEmailAddress), "user2@ropewalk.test");
  EXPECT_EQ(text(message, tag::PidTagSenderAddressType), "SMTP");
  ASSERT_EQ(message.recipients.size(), 5u);
  EXPECT_EQ(recipient_address(message.recipients[2]), (Mailbox{"C\xC3\xA9", "c@ropewalk.test"}));
  EXPECT_EQ(message.recipients[3].find(PropTag(tag::PidTagRecipientType))->number, 2u);
  EXPECT_EQ(message.recipients[4].find(PropTag(tag::PidTagRecipientType))->number, 3u);
  EXPECT_EQ(text(message, tag::PidTagDisplayTo), "a@ropewalk.test; b@ropewalk.test; C\xC3\xA9");
  EXPECT_EQ(text(message, tag::PidTagReplyRecipientNames), "f@ropewalk.test");
  const Value* key = message.recipients[0].find(PropTag(tag::PidTagSearchKey));
  EXPECT_EQ(text_of(key->bytes), std::string_view("SMTP:A@ROPEWALK.TEST\0", 21));
  const Value* id = message.recipients[0].find(PropTag(tag::PidTagEntryId));
  EXPECT_EQ(id->bytes.size(), 24 + 2 * (16 + 5 + 16));  // [MS-OXCDATA] 2.2.5.1: name, type and address, terminated
}

TEST(Import, TimesAndIds) {
  MessageContent message =
      import_text(
          "Received: by b; Tue, 2 Jan 2024 12:00:00 +0000\r\nReceived: by a; Mon, 1 Jan 2024 12:00:00 +0000\r\n"
          "Date: Mon, 1 Jan 2024 13:00:00 +0200\r\nMessage-ID: <1@ropewalk.test>\r\nIn-Reply-To: <0@ropewalk.test>\r\n"
          "References: <r@ropewalk.test>\r\n <0@ropewalk.test>\r\n\r\n")
          .message;
  EXPECT_EQ(message.properties.find(PropTag(tag::PidTagClientSubmitTime))->time().to_string(),
            "2024-01-01T11:00:00.0000000Z");
  EXPECT_EQ(message.properties.find(PropTag(tag::PidTagMessageDeliveryTime))->time().to_string(),
            "2024-01-02T12:00:00.0000000Z");
  EXPECT_EQ(text(message, tag::PidTagInternetMessageId), "<1@ropewalk.test>");
  EXPECT_EQ(text(message, tag::PidTagInternetReferences), "<r@ropewalk.test> <0@ropewalk.test>");
  MessageContent none = import_text("Subject: x\r\n\r\n").message;
  EXPECT_EQ(none.properties.find(PropTag(tag::PidTagMessageDeliveryTime))->time(), FileTime::from_unix(1'700'000'000));
  EXPECT_EQ(none.properties.find(PropTag(tag::PidTagClientSubmitTime)), nullptr);
}

TEST(Import, MessagesOfAThreadShareTheirConversation) {
  auto guid = [](const MessageContent& message) {
    const Value* index = message.properties.find(PropTag(tag::PidTagConversationIndex));
    EXPECT_EQ(index->bytes.size(), 22u);
    return std::string(text_of(index->bytes.subspan(6, 16)));
  };
  MessageContent first = import_text("Subject: x\r\nMessage-ID: <1@t>\r\n\r\n").message;
  MessageContent reply = import_text("Subject: Re: x\r\nMessage-ID: <2@t>\r\nIn-Reply-To: <1@t>\r\n\r\n").message;
  MessageContent third =
      import_text("Subject: Re: x\r\nMessage-ID: <3@t>\r\nReferences: <1@t> <2@t>\r\nIn-Reply-To: <2@t>\r\n\r\n")
          .message;
  MessageContent other = import_text("Subject: x\r\nMessage-ID: <4@t>\r\n\r\n").message;
  EXPECT_EQ(guid(first), guid(reply));
  EXPECT_EQ(guid(first), guid(third));
  EXPECT_NE(guid(first), guid(other));
}

TEST(Import, LevelsAndReceipts) {
  MessageContent message = example("32-urgent.eml");
  EXPECT_EQ(number(message, tag::PidTagImportance), 2u);
  EXPECT_EQ(number(message, tag::PidTagPriority), 1u);
  EXPECT_NE(number(message, tag::PidTagSensitivity), 0u);
  EXPECT_EQ(number(message, tag::PidTagReadReceiptRequested), 1u);
  EXPECT_EQ(number(message, tag::PidTagOriginatorDeliveryReportRequested), 1u);
  MessageContent low = import_text("X-Priority: 5 (Lowest)\r\nPriority: non-urgent\r\n\r\n").message;
  EXPECT_EQ(number(low, tag::PidTagImportance), 0u);
  EXPECT_EQ(static_cast<i32>(number(low, tag::PidTagPriority)), -1);
}

TEST(Import, FieldsWithoutAPropertyBecomeNamedOnes) {
  MessageContent message = import_text(
                               "X-Rope-Length: 300 m\r\nX-Rope-Length: 2\r\nContent-Class: urn:x\r\n"
                               "Keywords: hemp, =?utf-8?q?J=C3=BCte?=\r\n\r\n")
                               .message;
  mapi::PropertyName name{mapi::guid_of(mapi::PropertySet::PS_INTERNET_HEADERS), std::nullopt, "x-rope-length"};
  EXPECT_EQ(message.properties.text(message.tag_of(name, mapi::PropType::string)), "300 m");
  auto keywords = named_value(message, named::PidNameKeywords);
  ASSERT_TRUE(keywords);
  ASSERT_EQ(keywords->items.size(), 2u);
  EXPECT_EQ(utf16_to_utf8(keywords->items[1].bytes), "J\xC3\xBCte");
}

TEST(Import, ManyUnknownFieldsMakeFewNames) {
  std::string raw;
  for (int i = 0; i < 5000; ++i) raw += "X-Field-" + std::to_string(i) + ": 1\r\n";
  Imported imported = import_text(raw + "\r\n");
  EXPECT_LE(imported.message.names.size(), 300u);
  EXPECT_EQ(imported.remarks.size(), 1u);
  EXPECT_NE(text(imported.message, tag::PidTagTransportMessageHeaders).find("X-Field-4999"), std::string::npos);
}

TEST(Import, AlternativesFillBothBodies) {
  MessageContent message = example("03-alternative.eml");
  EXPECT_FALSE(body(message).empty());
  EXPECT_NE(html(message).find("<"), std::string::npos);
  EXPECT_EQ(number(message, tag::PidTagNativeBody), 3u);
  EXPECT_EQ(number(message, tag::PidTagInternetCodepage), 65001u);
  EXPECT_TRUE(message.attachments.empty());
}

TEST(Import, InlineImagesAreHiddenAttachments) {
  MessageContent message = example("06-inline-images.eml");
  ASSERT_EQ(message.attachments.size(), 2u);
  for (const auto& attachment : message.attachments) {
    std::string id = attachment.properties.text(PropTag(tag::PidTagAttachContentId));
    EXPECT_NE(html(message).find("cid:" + id), std::string::npos);
    EXPECT_EQ(attachment.properties.find(PropTag(tag::PidTagAttachFlags))->number, 4u);
    EXPECT_TRUE(attachment.properties.find(PropTag(tag::PidTagAttachmentHidden))->boolean());
  }
}

TEST(Import, TextsAfterTheBodyAreAttachments) {
  MessageContent message =
      import_text(
          "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nbody\r\n--b\r\n"
          "Content-Type: application/pdf; name=\"../a:b.pdf\"\r\nContent-Transfer-Encoding: "
          "base64\r\n\r\nAAEC\r\n--b\r\n\r\n"
          "footer\r\n--b--\r\n")
          .message;
  EXPECT_EQ(body(message), "body");
  ASSERT_EQ(message.attachments.size(), 2u);
  EXPECT_EQ(attachment_text(message, 0, tag::PidTagAttachLongFilename), "a_b.pdf");
  EXPECT_EQ(attachment_text(message, 0, tag::PidTagAttachExtension), ".pdf");
  EXPECT_EQ(data(message, 0), std::string("\0\1\2", 3));
  EXPECT_EQ(attachment_text(message, 1, tag::PidTagAttachLongFilename), "ATT00002.txt");
  EXPECT_EQ(data(message, 1), "footer");
}

TEST(Import, EmbeddedMessages) {
  MessageContent message = example("09-nested-twice.eml");
  ASSERT_FALSE(message.attachments.empty());
  const MessageContent* inner = nullptr;
  for (const auto& attachment : message.attachments) {
    if (attachment.embedded) inner = attachment.embedded.get();
  }
  ASSERT_NE(inner, nullptr);
  bool deeper = std::ranges::any_of(inner->attachments, [](const auto& one) { return one.embedded != nullptr; });
  EXPECT_TRUE(deeper);
  EXPECT_EQ(example("10-digest.eml").attachments.size(), 3u);
}

TEST(Import, NestingIsBounded) {
  std::string raw = "Subject: inmost\r\n\r\nx";
  for (int i = 0; i < 200; ++i) raw = "Subject: s\r\nContent-Type: message/rfc822\r\n\r\n" + raw;
  Imported imported = import_text(raw);
  EXPECT_FALSE(imported.remarks.empty());
  const MessageContent* at = &imported.message;
  int depth = 0;
  while (!at->attachments.empty() && at->attachments.front().embedded) {
    at = at->attachments.front().embedded.get();
    ++depth;
  }
  EXPECT_EQ(depth, 16);
  ASSERT_EQ(at->attachments.size(), 1u);
  EXPECT_NE(data(*at, 0).find("inmost"), std::string::npos);

  std::string parts = "x";
  for (int i = 0; i < 300; ++i) {
    std::string b = "b" + std::to_string(i);
    parts =
        "Content-Type: multipart/mixed; boundary=" + b + "\r\n\r\n--" + b + "\r\n" + parts + "\r\n--" + b + "--\r\n";
  }
  Imported deep = import_text(parts);
  ASSERT_EQ(deep.message.attachments.size(), 1u);
  EXPECT_NE(data(deep.message, 0).find("--b0\r\nx"), std::string::npos);
}

TEST(Import, Charsets) {
  EXPECT_NE(body(example("15-koi8-r.eml")).find("\xD0"), std::string::npos);
  EXPECT_EQ(number(example("15-koi8-r.eml"), tag::PidTagInternetCodepage), 20866u);
  EXPECT_EQ(number(example("16-shift-jis.eml"), tag::PidTagInternetCodepage), 932u);
  EXPECT_EQ(number(example("17-gb18030.eml"), tag::PidTagInternetCodepage), 54936u);
  EXPECT_EQ(number(example("22-iso-2022-jp.eml"), tag::PidTagInternetCodepage), 50220u);
  for (const char* name : {"15-koi8-r.eml", "16-shift-jis.eml", "17-gb18030.eml", "19-arabic.eml", "20-big5.eml",
                           "21-euc-kr.eml", "22-iso-2022-jp.eml", "23-thai.eml", "24-emoji.eml"}) {
    EXPECT_EQ(body(example(name)).find("\xEF\xBF\xBD"), std::string::npos) << name;
    EXPECT_EQ(text(example(name), tag::PidTagSubject).find('?'), std::string::npos) << name;
  }
  MessageContent wrong = import_text("Content-Type: text/plain; charset=us-ascii\r\n\r\nJ\xC3\xBCte\n").message;
  EXPECT_EQ(body(wrong), "J\xC3\xBCte\r\n");
  MessageContent latin = import_text("Subject: J\xFCte\r\n\r\nJ\xFCte").message;
  EXPECT_EQ(body(latin), "J\xC3\xBCte");
  EXPECT_EQ(text(latin, tag::PidTagSubject), "J\xC3\xBCte");
}

TEST(Import, TextThatItsCharsetCannotReadIsKept) {
  MessageContent message = import_text("Content-Type: text/plain; charset=utf-8\r\n\r\nok \xFF\xFE").message;
  EXPECT_NE(body(message).find("ok"), std::string::npos);
  ASSERT_EQ(message.attachments.size(), 1u);
  EXPECT_EQ(data(message, 0), "ok \xFF\xFE");
}

TEST(Import, EncodedWords) {
  struct {
    const char *raw, *text;
  } cases[] = {
      {"=?utf-8?B?YQ==?= =?utf-8?B?Yg==?=\r\n =?utf-8?B?Yw==?=", "abc"},
      {"=?utf-8?B?w?= =?utf-8?Q?=BC?=", "\xEF\xBF\xBD"},  // not base64: nothing came of the first word
      {"=?utf-8?q?=C3?= =?utf-8?q?=BC?= x", "\xC3\xBC x"},
      {"=?iso-8859-1*de?q?J=FCte_?= =?koi8-r?b?0g==?=!", "J\xC3\xBCte \xD1\x80!"},
      {"a =?utf-8?q?b?= c =?utf-8?q?d?==?utf-8?q?e?=", "a b c de"},
      {"=?utf-8?x?b?= =?utf-8?q?b =?", "=?utf-8?x?b?= =?utf-8?q?b =?"},
      {"=?no-such-charset?q?=C3=BC?=", "\xC3\xBC"},
      {"=?utf-8?Q?=3D=3F?=", "=?"},
  };
  for (const auto& one : cases)
    EXPECT_EQ(text(import_text("Subject: " + std::string(one.raw) + "\r\n\r\n").message, tag::PidTagSubject), one.text);
  MessageContent named = import_text("From: =?utf-8?B?YQ==?= =?utf-8?B?YiwgYw==?= <x@ropewalk.test>\r\n\r\n").message;
  EXPECT_EQ(text(named, tag::PidTagSenderName), "ab, c");
}

TEST(Import, FlowedText) {
  MessageContent message = import_text(
                               "Content-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\n> quoted \r\n> "
                               "more\r\n-- \r\nsig\r\n stuffed\r\n")
                               .message;
  EXPECT_EQ(body(message), "one two\r\n> quoted more\r\n-- \r\nsig\r\nstuffed\r\n");
  MessageContent joined =
      import_text("Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nab \r\ncd\r\n").message;
  EXPECT_EQ(body(joined), "abcd\r\n");
}

TEST(Import, FileNames) {
  MessageContent message = example("27-rfc2231.eml");
  ASSERT_FALSE(message.attachments.empty());
  for (std::size_t i = 0; i < message.attachments.size(); ++i) {
    std::string name = attachment_text(message, i, tag::PidTagAttachLongFilename);
    EXPECT_EQ(name.find('%'), std::string::npos) << name;
    EXPECT_FALSE(name.starts_with("ATT")) << name;
  }
}

TEST(Import, MeetingRequest) {
  MessageContent message = example("11-meeting-request.eml");
  EXPECT_EQ(text(message, tag::PidTagMessageClass), "IPM.Schedule.Meeting.Request");
  EXPECT_TRUE(message.attachments.empty());
  auto start = named_value(message, named::PidLidAppointmentStartWhole);
  auto end = named_value(message, named::PidLidAppointmentEndWhole);
  ASSERT_TRUE(start && end);
  EXPECT_LT(start->number, end->number);
  EXPECT_EQ(named_value(message, named::PidLidBusyStatus)->number, 1u);
  EXPECT_EQ(named_value(message, named::PidLidAppointmentStateFlags)->number, 3u);
  EXPECT_TRUE(named_value(message, named::PidLidReminderSet)->boolean());
  EXPECT_FALSE(utf16_to_utf8(named_value(message, named::PidLidLocation)->bytes).empty());
  EXPECT_GE(named_value(message, named::PidLidGlobalObjectId)->bytes.size(), 40u);
  EXPECT_NE(text_of(named_value(message, named::PidLidInboundICalStream)->bytes).find("BEGIN:VCALENDAR"),
            std::string_view::npos);
  EXPECT_EQ(text(example("12-meeting-reply.eml"), tag::PidTagMessageClass), "IPM.Schedule.Meeting.Resp.Pos");
  MessageContent canceled = example("13-meeting-cancelled.eml");
  EXPECT_EQ(text(canceled, tag::PidTagMessageClass), "IPM.Schedule.Meeting.Canceled");
  EXPECT_TRUE(named_value(canceled, named::PidLidSingleBodyICal)->boolean());
  EXPECT_TRUE(named_value(example("14-meeting-recurring.eml"), named::PidLidIsRecurring)->boolean());
}

// [MS-OXOCAL] 4.1.1.6.1 has these times: a UID that is an object id in hexadecimal stays one.
TEST(Import, OutlookUidIsTheObjectId) {
  std::string uid =
      "040000008200E00074C5B7101A82E008000000005025D461E473C8010000000000000000100000002A5844B3A444F74A9C246C60886F116"
      "B";
  std::string raw =
      "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n"
      "BEGIN:VEVENT\r\nUID:" +
      uid +
      "\r\nRECURRENCE-ID:20080325T170000Z\r\nDTSTART:20080326T170000Z\r\n"
      "DURATION:PT30M\r\nSUMMARY:s\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
  MessageContent message = import_text(raw).message;
  auto id = named_value(message, named::PidLidGlobalObjectId);
  ASSERT_TRUE(id);
  EXPECT_EQ(id->bytes.size(), 56u);
  EXPECT_EQ(id->bytes[16], 0x07);
  EXPECT_EQ(id->bytes[17], 0xD8);
  EXPECT_EQ(id->bytes[18], 3);
  EXPECT_EQ(id->bytes[19], 25);
  EXPECT_EQ(named_value(message, named::PidLidCleanGlobalObjectId)->bytes[16], 0);
  EXPECT_EQ(named_value(message, named::PidLidAppointmentDuration)->number, 30u);
  EXPECT_EQ(text(message, tag::PidTagSubject), "s");
}

TEST(Import, Reports) {
  MessageContent failed = example("38-delivery-status.eml");
  EXPECT_EQ(text(failed, tag::PidTagMessageClass), "REPORT.IPM.Note.NDR");
  EXPECT_FALSE(text(failed, tag::PidTagOriginalSubject).empty());
  EXPECT_EQ(text(example("39-read-receipt.eml"), tag::PidTagMessageClass), "REPORT.IPM.Note.IPNRN");
}

TEST(Import, ClearSignedMessageKeepsTheSignedBytes) {
  std::string raw = read_file(example_mail() / "48-signed.eml");
  MessageContent message = import_text(raw).message;
  EXPECT_EQ(text(message, tag::PidTagMessageClass), "IPM.Note.SMIME.MultipartSigned");
  ASSERT_EQ(message.attachments.size(), 1u);
  EXPECT_EQ(attachment_text(message, 0, tag::PidTagAttachMimeTag), "multipart/signed");
  EXPECT_TRUE(data(message, 0).starts_with("Content-"));
  EXPECT_NE(data(message, 0).find(raw.substr(raw.find("\r\n\r\n") + 4)), std::string::npos);
  EXPECT_FALSE(body(message).empty());
}

TEST(Import, OpaqueSmime) {
  for (const auto& path : files_in(shared_path("mail/smime"), ".p7m")) {
    std::string bytes = read_file(path), encoded;
    encode_base64(bytes_of(bytes), encoded);
    MessageContent message = import_text(
                                 "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n"
                                 "Content-Transfer-Encoding: base64\r\n\r\n" +
                                 encoded)
                                 .message;
    EXPECT_EQ(text(message, tag::PidTagMessageClass), "IPM.Note.SMIME");
    ASSERT_EQ(message.attachments.size(), 1u);
    EXPECT_EQ(data(message, 0), bytes);
  }
}

TEST(Import, EveryCalendarOfTheCorpusComesThrough) {
  auto files = files_in(shared_path("mail/calendar"), ".ics");
  if (files.empty()) GTEST_SKIP() << "the shared mail corpus is absent";
  int mapped = 0;
  for (const auto& path : files) {
    std::string bytes = read_file(path), encoded;
    encode_base64(bytes_of(bytes), encoded);
    for (const char* method : {"REQUEST", "PUBLISH"}) {
      MessageContent message = import_text("Content-Type: text/calendar; charset=utf-8; method=" + std::string(method) +
                                           "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded)
                                   .message;
      auto kept = named_value(message, named::PidLidInboundICalStream);
      if (kept) {
        ++mapped;
        EXPECT_EQ(text_of(kept->bytes), bytes) << path;
      } else if (!bytes.empty()) {
        ASSERT_EQ(message.attachments.size(), 1u) << path;
        EXPECT_EQ(data(message, 0), bytes) << path;
      }
    }
  }
  EXPECT_GT(mapped, 0);
}

// Input made to cost more than it weighs: each of these was or would be quadratic somewhere.
TEST(Import, CostGrowsWithTheInputAlone) {
  auto repeat = [](std::string_view piece, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += piece;
    return out;
  };
  constexpr std::size_t kSize = 1u << 20;
  std::string multipart = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n";
  const std::string hostile[] = {
      "Subject: " + repeat("=?a?q?", kSize) + "\r\n\r\n",
      "Subject: " + repeat("=?utf-8?q?x", kSize) + "?=\r\n\r\n",
      "To: " + repeat("a@b, ", kSize) + "\r\n\r\n",
      "To: " + repeat("(", kSize) + "\r\n\r\n",
      "To: " + repeat("g:", kSize) + "\r\n\r\n",
      "To: " + repeat("\"", kSize) + "\r\n\r\n",
      repeat("a:b\r\n", kSize),
      repeat("x-", kSize),
      repeat(" \r\n", kSize),
      multipart + repeat("--b", kSize),
      multipart + repeat("--b\r\n", kSize),
      "Content-Type: text/plain; " + repeat("a*0*=b; ", kSize) + "\r\n\r\n",
      "Content-Type: text/plain; " + repeat("a=b; ", kSize) + "\r\n\r\n",
      "Content-Type: text/html\r\n\r\n" + repeat("<img src=cid:", kSize),
      "Content-Type: text/plain; format=flowed\r\n\r\n" + repeat("> \r\n", kSize),
  };
  for (const std::string& raw : hostile) {
    std::clock_t begin = std::clock();
    Imported imported = import_text(raw);
    double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_LT(seconds, 8) << raw.substr(0, 60);
    EXPECT_LT(imported.message.attachments.size(), 6000u);
    EXPECT_LE(imported.message.recipients.size(), 20'000u);
  }
}

TEST(Import, WhatIsNoMessageIsABody) {
  for (std::string raw :
       {std::string(""), std::string("\0\1\2\xFF", 4), std::string("hello"), std::string("\r\n\r\n\r\n"),
        std::string(":\r\n:\r\n"), std::string("From "), std::string("--\r\n")}) {
    Imported imported = import_text(raw);
    EXPECT_EQ(text(imported.message, tag::PidTagMessageClass), "IPM.Note");
  }
  Imported binary = import_text(std::string("\0\1\2\xFF", 4));
  EXPECT_FALSE(binary.remarks.empty());
  EXPECT_TRUE(!body(binary.message).empty() || !binary.message.attachments.empty());
}

}  // namespace
}  // namespace ropewalk::mime
