// Values of variable length in a described structure. All are views: decoded ones into the input or the arena.
#pragma once

#include <array>
#include <type_traits>

#include "base/arena.h"
#include "base/types.h"

namespace ropewalk::wire {

// A sequence of T in an arena, or in anything that outlives the structure. Trivially copyable; owns nothing.
template <class T>
struct List {
  T* first = nullptr;
  std::size_t length = 0;

  List() = default;
  List(std::span<T> items) : first(items.data()), length(items.size()) {}
  // A view of what the caller keeps alive; the list is only read when encoding.
  static List view(std::span<const T> items) { return List(std::span<T>(const_cast<T*>(items.data()), items.size())); }

  std::size_t size() const { return length; }
  bool empty() const { return length == 0; }
  T* begin() { return first; }
  T* end() { return first + length; }
  const T* begin() const { return first; }
  const T* end() const { return first + length; }
  T& operator[](std::size_t i) { return first[i]; }
  const T& operator[](std::size_t i) const { return first[i]; }
  std::span<const T> span() const { return {first, length}; }
};

template <class T>
struct IsList : std::false_type {};
template <class T>
struct IsList<List<T>> : std::true_type {};

template <class T>
struct IsByteArray : std::false_type {};
template <std::size_t N>
struct IsByteArray<std::array<u8, N>> : std::true_type {};

// Text in a code page, NUL-terminated on the wire; the view leaves the terminator out.
struct String8 {
  ByteView bytes;
  static String8 of(std::string_view text) { return {bytes_of(text)}; }
  std::string_view text() const { return text_of(bytes); }
};

// UTF-16LE text, terminated by a zero unit on the wire; the view leaves the terminator out.
struct String16 {
  ByteView bytes;
};

// UTF-16 text with the bytes of each unit the other way round, in the arena; empty past its limit.
inline ByteView swapped_units(ByteView text, Arena& arena) {
  auto copy = arena.make<u8>(text.size());
  for (std::size_t i = 0; i + 1 < copy.size(); i += 2) {
    copy[i] = text[i + 1];
    copy[i + 1] = text[i];
  }
  return copy;
}

// A structure that is one of several, told apart by what it begins with: it has no fields of its own but
// `static void choose(const auto& name, auto& m, auto& v)`, which peeks and goes on with v.dynamic(name, ...).
template <class T>
concept IsChoice = requires {
  T::kIsChoice;
};

// A counted field: `v("PropertyTagCount", count_of<u16>(m.property_tags))` reads or writes the number of elements (or
// bytes) that `sequence` has; the sequence itself follows in a field of its own.
template <class C, class S>
struct Count {
  S& sequence;
};
template <class C, class S>
Count<C, S> count_of(S& sequence) {
  return {sequence};
}
template <class T>
struct IsCount : std::false_type {};
template <class C, class S>
struct IsCount<Count<C, S>> : std::true_type {};

}  // namespace ropewalk::wire
