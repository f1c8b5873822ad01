// For tests: a conversation over MAPI over HTTP, made up from our own encoders, and what became of it.
#pragma once

#include <gtest/gtest.h>

#include "capture/test_packets.h"
#include "dissect/dissector.h"
#include "dissect/tree_parts.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/mapihttp/response_stream.h"
#include "wire/describe.h"

namespace ropewalk::dissect {

template <class T>
std::string encoded(const T& structure) {
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(structure, out));
  return std::string(text_of(out.view()));
}

// The operations of a capture, each with a tree that covers its bytes and has nothing malformed.
inline std::vector<Operation> all_told(const capture::CaptureWriter& out, const std::string& name) {
  capture::keep_seed(name, out.file());
  std::vector<Operation> all;
  auto file = capture::PacketFile::of_bytes(out.file(), name);
  EXPECT_TRUE(file.ok());
  auto done = dissect_packets(*file, {}, [&](const Operation& operation) {
    EXPECT_EQ(check_cover(operation), "") << operation.number;
    for (const std::string& note : operation.notes) EXPECT_EQ(note.find("malformed"), note.npos) << note;
    all.push_back(operation);
  });
  EXPECT_TRUE(done.ok());
  return all;
}

// A client and a server of MAPI over HTTP, and what they said.
class HttpConversation {
 public:
  explicit HttpConversation(std::string path) : path_(std::move(path)) {
    talk_.server_port = 80;
    talk_.open(out_);
  }
  void request(std::string_view type, const std::string& content) {
    talk_.send(out_, capture::Side::client,
               bytes_of("POST " + path_ + " HTTP/1.1\r\nHost: x\r\nX-RequestType: " + std::string(type) +
                        "\r\nCookie: MapiContext=1\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n" +
                        content));
  }
  // HTTP messages as they are.
  void raw(capture::Side from, const std::string& message) { talk_.send(out_, from, bytes_of(message)); }
  void response(std::string_view type, const std::string& body) {
    std::string content = std::string(mapihttp::kProcessing) + mapihttp::done_lines({}) + body;
    talk_.send(
        out_, capture::Side::server,
        bytes_of("HTTP/1.1 200 OK\r\nX-RequestType: " + std::string(type) +
                 "\r\nX-ResponseCode: 0\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content));
  }
  // Every operation's tree covers its bytes, and nothing is malformed.
  std::vector<Operation> told(const std::string& name) {
    talk_.close(out_);
    return all_told(out_, name);
  }

 private:
  std::string path_;
  capture::CaptureWriter out_;
  capture::TestConnection talk_;
};

// A client and a server of DCE/RPC over TCP that have agreed on NDR for one interface, and what they said.
class RpcConversation {
 public:
  explicit RpcConversation(const dcerpc::SyntaxId& interface_id) {
    talk_.open(out_);
    dcerpc::SyntaxId ndr = dcerpc::kNdr;
    std::vector<dcerpc::ContextElement> offered = {{0, 0, interface_id, wire::List<dcerpc::SyntaxId>({&ndr, 1})}};
    dcerpc::Bind bind;
    bind.contexts = wire::List<dcerpc::ContextElement>(offered);
    send(capture::Side::client, dcerpc::PacketType::bind, bind);
    std::vector<dcerpc::ContextAnswer> taken = {{dcerpc::ContextResult::acceptance, {}, ndr}};
    dcerpc::BindAck ack;
    ack.results = wire::List<dcerpc::ContextAnswer>(taken);
    send(capture::Side::server, dcerpc::PacketType::bind_ack, ack);
  }
  void request(u16 opnum, const std::string& stub) {
    ++call_id_;
    dcerpc::Request request;
    request.opnum = opnum;
    request.stub_data = bytes_of(stub);
    send(capture::Side::client, dcerpc::PacketType::request, request);
  }
  void response(const std::string& stub) {
    dcerpc::Response response;
    response.stub_data = bytes_of(stub);
    send(capture::Side::server, dcerpc::PacketType::response, response);
  }
  // Every operation's tree covers its bytes, and nothing is malformed.
  std::vector<Operation> told(const std::string& name) {
    talk_.close(out_);
    return all_told(out_, name);
  }

 private:
  void send(capture::Side from, dcerpc::PacketType type, auto& body) {
    dcerpc::Pdu pdu;
    pdu.type = type;
    pdu.call_id = call_id_;
    pdu.body = &body;
    talk_.send(out_, from, bytes_of(encoded(pdu)));
  }

  capture::CaptureWriter out_;
  capture::TestConnection talk_;
  u32 call_id_ = 1;
};

inline void walk(const wire::Node& node, const std::function<void(const wire::Node&)>& look) {
  look(node);
  for (const wire::Node& field : node.fields) walk(field, look);
}

// The values of all fields of that name, as text.
inline std::vector<std::string> values(const Operation& operation, std::string_view name) {
  std::vector<std::string> found;
  walk(operation.tree, [&](const wire::Node& node) {
    if (node.name != name) return;
    found.push_back(node.value.is_string()   ? std::string(node.value.as_string())
                    : node.value.is_number() ? std::to_string(node.value.to_number<i64>())
                                             : node.text);
  });
  return found;
}

}  // namespace ropewalk::dissect
