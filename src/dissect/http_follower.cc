#include "dissect/http_follower.h"

#include <fmt/format.h>
#include <zlib.h>

#include <charconv>
#include <optional>

#include "mapi/ascii_case.h"
#include "net/http_parser.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/rpch/rts.h"

namespace ropewalk::dissect {

using capture::Frame;
using capture::Side;

namespace {

constexpr std::string_view kMethods[] = {"GET ",     "POST ",     "HEAD ",        "PUT ",
                                         "OPTIONS ", "DELETE ",   "RPC_IN_DATA ", "RPC_OUT_DATA ",
                                         "CONNECT ", "PROPFIND ", "PATCH "};
constexpr std::size_t kMaxHead = 64u << 10;
// An RPC_IN_DATA or RPC_OUT_DATA with no more than this is an echo request: [MS-RPCH] 2.1.2.1.5.
constexpr u64 kEchoLength = 16;

bool is_tunnel_method(std::string_view method) { return method == "RPC_IN_DATA" || method == "RPC_OUT_DATA"; }

// What gzip or deflate packed, up to `limit`; std::nullopt where it is malformed.
std::optional<std::vector<u8>> unpacked(ByteView bytes, int window_bits, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, window_bits) != Z_OK) return std::nullopt;
  stream.next_in = const_cast<u8*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(bytes.size());
  std::vector<u8> out;
  int state = Z_OK;
  while (state == Z_OK && out.size() < limit) {
    std::size_t at = out.size();
    out.resize(at + std::max<std::size_t>(4096, at));
    stream.next_out = out.data() + at;
    stream.avail_out = static_cast<unsigned>(out.size() - at);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (state != Z_STREAM_END) return std::nullopt;
  return out;
}

bool has_word(std::string_view text, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= text.size(); ++at)
    if (mapi::equal_ignoring_ascii_case(text.substr(at, word.size()), word)) return true;
  return false;
}

// One channel of RPC over HTTP: the bytes of one side of a connection, behind the head of its message.
class Channel {
 public:
  Channel(Conversations& all, Link link) : all_(all), link_(std::move(link)) {}

  void data(Side from, ByteView bytes, const Frame& frame) {
    cutters_[static_cast<int>(from)].data(bytes, frame, [&](RawPdu& raw) {
      join(raw.bytes);
      association().pdu(link_, from, raw);
    });
  }
  void gap(Side from, u64 bytes) {
    cutters_[static_cast<int>(from)].gap(bytes);
    association().lost(from);
  }
  void note(Side from, std::string text) { cutters_[static_cast<int>(from)].note(std::move(text)); }

 private:
  RpcAssociation& association() {
    if (association_ == nullptr) association_ = std::make_shared<RpcAssociation>(all_);
    return *association_;
  }
  // [MS-RPCH] 2.2.4: PDUs with several cookies name the virtual connection first.
  void join(ByteView bytes) {
    if (joined_ || bytes[2] != static_cast<u8>(dcerpc::PacketType::rts)) return;
    Arena arena(1u << 20);
    auto pdu = wire::decode<dcerpc::Pdu>(bytes, arena);
    if (!pdu.ok()) return;
    std::vector<Guid> cookies;
    for (const rpch::Command& command : pdu->as<rpch::Rts>().commands)
      if (command.type == rpch::CommandType::cookie) cookies.push_back(command.cookie);
    if (cookies.size() < 2) return;
    association_ = all_.virtual_connection(cookies.front());
    joined_ = true;
  }

  Conversations& all_;
  Link link_;
  PduCutter cutters_[2];
  std::shared_ptr<RpcAssociation> association_;
  bool joined_ = false;
};

class HttpFollower : public Follower {
 public:
  HttpFollower(Conversations& all, Link link) : all_(all), link_(std::move(link)) {}

  void data(Side from, ByteView bytes, const Frame& frame) override {
    Way& way = ways_[static_cast<int>(from)];
    last_ = frame;
    while (!bytes.empty()) {
      if (way.tunnel != 0) {
        std::size_t n = static_cast<std::size_t>(std::min<u64>(way.tunnel, bytes.size()));
        way.tunnel -= n;
        channel().data(from, bytes.first(n), frame);
        bytes = bytes.subspan(n);
        continue;
      }
      way.raw.append(bytes, frame);
      bytes = {};
      while (way.raw.size() != 0 && way.tunnel == 0 && step(from, way)) {
      }
      if (way.tunnel != 0 && way.raw.size() != 0) {
        std::vector<u8> rest(way.raw.view().begin(), way.raw.view().end());
        way.raw.clear();
        std::size_t n = static_cast<std::size_t>(std::min<u64>(way.tunnel, rest.size()));
        way.tunnel -= n;
        channel().data(from, ByteView(rest).first(n), frame);
        if (n < rest.size()) way.raw.append(ByteView(rest).subspan(n), frame);
      }
    }
  }

