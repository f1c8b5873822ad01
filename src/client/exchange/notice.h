// RopNotify as an Event.
#pragma once

#include "client/objects.h"
#include "protocol/rop/oxcnotif.h"

namespace ropewalk::client::exchange {

/// False for what is no event of an object (table changes, extended ones).
bool event_of(const rop::NotifyResponse& notify, Event& event);

}  // namespace ropewalk::client::exchange
