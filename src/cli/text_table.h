// Tables for people: columns that fit the terminal, text that cannot play tricks with it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ropewalk::cli {

// How many cells a terminal gives to UTF-8 text: 2 for wide characters, 0 for combining ones.
std::size_t display_width(std::string_view utf8);

// The text with control characters (escape sequences, line ends, bidirectional overrides) as one visible sign each, so
// that a subject line cannot move the cursor. `lines`: keep line ends and tabs.
std::string printable(std::string_view utf8, bool lines = false);

// At most `width` cells of printable text, "…" in place of what does not fit.
std::string fitted(std::string_view utf8, std::size_t width);

// Columns of standard output's terminal, from the terminal or COLUMNS; 0 where it is none (nothing is cut then).
std::size_t terminal_width();

class TextTable {
 public:
  struct Column {
    std::string title;
    bool right = false;     // numbers
    std::size_t least = 4;  // cells it keeps when room is short
    bool shrinks = true;
  };

  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}
  // As many cells as there are columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // A line per row, none wider than `width` (0: as wide as needed), trailing space cut.
  std::string to_text(std::size_t width) const;

 private:
  std::vector<std::size_t> widths(std::size_t width) const;
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace ropewalk::cli
