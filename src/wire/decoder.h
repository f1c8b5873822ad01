// The fast reading of a description: bytes to structure.
#pragma once

#include "base/arena.h"
#include "base/guid.h"
#include "base/utf16.h"
#include "wire/context.h"
#include "wire/error.h"
#include "wire/scalar.h"
#include "wire/struct_info.h"
#include "wire/values.h"

namespace ropewalk::wire {

// Fills structures from bytes. Never reads past its window, never allocates more than the arena's limit, and after the
// first failure reads nothing more (fields keep their defaults). It does not track names: explain() finds the path of a
// failure by walking again. Strings and bytes in the result are views into the input; lists lie in the arena.
class Decoder {
 public:
  Decoder(ByteView input, Arena& arena, const Context* context = nullptr)
      : begin_(input.data()),
        at_(input.data()),
        end_(input.data() + input.size()),
        believable_(input.size() + kMaxEmptyElements),
        arena_(&arena),
        chain_(context) {}

  bool ok() const { return kind_ == ErrorKind::none; }
  ErrorKind error() const { return kind_; }
  // Bytes consumed so far; at a failure, where it happened.
  std::size_t offset() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t remaining() const { return static_cast<std::size_t>(end_ - at_); }
  ByteView rest_of_input() const { return {at_, remaining()}; }
  Arena& arena() { return *arena_; }
  const Context* chain() const { return chain_; }

  template <class N, class T>
  [[gnu::always_inline]] void operator()(const N& name, T&& x) {
    using F = std::remove_cvref_t<T>;
    if constexpr (Scalar<F>) {
      scalar(x);
    } else if constexpr (IsCount<F>::value) {
      count(x);
    } else if constexpr (std::is_same_v<F, ByteView>) {
      x = take(x.size());
    } else if constexpr (std::is_same_v<F, Guid>) {
      array(x.bytes);
    } else if constexpr (IsByteArray<F>::value) {
      array(x);
    } else if constexpr (std::is_same_v<F, String8>) {
      string8(x);
    } else if constexpr (std::is_same_v<F, String16>) {
      string16(x);
    } else if constexpr (IsList<F>::value) {
      list(name, x);
    } else if constexpr (IsChoice<F>) {
      F::choose(name, x, *this);
    } else {
      F::fields(x, *this);
    }
  }
  // The scalar that the next structure begins with, left in place.
  template <class T>
  void peek(T& x) {
    const u8* here = at_;
    scalar(x);
    at_ = here;
  }

  // Reading, these act; encoding, they do nothing.
  template <class T, class U>
  void set(T& to, const U& value) {
    to = value;
  }
  template <class T>
  void resize(List<T>& list, std::size_t n) {
    if ((n > remaining() && n > kMaxEmptyElements) || n > believable_) return fail(ErrorKind::too_many);
    believable_ -= n;
    auto items = arena_->make<T>(n);
    if (items.size() != n) return fail(ErrorKind::over_limit);
    list = items;
  }
  void resize(ByteView& bytes, std::size_t n) { bytes = ByteView(static_cast<const u8*>(nullptr), n); }

