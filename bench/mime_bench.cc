// Typical small messages through the import and the export, beside GMime's bare parse of the same bytes (which makes no
// properties) as the yardstick.
#include <benchmark/benchmark.h>

#include "mime/export.h"
#include "mime/fields.h"
#include "mime/glib.h"
#include "mime/import.h"

namespace ropewalk::bench {
namespace {

// About what a mailbox is full of: a dozen trace and other fields, text and HTML, sometimes a small attachment.
std::string typical_message(int number) {
  std::string n = std::to_string(number);
  std::string out;
  for (int hop = 0; hop < 4; ++hop)
    out += "Received: from mx" + n +
           ".ropewalk.test (mx.ropewalk.test [192.0.2.1])\r\n\tby in.ropewalk.test with ESMTPS id " + n +
           "\r\n\tfor <user1@ropewalk.test>; Mon, 1 Jan 2024 12:00:0" + std::to_string(hop) + " +0000\r\n";
  out +=
      "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=ropewalk.test; s=s1;\r\n h=from:to:subject:date;\r\n "
      "bh=" +
      std::string(44, 'b') + ";\r\n b=" + std::string(170, 'c') + "\r\n";
  out +=
      "Message-ID: <" + n +
      "@ropewalk.test>\r\nIn-Reply-To: <0@ropewalk.test>\r\nReferences: <r@ropewalk.test>\r\n"
      " <0@ropewalk.test>\r\nDate: Mon, 1 Jan 2024 13:00:00 +0100\r\nFrom: Rope Maker <user2@ropewalk.test>\r\n"
      "To: User One <user1@ropewalk.test>, user3@ropewalk.test\r\nCc: =?utf-8?q?J=C3=BCrg?= <user4@ropewalk.test>\r\n"
      "Subject: Re: =?utf-8?B?SGFuZiB1bmQgSsO8dGU=?= number " +
      n +
      "\r\nX-Mailer: Rope 1.0\r\nX-Spam-Score: -1\r\n"
      "X-Originating-IP: [192.0.2.7]\r\nMIME-Version: 1.0\r\n";
  std::string text, html = "<html><body>";
  for (int line = 0; line < 20; ++line) {
    text += "A line of quite ordinary text, number " + std::to_string(line) + ", about hemp.\r\n";
    html += "<p>A line of quite ordinary text, number " + std::to_string(line) + ", about <b>hemp</b>=E2=80=A6</p>\r\n";
  }
  std::string body =
      "Content-Type: multipart/alternative; boundary=\"alt\"\r\n\r\n--alt\r\nContent-Type: text/plain; "
      "charset=utf-8\r\n\r\n" +
      text +
      "\r\n--alt\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
      html + "</body></html>\r\n--alt--\r\n";
  if (number % 5 != 0) return out + body;
  std::string data;
  for (int line = 0; line < 100; ++line) data += std::string(76, static_cast<char>('A' + line % 26)) + "\r\n";
  return out + "Content-Type: multipart/mixed; boundary=\"mix\"\r\n\r\n--mix\r\n" + body +
         "\r\n--mix\r\nContent-Type: application/pdf; name=\"rope.pdf\"\r\nContent-Transfer-Encoding: base64\r\n"
         "Content-Disposition: attachment; filename=\"rope.pdf\"\r\n\r\n" +
         data + "--mix--\r\n";
}

const std::vector<std::string>& messages() {
  static const std::vector<std::string> made = [] {
    std::vector<std::string> out;
    for (int i = 0; i < 500; ++i) out.push_back(typical_message(i));
    return out;
  }();
  return made;
}

void mime_import_measured(benchmark::State& state) {
  mime::ImportOptions options;
  options.fallback_time = FileTime::from_unix(1'700'000'000);
  std::size_t i = 0, bytes = 0;
  for (auto _ : state) {
    const std::string& raw = messages()[i++ % messages().size()];
    auto imported = mime::import_message(bytes_of(raw), options);
    benchmark::DoNotOptimize(imported);
    bytes += raw.size();
  }
  state.SetBytesProcessed(static_cast<i64>(bytes));
}
BENCHMARK(mime_import_measured)->Unit(benchmark::kMicrosecond);

void mime_import_baseline(benchmark::State& state) {
  mime::start_gmime();
  std::size_t i = 0;
  for (auto _ : state) {
    const std::string& raw = messages()[i++ % messages().size()];
    mime::GlibObject<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size()));
    mime::GlibObject<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    mime::GlibObject<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
    benchmark::DoNotOptimize(message.get());
  }
}
BENCHMARK(mime_import_baseline)->Unit(benchmark::kMicrosecond);

void mime_export(benchmark::State& state) {
  auto imported = mime::import_message(bytes_of(messages()[0]));
  for (auto _ : state) benchmark::DoNotOptimize(mime::export_message(imported->message));
}
BENCHMARK(mime_export)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace ropewalk::bench
