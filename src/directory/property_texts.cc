#include "directory/property_texts.h"

namespace ropewalk::directory {

std::vector<std::string> texts_of(const mapi::PropertyBag& bag, mapi::PropTag tag) {
  std::vector<std::string> texts;
  const mapi::Property* property = bag.find_id(tag.id());
  if (property == nullptr) return texts;
  const mapi::PropType type = property->tag.type(), base = mapi::base_type(type);
  if (base != mapi::PropType::string && base != mapi::PropType::string8) return texts;
  if (!mapi::is_multiple(type)) return {mapi::text_of_value(type, property->value, 1252)};
  const auto& items = property->value.items;
  for (const mapi::Value& item : items) texts.push_back(mapi::text_of_value(base, item, 1252));
  return texts;
}

void set_texts(mapi::PropertyBag& bag, mapi::PropTag tag, const std::vector<std::string>& texts) {
  if (texts.empty()) return bag.remove(tag.id());
  if (!mapi::is_multiple(tag.type())) return bag.set_text(tag, texts.front());
  Arena arena;
  auto items = arena.make<mapi::Value>(texts.size());
  for (std::size_t i = 0; i < items.size(); ++i) items[i] = mapi::Value::of(mapi::utf16_in(arena, texts[i]));
  bag.set(tag, mapi::Value::of(wire::List<mapi::Value>(items)));
}

}  // namespace ropewalk::directory
