#include "cli/text_table.h"

#include <sys/ioctl.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace ropewalk::cli {

namespace {

constexpr std::string_view kGap = "  ";
constexpr UChar32 kReplacement = 0xFFFD;

// The character at `at`, which moves past it; U+FFFD for ill-formed bytes.
UChar32 next_character(std::string_view text, int32_t& at) {
  UChar32 c = 0;
  U8_NEXT(text.data(), at, static_cast<int32_t>(text.size()), c);
  return c < 0 ? kReplacement : c;
}

std::size_t width_of(UChar32 c) {
  if (c == 0x200D || (c >= 0xFE00 && c <= 0xFE0F)) return 0;
  switch (u_charType(c)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
      return 0;
    default:
      break;
  }
  switch (u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH)) {
    case U_EA_FULLWIDTH:
    case U_EA_WIDE:
      return 2;
    default:
      return 1;
  }
}

bool is_unsafe(UChar32 c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  if (c == 0x2028 || c == 0x2029) return true;
  return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);  // bidirectional embeddings and overrides
}

void append(std::string& out, UChar32 c) {
  char bytes[4];
  int32_t n = 0;
  UBool failed = false;
  U8_APPEND(bytes, n, 4, c, failed);
  if (!failed) out.append(bytes, static_cast<std::size_t>(n));
}

}  // namespace

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(utf8.size());) width += width_of(next_character(utf8, at));
  return width;
}

std::string printable(std::string_view utf8, bool lines) {
  std::string out;
  out.reserve(utf8.size());
  for (int32_t at = 0; at < static_cast<int32_t>(utf8.size());) {
    UChar32 c = next_character(utf8, at);
    if (lines && (c == '\n' || c == '\t'))
      append(out, c);
    else if (lines && c == '\r')
      continue;
    else if (c == '\r' || c == '\n' || c == '\t')
      out += ' ';
    else
      append(out, is_unsafe(c) ? kReplacement : c);
  }
  return out;
}

std::string fitted(std::string_view utf8, std::size_t width) {
  std::string text = printable(utf8);
  if (display_width(text) <= width) return text;
  std::string out;
  std::size_t used = 0;
  for (int32_t at = 0; at < static_cast<int32_t>(text.size());) {
    UChar32 c = next_character(text, at);
    std::size_t w = width_of(c);
    if (used + w + 1 > width) break;
    append(out, c);
    used += w;
  }
  if (width > 0) out += "…";
  return out;
}

std::size_t terminal_width() {
  if (isatty(STDOUT_FILENO) == 0) return 0;
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  const char* columns = std::getenv("COLUMNS");
  int n = columns == nullptr ? 0 : std::atoi(columns);
  return n > 0 ? static_cast<std::size_t>(n) : 80;
}

std::vector<std::size_t> TextTable::widths(std::size_t width) const {
  std::vector<std::size_t> wanted;
  for (std::size_t c = 0; c < columns_.size(); ++c) {
    std::size_t w = display_width(columns_[c].title);
    for (const auto& row : rows_) w = std::max(w, display_width(printable(row[c])));
    wanted.push_back(w);
  }
  if (width == 0) return wanted;
  auto total = [&] {
    std::size_t sum = kGap.size() * (columns_.size() - 1);
    for (std::size_t w : wanted) sum += w;
    return sum;
  };
  // The widest column that may shrink gives way, a cell at a time.
  while (total() > width) {
    std::size_t widest = columns_.size();
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (!columns_[c].shrinks || wanted[c] <= columns_[c].least) continue;
      if (widest == columns_.size() || wanted[c] > wanted[widest]) widest = c;
    }
    if (widest == columns_.size()) break;
    --wanted[widest];
  }
  return wanted;
}

std::string TextTable::to_text(std::size_t width) const {
  std::vector<std::size_t> wide = widths(width);
  std::string out;
  auto line = [&](auto&& cell_of) {
    std::string text;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      if (c > 0) text += kGap;
      std::string cell = fitted(cell_of(c), wide[c]);
      std::string pad(wide[c] - std::min(wide[c], display_width(cell)), ' ');
      text += columns_[c].right ? pad + cell : cell + pad;
    }
    // A terminal narrower than the least widths: the line is cut rather than wrapped.
    if (width != 0 && display_width(text) > width) text = fitted(text, width);
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  };
  line([&](std::size_t c) { return columns_[c].title; });
  for (const auto& row : rows_) line([&](std::size_t c) { return row[c]; });
  return out;
}

}  // namespace ropewalk::cli
