#include "client/content.h"

#include <algorithm>
#include <map>

namespace ropewalk::client {

namespace tag = mapi::tag;
using mapi::MessageContent;
using mapi::Property;
using mapi::PropertyBag;
using mapi::PropType;

namespace {

constexpr u32 kEmbeddedMessage = 5;  // [MS-OXCMSG] 2.2.2.9 afEmbeddedMessage
constexpr int kDeepest = 32;
constexpr u16 kFirstNamed = 0x8000;

// What every store makes itself and lets nobody set ([MS-OXCMSG] 2.2.1 and 2.2.2, [MS-OXCPRPT] 2.2.1): read from one
// message it does not go into another.
bool is_made_by_stores(PropTag property) {
  static constexpr u32 kMade[] = {tag::PidTagMid,
                                  tag::PidTagFolderId,
                                  tag::PidTagInstID,
                                  tag::PidTagInstanceNum,
                                  tag::PidTagInstanceKey,
                                  tag::PidTagEntryId,
                                  tag::PidTagParentEntryId,
                                  tag::PidTagStoreEntryId,
                                  tag::PidTagStoreRecordKey,
                                  tag::PidTagStoreSupportMask,
                                  tag::PidTagMappingSignature,
                                  tag::PidTagRecordKey,
                                  tag::PidTagSourceKey,
                                  tag::PidTagParentSourceKey,
                                  tag::PidTagChangeKey,
                                  tag::PidTagPredecessorChangeList,
                                  tag::PidTagChangeNumber,
                                  tag::PidTagObjectType,
                                  tag::PidTagAccess,
                                  tag::PidTagAccessLevel,
                                  tag::PidTagMessageSize,
                                  tag::PidTagMessageSizeExtended,
                                  tag::PidTagMessageStatus,
                                  tag::PidTagHasAttachments,
                                  tag::PidTagHasNamedProperties,
                                  tag::PidTagAssociated,
                                  tag::PidTagDisplayTo,
                                  tag::PidTagDisplayCc,
                                  tag::PidTagDisplayBcc,
                                  tag::PidTagLocalCommitTime,
                                  tag::PidTagAttachNumber,
                                  tag::PidTagAttachSize};
  return std::ranges::any_of(kMade, [&](u32 made) { return PropTag(made).id() == property.id(); });
}

// The ids that the store gives to the names of one message.
class Names {
 public:
  static Outcome<Names> of(MessageStore& store, const MessageContent& content) {
    Names names;
    if (content.names.empty()) return names;
    ROPEWALK_TRY(names.ids_, store.ids_of_names(content.names, true));
    return names;
  }

  // A copy of the properties with the store's ids; those without one are left out.
  std::vector<Property> translated(const PropertyBag& bag) const {
    std::vector<Property> properties;
    properties.reserve(bag.all().size());
    for (Property property : bag.all()) {
      if (property.tag.id() >= kFirstNamed) {
        std::size_t index = property.tag.id() - kFirstNamed;
        if (index >= ids_.size() || ids_[index] == 0) continue;
        property.tag = PropTag(ids_[index], property.tag.type());
      }
      PropType type = property.tag.type();
      if (type == PropType::object || type == PropType::null || type == PropType::error_code) continue;
      if (is_made_by_stores(property.tag)) continue;
      properties.push_back(property);
    }
    return properties;
  }

