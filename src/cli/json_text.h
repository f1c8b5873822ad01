// JSON for people and scripts alike.
#pragma once

#include <boost/json/value.hpp>
#include <string>

namespace ropewalk::cli {

// Indented by two spaces; arrays and objects of plain values stay on one line.
std::string pretty_json(const boost::json::value& value);

}  // namespace ropewalk::cli
