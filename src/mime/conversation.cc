#include "mime/conversation.h"

#include <algorithm>

#include "mapi/property_tags.h"
#include "mime/glib.h"
#include "mime/text.h"
#include "mime/transfer.h"

namespace ropewalk::mime {
namespace {

namespace tag = mapi::tag;
using mapi::PropTag;
using mapi::Value;

constexpr std::size_t kHeader = 22;  // of a conversation index; 5 bytes for every reply after it

std::string first_id(std::string_view ids) {
  auto open = ids.find('<');
  auto close = open == ids.npos ? ids.npos : ids.find('>', open);
  return close == ids.npos ? std::string(trim(ids)) : std::string(ids.substr(open, close - open + 1));
}

std::string thread_root(const mapi::PropertyBag& message) {
  for (u32 source : {tag::PidTagInternetReferences, tag::PidTagInReplyToId, tag::PidTagInternetMessageId}) {
    std::string id = first_id(message.text(PropTag(source)));
    if (!id.empty()) return id;
  }
  return {};
}

std::vector<u8> computed_index(const mapi::PropertyBag& message) {
  std::string root = thread_root(message);
  if (root.empty()) root = "topic:" + message.text(PropTag(tag::PidTagConversationTopic));
  const Value* time = message.find(PropTag(tag::PidTagClientSubmitTime));
  if (time == nullptr) time = message.find(PropTag(tag::PidTagMessageDeliveryTime));
  u64 filetime = time == nullptr ? 0 : time->number;
  std::vector<u8> index{1};
  for (int shift = 56; shift >= 24; shift -= 8) index.push_back(static_cast<u8>(filetime >> shift));
  index.resize(kHeader);
  GChecksum* md5 = g_checksum_new(G_CHECKSUM_MD5);
  g_checksum_update(md5, reinterpret_cast<const guchar*>(root.data()), static_cast<gssize>(root.size()));
  gsize size = 16;
  g_checksum_get_digest(md5, index.data() + 6, &size);
  g_checksum_free(md5);
  return index;
}

}  // namespace

void import_conversation(std::string_view thread_index, mapi::MessageContent& content) {
  mapi::PropertyBag& bag = content.properties;
  if (bag.find_id(PropTag(tag::PidTagConversationTopic).id()) == nullptr) {
    std::string topic = bag.text(PropTag(tag::PidTagNormalizedSubject));
    bag.set_text(PropTag(tag::PidTagConversationTopic), topic);
  }
  std::string index;
  bool clean = decode_base64(thread_index, index);
  if (clean && index.size() >= kHeader && (index.size() - kHeader) % 5 == 0) {
    bag.set_bytes(PropTag(tag::PidTagConversationIndex), bytes_of(index));
    return;
  }
  bag.set_bytes(PropTag(tag::PidTagConversationIndex), computed_index(bag));
  bag.set(PropTag(tag::PidTagConversationIndexTracking), Value::of(true));
}

bool is_computed_conversation(const mapi::PropertyBag& message) {
  const Value* index = message.find(PropTag(tag::PidTagConversationIndex));
  return index != nullptr && std::ranges::equal(index->bytes, computed_index(message));
}

}  // namespace ropewalk::mime
