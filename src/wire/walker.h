// The general reading of a description: each field becomes one call on a Sink, which decides where the value comes from
// and what to make of it. Trees, JSON and generated instances are sinks; a new one costs no further instantiation of
// the messages.
#pragma once

#include "base/arena.h"
#include "base/guid.h"
#include "wire/context.h"
#include "wire/error.h"
#include "wire/scalar.h"
#include "wire/struct_info.h"
#include "wire/values.h"

namespace ropewalk::wire {

// Receives the fields of a description in wire order and provides their values. Names live as long as the call.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual bool ok() const = 0;
  virtual void fail(ErrorKind kind, std::string_view detail) = 0;
  virtual void scalar(std::string_view name, const TypeInfo& type, u64& raw) = 0;
  // The scalar that the next structure begins with; it stays in place.
  virtual void peek(const TypeInfo& type, u64& raw) = 0;
  // bytes.size() is the length the description asks for.
  virtual void bytes(std::string_view name, ByteView& bytes) = 0;
  virtual void rest(std::string_view name, ByteView& bytes) = 0;
  virtual void guid(std::string_view name, Guid& guid) = 0;
  virtual void string8(std::string_view name, ByteView& text) = 0;
  virtual void string16(std::string_view name, ByteView& text) = 0;
  // A count field; returns how many elements (or bytes, where of_bytes) follow.
  virtual std::size_t count(std::string_view name, const TypeInfo& type, bool of_bytes) = 0;
  // True if n more elements (each of at least no bytes) can be believed.
  virtual bool believes(std::size_t n) = 0;
  virtual void begin(std::string_view name, std::string_view type) = 0;
  virtual void end() = 0;
  virtual void begin_list(std::string_view name, std::string_view type) = 0;
  // In a list without a count: is there an element after the first i?
  virtual bool another(std::size_t i) = 0;
  // A size of what follows, and of `extra` bytes more.
  virtual void begin_sized(std::string_view name, const TypeInfo& type, std::size_t extra) = 0;
  virtual void end_sized() = 0;
  // Content that must end n bytes before the window does.
  virtual void begin_leaving(std::size_t) {}
  virtual void end_leaving() {}
  // From here on scalars, GUIDs and String16 are big-endian, or not any more. Sinks that read no bytes need not care.
  // True: the sink hands out text as it stands in the bytes.
  virtual bool big_endian(bool) { return false; }
  virtual std::size_t position() const { return 0; }
  virtual void align(std::size_t, std::size_t) {}
  // Are values read from somewhere, so that they may contradict each other?
  virtual bool expects() const { return true; }
  // In front of a part that is there only if bytes are left.
  virtual bool tail() = 0;
  virtual void deeper(int by) = 0;
  // Enters bytes that a transformation laid bare; false if this sink does not look inside.
  virtual bool wants_inside() const { return false; }
  virtual void begin_inside(std::string_view, ByteView) {}
  virtual void end_inside() {}
};

// A field's name as text: names may be strings, or small objects that make their text only when somebody looks.
inline std::string name_text(std::string_view name) { return std::string(name); }
template <class N>
requires requires(const N& n) { n.field_name(); }
std::string name_text(const N& name) { return std::string(name.field_name()); }

class Walker {
 public:
  Walker(Sink& sink, Arena& arena, const Context* context = nullptr) : sink_(sink), arena_(arena), chain_(context) {}

  bool ok() const { return sink_.ok(); }
  const Context* chain() const { return chain_; }
  Arena& arena() { return arena_; }

  template <class N, class T>
  void operator()(const N& name, T&& x) {
    if (ok()) field(name_text(name), x);
  }

  template <class T>
  void peek(T& x) {
    if (!ok()) return;
    u64 raw = static_cast<std::make_unsigned_t<Raw<T>>>(to_raw(x));
    sink_.peek(type_info<T>(), raw);
    if (ok()) x = from_raw<T>(static_cast<Raw<T>>(raw));
  }
  template <class T, class U>
  void set(T& to, const U& value) {
    to = value;
  }
  template <class T>
  void resize(List<T>& list, std::size_t n) {
    if (!ok()) return;
    if (!sink_.believes(n)) return sink_.fail(ErrorKind::too_many, {});
    auto items = arena_.make<T>(n);
    if (items.size() != n) return sink_.fail(ErrorKind::over_limit, {});
    list = items;
  }
  void resize(ByteView& bytes, std::size_t n) { bytes = ByteView(static_cast<const u8*>(nullptr), n); }

