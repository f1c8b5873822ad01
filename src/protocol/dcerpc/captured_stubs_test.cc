// The stubs of recorded conversations: what methods described here said on the wire decodes, to its last byte.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <fstream>
#include <map>
#include <sstream>

#include "base/test_support.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/dcerpc/test_captures.h"
#include "protocol/emsmdb/methods.h"
#include "protocol/epm/methods.h"
#include "protocol/ndr/test_stub.h"

namespace ropewalk::dcerpc {
namespace {

// What both directions of a connection agreed on.
struct Conversation {
  struct Context {
    const Interface* known = nullptr;
    bool ndr64 = false;
  };
  std::map<u16, Context> contexts;
  std::map<u32, std::pair<u16, u16>> calls;  // call id: context, opnum
};

class Stubs {
 public:
  std::map<std::string, int> seen;

  void read(const std::filesystem::path& file) {
    CaptureReader reader;
    ASSERT_TRUE(reader.read(file)) << file;
    std::vector<Flow> flows = reader.flows();
    // Clients' sides first: answers are read by what was asked.
    for (bool answers : {false, true})
      for (const Flow& flow : flows)
        for (const Flow::Run& run : flow.runs) side(flow, run.bytes, answers, file.filename().string());
  }

 private:
  void side(const Flow& flow, ByteView bytes, bool answers, const std::string& file) {
    Conversation& talk = talks_[file + (answers ? flow.to + flow.from : flow.from + flow.to)];
    while (bytes.size() >= kHeaderSize) {
      PduStart start = read_start(bytes.first<kHeaderSize>());
      if (start.rpc_vers != 5 || start.frag_length > bytes.size() || start.frag_length < kHeaderSize) return;
      Arena arena;
      auto pdu = wire::decode<Pdu>(bytes.first(start.frag_length), arena);
      bytes = bytes.subspan(start.frag_length);
      if (!pdu.ok()) return;
      if (!answers) question(*pdu, talk, flow, file);
      if (answers) answer(*pdu, talk, file);
    }
  }
  void question(const Pdu& pdu, Conversation& talk, const Flow& flow, const std::string& file) {
    if (pdu.type == PacketType::bind || pdu.type == PacketType::alter_context)
      for (const ContextElement& element : pdu.as<Bind>().contexts)
        talk.contexts[element.context_id] = {
            find_interface(element.abstract_syntax.uuid),
            element.transfer_syntaxes.size() == 1 && element.transfer_syntaxes[0] == kNdr64};
    if (pdu.type != PacketType::request) return;
    const Request& request = pdu.as<Request>();
    // Conversations whose beginning was not recorded are told by their port.
    if (file == "zeek-mapi.pcap" && flow.to_port == 1032 && !talk.contexts.contains(request.context_id))
      talk.contexts[request.context_id].known = &emsmdb::kEmsmdb;
    talk.calls[pdu.call_id] = {request.context_id, request.opnum};
    stub(pdu, request.stub_data, talk, true, file);
  }
  void answer(const Pdu& pdu, Conversation& talk, const std::string& file) {
    if (pdu.type == PacketType::response) stub(pdu, pdu.as<Response>().stub_data, talk, false, file);
  }
  void stub(const Pdu& pdu, ByteView data, Conversation& talk, bool in, const std::string& file) {
    auto call = talk.calls.find(pdu.call_id);
    bool sealed = !pdu.auth_value.empty() && pdu.auth.level == AuthLevel::privacy;
    bool whole = pdu.flags.has(PfcFlags::kFirstFrag | PfcFlags::kLastFrag);
    if (call == talk.calls.end() || sealed || !whole) return;
    const auto& context = talk.contexts[call->second.first];
    const Method* method = context.known == nullptr ? nullptr : context.known->method(call->second.second);
    const wire::StructInfo* info = method == nullptr ? nullptr : in ? method->in : method->out;
    if (info == nullptr) return;
    ndr::Format format{pdu.big_endian(), context.ndr64};
    wire::Context chain = wire::add_context(format, nullptr);
    std::size_t pad = pdu.auth_value.empty() ? 0 : pdu.auth.pad_length;
    data = data.first(data.size() - std::min(pad, data.size()));
    Arena arena;
    std::size_t consumed = 0;
    void* decoded = wire::decode_fast(*info, data, arena, &chain, consumed);
    EXPECT_NE(decoded, nullptr) << file << " " << info->name << ": "
                                << wire::read_tree(*info, data, arena, &chain).error->text() << "\n"
                                << to_hex(data);
    if (decoded == nullptr) return;
    EXPECT_EQ(ndr::check_stub(*info, data, &chain), "") << file << " " << info->name;
    EXPECT_LT(data.size() - consumed, 16u) << file << " " << info->name << ": " << to_hex(data);
    ++seen[std::string(info->name)];
  }

