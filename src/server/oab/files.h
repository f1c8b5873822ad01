// Files of an offline address book in the data folder: each is there whole, or not at all.
#pragma once

#include <filesystem>
#include <optional>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::server {

// Written beside, brought to the disk and renamed over.
Status write_whole(const std::filesystem::path& path, std::string_view bytes);
// Nothing where it cannot be read.
std::optional<std::string> read_whole(const std::filesystem::path& path);
// Hexadecimal, in small letters as manifests have it.
std::string sha1_text(ByteView bytes);

}  // namespace ropewalk::server
