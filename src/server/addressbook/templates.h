// The display templates that this server has: [MS-OXOABKT].
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arena.h"

namespace ropewalk::server {

enum class Language : u8 { english, german };

// The language in which templates are closest to an LCID; nullopt: nobody knows that LCID. 0 is English.
std::optional<Language> template_language(u32 lcid);

// PidTagTemplateData of the details template for a display type; empty where there is none.
std::vector<u8> details_template(u32 display_type, Language language, u32 code_page);

// How an address of some type is made by hand.
struct AddressTemplate {
  std::string_view address_type, name;  // "SMTP", "Internet address"
  std::string dn;                       // "/o=Ropewalk/cn=Address-Templates/cn=409/cn=SMTP"
};
std::vector<AddressTemplate> address_templates(std::string_view organization, Language language);
// PidTagTemplateData of the one with this DN, any case; empty where there is none.
std::vector<u8> address_template(std::string_view dn, std::string_view organization, u32 code_page);

// PidTagScriptData: of every address template, which has one control for the whole address; and of a details template,
// which makes none.
std::vector<u8> address_script();
std::vector<u8> details_script();

}  // namespace ropewalk::server
