// Messages as they are outside of any store.
#include <algorithm>

#include "mapi/property_tags.h"
#include "store/mailbox_store.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

using mapi::PropTag;
using mapi::PropType;

constexpr std::size_t kNoLimit = ~std::size_t{0};

// Gives the mailbox's named ids names of the content's own.
class NameMap {
 public:
  NameMap(const MailboxStore& store, mapi::MessageContent& content) : store_(store), content_(content) {}

  std::optional<PropTag> map(PropTag tag) {
    if (!tag.is_named()) return tag;
    const u16 id = tag.id();
    auto name = store_.names_of_ids(std::span(&id, 1)).front();
    if (!name) return std::nullopt;
    return content_.tag_of(*name, tag.type());
  }

 private:
  const MailboxStore& store_;
  mapi::MessageContent& content_;
};

// What belongs to this store's copy alone and means nothing elsewhere.
bool stays_behind(u16 id) {
  constexpr u32 kOwn[] = {mapi::tag::PidTagMid,
                          mapi::tag::PidTagInstID,
                          mapi::tag::PidTagInstanceNum,
                          mapi::tag::PidTagFolderId,
                          mapi::tag::PidTagParentFolderId,
                          mapi::tag::PidTagEntryId,
                          mapi::tag::PidTagRecordKey,
                          mapi::tag::PidTagParentEntryId,
                          mapi::tag::PidTagInstanceKey,
                          mapi::tag::PidTagStoreRecordKey,
                          mapi::tag::PidTagMappingSignature,
                          mapi::tag::PidTagObjectType,
                          mapi::tag::PidTagAccess,
                          mapi::tag::PidTagAccessLevel,
                          mapi::tag::PidTagChangeNumber,
                          mapi::tag::PidTagChangeKey,
                          mapi::tag::PidTagPredecessorChangeList,
                          mapi::tag::PidTagSourceKey,
                          mapi::tag::PidTagParentSourceKey,
                          mapi::tag::PidTagLocalCommitTime,
                          mapi::tag::PidTagHasNamedProperties,
                          mapi::tag::PidTagRead,
                          mapi::tag::PidTagAssociated};
  return std::ranges::any_of(kOwn, [id](u32 value) { return value >> 16 == id; });
}

void copy_properties(const Item& item, NameMap& names, mapi::PropertyBag& out) {
  for (PropTag tag : item.tags()) {
    if (stays_behind(tag.id())) continue;
    auto to = names.map(tag);
    auto property = item.property(tag, out.arena(), kNoLimit);
    if (!to || !property || property->tag.type() == PropType::error_code) continue;
    out.set(PropTag(to->id(), property->tag.type()), property->value);
  }
}

}  // namespace

Outcome<mapi::MessageContent> Message::to_content() const {
  mapi::MessageContent content;
  NameMap names(*store_, content);
  copy_properties(*this, names, content.properties);
  for (const Recipient& recipient : recipients()) {
    mapi::PropertyBag& bag = content.recipients.emplace_back();
    const PackedView properties = recipient.properties();
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const auto entry = properties.entry(i);
      auto to = names.map(entry.tag);
      auto value = properties.value(entry, bag.arena());
      if (to && value) bag.set(*to, *value);
    }
  }
  ROPEWALK_TRY(auto numbers, attachments());
  for (const AttachmentInfo& info : numbers) {
    ROPEWALK_TRY(auto attachment, const_cast<Message*>(this)->open_attachment(info.number, false));
    mapi::AttachmentContent& out = content.attachments.emplace_back();
    copy_properties(*attachment, names, out.properties);
    auto inside = attachment->open_embedded(false);
    if (!inside.ok()) continue;
    ROPEWALK_TRY(auto embedded, (*inside)->to_content());
    out.embedded = std::make_unique<mapi::MessageContent>(std::move(embedded));
  }
  return content;
}

Outcome<mapi::MessageContent> MailboxStore::export_message(mapi::MessageId id) const {
  auto self = const_cast<MailboxStore*>(this);
  ROPEWALK_TRY(auto message, self->open_message({}, id, false));
  return message->to_content();
}

}  // namespace ropewalk::store
