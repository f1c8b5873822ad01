// Owned properties, and whole messages made of them: what importers build, stores take and clients show.
#pragma once

#include <memory>
#include <optional>

#include "mapi/value.h"

namespace ropewalk::mapi {

// A named property's name, [MS-OXCDATA] 2.6.1 PropertyName: a property set and either a number or a string.
struct PropertyName {
  Guid set;
  std::optional<u32> lid;  // else `name`
  std::string name;        // UTF-8

  bool operator==(const PropertyName&) const = default;
};

// Properties by tag, with the memory of their values. Movable. One value per property id: setting a property again
// replaces it whatever its type. Bytes of replaced values stay in the arena until the bag goes.
class PropertyBag {
 public:
  PropertyBag() : arena_(std::make_unique<Arena>(std::size_t{4} << 30, kFirstBlock)) {}

  // Copies the value (deeply). A tag of 0x8000 or higher means the name at that place in MessageContent::names.
  void set(PropTag tag, const Value& value) { put(tag, copy_value(tag.type(), value, *arena_)); }
  void set_text(PropTag tag, std::string_view utf8);
  void set_bytes(PropTag tag, ByteView bytes) { set(tag, Value::of(bytes)); }
  void remove(u16 id);

  // By id and type; a string asked for in the other width is not converted. Null where absent.
  const Value* find(PropTag tag) const;
  const Property* find_id(u16 id) const;
  // The text of a string or string8 property as UTF-8 (string8 read as code page 1252); empty where absent.
  std::string text(PropTag tag) const;

  std::span<const Property> all() const { return properties_; }
  bool empty() const { return properties_.empty(); }
  Arena& arena() { return *arena_; }

 private:
  // Small: a message of a thousand recipients has a thousand bags.
  static constexpr std::size_t kFirstBlock = 1024;

  void put(PropTag tag, Value value);

  std::unique_ptr<Arena> arena_;
  std::vector<Property> properties_;  // in the order of setting
};

struct MessageContent;

struct AttachmentContent {
  PropertyBag properties;  // PidTagAttachMethod, PidTagAttachDataBinary, PidTagAttachLongFilename, ...
  std::unique_ptr<MessageContent> embedded;  // where PidTagAttachMethod is afEmbeddedMessage (5)
};

// A message outside of any store.
struct MessageContent {
  PropertyBag properties;
  std::vector<PropertyBag>
      recipients;  // PidTagRecipientType, PidTagDisplayName, PidTagEmailAddress, PidTagSmtpAddress, ...
  std::vector<AttachmentContent> attachments;
  // Names that tags from 0x8000 on stand for, in all property bags of this message and its embedded messages' own lists
  // for theirs: tag id 0x8000 + i is names[i].
  std::vector<PropertyName> names;

  // The tag for a named property of this type, added to `names` where it is new.
  PropTag tag_of(const PropertyName& name, PropType type);
};

}  // namespace ropewalk::mapi
