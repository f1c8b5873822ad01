// Names of attachments: [MS-OXCMAIL] 2.2.3.4.2.
#pragma once

#include "mime/part_tree.h"

namespace ropewalk::mime {

// The name a part gives itself, as UTF-8 without path and control characters; empty where it gives none.
std::string file_name_parameter(const Part& part);
// That name, else one made of the number and the type: "ATT00002.txt".
std::string attachment_name(const Part& part, std::size_t number);
// The name in 8.3 form.
std::string short_file_name(std::string_view name);
// With its dot; empty where there is none.
std::string file_extension(std::string_view name);
// The media type for a file name's extension; "application/octet-stream" where unknown.
std::string_view media_type_of_file(std::string_view name);

}  // namespace ropewalk::mime
