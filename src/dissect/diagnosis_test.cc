#include "dissect/diagnosis.h"

#include <gtest/gtest.h>

#include "base/test_support.h"
#include "dissect/catalogue.h"
#include "dissect/dissector.h"
#include "dissect/operation_filter.h"
#include "protocol/dcerpc/status.h"
#include "protocol/epm/methods.h"

namespace ropewalk::dissect {
namespace {

constexpr std::string_view kClient = "192.0.2.9:50000", kServer = "192.0.2.1:6001";

// Operations of one connection, numbered as they come, each in a frame of its own.
class Talk {
 public:
  Operation request(std::string_view layer, std::string_view name, std::string_view detail = {}) {
    Operation made = start(layer, name);
    made.src = kClient;
    made.dst = kServer;
    made.detail = detail;
    last_ = made.number;
    return made;
  }
  Operation response(std::string_view layer, std::string_view name, u32 error, std::string_view result) {
    Operation made = start(layer, name);
    made.src = kServer;
    made.dst = kClient;
    made.direction = Direction::response;
    made.error = error;
    made.result = result;
    made.answers = last_;
    return made;
  }

 private:
  Operation start(std::string_view layer, std::string_view name) {
    Operation made;
    made.number = ++count_;
    made.frames = {{count_ * 10, 0}};
    made.connection = 1;
    made.layer = layer;
    made.name = name;
    return made;
  }
  u64 count_ = 0, last_ = 0;
};

std::vector<Finding> diagnose(std::initializer_list<Operation> operations) {
  Diagnosis diagnosis;
  for (const Operation& operation : operations) diagnosis.add(operation);
  return diagnosis.findings();
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(Diagnosis, NothingWrongIsNothingSaid) {
  Talk talk;
  EXPECT_TRUE(diagnose({talk.request("DCERPC", "bind", "EMSMDB v0.81; NTLM, privacy (6)"),
                        talk.response("DCERPC", "bind_ack", 0, "acceptance"), talk.request("EMSMDB", "EcDoConnectEx"),
                        talk.response("EMSMDB", "EcDoConnectEx", 0, "success")})
                  .empty());
}

TEST(Diagnosis, TooLowALevel) {
  Talk talk;
  auto found = diagnose({talk.request("DCERPC", "bind", "EMSMDB v0.81; NTLM, connect (2)"),
                         talk.response("DCERPC", "bind_ack", 0, "acceptance"), talk.request("EMSMDB", "EcDoConnectEx"),
                         talk.response("EMSMDB", "EcDoConnectEx", dcerpc::kAccessDenied, "ERROR_ACCESS_DENIED")});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].client, "192.0.2.9");
  EXPECT_EQ(found[0].server, kServer);
  EXPECT_TRUE(has(found[0].reason, "NTLM, connect (2)")) << found[0].reason;
  EXPECT_TRUE(has(found[0].reason, "requires encryption")) << found[0].reason;
  EXPECT_EQ(found[0].frames, (std::vector<u64>{10, 30, 40}));
}

TEST(Diagnosis, RejectedBinds) {
  Talk talk;
  auto found = diagnose({talk.request("DCERPC", "bind", "EMSMDB v0.81; Kerberos, privacy (6)"),
                         talk.response("DCERPC", "bind_nak", 8, "AUTHENTICATION_TYPE_NOT_RECOGNIZED"),
                         talk.request("DCERPC", "bind", "NSPI v56.0"),
                         talk.response("DCERPC", "bind_ack", 1, "abstract_syntax_not_supported")});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(has(found[0].problem, "EMSMDB v0.81; Kerberos")) << found[0].problem;
  EXPECT_TRUE(has(found[0].reason, "keytab")) << found[0].reason;
  EXPECT_TRUE(has(found[1].reason, "endpoint mapper")) << found[1].reason;
}

TEST(Diagnosis, EndpointsVersionsAndSessions) {
  Talk talk;
  auto found = diagnose({talk.request("EPM", "ept_map"),
                         talk.response("EPM", "ept_map", epm::kNotRegistered, "ept_s_not_registered"),
                         talk.request("EMSMDB", "EcDoConnectEx"),
                         talk.response("EMSMDB", "EcDoConnectEx", 0x80040110, "ecVersionMismatch")});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(has(found[0].problem, "knows no endpoint"));
  EXPECT_TRUE(has(found[1].reason, "refuses clients of this version")) << found[1].reason;
}

TEST(Diagnosis, FailedRopsAreCountedAndWarningsAreNone) {
  Talk talk;
  auto execute = [&](u32 error) {
    Operation made = talk.response("MAPIHTTP", "Execute", 0, "success");
    made.rops.push_back({"RopOpenFolder", error, "Folder \"Inbox\""});
    return made;
  };
  auto found = diagnose({execute(0), execute(0x8004010F), execute(0x00040380), execute(0x8004010F)});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].problem, "RopOpenFolder on Folder \"Inbox\" failed: ecNotFound (0x8004010F)");
  EXPECT_EQ(found[0].times, 2u);
  EXPECT_TRUE(has(to_text(found[0]), "(2 times)"));
}

