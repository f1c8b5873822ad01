#include "cli/coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <span>

#include "dissect/kinds.h"
#include "protocol/rop/registry.h"
#include "server/rop_context.h"

namespace ropewalk::cli {
namespace {

using rop::RopId;

// What the sources say: kClient, kBytesTest, kServerTest (ROPs) and kRequirements ("MS-OXCTABL_R123").
#include "coverage_generated.inc"

bool is_in(std::span<const RopId> rops, RopId id) { return std::find(rops.begin(), rops.end(), id) != rops.end(); }

bool is_named(const std::string& requirement) {
  static const std::set<std::string_view> named(std::begin(kRequirements), std::end(kRequirements));
  return named.contains(requirement);
}

bool is_dissected(const wire::StructInfo* info) { return info == nullptr || dissect::find_kind(info->name) != nullptr; }

RopCoverage coverage_of(const rop::RopInfo& rop, const std::vector<RopId>& served) {
  RopCoverage row{.rop = &rop};
  if (const rop::RopRow* described = rop::find_row(rop.id)) {
    row.described = true;
    row.dissected = is_dissected(described->request) && is_dissected(described->response);
  }
  row.served = is_in(served, rop.id);
  row.called = is_in(kClient, rop.id);
  if (is_in(kServerTest, rop.id))
    row.tested = TestedBy::server;
  else if (is_in(kBytesTest, rop.id))
    row.tested = TestedBy::bytes;
  return row;
}

// The ROPs that only a server sends, as the server's own work: they have no request to be served.
constexpr RopId kSentByServer[] = {RopId::notify, RopId::pending, RopId::backoff, RopId::buffer_too_small};
bool only_sent(RopId id) { return is_in(kSentByServer, id); }

std::string_view yes(bool value) { return value ? "yes" : "-"; }
std::string_view served_text(const RopCoverage& row) { return only_sent(row.rop->id) ? "sent" : yes(row.served); }
std::string_view called_text(const RopCoverage& row) { return only_sent(row.rop->id) ? "read" : yes(row.called); }
std::string_view tested_text(TestedBy tested) {
  switch (tested) {
    case TestedBy::nothing:
      return "-";
    case TestedBy::bytes:
      return "bytes";
    case TestedBy::server:
      return "yes";
  }
  return "";
}

// The sections of [MS-OXCROPS] 2.2 and the specifications of what their ROPs do.
struct Family {
  std::string_view section;
  std::string_view title;
  std::string_view document;
};
constexpr Family kFamilies[] = {
    {"2.2.3.", "Logon", "MS-OXCSTOR"},
    {"2.2.4.", "Folders", "MS-OXCFOLD"},
    {"2.2.5.", "Tables", "MS-OXCTABL"},
    {"2.2.6.", "Messages and attachments", "MS-OXCMSG"},
    {"2.2.7.", "Transport", "MS-OXOMSG"},
    {"2.2.8.", "Properties", "MS-OXCPRPT"},
    {"2.2.9.", "Streams", "MS-OXCPRPT"},
    {"2.2.10.", "Permissions", "MS-OXCPERM"},
    {"2.2.11.", "Rules", "MS-OXORULE"},
    {"2.2.12.", "Fast transfer", "MS-OXCFXICS"},
    {"2.2.13.", "Synchronization", "MS-OXCFXICS"},
    {"2.2.14.", "Notifications", "MS-OXCNOTIF"},
    {"2.2.15.", "Other", "MS-OXCROPS"},
};

struct FamilyCounts {
  int rops = 0, described = 0, dissected = 0, served = 0, called = 0, tested = 0;
  std::string unserved;  // where some are served and these are not

  void add(const RopCoverage& row) {
    ++rops;
    described += row.described ? 1 : 0;
    dissected += row.dissected ? 1 : 0;
    served += row.served ? 1 : 0;
    called += row.called ? 1 : 0;
    tested += row.tested == TestedBy::server ? 1 : 0;
    if (!row.served && !only_sent(row.rop->id))
      unserved += fmt::format("{}{}", unserved.empty() ? "" : ", ", row.rop->name.substr(3));
  }
  std::string_view exceptions() const {
    if (unserved.empty()) return "";
    return served == 0 ? "not yet" : std::string_view(unserved);
  }
};

std::string family_table(const std::vector<RopCoverage>& rows) {
  std::string out =
      "| ROPs | specification | described | dissected | served | called by the client | tested on a server | not "
      "served |\n"
      "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  FamilyCounts all;
  for (const Family& family : kFamilies) {
    FamilyCounts counts;
    for (const RopCoverage& row : rows) {
      if (!row.rop->section.starts_with(family.section)) continue;
      counts.add(row);
      all.add(row);
    }
    out += fmt::format("| {} ({}) | [{}] | {} | {} | {} | {} | {} | {} |\n", family.title, counts.rops, family.document,
                       counts.described, counts.dissected, counts.served, counts.called, counts.tested,
                       counts.exceptions());
  }
  out += fmt::format("| **all ({})** | | **{}** | **{}** | **{}** | **{}** | **{}** | |\n", all.rops, all.described,
                     all.dissected, all.served, all.called, all.tested);
  return out;
}

// One line of a tab-separated file, as cells.
std::vector<std::string> split_tabs(const std::string& line) {
  std::vector<std::string> cells(1);
  for (char c : line) {
    if (c == '\t')
      cells.emplace_back();
    else
      cells.back() += c;
  }
  return cells;
}

Result<RequirementCoverage> read_requirements(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) return Error{fmt::format("cannot read {}", path.string())};
  std::vector<std::string> header = split_tabs(line);
  auto column = [&](std::string_view name) {
    return static_cast<std::size_t>(std::find(header.begin(), header.end(), name) - header.begin());
  };
  std::size_t id = column("req_id"), scope = column("scope"), verification = column("verification");
  if (std::max({id, scope, verification}) >= header.size())
    return Error{fmt::format("{} is no requirement table: no columns req_id, scope and verification", path.string())};
  RequirementCoverage out{.document = path.stem().string()};
  while (std::getline(in, line)) {
    std::vector<std::string> cells = split_tabs(line);
    if (cells.size() <= std::max({id, scope, verification})) continue;
    if (cells[scope] == "Client") continue;
    if (cells[verification] != "Test Case" && cells[verification] != "Adapter") continue;
    ++out.total;
    out.named += is_named(cells[id]) ? 1 : 0;
  }
  return out;
}

}  // namespace