  template <class N>
  void rest(const N& name, ByteView& bytes) {
    if (ok()) sink_.rest(name_text(name), bytes);
  }
  template <class N, class T>
  void one(const N& name, List<T>& list) {
    resize(list, 1);
    if (ok()) (*this)(name, list[0]);
  }
  template <class N, class T>
  void until_end(const N& name, List<T>& list) {
    if (!ok()) return;
    sink_.begin_list(name_text(name), element_type<T>());
    std::size_t capacity = 0;
    list.length = 0;
    while (ok() && sink_.another(list.length)) {
      if (list.length == capacity && !grow(list, capacity)) break;
      field(element_name(list.length), list.first[list.length]);
      if (ok()) ++list.length;
    }
    sink_.end();
  }
  template <class N, class T, class F>
  void until(const N& name, List<T>& list, F&& is_last) {
    if (!ok()) return;
    sink_.begin_list(name_text(name), element_type<T>());
    std::size_t capacity = 0;
    list.length = 0;
    while (ok()) {
      if (list.length == capacity && !grow(list, capacity)) break;
      T& element = list.first[list.length];
      field(element_name(list.length), element);
      if (!ok()) break;
      ++list.length;
      if (is_last(element)) break;
    }
    sink_.end();
  }
  template <class N, class C, class F>
  void sized(const N& name, C, F&& content, std::size_t extra = 0) {
    if (!ok()) return;
    sink_.begin_sized(name_text(name), type_info<C>(), extra);
    content();
    sink_.end_sized();
  }
  template <class N, class C, class F>
  void sized_ordered(const N& name, C prefix, bool big_endian, F&& content, std::size_t extra = 0) {
    if (!ok()) return;
    sink_.big_endian(big_endian);
    auto with_order_back = [&] {
      sink_.big_endian(false);
      content();
    };
    sized(name, prefix, with_order_back, extra);
    sink_.big_endian(false);
  }
  template <class F>
  void leaving(std::size_t n, F&& content) {
    if (!ok()) return;
    sink_.begin_leaving(n);
    content();
    sink_.end_leaving();
  }
  template <class N, class T>
  void ordered(const N& name, T& x, bool big_endian) {
    bool foreign = sink_.big_endian(big_endian) && big_endian;
    (*this)(name, x);
    sink_.big_endian(false);
    if constexpr (std::is_same_v<T, String16>) {
      if (foreign && ok()) x.bytes = swapped_units(x.bytes, arena_);
    }
  }
  template <class N, class C>
  void announced(const N& name, C, bool big_endian, std::size_t& n) {
    if (!ok()) return;
    sink_.big_endian(big_endian);
    n = sink_.count(name_text(name), type_info<C>(), false);
    sink_.big_endian(false);
  }
  void expect(bool holds, std::string_view detail) {
    if (ok() && !holds && sink_.expects()) fail(detail);
  }
  std::size_t position() const { return sink_.position(); }
  void align(std::size_t origin, std::size_t n) {
    if (ok()) sink_.align(origin, n);
  }
  template <class N, class T, class F>
  void each(const N& name, std::string_view type, List<T>& list, F&& content) {
    if (!ok()) return;
    sink_.begin_list(name_text(name), type);
    for (std::size_t i = 0; i < list.size() && ok(); ++i) content(std::string_view(element_name(i)), list[i]);
    sink_.end();
  }
  template <class F>
  void tail(bool& present, F&& content) {
    present = ok() && sink_.tail();
    if (present) content();
  }
  template <class T>
  void make(T*& pointer) {
    auto made = arena_.make<T>(1);
    if (made.empty()) return sink_.fail(ErrorKind::over_limit, {});
    pointer = made.data();
  }
  template <class N, class F>
  void group(const N& name, std::string_view type, F&& content) {
    if (!ok()) return;
    sink_.begin(name_text(name), type);
    content();
    sink_.end();
  }
  void keep_guid(ByteView& to, const Guid& guid) {
    if (ok()) to = arena_.copy(ByteView(guid.bytes));
  }
  template <class F>
  void nest(F&& content) {
    if (depth_ >= kMaxDepth) return sink_.fail(ErrorKind::too_deep, {});
    ++depth_;
    sink_.deeper(1);
    content();
    sink_.deeper(-1);
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
  void dynamic(const N& name, const StructInfo& info, void*& body) {
    if (!ok()) return;
    body = arena_.allocate(info.size, info.align);
    if (body == nullptr) return sink_.fail(ErrorKind::over_limit, {});
    info.construct(body);
    sink_.begin(name_text(name), info.name);
    info.walk(*this, body);
    sink_.end();
  }
  // Shows structure S as found in what `plain` (Arena& -> std::optional<ByteView>) makes of bytes read before, e.g.
  // decompressed.
  template <class S, class N, class F>
  void inside(const N& name, F&& plain) {
    if (!ok() || !sink_.wants_inside()) return;
    auto bytes = plain(arena_);
    if (!bytes) return;
    sink_.begin_inside(name_text(name), *bytes);
    auto scratch = arena_.make<S>(1);
    if (!scratch.empty()) {
      sink_.begin(struct_name<S>(), struct_name<S>());
      S::fields(scratch[0], *this);
      sink_.end();
    }
    sink_.end_inside();
  }
  // The same for a structure that is only known at run time.
  template <class N, class F>
  void inside(const N& name, const StructInfo& info, F&& plain) {
    if (!ok() || !sink_.wants_inside()) return;
    auto bytes = plain(arena_);
    if (!bytes) return;
    sink_.begin_inside(name_text(name), *bytes);
    void* scratch = nullptr;
    dynamic(info.name, info, scratch);
    sink_.end_inside();
  }
  void fail(std::string_view detail) { sink_.fail(ErrorKind::malformed, detail); }

 private:
  static std::string element_name(std::size_t i) { return "[" + std::to_string(i) + "]"; }
  template <class T>
  static constexpr std::string_view element_type() {
    if constexpr (Scalar<T> || std::is_same_v<T, String8> || std::is_same_v<T, String16> ||
                  std::is_same_v<T, ByteView> || std::is_same_v<T, Guid> || IsChoice<T>)
      return "list";
    else
      return struct_name<T>();
  }
  template <class T>
  bool grow(List<T>& list, std::size_t& capacity) {
    capacity = capacity == 0 ? 8 : capacity * 2;
    auto grown = arena_.make<T>(capacity);
    if (grown.empty()) {
      sink_.fail(ErrorKind::over_limit, {});
      return false;
    }
    std::copy(list.begin(), list.end(), grown.begin());
    list.first = grown.data();
    return true;
  }

  template <class T>
  void field(const std::string& name, T& x) {
    using F = std::remove_cvref_t<T>;
    if constexpr (Scalar<F>) {
      u64 raw = static_cast<std::make_unsigned_t<Raw<F>>>(to_raw(x));
      sink_.scalar(name, type_info<F>(), raw);
      if (ok()) x = from_raw<F>(static_cast<Raw<F>>(raw));
    } else if constexpr (IsCount<F>::value) {
      counted(name, x);
    } else if constexpr (std::is_same_v<F, ByteView>) {
      sink_.bytes(name, x);
    } else if constexpr (std::is_same_v<F, Guid>) {
      sink_.guid(name, x);
    } else if constexpr (IsByteArray<F>::value) {
      ByteView view(x);
      sink_.bytes(name, view);
      if (ok()) std::memcpy(x.data(), view.data(), x.size());
    } else if constexpr (std::is_same_v<F, String8>) {
      sink_.string8(name, x.bytes);
    } else if constexpr (std::is_same_v<F, String16>) {
      sink_.string16(name, x.bytes);
    } else if constexpr (IsList<F>::value) {
      sink_.begin_list(name, element_type<std::remove_cvref_t<decltype(x[0])>>());
      for (std::size_t i = 0; i < x.size() && ok(); ++i) field(element_name(i), x[i]);
      sink_.end();
    } else if constexpr (IsChoice<F>) {
      F::choose(std::string_view(name), x, *this);
    } else {
      sink_.begin(name, struct_name<F>());
      F::fields(x, *this);
      sink_.end();
    }
  }
  template <class C, class S>
  void counted(const std::string& name, Count<C, S>& count) {
    constexpr bool of_bytes = std::is_same_v<S, ByteView>;
    std::size_t n = sink_.count(name, type_info<C>(), of_bytes);
    if (ok()) resize(count.sequence, n);
  }

  Sink& sink_;
  Arena& arena_;
  const Context* chain_;
  int depth_ = 0;
};

}  // namespace ropewalk::wire
