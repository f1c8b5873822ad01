// What went wrong with one property of many, [MS-OXCDATA] 2.7.
#pragma once

#include "mapi/value.h"

namespace ropewalk::mapi {

struct PropertyProblem {
  static constexpr std::string_view kName = "PropertyProblem";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.7";
  u16 index{};  // into the request's list of properties
  PropTag tag;
  ErrorCode error{};
  static void fields(auto& m, auto& v) {
    v("Index", m.index);
    v("PropertyTag", m.tag);
    v("ErrorCode", m.error);
  }
};

}  // namespace ropewalk::mapi
