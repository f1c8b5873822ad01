// What the data of rule actions holds, by action type: [MS-OXORULE] 2.2.5.1.2. WideCounts in the context: the forms of
// extended rules.
#pragma once

#include "mapi/entry_id.h"
#include "mapi/server_id.h"
#include "mapi/value_fields.h"

namespace ropewalk::mapi {

namespace detail {

// Bytes behind a size of 16 bits, in extended rules of 32.
void rule_bytes(std::string_view size_name, std::string_view name, auto& bytes, auto& v) {
  if (wire::context<WideCounts>(v) != nullptr)
    v(size_name, wire::count_of<u32>(bytes));
  else
    v(size_name, wire::count_of<u16>(bytes));
  v(name, bytes);
}

void rule_count(std::string_view name, auto& list, auto& v) {
  if (wire::context<WideCounts>(v) != nullptr)
    v(name, wire::count_of<u32>(list));
  else
    v(name, wire::count_of<u16>(list));
}

}  // namespace detail

// OP_MOVE and OP_COPY.
struct MoveCopyActionData {
  static constexpr std::string_view kName = "MoveCopyActionData";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1.2.1";
  u8 folder_in_this_store{};  // not in extended rules
  ByteView store_eid;
  ByteView folder_eid;  // a ServerEid where the folder is in this store, else an entry identifier
  static void fields(auto& m, auto& v) {
    if (wire::context<WideCounts>(v) == nullptr) v("FolderInThisStore", m.folder_in_this_store);
    detail::rule_bytes("StoreEIDSize", "StoreEID", m.store_eid, v);
    detail::rule_bytes("FolderEIDSize", "FolderEID", m.folder_eid, v);
    const wire::StructInfo& info =
        m.folder_in_this_store == 1 ? wire::struct_info<ServerId> : wire::struct_info<EntryId>;
    v.inside("Folder", info, [&](Arena&) { return std::optional<ByteView>(m.folder_eid); });
  }
};

// OP_REPLY and OP_OOF_REPLY.
struct ReplyActionData {
  static constexpr std::string_view kName = "ReplyActionData";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1.2.2";
  FolderId reply_template_fid;          // not in extended rules
  MessageId reply_template_mid;         // likewise
  ByteView reply_template_message_eid;  // in extended rules
  Guid reply_template_guid;
  static void fields(auto& m, auto& v) {
    if (wire::context<WideCounts>(v) == nullptr) {
      v("ReplyTemplateFID", m.reply_template_fid);
      v("ReplyTemplateMID", m.reply_template_mid);
    } else {
      v("MessageEIDSize", wire::count_of<u32>(m.reply_template_message_eid));
      v("ReplyTemplateMessageEID", m.reply_template_message_eid);
      v.inside("ReplyTemplate", wire::struct_info<EntryId>,
               [&](Arena&) { return std::optional<ByteView>(m.reply_template_message_eid); });
    }
    v("ReplyTemplateGUID", m.reply_template_guid);
  }
};

// OP_BOUNCE. 0x0D: too large; 0x1F: no suitable form; 0x26: denied.
struct BounceActionData {
  static constexpr std::string_view kName = "BounceActionData";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1.2.5";
  u32 bounce_code{};
  static void fields(auto& m, auto& v) { v("BounceCode", m.bounce_code); }
};

struct RecipientBlockData {
  static constexpr std::string_view kName = "RecipientBlockData";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1.2.4.1";
  u8 reserved = 1;
  wire::List<TaggedPropertyValue> property_values;
  static void fields(auto& m, auto& v) {
    v("Reserved", m.reserved);
    detail::rule_count("NoOfProperties", m.property_values, v);
    v("PropertyValues", m.property_values);
  }
};

// OP_FORWARD and OP_DELEGATE.
struct ForwardDelegateActionData {
  static constexpr std::string_view kName = "ForwardDelegateActionData";
  static constexpr std::string_view kSource = "[MS-OXORULE] 2.2.5.1.2.4";
  wire::List<RecipientBlockData> recipient_blocks;
  static void fields(auto& m, auto& v) {
    detail::rule_count("RecipientCount", m.recipient_blocks, v);
    v("RecipientBlocks", m.recipient_blocks);
  }
};

}  // namespace ropewalk::mapi
