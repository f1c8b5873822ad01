// A version 4 full details file, made object by object. [MS-OXOAB] 2.9
#pragma once

#include "mapi/property_bag.h"
#include "protocol/oab/structures.h"

namespace ropewalk::oab {

// What the objects of the files made here may say, in the order of the file; the first has to be there.
std::span<const PropRec> object_schema();

struct ListIdentity {
  std::string name = "\\Global Address List";
  std::string dn = "/";
  std::string id;  // a GUID in text
  u32 sequence = 1;
};

class DetailsWriter {
 public:
  // Those of the properties that the schema has, each with its value as the property bag has it; empty ones are left
  // out, too long ones cut or left out, and the record says which. An error says what is missing: DN or address.
  Status add(std::span<const mapi::Property> properties);
  // The objects so far, as they stand in the file.
  ByteView objects() const { return out_.view(); }
  u32 count() const { return count_; }
  // The whole file.
  std::vector<u8> finish(const ListIdentity& list) const;

 private:
  wire::OutBuffer out_;
  u32 count_ = 0;
};

// The records of the objects in a whole file; empty where it is none.
ByteView objects_in(ByteView file);

// CRC-32, begun with all ones and without a complement at the end. [MS-OXOAB] 2
u32 checksum(ByteView bytes);

// What a details file says, for readers and tests; its checksum is looked at.
struct DetailsReader {
  Header header;
  MetaData meta;
  Record list;
  std::vector<Record> objects;
  // Views into `file`, lists in `arena`. The error names the field.
  static Result<DetailsReader> read(ByteView file, Arena& arena);
};

}  // namespace ropewalk::oab