  void gap(Side from, u64 bytes) override {
    Way& way = ways_[static_cast<int>(from)];
    if (way.tunnel != 0) {
      way.tunnel -= std::min<u64>(way.tunnel, bytes);
      return channel().gap(from, bytes);
    }
    way.notes.push_back(fmt::format("{} bytes are missing in front of this", bytes));
    way.searching = true;
    way.reset();
    way.raw.clear();
  }

  void note(Side from, std::string text) override {
    Way& way = ways_[static_cast<int>(from)];
    if (way.tunnel != 0) return channel().note(from, std::move(text));
    if (way.notes.size() < 16) way.notes.push_back(std::move(text));
  }

  void end(const Frame&) override {
    for (Side side : {Side::client, Side::server}) {
      Way& way = ways_[static_cast<int>(side)];
      if (way.response_parser == nullptr || way.raw.size() == 0) continue;
      boost::beast::error_code ignored;
      way.response_parser->put_eof(ignored);
      if (way.response_parser->is_header_done()) {
        way.notes.push_back("the connection ends here");
        finish(side, way, way.raw.size());
      }
    }
  }

 private:
  // One direction.
  struct Way {
    FramedBytes raw;
    std::size_t parsed = 0;  // bytes of `raw` that the parser has
    bool searching = false;
    u64 tunnel = 0;  // bytes of an RPC over HTTP channel that are still to come
    std::vector<std::string> notes;
    // The message under way; one of the two parsers.
    net::HttpRequest request;
    net::RequestParser::Streams streams;
    std::unique_ptr<net::RequestParser> request_parser;
    int status = 0;
    std::string reason;
    net::HttpHeaders headers;
    std::vector<u8> body;
    std::unique_ptr<net::ResponseParser> response_parser;

    void reset() {
      parsed = 0;
      request_parser.reset();
      response_parser.reset();
      request = {};
      headers.clear();
      body.clear();
    }
  };

  Channel& channel() {
    if (channel_ == nullptr) channel_ = std::make_unique<Channel>(all_, link_);
    return *channel_;
  }

  // Moves on in `raw`; false where more bytes are needed.
  bool step(Side from, Way& way) {
    if (way.request_parser == nullptr && way.response_parser == nullptr && !begin(from, way)) return false;
    if (way.tunnel != 0) return false;
    std::string_view rest = text_of(way.raw.view().subspan(way.parsed));
    std::size_t before = rest.size();
    auto progress = way.request_parser != nullptr ? way.request_parser->feed(rest) : way.response_parser->feed(rest);
    way.parsed += before - rest.size();
    if (progress == net::Progress::more) {
      if (way.raw.size() <= all_.options().max_operation + kMaxHead) return false;
      progress = net::Progress::failed;
    }
    if (progress == net::Progress::failed) {
      way.notes.push_back(
          fmt::format("an HTTP message that is malformed or too long is passed over: {}",
                      way.request_parser != nullptr ? way.request_parser->reason() : way.response_parser->reason()));
      way.reset();
      way.raw.clear();
      way.searching = true;
      return false;
    }
    finish(from, way, way.parsed);
    return true;
  }

  // Chooses how to read the next message; false where its head has not come yet, or it is none.
  bool begin(Side from, Way& way) {
    ByteView view = way.raw.view();
    if (!looks_like_http(view)) {
      if (view.size() < 16 && !way.searching) return false;
      if (!way.searching) way.notes.push_back("bytes that are no HTTP message are passed over");
      way.searching = true;
      way.raw.clear();
      return false;
    }
    std::string_view text = text_of(view);
    std::size_t head = text.find("\r\n\r\n");
    if (head == std::string_view::npos) {
      if (view.size() > kMaxHead) way.raw.clear();
      return false;
    }
    head += 4;
    way.searching = false;
    auto message = read_http_text(view.first(head));
    if (message.ok() && tunnel(from, way, *message, head)) return true;
    std::size_t most = all_.options().max_operation;
    if (message.ok() && message->is_response()) {
      auto take = [&way](std::string_view piece) {
        way.body.insert(way.body.end(), piece.begin(), piece.end());
        return true;
      };
      way.response_parser = std::make_unique<net::ResponseParser>(way.status, way.reason, way.headers, most, take);
      if (!waiting_.empty() && waiting_.front().method == "HEAD") way.response_parser->skip(true);
    } else {
      way.request_parser = std::make_unique<net::RequestParser>(way.request, kMaxHead, most, way.streams);
    }
    return true;
  }

