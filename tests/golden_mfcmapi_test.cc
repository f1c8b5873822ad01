// MFCMAPI's samples of stored structures: ours read them, write them back as the same bytes, and find the GUIDs, the
// texts and the bytes that MFCMAPI shows. Exceptions stand in golden_exceptions.tsv.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <regex>
#include <sstream>

#include "base/hex.h"
#include "base/test_support.h"
#include "base/utf16.h"
#include "golden_support.h"

namespace ropewalk::golden {
namespace {

struct Reading {
  std::string kind;
  bool wide_counts = false;
};

const std::map<std::string, Reading>& readings() {
  static const std::map<std::string, Reading> all{
      {"ENTRYID", {"entry-id"}},
      {"RESTRICTION", {"restriction"}},
      {"PCL", {"predecessor-change-list"}},
      {"XID", {"xid"}},
      {"RULECONDITION", {"extended-rule-condition"}},
      {"EXTENDEDRULECONDITION", {"extended-rule-condition"}},
      {"EXTENDEDRULEACTION", {"extended-rule-actions"}},
  };
  return all;
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (text.starts_with("\xFF\xFE")) return utf16_to_utf8(bytes_of(text).subspan(2));
  return text;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Hexadecimal digits among anything.
std::vector<u8> digits_of(const std::string& text) {
  std::string digits;
  for (char c : text)
    if (std::isxdigit(static_cast<unsigned char>(c))) digits += c;
  return from_hex(digits).value_or(std::vector<u8>());
}

// What MFCMAPI shows must stand in the tree too: GUIDs, bytes, and the texts of certain fields.
std::string compare(const std::string& shown, const wire::Tree& tree, ByteView bytes) {
  static const std::regex guid(R"(\{([0-9A-F]{8}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{12})\})"),
      blob(R"(lpb: ([0-9A-F]+))"),
      text(R"([\t ](?:X500DN|MailboxDN|ServerShortname|szDisplayName|szAddressType|szEmailAddress|Name) = ([^\r\n]+))");
  std::string json = boost::json::serialize(wire::to_json(tree.root)), json_in_lower_case = lower(json);
  std::string all_bytes = to_hex(bytes), wrong;
  auto each = [&](const std::regex& pattern, auto&& is_there) {
    for (std::sregex_iterator it(shown.begin(), shown.end(), pattern), end; it != end; ++it)
      if (!is_there((*it)[1].str())) wrong += (*it)[0].str() + "; ";
  };
  each(guid, [&](const std::string& found) { return json_in_lower_case.find(lower(found)) != std::string::npos; });
  // texts that MFCMAPI shows as bytes too stand as texts in ours
  each(blob, [&](const std::string& found) {
    return json.find(found) != std::string::npos || all_bytes.find(found) != std::string::npos;
  });
  each(text, [&](const std::string& found) {
    return json.find(boost::json::serialize(boost::json::value(boost::json::string(found)))) != std::string::npos;
  });
  return wrong;
}

std::string check_sample(const std::string& type, const std::filesystem::path& in, const std::filesystem::path& out) {
  auto reading = readings().find(type);
  if (reading == readings().end()) return type + " is not described";
  auto bytes = digits_of(read_text(in));
  dissect::KindOptions options;
  options.wide_counts = reading->second.wide_counts;
  wire::Tree tree;
  std::string wrong = check_both_ways(reading->second.kind, bytes, options, tree);
  return wrong.empty() ? compare(read_text(out), tree, bytes) : wrong;
}

TEST(Golden, SamplesOfMfcmapi) {
  auto folder = shared_path("mfcmapi");
  if (folder.empty()) GTEST_SKIP() << "the shared MFCMAPI samples are absent; set ROPEWALK_SHARED";
  Exceptions exceptions;
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "In")) {
    std::string name = entry.path().stem().string();  // "ENTRYID-1"
    std::size_t dash = name.rfind('-');
    std::string type = name.substr(0, dash);
    auto out = folder / "Out" / (type + "-out" + name.substr(dash) + ".dat");
    exceptions.report("mfcmapi/" + name, check_sample(type, entry.path(), out));
    ++checked;
  }
  EXPECT_GE(checked, 120);
  exceptions.check_needed("mfcmapi/", false);
}

}  // namespace
}  // namespace ropewalk::golden
