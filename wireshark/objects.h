// Messages of a capture as .eml files: File > Export Objects > MAPI, `tshark --export-objects mapi,DIR`.
#pragma once

namespace ropewalk::shark {

void register_objects();

}  // namespace ropewalk::shark
