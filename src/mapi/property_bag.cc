#include "mapi/property_bag.h"

#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"

namespace ropewalk::mapi {

void PropertyBag::set_text(PropTag tag, std::string_view utf8) {
  if (tag.type() == PropType::string)
    put(tag, Value::of(utf16_in(*arena_, utf8)));
  else
    put(tag, Value::of(arena_->copy(ByteView(utf8_to_string8(utf8, 1252)))));
}

void PropertyBag::remove(u16 id) {
  std::erase_if(properties_, [id](const Property& property) { return property.tag.id() == id; });
}

const Property* PropertyBag::find_id(u16 id) const {
  auto at = std::ranges::find_if(properties_, [id](const Property& property) { return property.tag.id() == id; });
  return at == properties_.end() ? nullptr : &*at;
}

const Value* PropertyBag::find(PropTag tag) const {
  const Property* property = find_id(tag.id());
  return property != nullptr && property->tag == tag ? &property->value : nullptr;
}

std::string PropertyBag::text(PropTag tag) const {
  const Property* property = find_id(tag.id());
  return property == nullptr ? std::string() : text_of_value(property->tag.type(), property->value, 1252);
}

void PropertyBag::put(PropTag tag, Value value) {
  for (Property& property : properties_) {
    if (property.tag.id() != tag.id()) continue;
    property = {tag, value};
    return;
  }
  properties_.push_back({tag, value});
}

PropTag MessageContent::tag_of(const PropertyName& name, PropType type) {
  auto at = std::ranges::find(names, name);
  auto index = static_cast<u16>(at - names.begin());
  if (at == names.end()) names.push_back(name);
  return PropTag(static_cast<u16>(0x8000 + index), type);
}

}  // namespace ropewalk::mapi