  template <class N>
  void rest(const N&, ByteView& bytes) {
    bytes = take(remaining());
  }
  template <class N, class T>
  void one(const N& name, List<T>& list) {
    resize(list, 1);
    if (ok()) (*this)(name, list[0]);
  }
  template <class N, class T>
  void until_end(const N& name, List<T>& list);
  // Elements up to and with the first one that `is_last` says is the last.
  template <class N, class T, class F>
  void until(const N& name, List<T>& list, F&& is_last);
  // A size prefix and content that must fill exactly that size. The size counts `extra` bytes besides the content (its
  // own width, say).
  template <class N, class C, class F>
  void sized(const N& name, C prefix, F&& content, std::size_t extra = 0) {
    (*this)(name, prefix);
    if (!ok()) return;
    std::size_t n = static_cast<std::size_t>(to_raw(prefix));
    if (n < extra) return fail(ErrorKind::malformed);
    window(n - extra, content);
  }
  // The same where the size stands in the sender's byte order.
  template <class N, class C, class F>
  void sized_ordered(const N& name, C prefix, bool big_endian, F&& content, std::size_t extra = 0) {
    ordered(name, prefix, big_endian);
    if (ok() && to_raw(prefix) < extra) return fail(ErrorKind::malformed);
    window(static_cast<std::size_t>(to_raw(prefix)) - extra, content);
  }
  // Content that must end `n` bytes before the window does.
  template <class F>
  void leaving(std::size_t n, F&& content) {
    if (!ok()) return;
    if (n > remaining()) return fail(ErrorKind::truncated);
    window(remaining() - n, content);
  }
  // A scalar, GUID or String16 in the sender's byte order.
  template <class N, class T>
  void ordered(const N& name, T& x, bool big_endian) {
    (*this)(name, x);
    if (!big_endian) return;
    if constexpr (std::is_same_v<T, String16>)
      x.bytes = swapped_units(x.bytes, *arena_);
    else
      x = swapped(x);
  }
  // A number that tells about what follows: reading, it comes from the bytes; writing, it is what n already says.
  template <class N, class C>
  void announced(const N& name, C, bool big_endian, std::size_t& n) {
    C read{};
    ordered(name, read, big_endian);
    n = ok() ? static_cast<std::size_t>(to_raw(read)) : 0;
  }
  // What must hold among values that were read; writing, it does by itself.
  void expect(bool holds, std::string_view) {
    if (!holds) fail(ErrorKind::malformed);
  }
  // Where the next field stands, for align().
  std::size_t position() const { return offset(); }
  // Passes over the gap in front of a field whose distance from `origin` is a multiple of n (a power of two).
  void align(std::size_t origin, std::size_t n) { take((n - (offset() - origin) % n) % n); }
  // One call for each element: content(name, element).
  template <class N, class T, class F>
  void each(const N& name, std::string_view, List<T>& list, F&& content) {
    for (T& item : list) {
      content(name, item);
      if (!ok()) return;
    }
  }
  // Content that is there only if bytes are left.
  template <class F>
  void tail(bool& present, F&& content) {
    present = ok() && at_ != end_;
    if (present) content();
  }
  // One object in the arena for a pointer to point at.
  template <class T>
  void make(T*& pointer) {
    auto made = arena_->make<T>(1);
    if (made.empty()) return fail(ErrorKind::over_limit);
    pointer = made.data();
  }
  // Fields that belong together under a name of their own.
  template <class N, class F>
  void group(const N&, std::string_view, F&& content) {
    content();
  }
  // A GUID kept as a view: copied to the arena.
  void keep_guid(ByteView& to, const Guid& guid) {
    if (ok()) to = arena_->copy(ByteView(guid.bytes));
  }
  template <class F>
  void nest(F&& content) {
    if (depth_ >= kMaxDepth) return fail(ErrorKind::too_deep);
    ++depth_;
    content();
    --depth_;
  }
  template <class T, class F>
  void with(const T& value, F&& content) {
    const Context* outer = chain_;
    Context inner = add_context(value, outer);
    chain_ = &inner;
    content();
    chain_ = outer;
  }
  template <class N>
  void dynamic(const N&, const StructInfo& info, void*& body) {
    body = arena_->allocate(info.size, info.align);
    if (body == nullptr) return fail(ErrorKind::over_limit);
    info.construct(body);
    info.decode(*this, body);
  }
  // Only a tree shows what is inside transformed bytes.
  template <class S, class N, class F>
  void inside(const N&, F&&) {}
  template <class N, class F>
  void inside(const N&, const StructInfo&, F&&) {}
  void fail(std::string_view) { fail(ErrorKind::malformed); }

