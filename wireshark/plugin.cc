// What Wireshark looks for in a plugin: which version it is for, and the function that registers it.
#include <wireshark.h>

#include "wireshark/dcerpc_bridge.h"
#include "wireshark/http.h"
#include "wireshark/messages.h"
#include "wireshark/objects.h"
#include "wireshark/rpc.h"
#include "wireshark/rpch.h"
#include "wireshark/settings.h"
#include "wireshark/view.h"

#define ROPEWALK_EXPORT extern "C" __attribute__((visibility("default")))

namespace ropewalk::shark {
namespace {

bool is_registered = false;

void register_protocols() {
  is_registered = register_fields();
  if (!is_registered) {
    ws_warning("Ropewalk: this Wireshark has no protocol called mapi; the plugin does nothing");
    return;
  }
  register_rpc();
  register_rpch();
  register_taps();
  register_settings();
  register_statistics();
  register_objects();
  register_cleanup_routine(forget_messages);
}

void hand_off() {
  if (!is_registered) return;
  handoff_rpc();
  handoff_http();
  handoff_midstream();
  handoff_rpch();
}

}  // namespace
}  // namespace ropewalk::shark

ROPEWALK_EXPORT const char plugin_version[] = ROPEWALK_VERSION;
ROPEWALK_EXPORT const int plugin_want_major = WIRESHARK_VERSION_MAJOR;
ROPEWALK_EXPORT const int plugin_want_minor = WIRESHARK_VERSION_MINOR;

ROPEWALK_EXPORT void plugin_register() {
  static proto_plugin plugin;
  plugin.register_protoinfo = ropewalk::shark::register_protocols;
  plugin.register_handoff = ropewalk::shark::hand_off;
  proto_register_plugin(&plugin);
}
