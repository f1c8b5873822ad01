// How a sender lays out what it sends: data representation and transfer syntax.
#pragma once

namespace ropewalk::ndr {

// Found by descriptions as wire::Context; without one, little-endian NDR.
struct Format {
  bool big_endian = false;  // [C706] 14.1; NDR64 is always little-endian
  bool ndr64 = false;       // [MS-RPCE] 2.2.5 instead of [C706] 14
};

}  // namespace ropewalk::ndr
