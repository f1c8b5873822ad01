// Whole corpora through the import: nothing is lost.
#include <map>

#include "mapi/property_tags.h"
#include "mime/mbox.h"
#include "mime/test_mail.h"
#include "mime/text.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::MessageContent;
using mapi::PropTag;
using mapi::Value;

// Without white space and quote marks, which flowed text and line ends change.
std::string letters(std::string_view text) {
  std::string out;
  for (char c : text)
    if (static_cast<u8>(c) > 32 && c != '>') out += c;
  return out;
}

// All bytes that an imported message holds, in the forms in which a leaf may have gone into it.
struct Holdings {
  std::vector<std::string> exact;  // attachments, HTML, calendars
  std::vector<std::string> texts;  // plain bodies, without white space
};

void gather(const MessageContent& message, Holdings& out) {
  for (const mapi::Property& property : message.properties.all()) {
    if (property.tag.type() == mapi::PropType::binary) out.exact.emplace_back(text_of(property.value.bytes));
  }
  out.texts.push_back(letters(message.properties.text(PropTag(tag::PidTagBody))));
  for (const auto& attachment : message.attachments) {
    if (attachment.embedded) gather(*attachment.embedded, out);
    const Value* data = attachment.properties.find(PropTag(tag::PidTagAttachDataBinary));
    if (data == nullptr) continue;
    out.exact.emplace_back(text_of(data->bytes));
    if (attachment.properties.text(PropTag(tag::PidTagAttachMimeTag)).starts_with("multipart/"))
      for (const GmimeLeaf& leaf : gmime_leaves(out.exact.back())) out.exact.push_back(leaf.content);
  }
}

bool holds(const Holdings& all, const GmimeLeaf& leaf) {
  if (letters(leaf.content).empty()) return true;
  for (const std::string& exact : all.exact)
    if (exact == leaf.content || exact.find(leaf.content) != exact.npos) return true;
  if (leaf.type.starts_with("text/"))  // GMime keeps blanks at line ends that quoted-printable says to drop
    for (const std::string& exact : all.exact)
      if (letters(exact).find(letters(leaf.content)) != exact.npos) return true;
  if (leaf.type == "message/rfc822") {  // one that came encoded, which GMime does not look into
    for (const GmimeLeaf& inner : gmime_leaves(leaf.content))
      if (!holds(all, inner)) return false;
    return true;
  }
  GlibText windows(g_convert(leaf.content.data(), static_cast<gssize>(leaf.content.size()), "utf-8", "windows-1252",
                             nullptr, nullptr, nullptr));
  for (const std::string& text : all.texts) {
    if (text.find(letters(leaf.text)) != text.npos || text.find(letters(leaf.content)) != text.npos) return true;
    if (windows && text.find(letters(windows.get())) != text.npos) return true;
  }
  return false;
}

// Where GMime and this floor read a broken message differently; both keep everything.
const char* known_difference(const std::string& file) {
  static const std::map<std::string, const char*> kKnown{
      {"enmime-mime-bad-content-transfer-encoding.eml", "plain text said to be base64: GMime decodes it to noise"},
      {"mime4j-mimetools-multi-bad.eml", "two Content-Type fields: GMime takes the last one"},
      {"stalwart-malformed-021.eml", "two Content-Type fields: GMime takes the last one"},
      {"mime4j-very-long-boundary.eml", "a boundary that ends in blanks, which RFC 2046 forbids"},
      {"mime4j-weird-boundary.eml", "a boundary that ends in blanks, which RFC 2046 forbids"},
  };
  auto at = kKnown.find(file);
  return at == kKnown.end() ? nullptr : at->second;
}

void expect_nothing_lost(const std::string& raw, const std::filesystem::path& path) {
  Imported imported = import_text(raw);
  Holdings all;
  gather(imported.message, all);
  if (known_difference(path.filename())) return;
  for (const GmimeLeaf& leaf : gmime_leaves(raw))
    EXPECT_TRUE(holds(all, leaf)) << path.filename() << " lost a part: " << leaf.type << ", " << leaf.content.size()
                                  << " bytes";
}

TEST(MailCorpus, NoLeafIsLost) {
  auto folder = shared_path("mail/eml");
  if (folder.empty()) GTEST_SKIP() << "the shared mail corpus is absent";
  auto files = files_in(folder, ".eml");
  EXPECT_EQ(files.size(), 358u);
  for (const auto& path : files) expect_nothing_lost(read_file(path), path);
}

TEST(MailCorpus, NoLeafOfTheExamplesIsLost) {
  auto files = files_in(example_mail(), ".eml");
  EXPECT_EQ(files.size(), 48u);
  for (const auto& path : files) expect_nothing_lost(read_file(path), path);
}

TEST(MailCorpus, NoLeafOfAnMboxIsLost) {
  for (const auto& path : files_in(shared_path("mail/mbox"), ".mbox")) {
    std::string text = read_file(path), message;
    std::size_t at = 0;
    MboxReader reader([&](char* to, std::size_t size) {
      size = std::min(size, text.size() - at);
      std::copy_n(text.data() + at, size, to);
      at += size;
      return Result<std::size_t>(size);
    });
    while (reader.next(message).value_or(false)) expect_nothing_lost(message, path);
  }
}

// Every header line and every line of a multipart's structure stays, whatever it says.
TEST(MailCorpus, HeadersAreKeptAsTheyCame) {
  for (const auto& path : files_in(shared_path("mail/eml"), ".eml")) {
    std::string raw = read_file(path);
    std::string header = import_text(raw).message.properties.text(PropTag(tag::PidTagTransportMessageHeaders));
    if (header.empty() || !is_ascii(raw)) continue;
    EXPECT_NE(raw.find(header), raw.npos) << path;
  }
}

}  // namespace
}  // namespace ropewalk::mime
