// Every connection-oriented PDU of the recorded traffic decodes, and encodes back to the same bytes.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>

#include "base/test_support.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/dcerpc/test_captures.h"
#include "wire/test_round_trip.h"

namespace ropewalk::dcerpc {
namespace {

namespace fs = std::filesystem;

struct Found {
  std::string where;
  ByteView bytes;
};

// Does a PDU start here? Those on named pipes stand anywhere in SMB messages: their headers tell.
bool starts(ByteView bytes, bool on_pipe) {
  if (bytes.size() < kHeaderSize) return false;
  PduStart start = read_start(bytes.first<kHeaderSize>());
  bool header = start.rpc_vers == 5 && start.rpc_vers_minor <= 1 && !packet_name(start.type).empty() &&
                (bytes[4] & 0xEE) == 0 && bytes[5] == 0 && load_le<u16>(bytes.data() + 6) == 0 &&
                start.frag_length >= kHeaderSize;
  return header && (!on_pipe || (start.call_id < 0x10000 && start.frag_length >= 24));
}

void collect(const Flow::Run& run, const std::string& name, std::vector<Found>& found) {
  ByteView bytes(run.bytes);
  bool direct = starts(bytes, false);
  for (std::size_t at = 0; at < bytes.size();) {
    ByteView rest = bytes.subspan(at);
    if (!starts(rest, !direct)) {
      if (direct) return;  // what follows on a connection of its own is no PDU: the test of the whole run says so
      ++at;
      continue;
    }
    std::size_t length = read_start(rest.first<kHeaderSize>()).frag_length;
    if (length > rest.size()) {
      if (direct) return;  // the capture ends inside a PDU
      ++at;
      continue;
    }
    found.push_back({name + " +" + std::to_string(at), rest.first(length)});
    at += length;
  }
}

// Files named in captures_exceptions.tsv hold PDUs that are wrong on purpose; each line says which and why.
std::map<std::string, std::string> exceptions() {
  std::map<std::string, std::string> all;
  std::ifstream file(std::string(ROPEWALK_SOURCE_DIR) + "/src/protocol/dcerpc/captures_exceptions.tsv");
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    auto tab = line.find('\t');
    all[line.substr(0, tab)] = tab == std::string::npos ? "" : line.substr(tab + 1);
  }
  return all;
}

TEST(Captures, EveryPduDecodesAndEncodesBack) {
  fs::path folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "../shared/captures is not here";
  auto excepted = exceptions();
  std::map<PacketType, int> counts;
  std::set<std::string> used;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().string().find("cap") != std::string::npos && entry.is_regular_file())
      files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    CaptureReader reader;
    if (!reader.read(file)) continue;
    std::vector<Flow> flows = reader.flows();
    std::vector<Found> found;
    for (const Flow& flow : flows)
      for (const Flow::Run& run : flow.runs) collect(run, file.filename().string(), found);
    for (const Found& pdu : found) {
      Arena arena;
      auto decoded = wire::decode<Pdu>(pdu.bytes, arena);
      std::string wrong =
          decoded.ok() ? wire::check_bytes(wire::struct_info<Pdu>, pdu.bytes, nullptr) : decoded.error().text();
      if (!wrong.empty() && excepted.contains(pdu.where)) {
        used.insert(pdu.where);
        continue;
      }
      EXPECT_EQ(wrong, "") << pdu.where << ": " << to_hex(pdu.bytes);
      if (decoded.ok()) ++counts[decoded->type];
    }
  }
  for (const auto& [where, why] : excepted) EXPECT_TRUE(used.contains(where)) << where << " is no exception any more";
  int total = 0;
  for (auto [type, count] : counts) {
    total += count;
    EXPECT_FALSE(packet_name(type).empty());
  }
  EXPECT_GE(counts[PacketType::bind], 175);
  EXPECT_GE(counts[PacketType::request], 827);
  EXPECT_GE(total, 2090);  // as many as tshark finds, and the samba captures
}

}  // namespace
}  // namespace ropewalk::dcerpc
