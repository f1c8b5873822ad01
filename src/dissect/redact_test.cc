#include "dissect/redact.h"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace ropewalk::dissect {
namespace {

wire::Node leaf(std::string name, std::string type, std::size_t offset, std::size_t length, boost::json::value value) {
  wire::Node node;
  node.name = std::move(name);
  node.type = std::move(type);
  node.offset = offset;
  node.length = length;
  node.value = std::move(value);
  return node;
}

wire::Node parent(std::string type, std::vector<wire::Node> fields) {
  wire::Node node;
  node.name = node.type = std::move(type);
  node.has_fields = true;
  node.fields = std::move(fields);
  return node;
}

// A body with a header, a cookie, a subject, and a payload that opens to a body's text.
Operation secret_operation() {
  Operation operation;
  operation.frames = {{1, 0}};
  operation.rops = {{"RopOpenFolder", 0, "Folder \"Divorce\""}};
  wire::Node opened = parent(std::string(kDerived), {leaf("FolderId", "FID", 0, 8, "0x0500000000000001"),
                                                     leaf("Body", "String8", 8, 6, "secret")});
  opened.text = "XOR 0xA5 removed";
  wire::Node row = parent(
      "PropertyRow", {leaf("PidTagSubject", "String8", 20, 6, "secret"), leaf("PidTagSize", "uint32", 26, 4, 1234)});
  row.text = "Row \"secret\"";
  wire::Node handle = leaf("InputHandleIndex", "uint8", 30, 1, 0);
  handle.text = "Folder \"Divorce\"";
  operation.tree =
      parent("body", {leaf("X-RequestType", "header", 0, 10, "Execute"), leaf("Cookie", "header", 10, 10, "secret"),
                      row, handle, leaf("Payload", "bytes", 31, 14, "736563726574"), opened});
  std::string bytes(45, 'x');
  for (std::size_t at : {10, 20, 31}) bytes.replace(at, 6, "secret");
  operation.buffers = {{"body", "as it travelled", {bytes.begin(), bytes.end()}},
                       {"opened", "", {'1', '2', '3', '4', '5', '6', '7', '8', 's', 'e', 'c', 'r', 'e', 't'}}};
  return operation;
}

TEST(Redact, LeavesNothingOfWhatPeopleWrote) {
  Operation operation = secret_operation();
  redact(operation, RedactedBytes::masked);
  const std::string all = boost::json::serialize(wire::to_json(operation.tree));
  EXPECT_EQ(all.find("secret"), std::string::npos) << all;
  EXPECT_EQ(all.find("Divorce"), std::string::npos) << all;
  EXPECT_EQ(all.find("736563726574"), std::string::npos) << all;
  for (const Buffer& buffer : operation.buffers)
    EXPECT_EQ(std::string(buffer.bytes.begin(), buffer.bytes.end()).find("secret"), std::string::npos) << buffer.name;
  EXPECT_EQ(operation.rops[0].object, "Folder \"...\"");
}

TEST(Redact, KeepsWhatExplainsTheProtocol) {
  Operation operation = secret_operation();
  redact(operation, RedactedBytes::masked);
  const std::string all = boost::json::serialize(wire::to_json(operation.tree));
  for (const char* kept : {"Execute", "0x0500000000000001", "1234", "XOR 0xA5 removed", "PidTagSubject"})
    EXPECT_NE(all.find(kept), std::string::npos) << kept;
  EXPECT_EQ(std::string(operation.buffers[1].bytes.begin(), operation.buffers[1].bytes.end()), "12345678******");
}

TEST(Redact, PlacesOutsideOfTheirBufferAreNotWrittenTo) {
  Operation operation = secret_operation();
  operation.tree.fields.push_back(leaf("x", "String8", 44, 1000, "secret"));
  operation.tree.fields.push_back(leaf("x", "String8", 1000, 1, "secret"));
  operation.buffers.pop_back();
  redact(operation, RedactedBytes::masked);
  EXPECT_EQ(operation.buffers[0].bytes.size(), 45u);
}

TEST(Redact, UrlsDoNotNamePeople) {
  auto named = [](const char* layer, const char* name, const char* detail) {
    Operation operation = secret_operation();
    operation.layer = layer;
    operation.name = name;
    operation.detail = detail;
    operation.user = "user1@ropewalk.test";
    operation.notes = {"signed in as user1@ropewalk.test"};
    redact(operation);
    EXPECT_EQ(operation.notes[0], "signed in as ...");
    return operation.name + "|" + operation.detail;
  };
  EXPECT_EQ(named("AUTODISCOVER", "GET /autodiscover/autodiscover.json/v1.0/user1@ropewalk.test?Protocol=X", "Basic"),
            "GET ...|");
  EXPECT_EQ(named("AUTODISCOVER", "POST /Autodiscover/Autodiscover.xml", ""), "POST /Autodiscover/Autodiscover.xml|");
  EXPECT_EQ(named("HTTP", "POST /mapi/emsmdb/?MailboxId=user1@ropewalk.test", "NTLM"), "POST /mapi/emsmdb/|");
  EXPECT_EQ(named("HTTP", "GET /owa/user1@ropewalk.test/", ""), "GET ...|");
  EXPECT_EQ(named("MAPIHTTP", "Execute", "/mapi/emsmdb/?MailboxId=user1@ropewalk.test"), "Execute|");
  EXPECT_EQ(named("DCERPC", "auth3", "NTLM user1@ropewalk.test"), "auth3|NTLM ...");
}

TEST(Redact, DropsTheBytesWhereNothingElseIsAskedFor) {
  Operation operation = secret_operation();
  redact(operation);
  for (const Buffer& buffer : operation.buffers) EXPECT_TRUE(buffer.bytes.empty());
}

}  // namespace
}  // namespace ropewalk::dissect
