#include "wireshark/objects.h"

#include <map>

#include "mapi/property_tags.h"
#include "mime/export.h"
#include "wireshark/view.h"

namespace ropewalk::shark {

namespace {

// The entries of open lists. Wireshark owns an entry as long as its list; what later packets add to a message changes
// it: once the packets are through, not with each of them.
struct Entry {
  export_object_entry_t* entry = nullptr;
  std::shared_ptr<dissect::CollectedMessage> message;
  bool is_stale = false;
};
std::map<std::pair<void*, const dissect::CollectedMessage*>, Entry>& entries() {
  static std::map<std::pair<void*, const dissect::CollectedMessage*>, Entry> made;
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

void name(export_object_entry_t& entry, const dissect::CollectedMessage& message) {
  g_free(entry.filename);
  entry.filename = copy_text(file_name(message));
}

void fill(Entry& stale) {
  stale.is_stale = false;
  stale.message->put_streams();
  const std::string mail = mime::export_message(stale.message->content);
  export_object_entry_t& entry = *stale.entry;
  g_free(entry.payload_data);
  entry.payload_data = static_cast<guint8*>(g_malloc(mail.size() + 1));
  std::copy(mail.begin(), mail.end(), entry.payload_data);
  entry.payload_len = mail.size();
  name(entry, *stale.message);
}

// Listens, to be called when the packets are through: before whoever shows or saves the list, as the last that began to
// listen is called first.
void fill_in_the_end() {
  static bool is_listening = false;
  if (std::exchange(is_listening, true)) return;
  auto packet = [](void*, packet_info*, epan_dissect_t*, const void*, tap_flags_t) { return TAP_PACKET_REDRAW; };
  auto draw = [](void*) {
    for (auto& [key, entry] : entries())
      if (entry.is_stale) fill(entry);
  };
  GString* wrong =
      register_tap_listener("mapi", &is_listening, nullptr, TL_REQUIRES_NOTHING, nullptr, packet, draw, nullptr);
  if (wrong != nullptr) g_string_free(wrong, TRUE);
}

tap_packet_status collect(void* list_pointer, packet_info* pinfo, epan_dissect_t*, const void* data, tap_flags_t) {
  auto* list = static_cast<export_object_list_t*>(list_pointer);
  const auto& message = *static_cast<const Message*>(data);
  fill_in_the_end();
  for (const auto& collected : message.changed) {
    if (!collected->is_worth_showing()) continue;
    auto [found, is_new] = entries().try_emplace({list_pointer, collected.get()}, Entry{nullptr, collected});
    Entry& entry = found->second;
    entry.is_stale = true;
    if (is_new) {
      entry.entry = g_new0(export_object_entry_t, 1);
      entry.entry->pkt_num = pinfo->num;
      entry.entry->hostname = copy_text(message.session == nullptr ? std::string() : message.session->id);
      entry.entry->content_type = g_strdup("message/rfc822");
      name(*entry.entry, *collected);
      list->add_entry(list->gui_data, entry.entry);
    }
  }
  return TAP_PACKET_REDRAW;
}

}  // namespace

void register_objects() { taps.objects = register_export_object(protocols.mapi, collect, forget_entries); }

}  // namespace ropewalk::shark
