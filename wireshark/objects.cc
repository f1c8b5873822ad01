#include "wireshark/objects.h"

#include <map>

#include "mapi/property_tags.h"
#include "mime/export.h"
#include "wireshark/view.h"

namespace ropewalk::shark {

namespace {

// The entries of open lists. Wireshark owns an entry as long as its list; what later packets add to a message changes
// it.
std::map<std::pair<void*, const dissect::CollectedMessage*>, export_object_entry_t*>& entries() {
  static std::map<std::pair<void*, const dissect::CollectedMessage*>, export_object_entry_t*> made;
  return made;
}
void forget_entries() { entries().clear(); }

gchar* copy_text(const std::string& text) { return g_strndup(text.data(), text.size()); }

// A file's name, from the subject.
std::string file_name(const dissect::CollectedMessage& message) {
  std::string subject = message.content.properties.text(mapi::PropTag(mapi::tag::PidTagSubject));
  for (char& c : subject)
    if (static_cast<unsigned char>(c) < 0x20 || c == '/' || c == '\\' || c == '.') c = '_';
  return (subject.empty() ? "message " + std::to_string(message.number) : subject) + ".eml";
}

void fill(export_object_entry_t& entry, const dissect::CollectedMessage& message) {
  std::string mail = mime::export_message(message.content);
  g_free(entry.payload_data);
  entry.payload_data = static_cast<guint8*>(g_malloc(mail.size() + 1));
  std::copy(mail.begin(), mail.end(), entry.payload_data);
  entry.payload_len = mail.size();
  g_free(entry.filename);
  entry.filename = copy_text(file_name(message));
}

tap_packet_status collect(void* list_pointer, packet_info* pinfo, epan_dissect_t*, const void* data, tap_flags_t) {
  auto* list = static_cast<export_object_list_t*>(list_pointer);
  const auto& message = *static_cast<const Message*>(data);
  for (const auto& collected : message.changed) {
    if (!collected->is_worth_showing()) continue;
    auto [entry, is_new] = entries().try_emplace({list_pointer, collected.get()}, nullptr);
    if (!is_new) {
      fill(*entry->second, *collected);
      continue;
    }
    entry->second = g_new0(export_object_entry_t, 1);
    entry->second->pkt_num = pinfo->num;
    entry->second->hostname = copy_text(message.session == nullptr ? std::string() : message.session->id);
    entry->second->content_type = g_strdup("message/rfc822");
    fill(*entry->second, *collected);
    list->add_entry(list->gui_data, entry->second);
  }
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_objects() { taps.objects = register_export_object(protocols.mapi, collect, forget_entries); }

}  // namespace ropewalk::shark