 private:
  [[gnu::cold, gnu::noinline]] void fail(ErrorKind kind) {
    if (kind_ == ErrorKind::none) kind_ = kind;
    end_ = at_;
  }
  // Content that must fill exactly the next n bytes.
  template <class F>
  [[gnu::always_inline]] void window(std::size_t n, F&& content) {
    if (!ok()) return;
    if (n > remaining()) return fail(ErrorKind::truncated);
    const u8* outer = end_;
    end_ = at_ + n;
    content();
    if (!ok()) return;
    if (at_ != end_) return fail(ErrorKind::leftover);
    end_ = outer;
  }
  ByteView take(std::size_t n) {
    if (n > remaining()) [[unlikely]] {
      fail(ErrorKind::truncated);
      return {};
    }
    ByteView taken{at_, n};
    at_ += n;
    return taken;
  }
  template <class T>
  [[gnu::always_inline]] void scalar(T& x) {
    if (remaining() < sizeof(Raw<T>)) [[unlikely]]
      return fail(ErrorKind::truncated);
    x = from_raw<T>(load_le<Raw<T>>(at_));
    at_ += sizeof(Raw<T>);
  }
  template <std::size_t N>
  void array(std::array<u8, N>& x) {
    if (remaining() < N) [[unlikely]]
      return fail(ErrorKind::truncated);
    std::memcpy(x.data(), at_, N);
    at_ += N;
  }
  template <class C, class S>
  [[gnu::always_inline]] void count(Count<C, S>& count) {
    C n{};
    scalar(n);
    if (ok()) resize(count.sequence, static_cast<std::size_t>(to_raw(n)));
  }
  template <class N, class T>
  [[gnu::always_inline]] void list(const N& name, List<T>& x) {
    if constexpr (is_flat<T>()) {
      ByteView raw = take(x.size() * sizeof(T));
      if (!raw.empty()) std::memcpy(static_cast<void*>(x.begin()), raw.data(), raw.size());
    } else {
      for (T& item : x) {
        (*this)(name, item);
        if (!ok()) return;
      }
    }
  }
  void string8(String8& x) {
    const void* zero = at_ == end_ ? nullptr : std::memchr(at_, 0, remaining());
    if (zero == nullptr) return fail(ErrorKind::truncated);
    x.bytes = take(static_cast<std::size_t>(static_cast<const u8*>(zero) - at_));
    ++at_;
  }
  void string16(String16& x) {
    const u8* zero = find_utf16_zero(at_, end_);
    if (zero == nullptr) return fail(ErrorKind::truncated);
    x.bytes = {at_, static_cast<std::size_t>(zero - at_)};
    at_ = zero + 2;
  }

  const u8* begin_;
  const u8* at_;
  const u8* end_;
  std::size_t
      believable_;  // elements that counts may still announce: an element takes a byte, those of all lists together
  Arena* arena_;
  const Context* chain_;
  int depth_ = 0;
  ErrorKind kind_ = ErrorKind::none;
};

template <class N, class T>
void Decoder::until_end(const N& name, List<T>& list) {
  list.length = 0;
  if (at_ != end_) until(name, list, [this](const T&) { return at_ == end_; });
}

template <class N, class T, class F>
void Decoder::until(const N& name, List<T>& list, F&& is_last) {
  std::size_t capacity = 0;
  list.length = 0;
  while (ok()) {
    if (list.length == capacity) {
      capacity = capacity == 0 ? 8 : capacity * 2;
      auto grown = arena_->make<T>(capacity);
      if (grown.empty()) return fail(ErrorKind::over_limit);
      std::copy(list.begin(), list.end(), grown.begin());
      list.first = grown.data();
    }
    const u8* before = at_;
    T& element = list.first[list.length];
    (*this)(name, element);
    if (ok() && at_ == before) return fail(ErrorKind::malformed);
    if (!ok()) return;
    ++list.length;
    if (is_last(element)) return;
  }
}

}  // namespace ropewalk::wire
