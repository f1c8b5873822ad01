// Entries of files into the address book: those that are there already are changed, the others added.
#pragma once

#include <set>
#include <unordered_map>

#include "directory/entry_files.h"

namespace ropewalk::directory {

struct ImportCounts {
  u64 entries = 0;  // read
  u64 added = 0, changed = 0, removed = 0;
  u64 skipped = 0;                // neither people nor groups, or people without mail
  u64 rejected = 0;               // lines and entries that could not be taken
  std::set<std::string> unknown;  // attributes and columns without a place in the address book
};

struct ImportOptions {
  // Makes a user with a mailbox, and gives its id; where it is not set, people without a mailbox here become contacts.
  std::function<Result<i64>(const std::string& address, const std::string& name)> make_user;
  // Who looks after what is added and changed from now on.
  Source source = Source::here;
  std::function<void(u64 line, const std::string& why)> reject = [](u64, const std::string&) {};
  // Entries that have no place in an address book.
  std::function<void(const Entry& entry, const std::string& why)> skip = [](const Entry&, const std::string&) {};
  // Now and then, with how much of the file is read.
  std::function<void(u64 offset, const ImportCounts& counts)> progress = [](u64, const ImportCounts&) {};
};

// One import: entries one after the other, then finish() for whom they point at.
class DirectoryImport {
 public:
  DirectoryImport(AddressBook& book, ImportOptions options);

  // What became of it is in counts(); the error is one that ends the import (the disk is full).
  Status add(const Entry& entry);
  // The same for many in one transaction, which costs far less; users that are to be made come after the others.
  Status add_all(std::span<const Entry> entries);
  // Members, managers, owners, delegates: what an entry says of them takes the place of what was.
  Status finish();
  const ImportCounts& counts() const { return counts_; }
  ImportCounts& counts() { return counts_; }
  // Every object that an entry was about.
  const std::set<u32>& touched() const { return touched_; }

 private:
  struct Wanted;
  struct Target {
    std::string name;
    u64 line;
    std::optional<u32> id{};  // where it is known already
  };
  struct LinkSet {
    using Op = Entry::Modification::Op;
    u32 from;
    Link link;
    Op op;
    std::vector<Target> targets;
  };

  void reject(u64 line, const std::string& why);
  Status skip(const Entry& entry, const std::string& why);
  bool needs_user(const Wanted& wanted, const std::optional<Object>& there) const;
  Status change(const Entry& entry);
  Status modify(const Entry& entry, const Object& object);
  Status rename(const Entry& entry, const Object& object);
  Result<std::optional<Object>> find_called(const std::string& dn);
  Result<Wanted> read(const Entry& entry);
  Result<bool> is_other(const Object& object, const ObjectChange& change);
  Result<std::optional<Object>> existing(const Entry& entry, const ObjectChange& change);
  Result<std::optional<Object>> existing_by_name(const Entry& entry, const ObjectChange& change);
  Status free_origin(const ObjectChange& change);
  Result<u32> place(Wanted& wanted, const std::optional<Object>& there);
  Result<u32> make_mailbox(Wanted& wanted);
  void remember_links(const Entry& entry, u32 id);
  Result<std::optional<u32>> resolve(const std::string& name);
  Status settle(const LinkSet& links);

  AddressBook& book_;
  ImportOptions options_;
  ImportCounts counts_;
  std::set<u32> touched_;
  std::vector<LinkSet> links_;
  std::vector<const Entry*>* later_ = nullptr;  // within add_all(): entries that need a user
};

// A whole file. `size`: of the input, where it is known, for progress alone.
Result<ImportCounts> import_file(AddressBook& book, EntryFormat format, std::istream& input, ImportOptions options);

// Every object of the address book, hidden ones too; `write` gets the file piece by piece and says whether to go on.
struct ExportCounts {
  u64 objects = 0;
};
Result<ExportCounts> export_entries(AddressBook& book, EntryFormat format,
                                    const std::function<bool(std::string_view text, u64 objects)>& write);

// What an object says of itself, for files of this format.
Result<Entry> entry_of(AddressBook& book, const Object& object, EntryFormat format);

}  // namespace ropewalk::directory
