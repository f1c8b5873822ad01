#include "mime/mbox.h"

#include <map>
#include <random>

#include "mime/test_mail.h"

namespace ropewalk::mime {
namespace {

// Hands out pieces of random sizes, so that every boundary between reads comes up.
ByteSource pieces_of(std::string_view text, unsigned seed) {
  return [text, at = std::size_t{0}, random = std::minstd_rand(seed)](char* to, std::size_t size) mutable {
    std::size_t piece = std::min({size, text.size() - at, std::size_t{random() % 97 + 1}});
    std::copy_n(text.data() + at, piece, to);
    at += piece;
    return Result<std::size_t>(piece);
  };
}

std::vector<std::string> split(std::string_view text, MboxQuoting quoting = MboxQuoting::mboxrd, unsigned seed = 1) {
  MboxReader reader(pieces_of(text, seed), quoting);
  std::vector<std::string> out;
  std::string message;
  for (;;) {
    auto more = reader.next(message);
    EXPECT_TRUE(more.ok());
    if (!more.ok() || !*more) break;
    out.push_back(message);
  }
  EXPECT_EQ(reader.count(), out.size());
  return out;
}

TEST(Mbox, QuotingIsUndone) {
  std::string text =
      "From a@b Mon Jun  1 10:00:00 2009\nSubject: 1\n\n>From here\n>>From there\n> From\n\n"
      "From a@b Mon Jun  1 10:00:00 2009\nSubject: 2\n\nend";
  auto messages = split(text);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0], "Subject: 1\n\nFrom here\n>From there\n> From\n");
  EXPECT_EQ(messages[1], "Subject: 2\n\nend");
  EXPECT_EQ(split(text, MboxQuoting::mboxo)[0], "Subject: 1\n\nFrom here\n>>From there\n> From\n");
}

TEST(Mbox, CrLfAndUnquotedLines) {
  auto messages = split(
      "From - \r\nA: 1\r\n\r\nFrom Russia with love\r\n\r\nFrom now on\r\nx: y\r\n\r\n"
      "From - Mon Jun  1 10:00:00 2009\r\nB: 2\r\n\r\n");
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0], "A: 1\r\n\r\nFrom Russia with love\r\n\r\nFrom now on\r\nx: y\r\n");
  EXPECT_EQ(messages[1], "B: 2\r\n");
}

TEST(Mbox, NeverLosesBytesWhateverTheReads) {
  std::string text = "From - \nA: 1\n\nbody\n\nFrom x Mon Jun  1 10:00:00 2009\n\nno header\n\n\n";
  auto wanted = split(text, MboxQuoting::mboxrd, 1);
  ASSERT_EQ(wanted.size(), 2u);
  for (unsigned seed = 2; seed < 200; ++seed) EXPECT_EQ(split(text, MboxQuoting::mboxrd, seed), wanted);
}

TEST(Mbox, Recognised) {
  EXPECT_EQ(recognise_mail_file("From a@b Mon Jun  1 10:00:00 2009\n\nx"), MailFileKind::mbox);
  EXPECT_EQ(recognise_mail_file("From -\nSubject: x\n"), MailFileKind::mbox);
  EXPECT_EQ(recognise_mail_file("From: a@b\n\nx"), MailFileKind::message);
  EXPECT_EQ(recognise_mail_file("From Russia with love\n"), MailFileKind::message);
  EXPECT_EQ(recognise_mail_file(""), MailFileKind::message);
}

TEST(Mbox, Corpus) {
  auto files = files_in(shared_path("mail/mbox"), ".mbox");
  if (files.empty()) GTEST_SKIP() << "the shared mail corpus is absent";
  const std::map<std::string, std::size_t> counts{{"mimekit-content-length.mbox.mbox", 29},
                                                  {"mimekit-simple.mbox.mbox", 3},
                                                  {"mimekit-unmunged.mbox.mbox", 2},
                                                  {"tika-complex.mbox", 3},
                                                  {"tika-headers.mbox", 1},
                                                  {"tika-multiline.mbox", 1},
                                                  {"tika-quoted.mbox", 1},
                                                  {"tika-simple.mbox", 2},
                                                  {"tika-single_mail.mbox", 1},
                                                  {"tika-testMBOX_lengthy_x-headers.mbox", 1}};
  EXPECT_EQ(files.size(), counts.size());
  for (const auto& path : files) {
    std::string text = read_file(path);
    EXPECT_EQ(recognise_mail_file(std::string_view(text).substr(0, 1000)), MailFileKind::mbox) << path;
    auto messages = split(text);
    EXPECT_EQ(messages.size(), counts.at(path.filename())) << path;
    std::size_t bytes = 0;
    for (const std::string& message : messages) bytes += message.size();
    EXPECT_GT(bytes + messages.size() * 140, text.size());  // "From " lines and the empty lines before them
  }
}

}  // namespace
}  // namespace ropewalk::mime
