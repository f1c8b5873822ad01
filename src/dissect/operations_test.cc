// The shared captures as operations.
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "auth/ntlm_keys.h"
#include "base/hex.h"
#include "base/test_support.h"
#include "capture/test_packets.h"
#include "dissect/dissector.h"
#include "dissect/redact.h"
#include "dissect/tree_parts.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/rpch/rts.h"

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

// The operations of a shared capture; the test fails where it cannot be read.
std::vector<Operation> operations_of(const std::filesystem::path& file, const DissectOptions& options = {}) {
  std::vector<Operation> all;
  auto done = dissect_file(file.string(), options, [&](const Operation& operation) { all.push_back(operation); });
  EXPECT_TRUE(done.ok()) << done.error().text;
  return all;
}

std::vector<Operation> operations_in(ByteView capture, const DissectOptions& options = {}) {
  std::vector<Operation> all;
  auto file = capture::PacketFile::of_bytes(capture, "test");
  if (!file.ok()) return all;
  auto done = dissect_packets(*file, options, [&](const Operation& operation) {
    EXPECT_EQ(check_cover(operation), "") << operation.layer << " " << operation.name;
    all.push_back(operation);
  });
  EXPECT_TRUE(done.ok());
  return all;
}

// Lines that a program writes.
std::vector<std::string> output_of(const std::string& command) {
  std::vector<std::string> lines;
  std::FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return lines;
  std::string text;
  char chunk[65536];
  for (std::size_t n; (n = std::fread(chunk, 1, sizeof chunk, pipe)) > 0;) text.append(chunk, n);
  pclose(pipe);
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool has_tshark() { return std::system("tshark --version >/dev/null 2>&1") == 0; }

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
      std::string wrong = check_cover(operation), text;
      append_json(operation, text);
      EXPECT_TRUE(text == boost::json::serialize(to_json(operation))) << file.filename() << " " << operation.number;
      EXPECT_EQ(wrong, "") << file.filename() << ", operation " << operation.number << " " << operation.layer << " "
                           << operation.name;
      EXPECT_FALSE(operation.name.empty()) << file.filename() << ", operation " << operation.number;
    });
    ASSERT_TRUE(done.ok()) << done.error().text;
    EXPECT_EQ(done->trouble, "") << file.filename();
  }
  EXPECT_GT(operations, 800);
}

// How many PDUs of each type an operation is: fragments count one by one.
void count_pdus(const Operation& operation, std::map<std::string, int>& counts) {
  if (!operation.call_id || operation.layer == "RTS") return;
  bool is_call = operation.opnum.has_value() && operation.detail != "fault";
  std::string type = operation.detail == "fault"                 ? "fault"
                     : !is_call                                  ? operation.name
                     : operation.direction == Direction::request ? "request"
                                                                 : "response";
  counts[type] += operation.tree.type == "DCE/RPC PDU[]" ? static_cast<int>(operation.tree.fields.size()) : 1;
}

// tshark takes traffic between port 445 for SMB, whatever it is, and needs binds to see requests.
const std::set<std::string> kTsharkSeesLess = {"arkime-dcerpc_synthetic.pcap", "suricata-zerologon.pcap",
                                               "zeek-mapi.pcap"};

TEST(Operations, TsharkSeesTheSamePdus) {
  auto files = all_captures();
  if (files.empty()) GTEST_SKIP() << "the shared captures are absent";
  if (!has_tshark()) GTEST_SKIP() << "tshark is not installed";
  const std::map<std::string, std::string> kTypes = {
      {"0", "request"},   {"2", "response"},   {"3", "fault"},          {"11", "bind"},
      {"12", "bind_ack"}, {"13", "bind_nak"},  {"14", "alter_context"}, {"15", "alter_context_resp"},
      {"16", "auth3"},    {"18", "co_cancel"}, {"19", "orphaned"}};
  int seen = 0;
  for (const auto& file : files) {
    std::map<std::string, int> ours, theirs;
    for (const Operation& operation : operations_of(file)) count_pdus(operation, ours);
    if (ours.empty()) continue;  // Kerberos, LDAP, SMB
    for (const std::string& line :
         output_of("tshark -r '" + file.string() +
                   "' -Y 'dcerpc && tcp && !smb && !smb2' -T fields -e dcerpc.pkt_type 2>/dev/null")) {
      std::istringstream types(line);
      for (std::string type; std::getline(types, type, ',');) {
        auto known = kTypes.find(type);
        ++theirs[known == kTypes.end() ? type : known->second];
        ++seen;
      }
    }
    if (!kTsharkSeesLess.contains(file.filename().string())) {
      EXPECT_EQ(ours, theirs) << file.filename();
      continue;
    }
    for (const auto& [type, count] : theirs) EXPECT_GE(ours[type], count) << file.filename() << ": " << type;
  }
  EXPECT_GT(seen, 900);
}

