// What is downloaded of an offline address book: details and template files compressed, and patches that make one
// generation of a details file out of the one before. [MS-OXOAB] 2.10, 2.11
#pragma once

#include "protocol/oab/structures.h"

namespace ropewalk::oab {

// Blocks of 256 KB, each LZX, since Outlook takes no stored ones.
std::vector<u8> compress_file(ByteView file);

// How to make `target` of `source`, both details files; nullopt where they have so little in common that whole blocks
// of the source would have to be passed over.
std::optional<std::vector<u8>> make_patch(ByteView source, ByteView target);

// What a compressed file holds, at most `most` bytes. The error says what is wrong.
Result<std::vector<u8>> unpack_file(ByteView compressed, std::size_t most);
// The file that a patch makes of `source`, at most `most` bytes. An error too where `source` is not the file that the
// patch is for.
Result<std::vector<u8>> apply_patch(ByteView source, ByteView patch, std::size_t most);

}  // namespace ropewalk::oab