std::vector<RopCoverage> rop_coverage() {
  std::vector<RopId> served = server::served_rops();
  std::vector<RopCoverage> rows;
  for (const rop::RopInfo& rop : rop::rop_catalogue())
    if (!rop.section.empty()) rows.push_back(coverage_of(rop, served));
  return rows;
}

Result<std::vector<RequirementCoverage>> requirement_coverage(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> tables;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed))
    if (entry.path().extension() == ".tsv") tables.push_back(entry.path());
  if (tables.empty())
    return Error{fmt::format(
        "no requirement tables in {}; --shared DIR or ROPEWALK_SHARED tells where spec/requirements/*.tsv are",
        folder.string())};
  std::sort(tables.begin(), tables.end());
  std::vector<RequirementCoverage> rows;
  for (const auto& table : tables) {
    ROPEWALK_TRY(RequirementCoverage row, read_requirements(table));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string coverage_text(const std::vector<RopCoverage>& rows) {
  std::string out = fmt::format("{:<4}  {:<48}  {:<8}  {:<9}  {:<9}  {:<6}  {:<6}  {}\n", "id", "ROP", "section",
                                "described", "dissected", "served", "client", "tested");
  FamilyCounts all;
  for (const RopCoverage& row : rows) {
    all.add(row);
    out += fmt::format("0x{:02X}  {:<48}  {:<8}  {:<9}  {:<9}  {:<6}  {:<6}  {}\n", static_cast<u8>(row.rop->id),
                       row.rop->name, row.rop->section, yes(row.described), yes(row.dissected), served_text(row),
                       called_text(row), tested_text(row.tested));
  }
  out += fmt::format("{} ROPs: {} described, {} dissected, {} served, {} called by the client, {} tested on a server\n",
                     all.rops, all.described, all.dissected, all.served, all.called, all.tested);
  return out;
}

std::string coverage_markdown(const std::vector<RopCoverage>& rows) {
  std::string out = family_table(rows);
  out += "\n<details><summary>Every ROP</summary>\n\n";
  out += "| RopId | ROP | described | dissected | served | client | tested |\n";
  out += "| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const RopCoverage& row : rows)
    out += fmt::format("| 0x{:02X} | {} | {} | {} | {} | {} | {} |\n", static_cast<u8>(row.rop->id), row.rop->name,
                       yes(row.described), yes(row.dissected), served_text(row), called_text(row),
                       tested_text(row.tested));
  return out + "\n</details>\n";
}

boost::json::value coverage_json(const std::vector<RopCoverage>& rows) {
  boost::json::array out;
  for (const RopCoverage& row : rows)
    out.push_back({{"id", static_cast<u8>(row.rop->id)},
                   {"name", row.rop->name},
                   {"section", row.rop->section},
                   {"described", row.described},
                   {"dissected", row.dissected},
                   {"served", row.served},
                   {"client", row.called},
                   {"tested", tested_text(row.tested)}});
  return out;
}

std::string requirements_text(const std::vector<RequirementCoverage>& rows) {
  std::string out = fmt::format("{:<16}  {:>5}  {:>5}  {:>5}\n", "specification", "named", "of", "%");
  RequirementCoverage all{.document = "all"};
  auto line = [&](const RequirementCoverage& row) {
    double share = row.total == 0 ? 0 : 100.0 * row.named / row.total;
    out += fmt::format("{:<16}  {:>5}  {:>5}  {:>5.1f}\n", row.document, row.named, row.total, share);
  };
  for (const RequirementCoverage& row : rows) {
    line(row);
    all.named += row.named;
    all.total += row.total;
  }
  line(all);
  return out;
}

boost::json::value requirements_json(const std::vector<RequirementCoverage>& rows) {
  boost::json::array out;
  for (const RequirementCoverage& row : rows)
    out.push_back({{"document", row.document}, {"named", row.named}, {"total", row.total}});
  return out;
}

}  // namespace ropewalk::cli
