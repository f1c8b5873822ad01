// What a layout depends on that its own bytes do not tell: a row's columns, a response's request.
#pragma once

namespace ropewalk::wire {

// A chain of typed values, innermost first, built on the stack by whoever decodes or encodes. Owns nothing.
struct Context {
  const void* key = nullptr;
  const void* value = nullptr;
  const Context* next = nullptr;
};

// One address per type.
template <class T>
inline constexpr char context_key = 0;

template <class T>
Context add_context(const T& value, const Context* next) {
  return {&context_key<T>, &value, next};
}
template <class T>
Context add_context(const T&& value, const Context* next) = delete;  // a temporary would be gone before it is read

template <class T>
const T* find_context(const Context* chain) {
  for (; chain != nullptr; chain = chain->next)
    if (chain->key == &context_key<T>) return static_cast<const T*>(chain->value);
  return nullptr;
}

// For descriptions: the innermost T, or nullptr.
template <class T, class V>
const T* context(const V& v) {
  return find_context<T>(v.chain());
}

}  // namespace ropewalk::wire
