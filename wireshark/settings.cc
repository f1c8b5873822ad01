#include "wireshark/settings.h"

#include "wireshark/fields.h"

namespace ropewalk::shark {

Settings settings;

void register_settings() {
  module_t* module = prefs_register_protocol(protocols.mapi, nullptr);
  prefs_register_uint_preference(module, "depth", "Levels of field trees",
                                 "How many levels of a field tree are shown; 0 shows all of it", 10, &settings.depth);
  prefs_register_bool_preference(module, "learn_interface", "Recognise EMSMDB without its bind",
                                 "Calls whose bind is not in the capture are taken for EMSMDB's where they carry ROPs",
                                 &settings.learn_interface);
}

}  // namespace ropewalk::shark
