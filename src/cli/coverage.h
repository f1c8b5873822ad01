// What of the protocols this program does, told by the program itself: the descriptions it was linked with, the ROPs
// its server executes, and what tools/scan_coverage.py found in the client and the tests when it was built.
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "protocol/rop/rop_id.h"

namespace ropewalk::cli {

enum class TestedBy {
  nothing,
  bytes,   // its layout, in the tests of the protocol floor
  server,  // what it does, in the tests of the floors above
};

struct RopCoverage {
  const rop::RopInfo* rop;
  bool described = false;  // request and response have a description
  bool dissected = false;  // `ropewalk decode` knows them by name
  bool served = false;
  bool called = false;  // by the client
  TestedBy tested = TestedBy::nothing;
};

// A row for every ROP of [MS-OXCROPS] 2.2.2, by RopId; reserved ones are left out.
std::vector<RopCoverage> rop_coverage();

// Requirements of one specification that can be seen on the wire from a server, and how many of them a test names.
struct RequirementCoverage {
  std::string document;  // "MS-OXCTABL"
  int named = 0;
  int total = 0;
};

// Reads the requirement tables (*.tsv) in `folder`.
Result<std::vector<RequirementCoverage>> requirement_coverage(const std::filesystem::path& folder);

// The same as text for a terminal, as Markdown, as JSON.
std::string coverage_text(const std::vector<RopCoverage>& rows);
std::string coverage_markdown(const std::vector<RopCoverage>& rows);
boost::json::value coverage_json(const std::vector<RopCoverage>& rows);
std::string requirements_text(const std::vector<RequirementCoverage>& rows);
boost::json::value requirements_json(const std::vector<RequirementCoverage>& rows);

}  // namespace ropewalk::cli
