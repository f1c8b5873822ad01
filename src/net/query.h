// The query of a URL as forms write it: "name=value&name=value", percent-encoded, "+" for a space.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "mapi/ascii_case.h"

namespace ropewalk::net {

struct NameOrder {
  using is_transparent = void;
  bool operator()(std::string_view a, std::string_view b) const { return mapi::compare_ignoring_ascii_case(a, b) < 0; }
};

// Names have any letter case. Of a name that occurs twice, the first is kept; what has no "=" is left out.
using Query = std::map<std::string, std::string, NameOrder>;

Query parse_query(std::string_view query);

}  // namespace ropewalk::net
