// The fast writing of a description: structure to bytes.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>

#include "base/guid.h"
#include "wire/context.h"
#include "wire/scalar.h"
#include "wire/struct_info.h"
#include "wire/values.h"

namespace ropewalk::wire {

// A byte buffer that grows at its end without clearing what it grows by. Movable; keeps its capacity on clear().
class OutBuffer {
 public:
  std::size_t size() const { return size_; }
  u8* data() { return bytes_.get(); }
  const u8* data() const { return bytes_.get(); }
  ByteView view() const { return {bytes_.get(), size_}; }
  void clear() { size_ = 0; }
  void truncate(std::size_t n) { size_ = n; }
  // Room for n more bytes, counted as written; the caller fills them.
  [[gnu::always_inline]] u8* extend(std::size_t n) {
    if (n > capacity_ - size_) [[unlikely]]
      grow(n);
    u8* at = bytes_.get() + size_;
    size_ += n;
    return at;
  }
  void append(ByteView bytes) {
    if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
  }

 private:
  [[gnu::noinline]] void grow(std::size_t n) {
    std::size_t capacity = std::max(size_ + n, std::max<std::size_t>(capacity_ * 2, 256));
    auto larger = std::make_unique_for_overwrite<u8[]>(capacity);
    if (size_ != 0) std::memcpy(larger.get(), bytes_.get(), size_);
    bytes_ = std::move(larger);
    capacity_ = capacity;
  }

  std::unique_ptr<u8[]> bytes_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

// Appends structures to a buffer. Fails only where a list is longer than its count field can say, or a structure is
// inconsistent; then ok() is false and the buffer's new bytes are to be dropped.
class Encoder {
 public:
  explicit Encoder(OutBuffer& out, const Context* context = nullptr) : out_(&out), chain_(context) {}

  bool ok() const { return ok_; }
  const Context* chain() const { return chain_; }
  OutBuffer& out() { return *out_; }

  template <class N, class T>
  [[gnu::always_inline]] void operator()(const N& name, const T& x) {
    if constexpr (Scalar<T>) {
      store_le(out_->extend(sizeof(Raw<T>)), to_raw(x));
    } else if constexpr (IsCount<T>::value) {
      count(x);
    } else if constexpr (std::is_same_v<T, ByteView>) {
      out_->append(x);
    } else if constexpr (std::is_same_v<T, Guid>) {
      out_->append(x.bytes);
    } else if constexpr (IsByteArray<T>::value) {
      out_->append(x);
    } else if constexpr (std::is_same_v<T, String8>) {
      terminated(x.bytes, 1);
    } else if constexpr (std::is_same_v<T, String16>) {
      terminated(x.bytes, 2);
    } else if constexpr (IsList<T>::value) {
      list(name, x);
    } else if constexpr (IsChoice<T>) {
      T::choose(name, x, *this);
    } else {
      T::fields(x, *this);
    }
  }
  template <class T>
  void peek(const T&) {}

  template <class T, class U>
  void set(const T&, const U&) {}
  template <class T>
  void resize(const T&, std::size_t) {}
  template <class N>
  void rest(const N&, const ByteView& bytes) {
    out_->append(bytes);
  }
  template <class N, class T>
  void one(const N& name, const List<T>& list) {
    if (list.size() == 1)
      (*this)(name, list[0]);
    else
      ok_ = false;
  }
  template <class N, class T>
  void until_end(const N& name, const List<T>& list) {
    (*this)(name, list);
  }
  template <class N, class T, class F>
  void until(const N& name, const List<T>& list, F&&) {
    (*this)(name, list);
  }
  template <class N, class C, class F>
  void sized(const N&, C, F&& content, std::size_t extra = 0) {
    std::size_t at = out_->size();
    out_->extend(sizeof(Raw<C>));
    content();
    std::size_t n = out_->size() - at - sizeof(Raw<C>) + extra;
    if (n > std::numeric_limits<Raw<C>>::max()) ok_ = false;
    store_le(out_->data() + at, static_cast<Raw<C>>(n));
  }
  template <class N, class C, class F>
  void sized_ordered(const N& name, C prefix, bool big_endian, F&& content, std::size_t extra = 0) {
    std::size_t at = out_->size();
    sized(name, prefix, content, extra);
    u8* size = out_->data() + at;
    if (big_endian) std::reverse(size, size + sizeof(Raw<C>));
  }
  template <class F>
  void leaving(std::size_t, F&& content) {
    content();
  }
  template <class N, class T>
  void ordered(const N& name, const T& x, bool big_endian) {
    if constexpr (std::is_same_v<T, String16>) {
      std::size_t at = out_->size();
      (*this)(name, x);
      for (u8* unit = out_->data() + at; big_endian && unit != out_->data() + out_->size(); unit += 2)
        std::swap(unit[0], unit[1]);
    } else {
      (*this)(name, big_endian ? swapped(x) : x);
    }
  }
  template <class N, class C>
  void announced(const N& name, C, bool big_endian, const std::size_t& n) {
    if (n > static_cast<std::size_t>(std::numeric_limits<Raw<C>>::max())) ok_ = false;
    ordered(name, from_raw<C>(static_cast<Raw<C>>(n)), big_endian);
  }
  void expect(bool, std::string_view) {}
  std::size_t position() const { return out_->size(); }
  void align(std::size_t origin, std::size_t n) {
    std::size_t gap = (n - (out_->size() - origin) % n) % n;
    if (gap != 0) std::memset(out_->extend(gap), 0, gap);
  }
  template <class N, class T, class F>
  void each(const N& name, std::string_view, const List<T>& list, F&& content) {
    for (const T& item : list) content(name, item);
  }
  template <class F>
  void tail(const bool& present, F&& content) {
    if (present) content();
  }
  template <class T>
  void make(const T* const& pointer) {
    if (pointer == nullptr) ok_ = false;
  }
  template <class N, class F>
  void group(const N&, std::string_view, F&& content) {
    content();
  }
  void keep_guid(const ByteView&, const Guid&) {}
  template <class F>
  void nest(F&& content) {
    content();
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
  void dynamic(const N&, const StructInfo& info, const void* body) {
    info.encode(*this, body);
  }
  template <class S, class N, class F>
  void inside(const N&, F&&) {}
  template <class N, class F>
  void inside(const N&, const StructInfo&, F&&) {}
  void fail(std::string_view) { ok_ = false; }

 private:
  [[gnu::always_inline]] void terminated(ByteView text, std::size_t zeros) {
    u8* at = out_->extend(text.size() + zeros);
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    std::memset(at + text.size(), 0, zeros);
  }
  template <class C, class S>
  void count(const Count<C, S>& count) {
    std::size_t n = count.sequence.size();
    if (n > static_cast<std::size_t>(std::numeric_limits<Raw<C>>::max())) ok_ = false;
    store_le(out_->extend(sizeof(Raw<C>)), static_cast<Raw<C>>(n));
  }
  template <class N, class T>
  [[gnu::always_inline]] void list(const N& name, const List<T>& x) {
    if constexpr (is_flat<T>()) {
      if (!x.empty()) std::memcpy(out_->extend(x.size() * sizeof(T)), x.begin(), x.size() * sizeof(T));
    } else {
      for (const T& item : x) (*this)(name, item);
    }
  }

  OutBuffer* out_;
  const Context* chain_;
  bool ok_ = true;
};

}  // namespace ropewalk::wire
