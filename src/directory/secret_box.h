// Secrets at rest: short values sealed with AES-256-GCM under a key that lies in a file of its own, so that a copy of
// the directory alone tells none of them.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::directory {

class SecretBox {
 public:
  // Reads the key file; std::nullopt where there is none. One that others may read, or that is no key, is an error.
  static Result<std::optional<SecretBox>> open(const std::string& path);
  // As open(), but makes the file (mode 0600) where there is none; processes that do so at once get the same key.
  static Result<SecretBox> open_or_make(const std::string& path);
  SecretBox(SecretBox&&) = default;
  SecretBox& operator=(SecretBox&&) = default;
  ~SecretBox();

  // `about` says whose secret it is: a sealed value is no good for anything else.
  Result<std::vector<u8>> seal(ByteView secret, ByteView about) const;
  Result<std::vector<u8>> unseal(ByteView sealed, ByteView about) const;

 private:
  static constexpr std::size_t kKeySize = 32;
  SecretBox() = default;
  std::array<u8, kKeySize> key_{};
  std::string path_;
};

}  // namespace ropewalk::directory
