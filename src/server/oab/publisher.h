// The offline address book: a full details file of the Global Address List, made anew in the background when the
// address book has changed. [MS-OXOAB], [MS-OXWOAB]
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "directory/address_book.h"
#include "server/logging.h"

namespace ropewalk::server {

// The details file of everybody in the Global Address List, before it is told which generation it is.
struct OabContent {
  std::vector<u8> file;      // with the sequence number it was made for
  std::string objects_sha1;  // of the objects alone
  u32 count = 0;
};
// `sequence_of` gets the SHA-1 of the objects, and says which generation they are. An error where `gives_up` becomes
// true on the way; it may be empty.
Result<OabContent> make_oab(directory::AddressBook& book, const std::string& id,
                            const std::function<u32(const std::string& objects_sha1)>& sequence_of,
                            const std::function<bool()>& gives_up = {});

// Thread-safe. The address book outlives it.
class OabPublisher {
 public:
  // The GUID, the generation and the files are kept in `data_folder`/oab. Looks for changes every `pause`.
  static Result<std::unique_ptr<OabPublisher>> start(directory::AddressBook& book, Log& log,
                                                     const std::string& data_folder, std::chrono::milliseconds pause);
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
  struct Kept {
    u32 sequence = 0;
    std::string objects_sha1;
  };
  OabPublisher(directory::AddressBook& book, Log& log, std::string folder, const Guid& guid,
               std::chrono::milliseconds pause);
  void work();
  bool is_stopping() const;
  Result<bool> has_changed();
  Status publish();
  void load();
  Status save(const std::string& name, const std::string& bytes, const std::string& manifest) const;

  directory::AddressBook& book_;
  Log& log_;
  const std::string folder_, id_, path_;
  const std::chrono::milliseconds pause_;
  i64 upto_ = 0;
  Kept kept_;

  mutable std::mutex lock_;  // of what follows
  std::condition_variable wake_;
  bool stopping_ = false;
  std::map<std::string, std::shared_ptr<const File>, std::less<>> files_;
  std::string newest_;

  std::thread thread_;
};

}  // namespace ropewalk::server
