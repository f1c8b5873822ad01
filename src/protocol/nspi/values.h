// The structures of NSPI in NDR from and to those of the property model. What is made lives in the arena, and points at
// what it was made from.
#pragma once

#include <optional>

#include "protocol/nspi/methods.h"

namespace ropewalk::nspi {

// A null text is an empty one; a list's null texts too.
mapi::Property property_of(const nspi::PropertyValue& value, Arena& arena);
std::vector<mapi::Property> properties_of(const nspi::PropertyRow& row, Arena& arena);
// nullopt: nested deeper than is read.
std::optional<mapi::Restriction> restriction_of(const nspi::Restriction& restriction, Arena& arena);
// NULL is nullopt.
std::optional<std::span<const mapi::PropTag>> columns_of(const ndr::Pointer<nspi::PropTagArray>& tags);

// Of a cell whose type PROP_VAL_UNION has. No text is null.
nspi::PropertyValue nspi_value(const mapi::Property& property, Arena& arena);
nspi::PropertyRow nspi_row(std::span<const mapi::Property> cells, Arena& arena);
ndr::Pointer<nspi::PropertyRowSet> nspi_rows(std::span<const std::span<const mapi::Property>> rows, Arena& arena);
ndr::Pointer<nspi::MinimalIds> nspi_ids(std::span<const u32> ids, Arena& arena);
ndr::Pointer<nspi::PropTagArray> nspi_tags(std::span<const mapi::PropTag> tags, Arena& arena);

// Null past the arena's limit. Of a restriction that RestrictionUnion_r does not have, the type alone.
ndr::Pointer<nspi::Restriction> nspi_restriction(const mapi::Restriction& restriction, Arena& arena);

}  // namespace ropewalk::nspi
