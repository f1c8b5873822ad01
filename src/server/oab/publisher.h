// The offline address books: details files of the Global Address List and of the lists that the configuration names,
// with what leads from one generation to the next, made anew in the background when the address book has changed.
// [MS-OXOAB], [MS-OXWOAB]
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "directory/address_book.h"
#include "protocol/oab/manifest.h"
#include "server/logging.h"

namespace ropewalk::server {

struct OabOptions {
  std::string data_folder;          // GUID, generations and files are kept in its folder "oab"
  std::chrono::milliseconds pause;  // between looks for changes
  std::vector<std::string> lists;   // beside the Global Address List, by their names
};

// Thread-safe. The address book outlives it.
class OabPublisher {
 public:
  static Result<std::unique_ptr<OabPublisher>> start(directory::AddressBook& book, Log& log, OabOptions options);
  ~OabPublisher();

  struct File {
    std::string type;  // of media
    std::string etag;
    std::string bytes;
  };
  // "/OAB/GUID/"
  const std::string& path() const { return path_; }
  // A file by its name; null: there is none. Clients read on in the generation before the newest.
  std::shared_ptr<const File> find(std::string_view name) const;
  // Whether nothing has been made yet.
  bool is_empty() const;

 private:
  using FilePtr = std::shared_ptr<const File>;
  using Files = std::map<std::string, FilePtr, std::less<>>;
  struct Wanted {  // a list that is to be published
    u32 id;
    std::string guid, dn, name;
  };
  OabPublisher(directory::AddressBook& book, Log& log, OabOptions options, const Guid& guid);
  void load();
  bool load(const oab::ManifestFile& file);
  void load_former();
  void work();
  bool is_stopping() const;
  Result<bool> has_changed();
  Status publish();
  Result<std::vector<Wanted>> wanted_lists();
  Result<bool> make_list(const Wanted& wanted, oab::ManifestList& list, Files& made) const;
  void make_difference(const std::vector<u8>& before, const std::vector<u8>& file, oab::ManifestList& list,
                       Files& made) const;
  Status save(const Files& made, const oab::Manifest& manifest);
  std::vector<u8> newest_of(const oab::ManifestList& list) const;

  directory::AddressBook& book_;
  Log& log_;
  const OabOptions options_;
  const std::string folder_, id_, path_;
  i64 upto_ = 0;
  bool is_first_ = true;
  oab::Manifest manifest_;         // what is published
  std::set<std::string> missing_;  // lists of the configuration that are not there: said once

  mutable std::mutex lock_;  // of what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  Files files_;

  std::thread thread_;
};

}  // namespace ropewalk::server
