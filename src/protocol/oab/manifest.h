// oab.xml: which files there are to download. [MS-OXWOAB] 2.2; an example is in its section 4.
#pragma once

#include "protocol/xml/describe.h"

namespace ropewalk::oab {

// A <Full>, <Template> or <Diff>.
struct ManifestFile {
  std::string sequence;            // the generation it is of, or, a <Diff>, that it leads to from the one before
  std::string version = "32";      // OAB_HDR's: 32, of templates 7
  std::string size;                // of the file as it is served
  std::string uncompressed_size;   // of what it holds, or, a <Diff>, of what comes out
  std::string sha1;                // of the file as it is served: hexadecimal, small letters
  std::string language{}, type{};  // of a template: "0409", "windows" or "mac"
  std::string name;                // relative to the manifest; may stand between blanks and line ends
  static void fields(auto& m, auto& x) {
    x.attribute("seq", m.sequence);
    x.attribute("ver", m.version);
    x.attribute("size", m.size);
    x.attribute("uncompressedsize", m.uncompressed_size);
    x.attribute("SHA", m.sha1);
    x.attribute("langid", m.language);
    x.attribute("type", m.type);
    x.text(m.name);
  }
  // Without what stands around it.
  std::string_view file_name() const {
    std::string_view text = name;
    constexpr std::string_view kBlank = " \t\r\n";
    text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size()));
    return text.substr(0, text.find_last_not_of(kBlank) + 1);
  }
};

struct ManifestList {
  std::string id;    // a GUID, which stays
  std::string dn;    // "/": the Global Address List; "/guid=" and 32 hexadecimal digits
  std::string name;  // "\\Global Address List"
  std::optional<ManifestFile> full{};
  std::vector<ManifestFile> templates{}, differences{};
  static void fields(auto& m, auto& x) {
    x.attribute("id", m.id);
    x.attribute("dn", m.dn);
    x.attribute("name", m.name);
    x("Full", m.full);
    x.each("Template", m.templates);
    x.each("Diff", m.differences);
  }
};

struct Manifest {
  static constexpr std::string_view kName = "OAB";
  std::vector<ManifestList> lists{};
  static void fields(auto& m, auto& x) { x.each("OAL", m.lists); }
};

}  // namespace ropewalk::oab
