// A value or the reason there is none: g++ 12 has no std::expected.
#pragma once

#include <cassert>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace ropewalk {

// A failure told to a person: names the operation, the object and the value.
struct [[nodiscard]] Error {
  std::string text;
};

// Holds T or E; both are values. Test it before taking either: taking the absent one is a bug and asserts.
template <class T, class E = Error>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  using error_type = E;

  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(E error) : state_(std::in_place_index<1>, std::move(error)) {}
  // A failure of a lower floor as one of this kind.
  template <class F>
  requires(std::is_same_v<F, Error> && !std::is_same_v<E, Error> && std::is_constructible_v<E, Error>) Result(F error)
      : state_(std::in_place_index<1>, E(std::move(error))) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return assert(ok()), *std::get_if<0>(&state_); }
  const T& value() const& { return assert(ok()), *std::get_if<0>(&state_); }
  T&& value() && { return assert(ok()), std::move(*std::get_if<0>(&state_)); }
  E& error() & { return assert(!ok()), *std::get_if<1>(&state_); }
  const E& error() const& { return assert(!ok()), *std::get_if<1>(&state_); }
  E&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&state_)); }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  T value_or(T other) const& { return ok() ? value() : std::move(other); }

 private:
  std::variant<T, E> state_;
};

// Success without a value, or E.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  using value_type = void;
  using error_type = E;

  Result() = default;
  Result(E error) : error_(std::in_place_index<1>, std::move(error)) {}
  template <class F>
  requires(std::is_same_v<F, Error> && !std::is_same_v<E, Error> && std::is_constructible_v<E, Error>) Result(F error)
      : error_(std::in_place_index<1>, E(std::move(error))) {}

  bool ok() const { return error_.index() == 0; }
  explicit operator bool() const { return ok(); }
  E& error() & { return assert(!ok()), *std::get_if<1>(&error_); }
  const E& error() const& { return assert(!ok()), *std::get_if<1>(&error_); }
  E&& error() && { return assert(!ok()), std::move(*std::get_if<1>(&error_)); }

 private:
  std::variant<std::monostate, E> error_;
};

using Status = Result<void, Error>;

}  // namespace ropewalk

// Leaves the function with the error of `expression`, else goes on.
#define ROPEWALK_CHECK(expression)                                                                             \
  do {                                                                                                         \
    if (auto ropewalk_status = (expression); !ropewalk_status.ok()) return std::move(ropewalk_status).error(); \
  } while (false)

#define ROPEWALK_JOIN2(a, b) a##b
#define ROPEWALK_JOIN(a, b) ROPEWALK_JOIN2(a, b)

// `ROPEWALK_TRY(auto row, read_row());` binds the value, or leaves the function with the error.
#define ROPEWALK_TRY(declaration, expression)                            \
  auto ROPEWALK_JOIN(ropewalk_result_, __LINE__) = (expression);         \
  if (!ROPEWALK_JOIN(ropewalk_result_, __LINE__).ok())                   \
    return std::move(ROPEWALK_JOIN(ropewalk_result_, __LINE__)).error(); \
  declaration = std::move(ROPEWALK_JOIN(ropewalk_result_, __LINE__)).value()
