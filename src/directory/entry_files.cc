#include "directory/entry_files.h"

#include "directory/entry_lines.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

bool LineReader::next(std::string& line) {
  line.clear();
  cut_ = false;
  std::streambuf* from = input_.rdbuf();
  constexpr auto kEnd = std::char_traits<char>::eof();
  int c = from->sbumpc();
  if (c == kEnd) return false;
  for (; c != kEnd && c != '\n'; c = from->sbumpc()) {
    ++offset_;
    if (line.size() < kLongestLine)
      line += static_cast<char>(c);
    else
      cut_ = true;
  }
  if (c == '\n') ++offset_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (number_++ == 0 && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);  // a byte order mark
  return true;
}

bool UnfoldingReader::next(std::string& line) {
  if (!has_ahead_) {
    has_ahead_ = lines_.next(ahead_);
    if (!has_ahead_) return false;
    ahead_number_ = lines_.number();
  }
  line = std::move(ahead_);
  number_ = ahead_number_;
  cut_ = lines_.was_cut();
  while ((has_ahead_ = lines_.next(ahead_)) && !ahead_.empty() && (ahead_[0] == ' ' || ahead_[0] == '\t')) {
    if (line.size() + ahead_.size() > kLongestLine)
      cut_ = true;
    else
      line.append(ahead_, 1);
  }
  ahead_number_ = lines_.number();
  return true;
}

std::optional<EntryFormat> format_of_file(std::string_view path) {
  const auto dot = path.rfind('.');
  const std::string_view ending = dot == path.npos ? std::string_view() : path.substr(dot);
  const std::pair<std::string_view, EntryFormat> endings[] = {{".ldif", EntryFormat::ldif},
                                                              {".csv", EntryFormat::csv},
                                                              {".vcf", EntryFormat::vcard},
                                                              {".vcard", EntryFormat::vcard}};
  for (const auto& [known, format] : endings) {
    if (mapi::equal_ignoring_ascii_case(ending, known)) return format;
  }
  return std::nullopt;
}

std::unique_ptr<EntryReader> read_entries(EntryFormat format, std::istream& input, EntryReaderEvents events) {
  if (format == EntryFormat::csv) return read_csv(input, std::move(events));
  if (format == EntryFormat::vcard) return read_vcards(input, std::move(events));
  return read_ldif(input, std::move(events));
}

std::unique_ptr<EntryWriter> write_entries(EntryFormat format) {
  if (format == EntryFormat::csv) return write_csv();
  return format == EntryFormat::vcard ? write_vcards() : write_ldif();
}

std::string plain_dn(std::string_view dn) {
  std::string out;
  bool skips = true;  // spaces, after the beginning or a separator
  for (std::size_t i = 0; i < dn.size(); ++i) {
    const char c = dn[i];
    if (c == ' ' && skips) continue;
    if (c == '\\' && i + 1 < dn.size()) {
      out += c;
      out += dn[++i];
      skips = false;
      continue;
    }
    skips = c == ',' || c == '=';
    if (skips) {
      while (out.ends_with(' ') && !out.ends_with("\\ ")) out.pop_back();
    }
    out += c;
  }
  while (out.ends_with(' ') && !out.ends_with("\\ ")) out.pop_back();
  return out;
}

}  // namespace ropewalk::directory