// (frame, opnum) of every request in one fragment.
TEST(Operations, TsharkSeesTheSameOpnums) {
  auto folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "the shared captures are absent";
  if (!has_tshark()) GTEST_SKIP() << "tshark is not installed";
  int seen = 0;
  for (const char* name : {"scapy-dcerpc_privacy_krb.pcapng.gz", "samba-sealed-ntlm.pcapng", "samba-sealed-krb5.pcapng",
                           "scapy-dcerpc_msnrpc.pcapng.gz", "zeek-cs_window7-join_stream092.pcap",
                           "scapy-dcerpc_msdrsr_cracknames.pcapng.gz"}) {
    std::multiset<std::string> ours, theirs;
    for (const Operation& operation : operations_of(folder / name))
      if (operation.opnum && operation.direction == Direction::request)
        ours.insert(std::to_string(operation.frame().number) + " " + std::to_string(*operation.opnum));
    for (std::string line : output_of("tshark -r '" + (folder / name).string() +
                                      "' -Y 'dcerpc.pkt_type == 0' -T fields -E separator=' ' -e frame.number -e "
                                      "dcerpc.opnum 2>/dev/null"))
      theirs.insert(line);
    EXPECT_EQ(ours, theirs) << name;
    seen += static_cast<int>(theirs.size());
  }
  EXPECT_GT(seen, 40);
}

TEST(Operations, TheOldEcDoRpcOpensAsAnIndependentReadingHasIt) {
  auto decoded = shared_path("captures/decoded/zeek-mapi-pdus.json");
  if (decoded.empty()) GTEST_SKIP() << "the shared captures are absent";
  std::ifstream in(decoded);
  std::stringstream text;
  text << in.rdbuf();
  auto json = boost::json::parse(text.str());
  std::multiset<std::string> theirs, ours;
  for (const auto& pdu : json.as_object().at("pdus").as_array()) {
    const auto* call = pdu.as_object().if_contains("ecdorpc");
    if (call == nullptr) continue;
    auto bytes = from_hex(std::string_view(call->as_object().at("rop_buffer").as_string()));
    ASSERT_TRUE(bytes.has_value());
    theirs.insert(to_hex(*bytes));
  }
  int rops = 0;
  for (const Operation& operation : operations_of(shared_path("captures/zeek-mapi.pcap"))) {
    if (operation.name != "EcDoRpc") continue;
    EXPECT_EQ(operation.layer, "EMSMDB");
    EXPECT_TRUE(operation.direction == Direction::response || !operation.rops.empty()) << operation.number;
    rops += static_cast<int>(operation.rops.size());
    for (const RopNote& rop : operation.rops) EXPECT_EQ(rop.name.find("RopId"), std::string::npos) << rop.name;
    for (const Buffer& buffer : operation.buffers)
      if (buffer.name == "Opened") ours.insert(to_hex(buffer.bytes));
  }
  EXPECT_EQ(theirs.size(), 328u);
  EXPECT_TRUE(ours == theirs) << ours.size() << " buffers";
  EXPECT_GT(rops, 600);
}

// Every answer is tied to what it answers, and comes after it.
TEST(Operations, AnswersAreTiedToTheirRequests) {
  auto file = shared_path("captures/zeek-mapi.pcap");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  auto all = operations_of(file);
  int tied = 0;
  for (const Operation& operation : all) {
    if (!operation.answers) continue;
    ++tied;
    ASSERT_LT(*operation.answers, operation.number);
    const Operation& asked = all[*operation.answers - 1];
    EXPECT_EQ(asked.dst, operation.src);
    EXPECT_EQ(asked.opnum, operation.opnum);
    EXPECT_GE(*operation.round_trip, 0);
  }
  EXPECT_EQ(tied, 163 + 1 + 1 + 6 + 3 + 2 + 2);  // EcDoRpc, EcDoConnect, push, binds, EPM, NSPI, HTTP
}

