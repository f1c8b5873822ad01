// Properties as people and as JSON see them.
#pragma once

#include <boost/json/object.hpp>
#include <string>

#include "mapi/value.h"

namespace ropewalk::cli {

// One line: text in quotes, bytes as hex (cut after 32), times in ISO 8601, numbers in decimal and hexadecimal.
std::string value_text(mapi::PropType type, const mapi::Value& value);

// {"tag":"0x0037001F","name":"PidTagSubject","type":"PtypString","value":…}; 64-bit numbers as "0x…" text, bytes as
// hex, an error as {"error":"ecNotFound"} in place of the value. `name`: of a named property, else empty.
boost::json::object property_json(const mapi::Property& property, const std::string& name);

}  // namespace ropewalk::cli
