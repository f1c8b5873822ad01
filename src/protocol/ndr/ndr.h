// NDR and NDR64 as a way of describing: [C706] chapter 14, [MS-RPCE] 2.2.5.
//
// A method's parameters are a structure with `fields(m, v)` that makes an Ndr of `v` and names the parameters to it;
// the structures inside have `static void ndr(auto& m, auto& n)`. One description serves NDR and NDR64 and both byte
// orders: ndr::Format in the context says which.
#pragma once

#include <array>
#include <utility>
#include <vector>

#include "base/guid.h"
#include "protocol/ndr/format.h"
#include "wire/context.h"
#include "wire/scalar.h"
#include "wire/struct_info.h"
#include "wire/values.h"

namespace ropewalk::ndr {

// What a structure's start is a multiple of, in either syntax: its widest member.
struct Alignment {
  u8 ndr = 4, ndr64 = 4;
};

// What stands in place of a pointer. 0 is null.
struct Referent32 {
  u32 value = 0;
};
struct Referent64 {
  u64 value = 0;
};
const wire::TypeInfo& wire_type(std::type_identity<Referent32>);
const wire::TypeInfo& wire_type(std::type_identity<Referent64>);

// A unique pointer: the target is somebody's or nobody's. `referent` keeps what a decoder read; 0 lets the encoder
// choose.
template <class T>
struct Pointer {
  u64 referent = 0;
  T* target = nullptr;
  // To what the caller keeps alive; it is only read when encoding.
  static Pointer to(const T& x) { return {0, const_cast<T*>(&x)}; }
  explicit operator bool() const { return target != nullptr; }
  T& operator*() const { return *target; }
  T* operator->() const { return target; }
};
// A full pointer: others in the same stub may have the same target ([C706] 14.3.12.2).
template <class T>
struct FullPointer : Pointer<T> {
  static FullPointer to(const T& x) { return {{0, const_cast<T*>(&x)}}; }
};
// A reference pointer inside a structure: never null, and what stands in its place says nothing.
template <class T>
struct RefPointer : Pointer<T> {
  static RefPointer to(const T& x) { return {{0, const_cast<T*>(&x)}}; }
};
template <class T>
inline constexpr bool is_pointer = false;
template <class T>
inline constexpr bool is_pointer<Pointer<T>> = true;
template <class T>
inline constexpr bool is_pointer<FullPointer<T>> = true;
template <class T>
inline constexpr bool is_pointer<RefPointer<T>> = true;

template <class P>
inline constexpr bool is_full = false;
template <class T>
inline constexpr bool is_full<FullPointer<T>> = true;
template <class P>
inline constexpr bool is_ref = false;
template <class T>
inline constexpr bool is_ref<RefPointer<T>> = true;

// Does T hold pointers, whose targets follow later? A structure says so with `static constexpr bool kHasPointers`.
template <class T>
constexpr bool has_pointers() {
  if constexpr (is_pointer<T>)
    return true;
  else if constexpr (requires { T::kHasPointers; })
    return T::kHasPointers;
  else
    return false;
}
template <class T>
constexpr Alignment alignment_of() {
  if constexpr (wire::Scalar<T>)
    return {sizeof(wire::Raw<T>), sizeof(wire::Raw<T>)};
  else if constexpr (is_pointer<T>)
    return {4, 8};
  else if constexpr (requires { T::kAlignment; })
    return T::kAlignment;
  else
    return {};
}

// More full pointers than this in one stub are not followed: finding equals among them would take long.
inline constexpr std::size_t kMaxFullPointers = 1024;

template <class V>
class Ndr {
 public:
  explicit Ndr(V& v) : v_(v), origin_(v.position()) {
    if (const auto* format = wire::context<Format>(v)) format_ = *format;
  }

  bool ndr64() const { return format_.ndr64; }
  // True where only the targets of pointers are left to read or write.
  bool is_following() const { return pass_ == Pass::referents; }
  V& v() { return v_; }

