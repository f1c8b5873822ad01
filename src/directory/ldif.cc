// LDIF, [RFC 2849]: content records and change records.
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

bool same(std::string_view a, std::string_view b) { return mapi::equal_ignoring_ascii_case(a, b); }

class LdifReader : public EntryReader {
 public:
  LdifReader(std::istream& input, EntryReaderEvents events)
      : lines_(input), events_(std::move(events)), unknown_(events_) {}

  u64 offset() const override { return lines_.offset(); }

  std::optional<Entry> next() override {
    std::string line;
    begin();
    bool is_good = true, is_any = false;
    for (;;) {
      const bool more = lines_.next(line);
      if (!more || line.empty()) {
        if (is_any && is_good && settle()) return std::move(entry_);
        if (!more) return std::nullopt;
        begin();
        is_any = false;
        is_good = true;
        continue;
      }
      if (line[0] == '#' || !is_good) continue;
      if (!is_any && same(line.substr(0, 8), "version:")) {
        check_version(line);
        continue;
      }
      if (!is_any) entry_.line = lines_.number();
      is_any = true;
      is_good = take(line);
    }
  }

 private:
  using Change = Entry::Change;
  using Op = Entry::Modification::Op;

  void begin() {
    entry_ = {};
    is_change_ = false;
    open_.clear();
    is_open_known_ = false;
    has_rdn_ = false;
  }

  bool reject(const std::string& why) {
    events_.reject(lines_.number(), why);
    return false;
  }

  void check_version(const std::string& line) {
    const auto read = parse(line);
    if (read.ok() && read->value == "1") return;
    reject("this is not LDIF of version 1");
  }

  // False: the entry is lost.
  bool take(const std::string& line) {
    if (lines_.was_cut()) return reject("the line is longer than " + std::to_string(kLongestLine) + " bytes");
    if (entry_.change == Change::modify && line == "-") return open_.clear(), true;
    auto read = parse(line);
    if (!read.ok()) return reject(read.error().text);
    if (same(read->name, "dn")) return take_dn(read->value);
    if (entry_.dn.empty()) return reject("the entry does not begin with a dn");
    if (same(read->name, "control")) return take_control(read->value);
    if (same(read->name, "changetype")) return change_type(read->value);
    switch (entry_.change) {
      case Change::put:
        return take_value(*read);
      case Change::modify:
        return take_modification(*read);
      case Change::rename:
        return take_rename(*read);
      case Change::remove:
        return reject("changetype delete takes no attributes");
    }
    return false;
  }

  bool take_dn(const std::string& value) {
    if (!entry_.dn.empty()) return reject("the entry has a second dn: the empty line before it is missing");
    if (!is_utf8(value)) return reject("the dn is not UTF-8");
    entry_.dn = plain_dn(value);
    return entry_.dn.empty() ? reject("the dn is empty") : true;
  }

  // [RFC 2849]: "control:" OID [SPACE "true" / "false"] [value]
  bool take_control(const std::string& value) {
    const auto space = std::min(value.find(' '), value.size());
    if (!same(std::string_view(value).substr(space).substr(0, 5), " true")) return true;
    return reject("the control " + value.substr(0, space) + " is critical, and nobody here knows it");
  }

  bool change_type(const std::string& type) {
    const std::pair<std::string_view, Change> known[] = {{"add", Change::put},
                                                         {"delete", Change::remove},
                                                         {"modify", Change::modify},
                                                         {"modrdn", Change::rename},
                                                         {"moddn", Change::rename}};
    if (std::exchange(is_change_, true)) return reject("the entry has a second changetype");
    if (!entry_.values.empty()) return reject("changetype comes after the entry's attributes");
    for (const auto& [name, change] : known) {
      if (!same(type, name)) continue;
      entry_.change = change;
      return true;
    }
    return reject("there is no changetype " + type.substr(0, 100));
  }

  static bool is_ignored(std::string_view name) {
    return std::ranges::any_of(kIgnored, [&](std::string_view ignored) { return same(name, ignored); });
  }

  bool take_value(LdifLine& read) {
    if (is_ignored(read.name)) return true;
    const Attribute* attribute = find_attribute(read.name);
    if (attribute == nullptr)
      unknown_.add(read.name);
    else
      entry_.add(attribute, read.name, std::move(read.value), lines_.number());
    return true;
  }

  // "add: mail", values of mail, "-".
  bool take_modification(LdifLine& read) {
    if (open_.empty()) return begin_modification(read);
    if (!same(read.name, open_)) return reject("this is no value of " + open_ + ": the \"-\" before it is missing");
    if (is_open_known_) entry_.modifications.back().values.push_back(std::move(read.value));
    return true;
  }

  bool begin_modification(const LdifLine& read) {
    const std::pair<std::string_view, Op> known[] = {
        {"add", Op::add}, {"delete", Op::remove}, {"replace", Op::replace}};
    const auto op = std::ranges::find_if(known, [&](const auto& one) { return same(one.first, read.name); });
    if (op == std::end(known)) return reject("\"" + read.name + "\" is neither add nor delete nor replace");
    if (read.value.empty()) return reject(read.name + " names no attribute");
    open_ = read.value;
    const Attribute* attribute = find_attribute(open_);
    is_open_known_ = attribute != nullptr && !is_ignored(open_);
    if (is_open_known_)
      entry_.modifications.push_back({op->second, attribute, open_, {}, lines_.number()});
    else if (!is_ignored(open_))
      unknown_.add(open_);
    return true;
  }

  bool take_rename(const LdifLine& read) {
    if (!is_utf8(read.value)) return reject(read.name + " is not UTF-8");
    if (same(read.name, "newrdn")) {
      entry_.new_rdn = plain_dn(read.value);
      if (entry_.new_rdn.find('=') == std::string::npos) return reject("newrdn is to be attribute=value");
    } else if (same(read.name, "deleteoldrdn")) {
      if (read.value != "0" && read.value != "1") return reject("deleteoldrdn is 0 or 1");
      has_rdn_ = true;
      entry_.deletes_old_rdn = read.value == "1";
    } else if (same(read.name, "newsuperior")) {
      entry_.new_superior = plain_dn(read.value);
    } else {
      return reject(read.name + " has no place in a renaming: newrdn, deleteoldrdn and newsuperior have");
    }
    return true;
  }

  bool settle() {
    const auto lost = [&](const char* why) {
      events_.reject(entry_.line, why);
      return false;
    };
    if (entry_.dn.empty()) return lost("the entry has no dn");
    if (entry_.change == Change::rename && (entry_.new_rdn.empty() || !has_rdn_)) {
      return lost("a renaming needs newrdn and deleteoldrdn");
    }
    return true;
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
  // Of the record that is being read:
  Entry entry_;
  bool is_change_ = false, has_rdn_ = false;
  std::string open_;  // the attribute whose modification goes on
  bool is_open_known_ = false;
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
