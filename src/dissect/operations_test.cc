// The shared captures as operations.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "auth/ntlm_keys.h"
#include "base/test_support.h"
#include "dissect/dissector.h"
#include "dissect/tree_parts.h"

namespace ropewalk::dissect {
namespace {

std::vector<std::filesystem::path> all_captures() {
  std::vector<std::filesystem::path> files;
  auto folder = shared_path("captures");
  if (folder.empty()) return files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::string name = entry.path().filename().string();
    bool is_capture = name.find(".pcap") != std::string::npos || name.ends_with(".cap");
    if (is_capture) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

DissectOptions with_all_secrets() {
  DissectOptions options;
  options.secrets.nt_hashes.emplace("administrator", auth::nt_hash("Password123!"));
  options.secrets.nt_hashes.emplace("administrator", auth::nt_hash("Passw0rd.123"));
  options.secrets.keytab = shared_path("captures/samba-sealed.keytab").string();
  return options;
}

TEST(Operations, EveryTreeOfEveryCaptureCoversEveryByteOnce) {
  auto files = all_captures();
  if (files.empty()) GTEST_SKIP() << "the shared captures are absent";
  int operations = 0;
  for (const auto& file : files) {
    auto done = dissect_file(file.string(), with_all_secrets(), [&](const Operation& operation) {
      ++operations;
      std::string wrong = check_cover(operation);
      EXPECT_EQ(wrong, "") << file.filename() << ", operation " << operation.number << " " << operation.layer << " "
                           << operation.name;
      EXPECT_FALSE(operation.name.empty()) << file.filename() << ", operation " << operation.number;
    });
    ASSERT_TRUE(done.ok()) << done.error().text;
    EXPECT_EQ(done->trouble, "") << file.filename();
  }
  EXPECT_GT(operations, 800);
}

}  // namespace
}  // namespace ropewalk::dissect