  std::map<std::string, Conversation> talks_;
};

TEST(CapturedStubs, WhatMethodsSaidDecodes) {
  auto folder = shared_path("captures");
  if (folder.empty()) GTEST_SKIP() << "../shared/captures is not here";
  Stubs stubs;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().find("pcap") != std::string::npos) files.push_back(entry.path());
  for (const auto& file : files) stubs.read(file);
  EXPECT_EQ(stubs.seen["EcDoConnect-in"], 1);
  EXPECT_EQ(stubs.seen["EcDoConnect-out"], 1);
  EXPECT_GE(stubs.seen["EcDoRpc-in"], 160);
  EXPECT_GE(stubs.seen["EcDoRpc-out"], 159);
  EXPECT_EQ(stubs.seen["EcRRegisterPushNotification-in"], 1);
  EXPECT_GE(stubs.seen["NspiBind-in"], 2);
  EXPECT_GE(stubs.seen["NspiBind-out"], 1);
  EXPECT_GE(stubs.seen["ept_map-in"], 10);
  EXPECT_GE(stubs.seen["ept_map-out"], 10);
  EXPECT_GE(stubs.seen["ept_lookup-in"], 1);
  EXPECT_GE(stubs.seen["ept_lookup-out"], 1);
}

TEST(CapturedStubs, GoldenEcDoRpcExt2) {
  auto path = shared_path("golden/MS-OXCRPC.json");
  if (path.empty()) GTEST_SKIP() << "../shared/golden is not here";
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  int checked = 0;
  boost::json::value examples = boost::json::parse(text.str());
  for (const auto& example : examples.as_array()) {
    if (example.at("structure").as_string() != "EcDoRpcExt2 [in]") continue;
    auto stub = *from_hex(std::string_view(example.at("hex").as_string()));
    Arena arena;
    auto in = wire::decode<emsmdb::EcDoRpcExt2In>(stub, arena);
    ASSERT_TRUE(in.ok()) << in.error().text();
    EXPECT_EQ(in->handle.uuid.to_string(), "d0a05627-1e72-480c-b85a-274429fd403f");
    EXPECT_EQ(in->in.size(), 333u);
    EXPECT_EQ(in->aux_in.size(), 48u);
    EXPECT_EQ(ndr::check_stub(wire::struct_info<emsmdb::EcDoRpcExt2In>, stub, nullptr), "");
    std::string tree = wire::to_text(wire::read_tree(wire::struct_info<emsmdb::EcDoRpcExt2In>, stub, arena).root);
    EXPECT_NE(tree.find("RopModifyRecipients"), std::string::npos) << tree;
    EXPECT_NE(tree.find("AUX_HEADER"), std::string::npos) << tree;
    ++checked;
  }
  EXPECT_EQ(checked, 1);
}

TEST(Towers, SayWhereAnInterfaceIs) {
  epm::Binding binding;
  binding.interface_id = emsmdb::kEmsmdb.id;
  binding.transfer_syntax = kNdr;
  binding.port = 1025;
  binding.host = "10.1.2.3";
  auto tower = epm::make_tower(binding);
  EXPECT_EQ(to_hex(tower),
            "0500"
            "1300"
            "0D00DBF1A447CA6710B31F00DD010662DA0000"
            "0200"
            "5100"
            "1300"
            "0D045D888AEB1CC9119FE808002B1048600200"
            "0200"
            "0000"
            "0100"
            "0B"
            "0200"
            "0000"
            "0100"
            "07"
            "0200"
            "0401"
            "0100"
            "09"
            "0400"
            "0A010203");
  auto read = epm::read_tower(tower);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->interface_id, emsmdb::kEmsmdb.id);
  EXPECT_EQ(read->to_string(), "ncacn_ip_tcp:10.1.2.3[1025]");
  for (auto transport : {epm::FloorProtocol::http, epm::FloorProtocol::udp, epm::FloorProtocol::named_pipe,
                         epm::FloorProtocol::local_pipe}) {
    binding.transport = transport;
    bool named = transport == epm::FloorProtocol::named_pipe || transport == epm::FloorProtocol::local_pipe;
    binding.port = named ? 0 : 6001;
    binding.endpoint = named ? "\\pipe\\epmapper" : "";
    auto again = epm::read_tower(epm::make_tower(binding));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->transport, transport);
    EXPECT_EQ(again->port, binding.port);
    EXPECT_EQ(again->endpoint, binding.endpoint);
  }
  EXPECT_EQ(wire::check_round_trips(wire::struct_info<epm::Tower>, nullptr, 200), "");
  EXPECT_FALSE(epm::read_tower(ByteView(tower).first(30)));
}

}  // namespace
}  // namespace ropewalk::dcerpc
