// Prints the display-filter fields of the catalogue as rows of a table, at build time: making the catalogue takes
// longer than all the rest of the plugin's start.
#include <fmt/format.h>

#include <map>

#include "dissect/catalogue.h"
#include "wireshark/shape.h"

namespace ropewalk::shark {
namespace {

constexpr std::string_view kNames[] = {"unsigned32", "unsigned64", "signed32", "signed64", "real",
                                       "time",       "bytes",      "guid",     "text",     "none"};

Shape shape_of(const dissect::CatalogueEntry& entry) {
  switch (entry.form) {
    case wire::FieldForm::bytes:
      return Shape::bytes;
    case wire::FieldForm::guid:
      return Shape::guid;
    case wire::FieldForm::text:
      return Shape::text;
    case wire::FieldForm::list:
    case wire::FieldForm::structure:
      return Shape::none;
    case wire::FieldForm::number:
      break;
  }
  if (entry.scalar == nullptr) return Shape::unsigned64;
  switch (entry.scalar->form) {
    case wire::Form::floating:
      return Shape::real;
    case wire::Form::filetime:
      return Shape::time;
    case wire::Form::signed_number:
      return entry.scalar->width < 8 ? Shape::signed32 : Shape::unsigned64;
    case wire::Form::unsigned_number:
      break;
  }
  return entry.scalar->width < 8 ? Shape::unsigned32 : Shape::unsigned64;
}

// Numbers with a type of their own ("FID", "ErrorCode") are ids and flags more often than amounts.
bool is_amount(const dissect::CatalogueEntry& entry) {
  return entry.type.starts_with("uint") || entry.type.starts_with("int");
}

std::string_view suffix(Shape shape) {
  switch (shape) {
    case Shape::real:
      return "_real";
    case Shape::time:
      return "_time";
    case Shape::bytes:
      return "_bytes";
    case Shape::guid:
      return "_guid";
    case Shape::text:
      return "_text";
    case Shape::signed32:
    case Shape::signed64:
      return "_signed";
    default:
      return "_number";
  }
}

// The fields of one name. All fields of one name in Wireshark must have values that can be compared: the first shape
// keeps the name, the others add what they are to it.
void print_fields(std::span<const dissect::CatalogueEntry> same) {
  std::map<Shape, const dissect::CatalogueEntry*> shapes;
  bool hexadecimal = false;
  int width = 1;
  for (const auto& entry : same) {
    shapes.emplace(shape_of(entry), &entry);
    if (entry.scalar != nullptr) width = std::max<int>(width, entry.scalar->width);
    hexadecimal |= !is_amount(entry);
  }
  if (shapes.size() > 1) shapes.erase(Shape::none);  // a list's elements have its name
  if (shapes.contains(Shape::unsigned64)) shapes.erase(Shape::unsigned32);
  bool is_first = true;
  for (const auto& [shape, entry] : shapes) {
    fmt::print("ROPEWALK_FIELD(\"{}\", \"{}{}\", {}, {}, {}, R\"({})\")\n", entry->name, entry->name,
               is_first ? "" : suffix(shape), kNames[static_cast<int>(shape)], hexadecimal, width, entry->meaning);
    is_first = false;
  }
}

void print_table() {
  auto entries = dissect::catalogue();
  for (std::size_t i = 0, end = 0; i < entries.size(); i = end) {
    for (end = i + 1; end < entries.size() && entries[end].name == entries[i].name;) ++end;
    print_fields(entries.subspan(i, end - i));
  }
  for (const std::string& structure : dissect::catalogue_structures())
    fmt::print("ROPEWALK_STRUCTURE(\"{}\")\n", structure);
}

}  // namespace
}  // namespace ropewalk::shark

int main() { ropewalk::shark::print_table(); }
