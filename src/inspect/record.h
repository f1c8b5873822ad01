// Operations as bytes: what the store keeps of each in memory, and what it puts on the disk.
#pragma once

#include <string>

#include "dissect/operation.h"

namespace ropewalk::inspect {

// All of an operation but its tree and buffers.
std::string write_facts(const dissect::Operation& operation);
// Of what write_facts() wrote; never of foreign bytes.
dissect::Operation read_facts(std::string_view facts);

// The tree and the buffers, compressed.
std::string write_content(const dissect::Operation& operation);
// Puts them back; false where `content` is not what write_content() wrote (a damaged disk).
bool read_content(std::string_view content, dissect::Operation& operation);

}  // namespace ropewalk::inspect