  // Where the message is a channel of RPC over HTTP: gives its head as an operation; what follows is PDUs.
  bool tunnel(Side from, Way& way, const HttpText& message, std::size_t head) {
    std::string_view start = message.start_line;
    bool is_response = message.is_response();
    bool opened = is_response && !waiting_.empty() && is_tunnel_method(waiting_.front().method) &&
                  start.substr(std::min<std::size_t>(start.find(' '), start.size())).starts_with(" 200");
    if (is_response ? !opened : !is_tunnel_method(start.substr(0, start.find(' ')))) return false;
    u64 length = 0;
    std::string_view announced = message.field("Content-Length");
    auto [end, error] = std::from_chars(announced.data(), announced.data() + announced.size(), length);
    if (announced.empty() || error != std::errc{}) length = is_response ? ~u64{0} : 0;
    if (length <= kEchoLength) return false;
    finish(from, way, head);
    way.tunnel = length;
    return true;
  }

  // The first `size` bytes of `raw` are a message.
  void finish(Side from, Way& way, std::size_t size) {
    Operation operation;
    way.raw.frames_of(size, operation.frames);
    if (operation.frames.empty()) operation.frames.push_back(last_);
    operation.connection = link_.connection;
    operation.src = from == Side::client ? link_.client : link_.server;
    operation.dst = from == Side::client ? link_.server : link_.client;
    operation.size = size;
    operation.notes = std::exchange(way.notes, {});
    HttpMessage message;
    message.bytes = way.raw.view().first(size);
    auto text = read_http_text(message.bytes);
    if (text.ok()) {
      message.text = *std::move(text);
      read_content(way, message, operation);
      give(message, operation);
    }
    way.reset();
    way.raw.drop(size);
  }

  void read_content(Way& way, HttpMessage& message, Operation& operation) {
    message.content = way.request_parser != nullptr ? std::vector<u8>(way.request.body.begin(), way.request.body.end())
                                                    : std::move(way.body);
    if (message.text.body.empty()) message.content.clear();
    message.changed = !message.text.field("Transfer-Encoding").empty();
    if (message.changed) message.origin = "chunks put together";
    std::string_view coding = message.text.field("Content-Encoding");
    bool gzip = has_word(coding, "gzip"), deflate = has_word(coding, "deflate");
    if ((gzip || deflate) && !message.content.empty()) {
      std::size_t most = all_.options().max_operation;
      auto plain = unpacked(message.content, 15 + 32, most);
      if (!plain && deflate) plain = unpacked(message.content, -15, most);
      if (plain) {
        message.content = *std::move(plain);
        message.changed = true;
        message.origin += fmt::format("{}without {}", message.origin.empty() ? "" : ", ", coding);
      } else {
        operation.notes.push_back(fmt::format("malformed: the content is not {}", coding));
      }
    }
    if (message.origin.empty()) message.origin = "as it travelled";
  }

  void give(const HttpMessage& message, Operation& operation) {
    HttpExchange exchange;
    bool interim = message.text.start_line.find(" 100") == 8;
    if (!message.text.is_response()) {
      exchange.time = operation.frame().time;
      describe_http(all_, message, exchange, operation);
      exchange.operation = all_.emit(operation);
      if (waiting_.size() < kMostWaiting) waiting_.push_back(std::move(exchange));
      return;
    }
    if (!waiting_.empty()) {
      if (interim) {
        exchange = waiting_.front();
      } else {
        exchange = std::move(waiting_.front());
        waiting_.pop_front();
      }
    } else {
      operation.notes.push_back("its request is not in the capture");
    }
    describe_http(all_, message, exchange, operation);
    all_.emit(operation);
  }

  static constexpr std::size_t kMostWaiting = 256;
  Conversations& all_;
  Link link_;
  Way ways_[2];
  std::deque<HttpExchange> waiting_;
  std::unique_ptr<Channel> channel_;
  Frame last_;
};

}  // namespace

bool looks_like_http(ByteView bytes) {
  std::string_view text = text_of(bytes);
  if (text.starts_with("HTTP/1.")) return true;
  for (std::string_view method : kMethods)
    if (text.starts_with(method)) return true;
  return false;
}

std::unique_ptr<Follower> make_http_follower(Conversations& all, const Link& link) {
  return std::make_unique<HttpFollower>(all, link);
}

}  // namespace ropewalk::dissect
