// Ownership of what GLib and GMime hand out.
#pragma once

#include <gmime/gmime.h>

#include <memory>

namespace ropewalk::mime {

struct FreeWithGlib {
  void operator()(void* memory) const { g_free(memory); }
};
struct UnrefObject {
  void operator()(void* object) const { g_object_unref(object); }
};
using GlibText = std::unique_ptr<char, FreeWithGlib>;
template <class T>
using GlibObject = std::unique_ptr<T, UnrefObject>;

}  // namespace ropewalk::mime
