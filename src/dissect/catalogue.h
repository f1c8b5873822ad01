// Every field that filters and Wireshark can name, made from the descriptions.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "wire/field_list.h"

namespace ropewalk::dissect {

// A field under its filter name; one entry stands for the fields that share name and type, as a request's and its
// response's do.
struct CatalogueEntry {
  std::string name;  // "mapi.OpenFolder.FolderId"
  std::string type;  // as in wire::Node, "FID"
  wire::FieldForm form = wire::FieldForm::number;
  const wire::TypeInfo* scalar = nullptr;  // of numbers
  std::string meaning;                     // "FolderId of RopOpenFolderRequest, [MS-OXCROPS] 2.2.4.1.1"
};

// All of them, by name. Made at the first call, in some 0.2 s.
std::span<const CatalogueEntry> catalogue();
// Those of that name: more than one where structures that share a short name have fields of different types.
std::span<const CatalogueEntry> find_in_catalogue(std::string_view name);
// The structures, by their short names: "mapi.OpenFolder" for RopOpenFolderRequest and RopOpenFolderResponse.
std::span<const std::string> catalogue_structures();

// A structure's name in filters, "OpenFolder": without Rop, Request, Response and their like.
std::string filter_name(std::string_view structure);
// A name without characters that filters cannot have, which become '_'.
std::string plain_name(std::string_view field);

// Names among `candidates` that a person may have meant by `name`; at most five.
std::vector<std::string_view> similar_names(std::string_view name, std::span<const std::string_view> candidates);

}  // namespace ropewalk::dissect
