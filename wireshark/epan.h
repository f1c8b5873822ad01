// Wireshark's headers, in one place: they are C, and of an older school of warnings than this project.
#pragma once

#include <epan/column-utils.h>
#include <epan/conversation.h>
#include <epan/dissectors/packet-dcerpc.h>
#include <epan/dissectors/packet-http.h>
#include <epan/dissectors/packet-tcp.h>
#include <epan/exceptions.h>
#include <epan/expert.h>
#include <epan/export_object.h>
#include <epan/follow.h>
#include <epan/packet.h>
#include <epan/prefs.h>
#include <epan/proto_data.h>
#include <epan/stat_tap_ui.h>
#include <epan/tap.h>

// Wireshark reports errors by longjmp, past destructors. So whatever may report one (reading outside of a tvbuff,
// calling another dissector, adding items without end) is done where no C++ object with a destructor is alive.
