// Mail files into a folder of a mailbox, in batches and in flat memory.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mime/import.h"
#include "store/mailbox_store.h"

namespace ropewalk::cli {

struct MailFile {
  std::string path;
  u64 size = 0;
};

// The files themselves, and in folders, at any depth, what looks like mail: .eml, .mbox, .mbx, and files in maildir
// folders (cur, new). Sorted; the others are counted. An error names a path that cannot be read.
struct MailFiles {
  std::vector<MailFile> files;
  u64 bytes = 0;
  u64 skipped = 0;
};
Result<MailFiles> find_mail(const std::vector<std::string>& paths);

// Something to tell about one message of a file: a remark, or why it could not be imported.
struct ImportNote {
  std::string file;
  u64 message = 0;  // 1, 2, ... in an mbox; 0 in a file of one message
  std::string part;
  std::string text;
  bool failed = false;

  std::string to_string() const;  // "FILE (message 3, part 1.2): text"
};

struct ImportCounts {
  u64 files = 0, messages = 0, failed = 0, remarks = 0, bytes = 0;
};

class MailImporter {
 public:
  MailImporter(std::shared_ptr<store::MailboxStore> mailbox, mapi::FolderId folder,
               std::function<void(const ImportNote&)> note);

  // One message or an mbox, by its content. Failures are noted and counted; `progress` is called with bytes read.
  void add_file(const MailFile& file, const std::function<void(u64)>& progress);
  // Stores what is waiting. Call it at the end.
  void flush();
  const ImportCounts& counts() const { return counts_; }

 private:
  struct Waiting {
    mapi::MessageContent message;
    ImportNote origin;
  };

  void add_message(std::string_view bytes, const ImportNote& origin);
  void add_mbox(const MailFile& file, std::FILE* opened, const std::function<void(u64)>& progress);
  void fail(ImportNote origin, std::string text);
  // For a batch that the store refused: the others of it are not to suffer.
  void store_one_by_one();

  std::shared_ptr<store::MailboxStore> mailbox_;
  mapi::FolderId folder_;
  std::function<void(const ImportNote&)> note_;
  std::vector<Waiting> waiting_;
  std::size_t waiting_bytes_ = 0;
  FileTime fallback_;  // the file's own time
  ImportCounts counts_;
  std::string buffer_;
};

}  // namespace ropewalk::cli
