// XML as values: what autodiscover and the offline address book's manifest are made of.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/types.h"

namespace ropewalk::xml {

/// An element: its text, or its children. Names are without prefix; namespaces stand as the attributes they came in
/// ("xmlns").
struct Element {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes{};
  std::string text{};
  std::vector<Element> children{};
  std::size_t offset = 0;  // where its "<" stands in the document that it was read from, counted in UTF-8

  /// The first child of that name, or nullptr.
  const Element* find(std::string_view child) const;
  /// Empty where there is none.
  std::string_view attribute(std::string_view attribute_name) const;
};

/// How much a document may ask for.
struct Bounds {
  std::size_t bytes = 1 << 20;  // of the document
  std::size_t depth = 32;       // of elements inside each other
  std::size_t elements = 10'000;
};

/// Reads a document in UTF-8 or UTF-16. Entities are those of [XML] 4.6 and character references; a document type
/// declaration, where others could be declared, is an error, and so is whatever goes beyond the bounds.
Result<Element> parse(std::string_view document, const Bounds& bounds = {});

/// The text with U+FFFD in place of bytes that are not UTF-8 and of characters that XML cannot hold.
std::string writable(std::string_view text);

/// The document in UTF-8, with its declaration, ending with a line feed; its texts as writable() has them.
std::string to_text(const Element& root);

}  // namespace ropewalk::xml
