#include "inspect/record.h"

#include <zstd.h>

#include <bit>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>
#include <memory>

namespace ropewalk::inspect {
namespace {

using dissect::Operation;
using wire::Node;

class Writer {
 public:
  void number(u64 value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>(value | 0x80));
    out_.push_back(static_cast<char>(value));
  }
  // Small also where it is negative.
  void signed_number(i64 value) { number((static_cast<u64>(value) << 1) ^ static_cast<u64>(value >> 63)); }
  void text(std::string_view value) {
    number(value.size());
    out_ += value;
  }
  void bytes(ByteView value) { text({reinterpret_cast<const char*>(value.data()), value.size()}); }
  // 0 for nothing, else one more than the value.
  template <class T>
  void maybe(const std::optional<T>& value) {
    number(value ? 1 : 0);
    if (value) signed_number(static_cast<i64>(*value));
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// What is missing reads as zero and empty; `failed()` tells.
class Reader {
 public:
  explicit Reader(std::string_view in) : in_(in) {}

  u64 number() {
    u64 value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in_.empty()) return failed_ = true, 0;
      const u8 byte = static_cast<u8>(in_.front());
      in_.remove_prefix(1);
      value |= u64{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    return failed_ = true, 0;
  }
  i64 signed_number() {
    const u64 value = number();
    return static_cast<i64>(value >> 1) ^ -static_cast<i64>(value & 1);
  }
  std::string_view text() {
    const u64 size = number();
    if (size > in_.size()) return failed_ = true, std::string_view();
    const std::string_view value = in_.substr(0, size);
    in_.remove_prefix(size);
    return value;
  }
  template <class T>
  void maybe(std::optional<T>& value) {
    if (number() != 0) value = static_cast<T>(signed_number());
  }
  // A count of things of at least one byte each.
  std::size_t count() {
    const u64 value = number();
    if (value > in_.size()) return failed_ = true, 0;
    return value;
  }
  bool failed() const { return failed_; }

 private:
  std::string_view in_;
  bool failed_ = false;
};

enum class Kind : u8 { nothing, no, yes, signed_number, unsigned_number, real, text, json };

void write_value(Writer& out, const boost::json::value& value) {
  auto kind = [&](Kind k) { out.number(static_cast<u64>(k)); };
  switch (value.kind()) {
    case boost::json::kind::null:
      return kind(Kind::nothing);
    case boost::json::kind::bool_:
      return kind(value.get_bool() ? Kind::yes : Kind::no);
    case boost::json::kind::int64:
      return kind(Kind::signed_number), out.signed_number(value.get_int64());
    case boost::json::kind::uint64:
      return kind(Kind::unsigned_number), out.number(value.get_uint64());
    case boost::json::kind::double_:
      return kind(Kind::real), out.number(std::bit_cast<u64>(value.get_double()));
    case boost::json::kind::string:
      return kind(Kind::text), out.text({value.get_string().data(), value.get_string().size()});
    default:
      return kind(Kind::json), out.text(boost::json::serialize(value));
  }
}

boost::json::value read_value(Reader& in) {
  switch (static_cast<Kind>(in.number())) {
    case Kind::no:
      return false;
    case Kind::yes:
      return true;
    case Kind::signed_number:
      return in.signed_number();
    case Kind::unsigned_number:
      return in.number();
    case Kind::real:
      return std::bit_cast<double>(in.number());
    case Kind::text:
      return boost::json::string(in.text());
    case Kind::json: {
      boost::json::error_code failed;
      return boost::json::parse(in.text(), failed);
    }
    default:
      return nullptr;
  }
}

void write_node(Writer& out, const Node& node) {
  out.text(node.name);
  out.text(node.type);
  out.number(node.offset);
  out.number(node.length);
  write_value(out, node.value);
  out.text(node.text);
  out.number(node.has_fields ? 1 : 0);
  out.number(node.fields.size());
  for (const Node& field : node.fields) write_node(out, field);
}

void read_node(Reader& in, Node& node) {
  node.name = in.text();
  node.type = in.text();
  node.offset = in.number();
  node.length = in.number();
  node.value = read_value(in);
  node.text = in.text();
  node.has_fields = in.number() != 0;
  const std::size_t count = in.count();
  node.fields.reserve(count);
  for (std::size_t i = 0; i < count && !in.failed(); ++i) read_node(in, node.fields.emplace_back());
}

}  // namespace

std::string write_facts(const Operation& operation) {
  Writer out;
  out.number(operation.number);
  out.number(operation.frames.size());
  capture::Frame last;  // differences are small
  for (const capture::Frame& frame : operation.frames) {
    out.signed_number(static_cast<i64>(frame.number - last.number));
    out.signed_number(frame.time - last.time);
    last = frame;
  }
  out.number(operation.connection);
  for (const std::string* text : {&operation.src, &operation.dst, &operation.layer, &operation.name, &operation.detail,
                                  &operation.result, &operation.user})
    out.text(*text);
  out.number(static_cast<u64>(operation.direction));
  out.number(operation.error);
  out.maybe(operation.answers);
  out.maybe(operation.round_trip);
  out.signed_number(operation.since_start);
  out.number(operation.size);
  out.maybe(operation.opnum);
  out.maybe(operation.call_id);
  out.number(operation.rops.size());
  for (const dissect::RopNote& rop : operation.rops) {
    out.text(rop.name);
    out.maybe(rop.error);
    out.text(rop.object);
  }
  out.number(operation.notes.size());
  for (const std::string& note : operation.notes) out.text(note);
  return out.take();
}

Operation read_facts(std::string_view facts) {
  Reader in(facts);
  Operation operation;
  operation.number = in.number();
  operation.frames.resize(in.count());
  capture::Frame last;
  for (capture::Frame& frame : operation.frames) {
    frame.number = last.number + static_cast<u64>(in.signed_number());
    frame.time = last.time + in.signed_number();
    last = frame;
  }
  operation.connection = in.number();
  for (std::string* text : {&operation.src, &operation.dst, &operation.layer, &operation.name, &operation.detail,
                            &operation.result, &operation.user})
    *text = in.text();
  operation.direction = static_cast<dissect::Direction>(in.number());
  operation.error = static_cast<u32>(in.number());
  in.maybe(operation.answers);
  in.maybe(operation.round_trip);
  operation.since_start = in.signed_number();
  operation.size = in.number();
  in.maybe(operation.opnum);
  in.maybe(operation.call_id);
  operation.rops.resize(in.count());
  for (dissect::RopNote& rop : operation.rops) {
    rop.name = in.text();
    in.maybe(rop.error);
    rop.object = in.text();
  }
  operation.notes.resize(in.count());
  for (std::string& note : operation.notes) note = in.text();
  return operation;
}

std::string write_content(const Operation& operation) {
  Writer out;
  write_node(out, operation.tree);
  out.number(operation.buffers.size());
  for (const dissect::Buffer& buffer : operation.buffers) {
    out.text(buffer.name);
    out.text(buffer.origin);
    out.bytes(buffer.bytes);
  }
  const std::string plain = out.take();
  std::string packed(ZSTD_compressBound(plain.size()), '\0');
  thread_local std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), ZSTD_freeCCtx);
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), packed.data(), packed.size(), plain.data(), plain.size(), 1);
  packed.resize(ZSTD_isError(size) ? 0 : size);
  return packed;
}

bool read_content(std::string_view content, Operation& operation) {
  const unsigned long long size = ZSTD_getFrameContentSize(content.data(), content.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) return false;
  std::string plain(size, '\0');
  thread_local std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
  const std::size_t got =
      ZSTD_decompressDCtx(context.get(), plain.data(), plain.size(), content.data(), content.size());
  if (ZSTD_isError(got) || got != plain.size()) return false;
  Reader in(plain);
  read_node(in, operation.tree);
  operation.buffers.resize(in.count());
  for (dissect::Buffer& buffer : operation.buffers) {
    buffer.name = in.text();
    buffer.origin = in.text();
    const std::string_view bytes = in.text();
    buffer.bytes.assign(bytes.begin(), bytes.end());
  }
  return !in.failed();
}

}  // namespace ropewalk::inspect
