// Lines of a file, counted; for the readers of entry_files.h.
#pragma once

#include <istream>
#include <set>

#include "directory/entry_files.h"

namespace ropewalk::directory {

// Physical lines without their ends (LF or CRLF). A line longer than the longest photo in base64 is cut there.
class LineReader {
 public:
  explicit LineReader(std::istream& input) : input_(input) {}

  bool next(std::string& line);
  u64 number() const { return number_; }  // of the line that next() gave, from 1
  u64 offset() const { return offset_; }
  bool was_cut() const { return cut_; }

 private:
  std::istream& input_;
  u64 number_ = 0, offset_ = 0;
  bool cut_ = false;
};

// A line with those that continue it: the lines after it that begin with a space (or a tab).
class UnfoldingReader {
 public:
  explicit UnfoldingReader(std::istream& input) : lines_(input) {}

  // False at the end. Its error, where there is one: `line` is too long.
  bool next(std::string& line);
  u64 number() const { return number_; }  // of its first line
  u64 offset() const { return lines_.offset(); }
  bool was_cut() const { return cut_; }

 private:
  LineReader lines_;
  std::string ahead_;
  bool has_ahead_ = false, cut_ = false;
  u64 number_ = 0, ahead_number_ = 0;
};

inline constexpr std::size_t kLongestLine = std::size_t{16} << 20;

// Tells each unknown name once.
class UnknownNames {
 public:
  explicit UnknownNames(const EntryReaderEvents& events) : events_(events) {}
  void add(const std::string& name) {
    if (told_.size() < 1000 && told_.insert(name.substr(0, 100)).second) events_.unknown(name.substr(0, 100));
  }

 private:
  const EntryReaderEvents& events_;
  std::set<std::string> told_;
};

std::unique_ptr<EntryReader> read_ldif(std::istream& input, EntryReaderEvents events);
std::unique_ptr<EntryReader> read_csv(std::istream& input, EntryReaderEvents events);
std::unique_ptr<EntryReader> read_vcards(std::istream& input, EntryReaderEvents events);
std::unique_ptr<EntryWriter> write_ldif();
std::unique_ptr<EntryWriter> write_csv();
std::unique_ptr<EntryWriter> write_vcards();

}  // namespace ropewalk::directory
