// GUIDs that stay what they are over restarts.
#pragma once

#include <string>

#include "base/guid.h"
#include "base/result.h"

namespace ropewalk::server {

// The GUID in `name` of the data folder; where there is none, a new one is written there.
Result<Guid> kept_guid(const std::string& data_folder, const std::string& name);

}  // namespace ropewalk::server
