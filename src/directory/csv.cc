// CSV, [RFC 4180], with a header; ';' and tabs separate too. Several values of one cell: "one;two", a ';' within one as
// "\;", a line end as "\n". Binary values in base64.
#include <algorithm>

#include "base/base64.h"
#include "base/utf16.h"
#include "directory/csv_columns.h"
#include "directory/entry_lines.h"

namespace ropewalk::directory {

namespace {

constexpr std::size_t kMostCells = 1000;

class CsvReader : public EntryReader {
 public:
  CsvReader(std::istream& input, EntryReaderEvents events)
      : lines_(input), events_(std::move(events)), unknown_(events_) {}

  u64 offset() const override { return lines_.offset(); }

  std::optional<Entry> next() override {
    std::vector<std::string> cells;
    u64 line = 0;
    if (columns_.empty() && !read_header()) return std::nullopt;
    while (read_record(cells, line)) {
      if (cells.size() == 1 && cells[0].empty()) continue;  // an empty line
      if (auto entry = entry_of(cells, line)) return entry;
    }
    return std::nullopt;
  }

 private:
  bool read_header() {
    std::vector<std::string> cells;
    u64 line = 0;
    if (!read_record(cells, line)) return false;
    columns_ = csv_columns(cells, [&](const std::string& name) { unknown_.add(name); });
    if (std::ranges::any_of(columns_,
                            [](const auto& one) { return one.attribute != nullptr || !one.family.empty(); })) {
      return true;
    }
    events_.reject(line, "the first line names no column that is known (displayName, mail, department, ...)");
    return false;
  }

  // The separator is the first line's that comes first, outside of quotes.
  void choose_separator(const std::string& header) {
    bool quoted = false;
    for (char c : header) {
      if (c == '"') quoted = !quoted;
      if (quoted || (c != ',' && c != ';' && c != '\t')) continue;
      separator_ = c;
      return;
    }
    separator_ = ',';
  }

  // A record may go over several lines: a quoted cell has line ends in it. False at the end.
  bool read_record(std::vector<std::string>& cells, u64& number) {
    std::string line;
    if (!lines_.next(line)) return false;
    number = lines_.number();
    if (separator_ == 0) choose_separator(line);
    cells.assign(1, {});
    bool quoted = false, is_cut = lines_.was_cut();
    std::size_t size = 0;
    for (;;) {
      for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (c == '"' && quoted && i + 1 < line.size() && line[i + 1] == '"')
          cells.back() += line[++i];
        else if (c == '"' && (quoted || cells.back().empty()))
          quoted = !quoted;
        else if (c == separator_ && !quoted && cells.size() < kMostCells)
          cells.emplace_back();
        else
          cells.back() += c;
      }
      size += line.size();
      if (!quoted || size > kLongestLine) break;
      if (!lines_.next(line)) {
        events_.reject(number, "the file ends within quotes that begin here");
        return false;
      }
      is_cut = is_cut || lines_.was_cut();
      cells.back() += '\n';
    }
    if (!is_cut && size <= kLongestLine) return true;
    events_.reject(number, "the line is longer than " + std::to_string(kLongestLine) + " bytes");
    return read_record_again(cells, number);
  }
  bool read_record_again(std::vector<std::string>& cells, u64& number) {
    cells.assign(1, {});  // read as an empty line
    number = lines_.number();
    return true;
  }

  std::optional<Entry> entry_of(std::vector<std::string>& cells, u64 line) {
    Entry entry;
    entry.line = line;
    if (cells.size() > columns_.size()) {
      events_.reject(line, "there are " + std::to_string(cells.size()) + " cells, but the first line names " +
                               std::to_string(columns_.size()) + " columns");
      return std::nullopt;
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (cells[i].empty()) continue;
      const CsvColumn& column = columns_[i];
      if (!column.family.empty()) {
        const bool has_label = column.label && *column.label < cells.size();
        const Attribute* attribute = labelled(column, has_label ? cells[*column.label] : std::string());
        if (attribute != nullptr && !take({std::string(attribute->name), attribute}, cells[i], entry)) return {};
      } else if (column.attribute != nullptr && !take(column, cells[i], entry)) {
        return std::nullopt;
      }
    }
    return entry;
  }

