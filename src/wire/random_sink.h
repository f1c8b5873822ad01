// The sink that makes up values: what generated instances, and lists of a description's fields, are read with.
#pragma once

#include "base/utf16.h"
#include "wire/generate.h"
#include "wire/walker.h"

namespace ropewalk::wire {

// Legal values for every field, by chance; pinned ones as told.
class RandomSink : public Sink {
 public:
  RandomSink(Random& random, Arena& arena, std::span<const Pin> pins) : random_(random), arena_(arena), pins_(pins) {}

  bool ok() const override { return ok_; }
  void fail(ErrorKind, std::string_view) override { ok_ = false; }
  void scalar(std::string_view name, const TypeInfo& type, u64& raw) override {
    for (const Pin& pin : pins_) {
      if (pin.field == name) {
        raw = pin.value;
        return;
      }
    }
    raw = type.random != nullptr ? type.random(random_) : any(type.width);
  }
  void peek(const TypeInfo& type, u64& raw) override { scalar({}, type, raw); }
  void bytes(std::string_view, ByteView& bytes) override {
    auto made = arena_.make<u8>(bytes.size());
    if (made.size() != bytes.size()) return fail(ErrorKind::over_limit, {});
    for (u8& byte : made) byte = static_cast<u8>(random_.engine());
    bytes = made;
  }
  void rest(std::string_view name, ByteView& bytes) override {
    bytes = ByteView(static_cast<const u8*>(nullptr), length(32));
    this->bytes(name, bytes);
  }
  void guid(std::string_view, Guid& guid) override {
    for (u8& byte : guid.bytes) byte = static_cast<u8>(random_.engine());
  }
  void string8(std::string_view, ByteView& text) override {
    auto made = arena_.make<u8>(length(12));
    for (u8& byte : made) byte = static_cast<u8>(1 + random_.below(255));
    text = made;
  }
  void string16(std::string_view, ByteView& text) override {
    static constexpr std::string_view kPieces[] = {
        "a", "Z", " ", "\xC3\xA9", "\xE2\x82\xAC", "\xE7\xB9\xA9", "\xF0\x9F\xAA\xA2"};
    std::string utf8;
    for (std::size_t n = length(8); n > 0; --n) utf8 += kPieces[random_.below(std::size(kPieces))];
    text = arena_.copy(ByteView(utf8_to_utf16(utf8)));
  }
  std::size_t count(std::string_view, const TypeInfo& type, bool of_bytes) override {
    std::size_t most = of_bytes ? 40 : random_.depth > 3 ? 1 : 4;
    std::size_t n = length(most);
    return type.width == 1 ? n & 0x7F : n;
  }
  bool believes(std::size_t n) override { return n <= 4096; }
  void begin(std::string_view, std::string_view) override {}
  void end() override {}
  void begin_list(std::string_view, std::string_view) override {}
  bool another(std::size_t i) override { return i < 6 && random_.chance(60); }
  void begin_sized(std::string_view, const TypeInfo&, std::size_t) override {}
  void end_sized() override {}
  bool expects() const override { return false; }
  bool tail() override { return random_.chance(50); }
  void deeper(int by) override { random_.depth += by; }

 private:
  std::size_t length(std::size_t most) { return static_cast<std::size_t>(random_.below(most + 1)); }
  u64 any(int width) {
    u64 mask = width == 8 ? ~u64{0} : (u64{1} << (width * 8)) - 1;
    switch (random_.below(4)) {
      case 0:
        return random_.below(3);
      case 1:
        return mask - random_.below(2);
      default:
        return random_.engine() & mask;
    }
  }

  Random& random_;
  Arena& arena_;
  std::span<const Pin> pins_;
  bool ok_ = true;
};

}  // namespace ropewalk::wire
