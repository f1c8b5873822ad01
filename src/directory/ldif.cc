// LDIF, [RFC 2849]: content records, and change records that add or delete.
#include <algorithm>

#include "base/base64.h"
#include "base/utf16.h"
#include "directory/entry_lines.h"
#include "mapi/ascii_case.h"

namespace ropewalk::directory {

namespace {

// What entries carry that is nobody's business here: passed over without a word.
constexpr std::string_view kIgnored[] = {"userPassword", "unicodePwd", "control",    "whenCreated",
                                         "whenChanged",  "uSNCreated", "uSNChanged", "objectSid"};

struct LdifLine {
  std::string name, value;
};

class LdifReader : public EntryReader {
 public:
  LdifReader(std::istream& input, EntryReaderEvents events)
      : lines_(input), events_(std::move(events)), unknown_(events_) {}

  u64 offset() const override { return lines_.offset(); }

  std::optional<Entry> next() override {
    Entry entry;
    std::string line;
    bool is_good = true, is_any = false;
    for (;;) {
      const bool more = lines_.next(line);
      if (!more || line.empty()) {
        if (is_any && is_good && settle(entry)) return entry;
        if (!more) return std::nullopt;
        entry = {};
        is_any = false;
        is_good = true;
        continue;
      }
      if (line[0] == '#' || !is_good) continue;
      if (!is_any && mapi::equal_ignoring_ascii_case(line.substr(0, 8), "version:")) continue;
      if (!is_any) entry.line = lines_.number();
      is_any = true;
      is_good = take(line, entry);
    }
  }

 private:
  bool reject(const std::string& why) {
    events_.reject(lines_.number(), why);
    return false;
  }

  // False: the entry is lost.
  bool take(const std::string& line, Entry& entry) {
    if (lines_.was_cut()) return reject("the line is longer than " + std::to_string(kLongestLine) + " bytes");
    auto read = parse(line);
    if (!read.ok()) return reject(read.error().text);
    if (mapi::equal_ignoring_ascii_case(read->name, "dn")) {
      if (!entry.dn.empty()) return reject("the entry has a second dn: the empty line before it is missing");
      if (!is_utf8(read->value)) return reject("the dn is not UTF-8");
      entry.dn = plain_dn(read->value);
      return entry.dn.empty() ? reject("the dn is empty") : true;
    }
    if (entry.dn.empty()) return reject("the entry does not begin with a dn");
    if (mapi::equal_ignoring_ascii_case(read->name, "changetype")) return change_type(read->value, entry);
    for (std::string_view ignored : kIgnored) {
      if (mapi::equal_ignoring_ascii_case(read->name, ignored)) return true;
    }
    const Attribute* attribute = find_attribute(read->name);
    if (attribute == nullptr)
      unknown_.add(read->name);
    else
      entry.add(attribute, read->name, std::move(read->value), lines_.number());
    return true;
  }

  bool change_type(const std::string& type, Entry& entry) {
    if (mapi::equal_ignoring_ascii_case(type, "delete")) return entry.is_removal = true;
    if (mapi::equal_ignoring_ascii_case(type, "add")) return true;
    return reject("changetype " + type + " cannot be taken, only add and delete: give the whole entry instead");
  }

  bool settle(const Entry& entry) {
    if (!entry.dn.empty()) return true;
    events_.reject(entry.line, "the entry has no dn");
    return false;
  }

  static Result<LdifLine> parse(const std::string& line) {
    const auto colon = line.find(':');
    if (colon == line.npos || colon == 0) return Error{"there is no \"name:\" at the beginning"};
    LdifLine read;
    read.name = line.substr(0, colon);
    std::size_t at = colon + 1;
    const char form = at < line.size() ? line[at] : ' ';
    if (form == ':' || form == '<') ++at;
    at = std::min(line.find_first_not_of(' ', at), line.size());
    const std::string_view value = std::string_view(line).substr(at);
    if (form == '<')
      return Error{read.name + " is to be read from " + std::string(value.substr(0, 100)) +
                   ": values have to stand in the file itself"};
    if (form != ':') {
      read.value = value;
      return read;
    }
    std::string_view text = value;
    while (text.ends_with(' ')) text.remove_suffix(1);
    auto bytes = from_base64(text);
    if (!bytes) return Error{read.name + " is not base64"};
    read.value.assign(bytes->begin(), bytes->end());
    return read;
  }

  UnfoldingReader lines_;
  EntryReaderEvents events_;
  UnknownNames unknown_;
};

// [RFC 2849] SAFE-STRING
bool is_safe(std::string_view value) {
  if (value.empty()) return true;
  if (value.front() == ' ' || value.front() == ':' || value.front() == '<' || value.back() == ' ') return false;
  return std::all_of(value.begin(), value.end(), [](char c) {
    return c != '\0' && c != '\r' && c != '\n' && static_cast<unsigned char>(c) < 0x80;
  });
}

void append_line(std::string_view name, std::string_view value, std::string& out) {
  std::string line(name);
  if (is_safe(value))
    (line += ": ") += value;
  else
    (line += ":: ") += to_base64(bytes_of(value));
  constexpr std::size_t kWidth = 76;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t width = at == 0 ? kWidth : kWidth - 1;
    if (at != 0) out += ' ';
    out.append(line, at, width);
    out += '\n';
    at += width;
  }
}

class LdifWriter : public EntryWriter {
 public:
  std::string begin() override { return "version: 1\n"; }
  std::string entry(const Entry& entry) override {
    std::string out = "\n";
    append_line("dn", entry.dn, out);
    for (const Entry::Value& value : entry.values) {
      append_line(value.attribute->name, value.value, out);
      // What LDAP's own classes of people and groups must have.
      if (value.attribute->field == Field::name) append_line("cn", value.value, out);
    }
    return out;
  }
};

}  // namespace

std::unique_ptr<EntryReader> read_ldif(std::istream& input, EntryReaderEvents events) {
  return std::make_unique<LdifReader>(input, std::move(events));
}

std::unique_ptr<EntryWriter> write_ldif() { return std::make_unique<LdifWriter>(); }

}  // namespace ropewalk::directory