  bool take(const CsvColumn& column, const std::string& cell, Entry& entry) {
    const Attribute& attribute = *column.attribute;
    for (std::string& value : values_of_cell(cell, attribute.is_multiple())) {
      if (attribute.is_binary() && attribute.field != Field::guid) {
        if (value.starts_with("http")) {  // Google tells where a photo is
          unknown_.add(column.name + " that stands elsewhere");
          continue;
        }
        auto bytes = from_base64(value);
        if (!bytes) {
          events_.reject(entry.line, column.name + " is not base64");
          return false;
        }
        value.assign(bytes->begin(), bytes->end());
      } else if (!is_utf8(value)) {
        events_.reject(entry.line, column.name + " is not UTF-8");
        return false;
      }
      if (column.continues && !entry.values.empty() && entry.values.back().attribute == &attribute)
        (entry.values.back().value += '\n') += value;
      else
        add_each(column, std::move(value), entry);
    }
    return true;
  }

  // Google writes "one ::: two" into a cell.
  static void add_each(const CsvColumn& column, std::string value, Entry& entry) {
    constexpr std::string_view kBetween = " ::: ";
    const bool may_be_many = !column.attribute->is_binary();
    for (auto at = value.find(kBetween); may_be_many && at != value.npos; at = value.find(kBetween)) {
      entry.add(column.attribute, column.name, value.substr(0, at), entry.line);
      value.erase(0, at + kBetween.size());
    }
    entry.add(column.attribute, column.name, std::move(value), entry.line);
  }

  static std::vector<std::string> values_of_cell(const std::string& cell, bool is_multiple) {
    if (!is_multiple) return {cell};
    std::vector<std::string> values(1);
    for (std::size_t i = 0; i < cell.size(); ++i) {
      if (cell[i] == '\\' && i + 1 < cell.size() &&
          std::string_view(";\\n").find(cell[i + 1]) != std::string_view::npos)
        values.back() += cell[++i] == 'n' ? '\n' : cell[i];
      else if (cell[i] == ';' || cell[i] == '\n')
        values.emplace_back();
      else if (cell[i] != ' ' || !values.back().empty())
        values.back() += cell[i];
    }
    std::erase(values, "");
    return values;
  }

  LineReader lines_;
  EntryReaderEvents events_;
  UnknownNames unknown_;
  std::vector<CsvColumn> columns_;
  char separator_ = 0;
};

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",;\t\"\r\n") == cell.npos && !cell.starts_with(' ') && !cell.ends_with(' ')) return cell;
  std::string out = "\"";
  for (char c : cell) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

bool has_column(const Attribute& attribute) {
  return attribute.field != Field::object_class && attribute.field != Field::object_category &&
         attribute.field != Field::back_link;
}

class CsvWriter : public EntryWriter {
 public:
  std::string begin() override {
    std::string out;
    for (const Attribute& attribute : attributes()) {
      if (has_column(attribute)) (out += out.empty() ? "" : ",") += attribute.name;
    }
    return out + "\r\n";
  }
  std::string entry(const Entry& entry) override {
    std::string out;
    bool is_first = true;
    for (const Attribute& attribute : attributes()) {
      if (!has_column(attribute)) continue;
      if (!is_first) out += ',';
      is_first = false;
      out += quoted(cell_of(entry, attribute));
    }
    return out + "\r\n";
  }

 private:
  static std::string cell_of(const Entry& entry, const Attribute& attribute) {
    std::string cell;
    for (const Entry::Value& value : entry.values) {
      if (value.attribute != &attribute) continue;
      if (!cell.empty()) cell += ';';
      if (attribute.is_binary() && attribute.field != Field::guid)
        cell += to_base64(bytes_of(value.value));
      else if (attribute.is_multiple())
        cell += escaped(value.value);
      else
        cell += value.value;
    }
    return cell;
  }
  static std::string escaped(const std::string& value) {
    std::string out;
    for (char c : value) {
      if (c == ';' || c == '\\' || c == '\n') out += '\\';
      out += c == '\n' ? 'n' : c;
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<EntryReader> read_csv(std::istream& input, EntryReaderEvents events) {
  return std::make_unique<CsvReader>(input, std::move(events));
}

std::unique_ptr<EntryWriter> write_csv() { return std::make_unique<CsvWriter>(); }

}  // namespace ropewalk::directory