// What is sealed, and how many of its messages are opened by a secret.
void expect_opened(const std::filesystem::path& file, const DissectOptions& options, int least, std::string_view how) {
  int opened = 0, closed = 0;
  for (const Operation& operation : operations_of(file, options)) {
    for (const std::string& note : operation.notes) {
      opened += note.starts_with("decrypted: ") && note.find(how) != std::string::npos;
      closed += note.starts_with("encrypted");
    }
  }
  EXPECT_GE(opened, least) << file;
  EXPECT_EQ(closed, 0) << file;
}

TEST(Operations, SecretsOpenWhatIsSealed) {
  auto folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "the shared captures are absent";
  expect_opened(folder / "samba-sealed-ntlm.pcapng", with_all_secrets(), 14, "NTLM, privacy (6)");
  expect_opened(folder / "samba-sealed-ntlm.pcapng", with_all_secrets(), 14, "NTLM inside SPNEGO, privacy (6)");
  expect_opened(folder / "scapy-dcerpc_privacy_ntlm.pcapng.gz", with_all_secrets(), 7, "NTLM, privacy (6)");
  expect_opened(folder / "samba-sealed-krb5.pcapng", with_all_secrets(), 14, "Kerberos, privacy (6)");
  expect_opened(folder / "samba-sealed-krb5.pcapng", with_all_secrets(), 14, "Kerberos inside SPNEGO, privacy (6)");
}

// A keytab with one key, as [MIT] describes the file: version 5.2, big-endian.
TEST(Operations, AServicesKeyOpensWhatWindowsSealed) {
  auto file = shared_path("captures/scapy-dcerpc_privacy_krb.pcapng.gz");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  auto key = from_hex("85abb9b61dc2fa49d4cc04317bbd108f8f79df28239155ed7b144c5d2ebcf016");
  std::vector<u8> entry;
  auto text = [&](std::string_view value) {
    capture::append_big(entry, value.size(), 2);
    entry.insert(entry.end(), value.begin(), value.end());
  };
  capture::append_big(entry, 1, 2);
  text("ROPEWALK.TEST");
  text("service");
  capture::append_big(entry, 1, 4);
  capture::append_big(entry, 0, 4);
  entry.push_back(1);
  capture::append_big(entry, 18, 2);  // aes256-cts-hmac-sha1-96
  text(text_of(*key));
  std::vector<u8> table = {5, 2};
  capture::append_big(table, entry.size(), 4);
  table.insert(table.end(), entry.begin(), entry.end());
  std::string path =
      (std::filesystem::temp_directory_path() / ("ropewalk-test-" + std::to_string(getpid()) + ".keytab")).string();
  std::ofstream(path, std::ios::binary) << text_of(table);
  DissectOptions options;
  options.secrets.keytab = path;
  expect_opened(file, options, 12, "Kerberos inside SPNEGO, privacy (6)");
  std::filesystem::remove(path);
}

TEST(Operations, WithoutASecretTheMechanismIsTold) {
  auto file = shared_path("captures/samba-sealed-krb5.pcapng");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  int told = 0;
  for (const Operation& operation : operations_of(file))
    for (const std::string& note : operation.notes)
      told += note == "encrypted: Kerberos inside SPNEGO, privacy (6); give --keytab with the service's key";
  EXPECT_EQ(told, 14);
}

// ---- bad input ----

std::vector<u8> bytes_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Operations, ACaptureCutAnywhere) {
  auto folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "the shared captures are absent";
  for (const char* name : {"zeek-ntlm-empty-av-sequence.pcap", "samba-sealed-ntlm.pcapng", "zeek-mapi.pcap"}) {
    auto bytes = bytes_of_file(folder / name);
    std::size_t step = bytes.size() < 2000 ? 1 : bytes.size() / 60;
    for (std::size_t size = 0; size < bytes.size(); size += step)
      operations_in(ByteView(bytes).first(size), with_all_secrets());
  }
}

TEST(Operations, LyingLengthsAndRandomChanges) {
  auto folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "the shared captures are absent";
  auto original = bytes_of_file(folder / "zeek-mapi.pcap");
  std::mt19937 random(11);
  for (int round = 0; round < 40; ++round) {
    auto bytes = original;
    for (int i = 0; i < 400; ++i) bytes[40 + random() % (bytes.size() - 40)] = static_cast<u8>(random());
    operations_in(bytes, with_all_secrets());
  }
}

