// The preferences: Edit > Preferences > Protocols > MAPI, `tshark -o mapi.depth:8`.
#pragma once

#include "wireshark/epan.h"

namespace ropewalk::shark {

struct Settings {
  guint depth = 0;                  // levels of a field tree that are shown; 0: all
  gboolean learn_interface = TRUE;  // take calls whose bind is not in the capture for EMSMDB where they look like it
};
extern Settings settings;
void register_settings();

}  // namespace ropewalk::shark
