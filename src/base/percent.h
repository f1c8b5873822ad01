// Percent-encoding of URIs: [RFC 3986] 2.1.
#pragma once

#include <string>
#include <string_view>

namespace ropewalk {

// Each "%" with two hex digits becomes the octet that it stands for; any other "%" stays as it is.
std::string percent_decoded(std::string_view text);

}  // namespace ropewalk
