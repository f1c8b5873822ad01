// oab.xml: which files there are to download. [MS-OXWOAB] 2.2
#pragma once

#include "protocol/xml/describe.h"

namespace ropewalk::oab {

struct ManifestFile {
  std::string sequence, version = "32", size, uncompressed_size, sha1;  // in text; SHA-1 of the file as it is served
  std::string name;                                                     // relative to the manifest
  static void fields(auto& m, auto& x) {
    x.attribute("seq", m.sequence);
    x.attribute("ver", m.version);
    x.attribute("size", m.size);
    x.attribute("uncompressedsize", m.uncompressed_size);
    x.attribute("SHA", m.sha1);
    x.text(m.name);
  }
};

struct ManifestList {
  std::string id, dn, name;
  std::optional<ManifestFile> full{};
  static void fields(auto& m, auto& x) {
    x.attribute("id", m.id);
    x.attribute("dn", m.dn);
    x.attribute("name", m.name);
    x("Full", m.full);
  }
};

struct Manifest {
  static constexpr std::string_view kName = "OAB";
  std::vector<ManifestList> lists{};
  static void fields(auto& m, auto& x) { x.each("OAL", m.lists); }
};

}  // namespace ropewalk::oab
