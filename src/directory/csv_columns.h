// What the columns of a CSV file mean: attributes under any of their names, and what Outlook and Google write.
#pragma once

#include "directory/attributes.h"

namespace ropewalk::directory {

struct CsvColumn {
  std::string name;                      // for values: what DirectoryImport is to take them for
  const Attribute* attribute = nullptr;  // null: passed over, or as the label says
  // "Phone 1 - Value", "Address 1 - Street": what it is, the cell of column `label` says ("Work", "Home Fax").
  std::string family{}, part{};
  std::optional<std::size_t> label{};
  bool continues = false;  // "Business Street 2": one more line of the value
};

// `unknown` hears the names that mean nothing.
std::vector<CsvColumn> csv_columns(const std::vector<std::string>& header,
                                   const std::function<void(const std::string& name)>& unknown);
// The attribute of a column whose label is `label`; null: none.
const Attribute* labelled(const CsvColumn& column, std::string_view label);

}  // namespace ropewalk::directory