 private:
  std::vector<u16> ids_;
};

Outcome<void> write_attachment(MessageStore& store, Message& message, const mapi::AttachmentContent& content,
                               const Names& names) {
  ROPEWALK_TRY(auto attachment, message.create_attachment());
  auto properties = names.translated(content.properties);
  if (content.embedded) {  // its bytes are the message itself
    std::erase_if(properties,
                  [](const Property& p) { return p.tag.id() == PropTag(tag::PidTagAttachDataBinary).id(); });
  }
  ROPEWALK_CHECK(attachment->set_whole(properties));
  if (content.embedded) {
    ROPEWALK_TRY(auto inner, attachment->open_embedded(Access::write, true));
    ROPEWALK_CHECK(write_content(store, *inner, *content.embedded));
    ROPEWALK_CHECK(inner->save());
  }
  return attachment->save();
}

Outcome<MessageContent> read_level(MessageStore& store, Message& message, std::size_t most, int depth);

Outcome<mapi::AttachmentContent> read_attachment(MessageStore& store, Message& message, u32 number, std::size_t most,
                                                 int depth) {
  ROPEWALK_TRY(auto attachment, message.open_attachment(number, Access::read));
  mapi::AttachmentContent content;
  ROPEWALK_TRY(content.properties, attachment->get_all());
  bool embedded = number_of(content.properties.all(), tag::PidTagAttachMethod) == kEmbeddedMessage && depth < kDeepest;
  if (embedded) {
    ROPEWALK_TRY(auto inner, attachment->open_embedded(Access::read));
    ROPEWALK_TRY(auto read, read_level(store, *inner, most, depth + 1));
    content.embedded = std::make_unique<MessageContent>(std::move(read));
  } else {
    ROPEWALK_CHECK(attachment->complete(content.properties, {}, most));
    PropTag data(tag::PidTagAttachDataBinary);
    if (content.properties.find(data) == nullptr) {
      const PropTag wanted[] = {data};
      ROPEWALK_TRY(auto bytes, attachment->get_whole(wanted, most));
      if (const mapi::Value* value = bytes.find(data)) content.properties.set(data, *value);
    }
  }
  return content;
}

void drop_errors(PropertyBag& bag) {
  std::vector<u16> ids;
  for (const Property& property : bag.all())
    if (property.tag.type() == PropType::error_code || property.tag.type() == PropType::object)
      ids.push_back(property.tag.id());
  for (u16 id : ids) bag.remove(id);
}

void collect_named(const PropertyBag& bag, std::vector<u16>& ids) {
  for (const Property& property : bag.all())
    if (property.tag.id() >= kFirstNamed && property.tag.id() != 0xFFFF) ids.push_back(property.tag.id());
}

PropertyBag renumbered(const PropertyBag& bag, const std::map<u16, u16>& places) {
  PropertyBag made;
  for (const Property& property : bag.all()) {
    u16 id = property.tag.id();
    if (id >= kFirstNamed) {
      auto place = places.find(id);
      if (place == places.end()) continue;
      id = place->second;
    }
    made.set(PropTag(id, property.tag.type()), property.value);
  }
  return made;
}

// Replaces the store's ids of named properties by places in content.names.
Outcome<void> resolve_names(MessageStore& store, MessageContent& content) {
  std::vector<u16> ids;
  collect_named(content.properties, ids);
  for (const auto& attachment : content.attachments) collect_named(attachment.properties, ids);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  if (ids.empty()) return {};
  ROPEWALK_TRY(auto names, store.names_of_ids(ids));
  std::map<u16, u16> places;
  for (std::size_t i = 0; i < ids.size() && i < names.size(); ++i) {
    if (!names[i]) continue;
    places[ids[i]] = static_cast<u16>(kFirstNamed + content.names.size());
    content.names.push_back(*names[i]);
  }
  content.properties = renumbered(content.properties, places);
  for (auto& attachment : content.attachments) attachment.properties = renumbered(attachment.properties, places);
  return {};
}

Outcome<MessageContent> read_level(MessageStore& store, Message& message, std::size_t most, int depth) {
  MessageContent content;
  ROPEWALK_TRY(content.properties, message.get_all_whole(most));
  drop_errors(content.properties);
  ROPEWALK_TRY(content.recipients, message.recipients());
  ROPEWALK_TRY(auto table, message.attachments());
  const PropTag columns[] = {PropTag(tag::PidTagAttachNumber)};
  ROPEWALK_CHECK(table->set_columns(columns));
  ROPEWALK_TRY(Rows rows, table->read_all());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    auto number = static_cast<u32>(number_of(rows[i], columns[0]));
    ROPEWALK_TRY(auto attachment, read_attachment(store, message, number, most, depth));
    drop_errors(attachment.properties);
    content.attachments.push_back(std::move(attachment));
  }
  ROPEWALK_CHECK(resolve_names(store, content));
  return content;
}

}  // namespace

Outcome<void> write_content(MessageStore& store, Message& message, const MessageContent& content) {
  ROPEWALK_TRY(Names names, Names::of(store, content));
  ROPEWALK_CHECK(message.set_whole(names.translated(content.properties)));
  if (!content.recipients.empty()) ROPEWALK_CHECK(message.set_recipients(content.recipients));
  for (const auto& attachment : content.attachments)
    ROPEWALK_CHECK(write_attachment(store, message, attachment, names));
  return {};
}

Outcome<MessageContent> read_content(MessageStore& store, Message& message, std::size_t most) {
  return read_level(store, message, most, 0);
}

}  // namespace ropewalk::client