TEST(Diagnosis, PasswordsAskedForAgainAndAgain) {
  Talk talk;
  Diagnosis diagnosis;
  for (int i = 0; i < 3; ++i) diagnosis.add(talk.response("MAPIHTTP", "Connect", 401, "401 Unauthorized"));
  EXPECT_TRUE(diagnosis.findings().empty());  // a sign-in by NTLM inside Negotiate
  diagnosis.add(talk.response("MAPIHTTP", "Connect", 401, "401 Unauthorized"));
  ASSERT_EQ(diagnosis.findings().size(), 1u);
  EXPECT_TRUE(has(diagnosis.findings()[0].reason, "password is wrong"));
}

TEST(Diagnosis, IsBounded) {
  Diagnosis diagnosis;
  Talk talk;
  for (u64 i = 0; i < 3 * Diagnosis::kMaxConnections; ++i) {
    Operation made = talk.response("EMSMDB", "EcDoRpc", 0x80040110, std::to_string(i));
    made.connection = i;
    diagnosis.add(made);
  }
  EXPECT_EQ(diagnosis.findings().size(), Diagnosis::kMaxFindings);
}

// ---- what filters name, over real traffic ----

void check_names(const wire::Node& node, const std::string& structure, std::set<std::string>& missing) {
  // Named by whoever sends them, or by the dissector.
  if (structure == "header__" || structure == "Content" || structure == "Text") return;
  for (const wire::Node& field : node.fields) {
    bool is_element = field.name.starts_with('[');
    std::string name = "mapi." + structure + "." + plain_name(field.name);
    bool is_property = field.name.starts_with("Pid") || field.name.starts_with("0x");
    bool is_made = field.type == kDerived || node.type == kDerived || field.name == "padding";
    if (!is_element && !is_property && !is_made && find_in_catalogue(name).empty()) missing.insert(name);
    bool is_list = field.type.ends_with("[]");
    check_names(field, is_list || !field.has_fields ? structure : filter_name(field.type), missing);
  }
}

TEST(Catalogue, KnowsTheFieldsOfRealTraffic) {
  auto file = shared_path("captures/zeek-mapi.pcap");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  std::set<std::string> missing;
  auto done = dissect_file(file.string(), {}, [&](const Operation& operation) {
    for (const wire::Node& part : operation.tree.fields)
      if (part.has_fields) check_names(part, filter_name(part.type), missing);
  });
  ASSERT_TRUE(done.ok());
  std::string all;
  for (const std::string& name : missing) all += name + "\n";
  EXPECT_EQ(all, "");
}

TEST(OperationFilter, PicksOperationsOfRealTraffic) {
  auto file = shared_path("captures/zeek-mapi.pcap");
  if (file.empty()) GTEST_SKIP() << "the shared captures are absent";
  std::map<std::string, int> picked = {{"mapi", 0},
                                       {"epm", 0},
                                       {"mapi.rop == \"RopOpenFolder\"", 0},
                                       {"mapi.OpenFolder.FolderId", 0},
                                       {"mapi.error == ecNotFound", 0},
                                       {"mapi.rop == \"RopOpenStream\" and mapi.error != 0", 0},
                                       {"mapi.rop == OpenStream and mapi.error == 0", 0},
                                       {"tcp.port == 1032 and mapi.direction == \"request\"", 0},
                                       {"frame.number in {581, 582}", 0}};
  std::map<std::string, Filter> filters;
  for (const auto& [text, count] : picked) filters.emplace(text, *Filter::parse(text, operation_names()));
  auto done = dissect_file(file.string(), {}, [&](const Operation& operation) {
    for (auto& [text, filter] : filters) picked[text] += matches(filter, operation);
  });
  ASSERT_TRUE(done.ok());
  EXPECT_GE(picked["mapi"], 328);
  EXPECT_GE(picked["epm"], 4);
  EXPECT_GT(picked["mapi.rop == \"RopOpenFolder\""], 2);
  EXPECT_GT(picked["mapi.OpenFolder.FolderId"], 1);
  EXPECT_EQ(picked["mapi.error == ecNotFound"], 1);
  EXPECT_EQ(picked["mapi.rop == \"RopOpenStream\" and mapi.error != 0"], 1);  // of a call that succeeded
  EXPECT_EQ(picked["mapi.rop == OpenStream and mapi.error == 0"], 1);
  EXPECT_GE(picked["tcp.port == 1032 and mapi.direction == \"request\""], 165);
  EXPECT_EQ(picked["frame.number in {581, 582}"], 2);
}

}  // namespace
}  // namespace ropewalk::dissect
