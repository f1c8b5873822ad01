// Entries of an address book in files: LDIF [RFC 2849], CSV [RFC 4180], vCard 3 and 4 [RFC 2426, RFC 6350]. Readers
// take what others write, however damaged; writers write what any of them can read.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/attributes.h"

namespace ropewalk::directory {

// One entry as a file tells it. Binary values are bytes, texts UTF-8.
struct Entry {
  struct Value {
    const Attribute* attribute;  // never null
    std::string name;            // as the file calls it
    std::string value;
    u64 line;
  };

  // What LDIF's "changetype" says; everything else just puts entries there.
  enum class Change : u8 { put, remove, modify, rename };
  struct Modification {
    enum class Op : u8 { add, remove, replace } op{};
    const Attribute* attribute;  // never null
    std::string name;            // as the file calls it
    std::vector<std::string> values{};
    u64 line = 0;
  };

  u64 line = 0;    // where it begins, from 1
  std::string dn;  // LDIF: its distinguished name
  Change change = Change::put;
  std::vector<Value> values;
  std::vector<Modification> modifications;  // of Change::modify, in their order
  // Of Change::rename: "cn=User Two", and below whom from now on (empty: where it is).
  std::string new_rdn, new_superior;
  bool deletes_old_rdn = false;

  void add(const Attribute* attribute, std::string_view name, std::string value, u64 at) {
    values.push_back({attribute, std::string(name), std::move(value), at});
  }
};

struct EntryReaderEvents {
  // A line, or an entry that begins there, cannot be taken.
  std::function<void(u64 line, const std::string& why)> reject = [](u64, const std::string&) {};
  // An attribute, column or property that has no place in the address book; once per name.
  std::function<void(const std::string& name)> unknown = [](const std::string&) {};
};

class EntryReader {
 public:
  virtual ~EntryReader() = default;
  // nullopt at the end. Entries that cannot be read are rejected and passed over.
  virtual std::optional<Entry> next() = 0;
  // Bytes read so far.
  virtual u64 offset() const = 0;
};

class EntryWriter {
 public:
  virtual ~EntryWriter() = default;
  // What stands before the first entry.
  virtual std::string begin() { return {}; }
  virtual std::string entry(const Entry& entry) = 0;
};

enum class EntryFormat { ldif, csv, vcard };

// By the ending of a file's name: .ldif, .csv, .vcf.
std::optional<EntryFormat> format_of_file(std::string_view path);
// `input` outlives the reader.
std::unique_ptr<EntryReader> read_entries(EntryFormat format, std::istream& input, EntryReaderEvents events);
std::unique_ptr<EntryWriter> write_entries(EntryFormat format);

// An LDAP DN whose spaces around commas and equals signs are gone, so that two ways of writing it are one.
std::string plain_dn(std::string_view dn);

}  // namespace ropewalk::directory