  // A scalar, GUID, pointer, or structure with ndr().
  void operator()(std::string_view name, auto& x) {
    using T = std::remove_cvref_t<decltype(x)>;
    if constexpr (wire::Scalar<T> || std::is_same_v<T, Guid>) {
      if (pass_ == Pass::referents) return;
      align(alignment_of<T>());
      v_.ordered(name, x, format_.big_endian);
    } else if constexpr (is_pointer<T>) {
      pointer(name, x);
    } else {
      structure(name, x);
    }
  }
  // An enumeration without v1_enum: 2 bytes, in NDR64 4.
  void short_enum(std::string_view name, auto& x) {
    if (pass_ == Pass::referents) return;
    if (!format_.ndr64) return (*this)(name, x);
    u32 wide = x;
    (*this)(name, wide);
    v_.set(x, static_cast<u16>(wide));
  }
  // The number of elements (or bytes) of a sequence that `max_count` in front of it announces.
  template <class S>
  void count(std::string_view name, S& sequence) {
    if (pass_ == Pass::referents) return;
    std::size_t n = sequence.size();
    number(name, n);
    v_.resize(sequence, n);
  }
  // A count or offset: 4 bytes, in NDR64 8. Reading, n comes from the bytes.
  void number(std::string_view name, auto& n) {
    if (pass_ == Pass::referents) return;
    align({4, 8});
    if (format_.ndr64)
      v_.announced(name, u64{}, format_.big_endian, n);
    else
      v_.announced(name, u32{}, format_.big_endian, n);
  }
  // A parameter or member that says how long another one is: no member of its own.
  template <class C>
  void length_of(std::string_view name, C width, std::size_t n) {
    std::size_t said = n;
    announced(name, width, said);
    expect_length(said, n);
  }
  // The same in front of the array: `said` is what expect_length() compares when the array is there.
  template <class C>
  void announced(std::string_view name, C width, std::size_t& said) {
    if (pass_ == Pass::referents) return;
    align(alignment_of<C>());
    v_.announced(name, width, format_.big_endian, said);
  }
  void expect_length(std::size_t said, std::size_t n) { expect(said == n, "a length that is not what its array says"); }
  // offset and actual_count of a varying array; an offset that is not 0 is refused, as Windows does.
  template <class S>
  void varying(S& sequence, std::size_t max_count) {
    if (pass_ == Pass::referents) return;
    std::size_t offset = 0;
    number("offset", offset);
    expect(offset == 0, "an array that does not start at its first element");
    count("actual_count", sequence);
    expect(sequence.size() <= max_count, "more elements than max_count allows");
  }
  template <class T>
  void elements(std::string_view name, T& list) {
    using E = std::remove_cvref_t<decltype(list[0])>;
    if (pass_ == Pass::referents && !has_pointers<E>()) return;
    if (pass_ == Pass::both && has_pointers<E>()) {
      in_pass(Pass::scalars, [&] { elements(name, list); });
      return in_pass(Pass::referents, [&] { elements(name, list); });
    }
    v_.each(name, type_name<E>(), list, [&](const auto& element, auto& item) { (*this)(element, item); });
  }
  // Bytes, text: what v reads without an order of its own.
  void plain(std::string_view name, auto& x) {
    if (pass_ != Pass::referents) v_(name, x);
  }
  void text16(std::string_view name, wire::String16& x) { ordered_text(name, x); }
  void text16(std::string_view name, const wire::String16& x) { ordered_text(name, x); }
  void expect(bool holds, std::string_view detail) {
    if (pass_ != Pass::referents) v_.expect(holds, detail);
  }
  void range(u64 value, u64 least, u64 most) { expect(value >= least && value <= most, "a value outside its range"); }
  void fail(std::string_view detail) {
    if (pass_ != Pass::referents) v_.fail(detail);
  }
  // In front of a union's selected member: NDR64 aligns it as the widest one ([MS-RPCE] 2.2.5.3.4.4).
  void union_arm(u8 widest) {
    if (format_.ndr64) align({widest, widest});
  }
  void align(Alignment a) {
    if (pass_ != Pass::referents) v_.align(origin_, format_.ndr64 ? a.ndr64 : a.ndr);
  }
  void set(auto& to, const auto& value) { v_.set(to, value); }

 private:
  enum class Pass : u8 { both, scalars, referents };
  struct Seen {
    u64 referent;
    const void* target;
    bool followed;
  };

  template <class E>
  static constexpr std::string_view type_name() {
    if constexpr (requires { E::kName; })
      return E::kName;
    else
      return "list";
  }
  void in_pass(Pass pass, auto&& content) {
    Pass outer = pass_;
    pass_ = pass;
    content();
    pass_ = outer;
  }
  void ordered_text(std::string_view name, auto& x) {
    if (pass_ == Pass::referents) return;
    align({2, 2});
    v_.ordered(name, x, format_.big_endian);
  }

