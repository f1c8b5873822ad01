// How long the MAPI/HTTP endpoint waits for what.
#pragma once

#include <chrono>
#include <string>

namespace ropewalk::server {

struct MapiHttpSettings {
  std::chrono::milliseconds pending_period{30'000};      // between PENDINGs
  std::chrono::milliseconds notification_wait{299'000};  // a NotificationWait without events ends before five minutes
  std::chrono::milliseconds patience{200};               // an Execute that takes longer is told PROCESSING
  std::chrono::milliseconds overlap_wait{10'000};        // how long an Execute waits for another of its session
  std::string realm = "Ropewalk";
};

}  // namespace ropewalk::server
