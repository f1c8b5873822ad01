#include "net/query.h"

#include <algorithm>

#include "base/percent.h"

namespace ropewalk::net {
namespace {

std::string decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

}  // namespace

Query parse_query(std::string_view query) {
  Query values;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals != pair.npos) values.emplace(decoded(pair.substr(0, equals)), decoded(pair.substr(equals + 1)));
  }
  return values;
}

}  // namespace ropewalk::net
