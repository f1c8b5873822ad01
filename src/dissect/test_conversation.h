// For tests: a conversation over MAPI over HTTP, made up from our own encoders, and what became of it.
#pragma once

#include <gtest/gtest.h>

#include "capture/test_packets.h"
#include "dissect/dissector.h"
#include "dissect/tree_parts.h"
#include "protocol/mapihttp/response_stream.h"
#include "wire/describe.h"

namespace ropewalk::dissect {

template <class T>
std::string encoded(const T& structure) {
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(structure, out));
  return std::string(text_of(out.view()));
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
    capture::keep_seed(name, out_.file());
    std::vector<Operation> all;
    auto file = capture::PacketFile::of_bytes(out_.file(), name);
    EXPECT_TRUE(file.ok());
    auto done = dissect_packets(*file, {}, [&](const Operation& operation) {
      EXPECT_EQ(check_cover(operation), "") << operation.number;
      for (const std::string& note : operation.notes) EXPECT_EQ(note.find("malformed"), note.npos) << note;
      all.push_back(operation);
    });
    EXPECT_TRUE(done.ok());
    return all;
  }

 private:
  std::string path_;
  capture::CaptureWriter out_;
  capture::TestConnection talk_;
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
