// What tshark's own dissectors read of binds, the endpoint mapper, NSPI and NTLM, field by field.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "base/test_support.h"
#include "dissect/dissector.h"
#include "mapi/ascii_case.h"

namespace ropewalk::dissect {
namespace {

// "417 ALeonard": a frame and a value; a frame stands for each of the values it has once.
using Seen = std::set<std::string>;

// What tshark reads of all `fields`, by field.
std::map<std::string, Seen> tshark_reads(const std::filesystem::path& file, const std::vector<std::string>& fields) {
  std::string command =
      "tshark -r '" + file.string() +
      "' -Y 'dcerpc && tcp && !smb && !smb2' -T fields -E separator=/t -E aggregator=/s -e frame.number";
  for (const std::string& field : fields) command += " -e " + field;
  std::map<std::string, Seen> seen;
  std::FILE* pipe = popen((command + " 2>/dev/null").c_str(), "r");
  if (pipe == nullptr) return seen;
  std::string text;
  char chunk[65536];
  for (std::size_t n; (n = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) text.append(chunk, n);
  pclose(pipe);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream columns(line);
    std::string frame, column, value;
    std::getline(columns, frame, '\t');
    for (const std::string& field : fields) {
      if (!std::getline(columns, column, '\t')) break;
      std::istringstream values(column);
      while (values >> value) seen[field].insert(frame + " " + mapi::ascii_lowered(value));
    }
  }
  return seen;
}

std::string value_text(const wire::Node& node) {
  if (node.value.is_string()) return mapi::ascii_lowered(std::string_view(node.value.as_string()));
  if (node.value.is_number()) return std::to_string(node.value.to_number<i64>());
  return {};
}

// How a field of ours is found: its name, the structure right above it, and what to make of its node.
struct OurField {
  std::string tshark, structure, name;
  // Empty: not one of tshark's.
  std::string (*value)(const wire::Node& node, const wire::Node& parent) =
      [](const wire::Node& node, const wire::Node&) { return value_text(node); };
};

std::string text_inside(const wire::Node& node, const wire::Node&) {
  if (!node.has_fields) return value_text(node);
  return node.fields.empty() ? std::string() : text_inside(node.fields.front(), node);
}

std::string tcp_port(const wire::Node& node, const wire::Node& floor) {
  const wire::Node* protocol = floor.find("protocol");
  if (protocol == nullptr || value_text(*protocol) != "7") return {};
  return std::to_string(std::stoul(value_text(node), nullptr, 16));
}

void add_ours(const wire::Node& node, const OurField& field, const Operation& operation, Seen& seen) {
  for (const wire::Node& child : node.fields) {
    if (child.name == field.name && node.type == field.structure)
      if (std::string value = field.value(child, node); !value.empty())
        seen.insert(std::to_string(operation.frame().number) + " " + value);
    add_ours(child, field, operation, seen);
  }
}

const std::vector<OurField>& fields() {
  static const std::vector<OurField> all = {
      {"dcerpc.cn_bind_to_uuid", "p_syntax_id_t", "if_uuid"},
      {"dcerpc.auth_level", "sec_trailer", "auth_level"},
      {"dcerpc.auth_ctx_id", "sec_trailer", "auth_context_id"},
      {"ntlmssp.ntlmserverchallenge", "CHALLENGE_MESSAGE", "ServerChallenge"},
      {"ntlmssp.auth.username", "AUTHENTICATE_MESSAGE", "UserName", text_inside},
      {"ntlmssp.auth.domain", "AUTHENTICATE_MESSAGE", "DomainName", text_inside},
      {"epm.uuid", "floor", "uuid"},
      {"epm.proto.tcp_port", "floor", "rhs", tcp_port},
  };
  return all;
}

// Frames in which both see something of the field have the same values; where tshark sees more or less of a capture's
// frames (SMB, streams that begin in the middle), those of both are compared.
void compare(const std::string& file, const OurField& field, const Seen& ours, const Seen& theirs, int& compared) {
  std::map<std::string, Seen> by_frame;
  for (const std::string& each : ours) by_frame[each.substr(0, each.find(' '))].insert(each);
  for (const std::string& each : theirs) {
    auto mine = by_frame.find(each.substr(0, each.find(' ')));
    // The mapper's object, which says none.
    if (mine == by_frame.end() || each.ends_with(" 00000000-0000-0000-0000-000000000000")) continue;
    EXPECT_TRUE(mine->second.contains(each)) << file << ", " << field.tshark << ": tshark reads frame " << each;
    ++compared;
  }
}

TEST(TsharkFields, BindsMapperAndNtlmAgree) {
  auto folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "the shared captures are absent";
  if (std::system("tshark --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "tshark is not installed";
  std::vector<std::string> names;
  for (const OurField& field : fields()) names.push_back(field.tshark);
  std::map<std::string, int> compared;
  for (const char* name :
       {"zeek-mapi.pcap", "scapy-dcerpc_privacy_krb.pcapng.gz", "scapy-dcerpc_privacy_ntlm.pcapng.gz",
        "samba-sealed-ntlm.pcapng", "samba-sealed-krb5.pcapng", "zeek-dce_rpc_ntlm.pcapng",
        "zeek-ntlm-empty-av-sequence.pcap", "suricata-dcerpc-dce-iface-01.pcap", "scapy-dcerpc_msnrpc.pcapng.gz",
        "zeek-kerberos135_auth.pcapng"}) {
    std::map<std::string, Seen> ours;
    auto done = dissect_file((folder / name).string(), {}, [&](const Operation& operation) {
      for (const OurField& field : fields()) add_ours(operation.tree, field, operation, ours[field.tshark]);
    });
    ASSERT_TRUE(done.ok()) << done.error().text;
    auto theirs = tshark_reads(folder / name, names);
    for (const OurField& field : fields())
      compare(name, field, ours[field.tshark], theirs[field.tshark], compared[field.tshark]);
  }
  for (const OurField& field : fields()) EXPECT_GT(compared[field.tshark], 1) << field.tshark;
}

}  // namespace
}  // namespace ropewalk::dissect
