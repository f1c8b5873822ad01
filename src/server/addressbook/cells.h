// Values as NSPI's clients ask for them: one or many, texts in Unicode or in a code page. [MS-OXNSPI] 3.1.4.3
#pragma once

#include <optional>

#include "mapi/restriction.h"

namespace ropewalk::server {

inline constexpr u32 kUnicodePage = 1200;   // CP_WINUNICODE
inline constexpr u32 kTeletexPage = 20261;  // CP_TELETEX

// Whether 8-bit texts of this code page can be read and written; of 0, which is what "none said" is, too.
bool serves_code_page(u32 code_page);
std::string from_code_page(ByteView text, u32 code_page);
std::vector<u8> to_code_page(std::string_view utf8, u32 code_page);

bool is_text_type(mapi::PropType type);
// The tag with its text types as `unicode` says; other types as they are.
mapi::PropTag with_text_width(mapi::PropTag tag, bool unicode);
// Whether PROP_VAL_UNION has the type.
bool is_nspi_type(mapi::PropType type);

// The value in the type that a column asks for, PtypUnspecified meaning its own; nullopt where it cannot be had in
// that. A list of texts or numbers gives its first where one is wanted, and one gives a list of it. Texts end at their
// first NUL. In the arena or in what the value pointed at before.
std::optional<mapi::Property> cell_of(mapi::PropTag column, const mapi::Property& value, u32 code_page, Arena& arena);

// A deep copy whose 8-bit texts, which are in the code page, have become Unicode; other values are shared. At most as
// deep as store::check_restriction() lets pass.
mapi::Restriction with_unicode_texts(const mapi::Restriction& restriction, u32 code_page, Arena& arena);

}  // namespace ropewalk::server