  // [C706] 14.3.12.3: the targets of pointers in a structure follow when the outermost one is complete.
  template <class T>
  void structure(std::string_view name, T& x) {
    using S = std::remove_cvref_t<T>;
    if (pass_ == Pass::referents && !has_pointers<S>()) return;
    v_.group(name, type_name<S>(), [&] {
      if (pass_ == Pass::referents) return S::ndr(x, *this);
      if (pass_ == Pass::scalars || !has_pointers<S>()) return scalars<S>(x);
      in_pass(Pass::scalars, [&] { scalars<S>(x); });
      in_pass(Pass::referents, [&] { S::ndr(x, *this); });
    });
  }
  template <class S, class T>
  void scalars(T& x) {
    if constexpr (requires { S::conformance(x, *this); }) S::conformance(x, *this);
    align(alignment_of<S>());
    S::ndr(x, *this);
    if constexpr (
        !requires { S::conformance(x, *this); } && requires { S::kAlignment; }) {
      if (format_.ndr64) align(alignment_of<S>());  // [MS-RPCE] 2.2.5.3.4.1
    }
  }

  template <class P>
  void pointer(std::string_view name, P& p) {
    if (pass_ != Pass::referents) representation(name, p);
    if (pass_ == Pass::scalars || p.target == nullptr || followed(p)) return;
    v_.nest([&] { in_pass(Pass::both, [&] { (*this)(name, *p.target); }); });
  }
  template <class P>
  void representation(std::string_view name, P& p) {
    using Kind = std::remove_cvref_t<P>;
    u64 id = p.target == nullptr ? 0 : p.referent;
    if (p.target != nullptr && id == 0) id = 0x00020000 + 4 * made_++;
    if (format_.ndr64) {
      Referent64 wide{id};
      (*this)(name, wide);
      id = wide.value;
    } else {
      Referent32 narrow{static_cast<u32>(id)};
      (*this)(name, narrow);
      id = narrow.value;
    }
    if constexpr (is_ref<Kind>) {
      expect(id != 0, "a reference pointer that is null");
      if (id == 0) id = 1;  // drawn at random
    }
    v_.set(p.referent, id);
    if (id == 0) return;
    if constexpr (is_full<Kind>) {
      if (Seen* seen = find(id)) {
        using Target = decltype(p.target);
        v_.set(p.target, static_cast<Target>(const_cast<void*>(seen->target)));
        return;
      }
      v_.make(p.target);
      if (seen_.size() == kMaxFullPointers) return v_.fail("more full pointers than are believed");
      seen_.push_back({id, p.target, false});
    } else {
      v_.make(p.target);
    }
  }
  template <class P>
  bool followed(P& p) {
    if constexpr (is_full<std::remove_cvref_t<P>>) {
      Seen* seen = find(p.referent);
      if (seen == nullptr) return false;
      return std::exchange(seen->followed, true);
    }
    return false;
  }
  Seen* find(u64 referent) {
    for (Seen& seen : seen_)
      if (seen.referent == referent) return &seen;
    return nullptr;
  }
  V& v_;
  Format format_;
  std::size_t origin_;
  Pass pass_ = Pass::both;
  u64 made_ = 0;            // pointers whose representation this encoder chose
  std::vector<Seen> seen_;  // full pointers
};

// A fixed number of scalars.
template <class T, std::size_t N>
struct Fixed {
  static constexpr std::string_view kName = "array";
  std::array<T, N> items{};
  static void ndr(auto& m, auto& n) {
    for (std::size_t i = 0; i < N; ++i) n(kIndices[i], m.items[i]);
  }
  static constexpr std::string_view kIndices[] = {"[0]", "[1]", "[2]", "[3]", "[4]", "[5]", "[6]", "[7]"};
  static_assert(N <= std::size(kIndices));
  static constexpr Alignment kAlignment = alignment_of<T>();
};

// [size_is(n)] T x[]: a conformant array.
template <class T>
struct Array {
  static constexpr std::string_view kName = "conformant array";
  static constexpr bool kHasPointers = has_pointers<T>();
  static constexpr Alignment kAlignment = {1, 1};
  wire::List<T> items;
  std::size_t size() const { return items.size(); }
  static void ndr(auto& m, auto& n) {
    n.count("max_count", m.items);
    n.elements("items", m.items);
  }
};

// [size_is(n), length_is(m)] T x[]. The encoder announces at least as much as there is.
template <class T>
struct VaryingArray {
  static constexpr std::string_view kName = "conformant varying array";
  static constexpr bool kHasPointers = has_pointers<T>();
  static constexpr Alignment kAlignment = {1, 1};
  u64 max_count = 0;
  wire::List<T> items;
  std::size_t size() const { return items.size(); }
  static void ndr(auto& m, auto& n) {
    std::size_t most = std::max<std::size_t>(m.max_count, m.items.size());
    n.number("max_count", most);
    n.set(m.max_count, most);
    n.varying(m.items, most);
    n.elements("items", m.items);
  }
};

// [size_is(n)] byte x[]
struct Bytes {
  static constexpr std::string_view kName = "conformant bytes";
  static constexpr Alignment kAlignment = {1, 1};
  ByteView bytes;
  std::size_t size() const { return bytes.size(); }
  static void ndr(auto& m, auto& n) {
    n.count("max_count", m.bytes);
    n.plain("bytes", m.bytes);
  }
};

// [size_is(n), length_is(m)] byte x[]
struct VaryingBytes {
  static constexpr std::string_view kName = "conformant varying bytes";
  static constexpr Alignment kAlignment = {1, 1};
  u64 max_count = 0;
  ByteView bytes;
  std::size_t size() const { return bytes.size(); }
  static VaryingBytes of(ByteView bytes) { return {bytes.size(), bytes}; }
  static void ndr(auto& m, auto& n) {
    std::size_t most = std::max<std::size_t>(m.max_count, m.bytes.size());
    n.number("max_count", most);
    n.set(m.max_count, most);
    n.varying(m.bytes, most);
    n.plain("bytes", m.bytes);
  }
};

// offset and actual_count of a string that must have its terminator, and nothing behind it.
void string_counts(auto& n, std::size_t& actual) {
  std::size_t offset = 0;
  n.number("offset", offset);
  n.expect(offset == 0, "a string that does not start at its first character");
  n.number("actual_count", actual);
}

// [string] char*: the text in a code page, without its terminator.
struct String {
  static constexpr std::string_view kName = "conformant varying string";
  static constexpr Alignment kAlignment = {1, 1};
  u64 max_count = 0;
  wire::String8 text;
  static String of(std::string_view text) { return {0, wire::String8::of(text)}; }
  static void ndr(auto& m, auto& n) {
    std::size_t actual = m.text.bytes.size() + 1;
    std::size_t most = std::max<std::size_t>(m.max_count, actual);
    n.number("max_count", most);
    n.set(m.max_count, most);
    string_counts(n, actual);
    n.expect(actual <= most, "a string longer than max_count allows");
    n.plain("string", m.text);
    n.expect(m.text.bytes.size() + 1 == actual, "a string that does not end where its count says");
  }
};

// [string] wchar_t*: UTF-16 without its terminator, little-endian here whatever the sender's order is.
struct WideString {
  static constexpr std::string_view kName = "conformant varying wide string";
  static constexpr Alignment kAlignment = {1, 1};
  u64 max_count = 0;
  wire::String16 text;
  static void ndr(auto& m, auto& n) {
    std::size_t actual = m.text.bytes.size() / 2 + 1;
    std::size_t most = std::max<std::size_t>(m.max_count, actual);
    n.number("max_count", most);
    n.set(m.max_count, most);
    string_counts(n, actual);
    n.expect(actual <= most, "a string longer than max_count allows");
    n.text16("string", m.text);
    n.expect(m.text.bytes.size() / 2 + 1 == actual, "a string that does not end where its count says");
  }
};

// [string] char x[N]: a varying string in a fixed array.
template <std::size_t N>
struct FixedString {
  static constexpr std::string_view kName = "varying string";
  static constexpr Alignment kAlignment = {1, 1};
  wire::String8 text;
  static void ndr(auto& m, auto& n) {
    std::size_t actual = m.text.bytes.size() + 1;
    string_counts(n, actual);
    n.expect(actual <= N, "a string longer than its array");
    n.plain("string", m.text);
    n.expect(m.text.bytes.size() + 1 == actual, "a string that does not end where its count says");
  }
};

// [C706] appendix N, ndr_context_handle: to a server's eyes one opaque token ([MS-RPCE] 2.2.1.1.4).
struct ContextHandle {
  static constexpr std::string_view kName = "context handle";
  static constexpr Alignment kAlignment = {4, 4};
  u32 attributes{};
  Guid uuid;
  bool is_null() const { return attributes == 0 && uuid.is_null(); }
  bool operator==(const ContextHandle&) const = default;
  static void ndr(auto& m, auto& n) {
    n("context_handle_attributes", m.attributes);
    n("context_handle_uuid", m.uuid);
  }
};

}  // namespace ropewalk::ndr
