// Text properties as lists of UTF-8.
#pragma once

#include <string>
#include <vector>

#include "mapi/property_bag.h"

namespace ropewalk::directory {

// A multi-valued text property's values, or a single-valued one's; none where it is absent or no text.
std::vector<std::string> texts_of(const mapi::PropertyBag& bag, mapi::PropTag tag);
// None: the property goes.
void set_texts(mapi::PropertyBag& bag, mapi::PropTag tag, const std::vector<std::string>& texts);

}  // namespace ropewalk::directory