// ---- HTTP ----

std::string post(std::string_view type, std::string_view cookies, std::string_view body) {
  return "POST /mapi/emsmdb/ HTTP/1.1\r\nHost: x\r\nX-RequestType: " + std::string(type) +
         "\r\nCookie: " + std::string(cookies) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

TEST(HttpOperations, PipelinedRequestsChunksAndMetaTags) {
  capture::CaptureWriter out;
  capture::TestConnection talk;
  talk.server_port = 80;
  talk.open(out);
  std::string empty(4, '\0');  // AuxiliaryBufferSize
  talk.send(out, capture::Side::client,
            bytes_of(post("PING", "MapiContext=1", "") + post("Disconnect", "MapiContext=1", empty)), 100);
  std::string content = "PROCESSING\r\nPENDING\r\nDONE\r\nX-ResponseCode: 10\r\n\r\nno such session";
  std::string answer =
      "HTTP/1.1 200 OK\r\nX-RequestType: PING\r\nX-ResponseCode: 0\r\nContent-Length: 0\r\n\r\n"
      "HTTP/1.1 200 OK\r\nX-RequestType: Disconnect\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n" +
      content.substr(0, 5) + "\r\n";
  char size[16];
  std::snprintf(size, sizeof size, "%zx", content.size() - 5);
  answer += std::string(size) + "\r\n" + content.substr(5) + "\r\n0\r\n\r\n";
  talk.send(out, capture::Side::server, bytes_of(answer), 33);
  talk.close(out);
  capture::keep_seed("http.pcap", out.file());
  auto all = operations_in(out.file());
  ASSERT_EQ(all.size(), 4u);
  EXPECT_EQ(all[0].name, "PING");
  EXPECT_EQ(all[1].name, "Disconnect");
  EXPECT_EQ(all[1].layer, "MAPIHTTP");
  EXPECT_EQ(all[2].answers, 1u);
  EXPECT_EQ(all[3].answers, 2u);
  EXPECT_EQ(all[3].error, 10u);
  EXPECT_EQ(all[3].buffers.size(), 2u);
  EXPECT_EQ(text_of(all[3].buffers[1].bytes), content);
}

TEST(HttpOperations, RedactedJsonHasNoText) {
  capture::CaptureWriter out;
  capture::TestConnection talk;
  talk.server_port = 80;
  talk.open(out);
  std::string body = std::string("/o=x/cn=secretperson") + std::string(1 + 16 + 4, '\0');
  talk.send(out, capture::Side::client, bytes_of(post("Connect", "MapiContext=secretcookie", body)));
  auto all = operations_in(out.file());
  ASSERT_EQ(all.size(), 1u);
  std::string open = boost::json::serialize(to_json(all[0]));
  EXPECT_NE(open.find("secretperson"), std::string::npos) << open;
  redact(all[0]);
  std::string redacted = boost::json::serialize(to_json(all[0]));
  EXPECT_EQ(redacted.find("secret"), std::string::npos) << redacted;
  EXPECT_EQ(redacted.find(to_hex(bytes_of("secret"))), std::string::npos) << redacted;
}

// A CHALLENGE_MESSAGE and a realm name the server and its domain.
TEST(HttpOperations, RedactedJsonHasNoChallenges) {
  capture::CaptureWriter out;
  capture::TestConnection talk;
  talk.server_port = 80;
  talk.open(out);
  talk.send(out, capture::Side::client, bytes_of(post("Connect", "a=b", std::string(20, '\0'))));
  talk.send(out, capture::Side::server,
            bytes_of("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"secret\"\r\n"
                     "WWW-Authenticate: NTLM secrettoken\r\nContent-Length: 0\r\n\r\n"));
  auto all = operations_in(out.file());
  ASSERT_EQ(all.size(), 2u);
  redact(all[1]);
  std::string redacted = boost::json::serialize(to_json(all[1]));
  EXPECT_NE(redacted.find("WWW-Authenticate"), std::string::npos) << redacted;
  EXPECT_EQ(redacted.find("secret"), std::string::npos) << redacted;
}

// ---- RPC over HTTP: the bind goes by the IN channel, its answer comes by the OUT channel of another connection ----

std::vector<u8> rts(const rpch::Rts& body) {
  dcerpc::Pdu pdu;
  pdu.type = dcerpc::PacketType::rts;
  pdu.body = const_cast<rpch::Rts*>(&body);
  wire::OutBuffer bytes;
  EXPECT_TRUE(wire::encode(pdu, bytes));
  return {bytes.data(), bytes.data() + bytes.size()};
}

TEST(HttpOperations, RpcOverHttpJoinsItsChannels) {
  using rpch::Command;
  using rpch::CommandType;
  Guid connection = Guid::random();
  std::vector<Command> a1 = {Command::number(CommandType::version, 1), Command::of_cookie(connection),
                             Command::of_cookie(Guid::random()),
                             Command::number(CommandType::receive_window_size, 65536)};
  std::vector<Command> b1 = {Command::number(CommandType::version, 1),
                             Command::of_cookie(connection),
                             Command::of_cookie(Guid::random()),
                             Command::number(CommandType::channel_lifetime, 1 << 30),
                             Command::number(CommandType::client_keepalive, 0),
                             Command::of_cookie(Guid::random(), CommandType::association_group_id)};
  rpch::Rts conn_a1{{}, wire::List<Command>(a1)}, conn_b1{{}, wire::List<Command>(b1)};
  dcerpc::SyntaxId ndr = dcerpc::kNdr;
  std::vector<dcerpc::ContextElement> elements = {
      {0, 0, dcerpc::find_interface(guid_literal("a4f1db00-ca47-1067-b31f-00dd010662da"))->id,
       wire::List<dcerpc::SyntaxId>(std::span(&ndr, 1))}};
  dcerpc::Bind bind;
  bind.contexts = wire::List<dcerpc::ContextElement>(elements);
  std::vector<dcerpc::ContextAnswer> results = {{dcerpc::ContextResult::acceptance, {}, ndr}};
  dcerpc::BindAck ack;
  ack.results = wire::List<dcerpc::ContextAnswer>(results);
  auto pdu_bytes = [](dcerpc::PacketType type, void* body) {
    dcerpc::Pdu pdu;
    pdu.type = type;
    pdu.call_id = 1;
    pdu.body = body;
    wire::OutBuffer bytes;
    EXPECT_TRUE(wire::encode(pdu, bytes));
    return std::vector<u8>(bytes.data(), bytes.data() + bytes.size());
  };
  capture::CaptureWriter out;
  capture::TestConnection in_channel, out_channel;
  in_channel.client_port = 50001;
  in_channel.server_port = out_channel.server_port = 80;
  in_channel.open(out);
  out_channel.open(out);
  constexpr std::string_view kPath = " /rpc/rpcproxy.dll?host:6001 HTTP/1.1\r\nContent-Length: ";
  auto a1_bytes = rts(conn_a1);
  out_channel.send(out, capture::Side::client,
                   bytes_of("RPC_OUT_DATA" + std::string(kPath) + std::to_string(a1_bytes.size()) + "\r\n\r\n"));
  out_channel.send(out, capture::Side::client, a1_bytes);
  in_channel.send(out, capture::Side::client, bytes_of("RPC_IN_DATA" + std::string(kPath) + "1073741824\r\n\r\n"));
  in_channel.send(out, capture::Side::client, rts(conn_b1), 7);
  out_channel.send(out, capture::Side::server, bytes_of("HTTP/1.1 200 Success\r\nContent-Length: 1073741824\r\n\r\n"));
  in_channel.send(out, capture::Side::client, pdu_bytes(dcerpc::PacketType::bind, &bind));
  out_channel.send(out, capture::Side::server, pdu_bytes(dcerpc::PacketType::bind_ack, &ack), 11);
  capture::keep_seed("rpc-over-http.pcap", out.file());
  auto all = operations_in(out.file());
  std::vector<std::string> names;
  for (const Operation& operation : all) names.push_back(operation.layer + " " + operation.name);
  ASSERT_EQ(all.size(), 7u) << boost::json::serialize(boost::json::array(names.begin(), names.end()));
  EXPECT_EQ(names[1], "RTS CONN/A1");
  EXPECT_EQ(names[3], "RTS CONN/B1");
  EXPECT_EQ(names[5], "DCERPC bind");
  EXPECT_EQ(names[6], "DCERPC bind_ack");
  EXPECT_EQ(all[6].answers, all[5].number);
  EXPECT_NE(all[6].connection, all[5].connection);
}

}  // namespace
}  // namespace ropewalk::dissect
