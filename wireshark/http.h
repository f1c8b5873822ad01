// MAPI over HTTP: the contents of type application/mapi-http that Wireshark's HTTP dissector hands over.
#pragma once

namespace ropewalk::shark {

void handoff_http();

}  // namespace ropewalk::shark
