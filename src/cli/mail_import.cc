#include "cli/mail_import.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "mapi/ascii_case.h"
#include "mime/mbox.h"

namespace ropewalk::cli {
namespace {

namespace fs = std::filesystem;

// A batch is one transaction of the store: large enough that its commit costs little, small enough to hold in memory.
constexpr std::size_t kBatchMessages = 250;
constexpr std::size_t kBatchBytes = 16u << 20;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

bool looks_like_mail(const fs::path& path) {
  std::string extension = path.extension();
  for (std::string_view known : {".eml", ".mbox", ".mbx"})
    if (mapi::equal_ignoring_ascii_case(extension, known)) return true;
  std::string folder = path.parent_path().filename();
  return folder == "cur" || folder == "new";
}

Status add_folder(const fs::path& folder, MailFiles& out) {
  std::error_code problem;
  for (fs::recursive_directory_iterator at(folder, problem), end; !problem && at != end; at.increment(problem)) {
    std::error_code ignored;
    if (!at->is_regular_file(ignored)) continue;
    if (looks_like_mail(at->path()))
      out.files.push_back({at->path(), at->file_size(ignored)});
    else
      ++out.skipped;
  }
  if (problem) return Error{fmt::format("cannot read the folder {}: {}", folder.string(), problem.message())};
  return {};
}

FileTime time_of(std::FILE* file) {
  struct stat found {};
  return fstat(fileno(file), &found) == 0 ? FileTime::from_unix(found.st_mtime) : FileTime::now();
}

}  // namespace

Result<MailFiles> find_mail(const std::vector<std::string>& paths) {
  MailFiles out;
  for (const std::string& path : paths) {
    std::error_code problem;
    fs::file_status status = fs::status(path, problem);
    if (fs::is_directory(status)) {
      ROPEWALK_CHECK(add_folder(path, out));
    } else if (fs::exists(status)) {
      out.files.push_back({path, fs::is_regular_file(status) ? fs::file_size(path, problem) : 0});
    } else {
      return Error{fmt::format("{}: {}", path, problem ? problem.message() : "no such file")};
    }
  }
  std::ranges::sort(out.files, {}, &MailFile::path);
  for (const MailFile& file : out.files) out.bytes += file.size;
  return out;
}

std::string ImportNote::to_string() const {
  std::string where;
  if (message > 0) where = fmt::format("message {}", message);
  if (!part.empty()) where += fmt::format("{}part {}", where.empty() ? "" : ", ", part);
  return fmt::format("{}{}: {}", file, where.empty() ? "" : " (" + where + ")", text);
}

MailImporter::MailImporter(std::shared_ptr<store::MailboxStore> mailbox, mapi::FolderId folder,
                           std::function<void(const ImportNote&)> note)
    : mailbox_(std::move(mailbox)), folder_(folder), note_(std::move(note)) {}

void MailImporter::fail(ImportNote origin, std::string text) {
  origin.text = std::move(text);
  origin.failed = true;
  ++counts_.failed;
  note_(origin);
}

void MailImporter::add_file(const MailFile& file, const std::function<void(u64)>& progress) {
  ++counts_.files;
  ImportNote origin{file.path, 0, {}, {}, false};
  File opened(std::fopen(file.path.c_str(), "rb"));
  if (!opened) return fail(origin, std::string("cannot be opened: ") + std::strerror(errno));
  fallback_ = time_of(opened.get());
  constexpr std::size_t kHead = 4096;
  buffer_.resize(kHead);
  buffer_.resize(std::fread(buffer_.data(), 1, kHead, opened.get()));
  if (mime::recognise_mail_file(buffer_) == mime::MailFileKind::mbox) {
    std::rewind(opened.get());
    return add_mbox(file, opened.get(), progress);
  }
  for (std::size_t got = buffer_.size(); got > 0;) {
    std::size_t size = buffer_.size();
    buffer_.resize(size + std::max<std::size_t>(size, kHead));
    got = std::fread(buffer_.data() + size, 1, buffer_.size() - size, opened.get());
    buffer_.resize(size + got);
  }
  if (std::ferror(opened.get()) != 0) return fail(origin, std::string("cannot be read: ") + std::strerror(errno));
  add_message(buffer_, origin);
  progress(buffer_.size());
}

void MailImporter::add_mbox(const MailFile& file, std::FILE* opened, const std::function<void(u64)>& progress) {
  mime::MboxReader reader([&](char* at, std::size_t size) -> Result<std::size_t> {
    std::size_t got = std::fread(at, 1, size, opened);
    if (got == 0 && std::ferror(opened) != 0) return Error{std::string("cannot be read: ") + std::strerror(errno)};
    progress(got);
    return got;
  });
  ImportNote origin{file.path, 0, {}, {}, false};
  for (;;) {
    auto more = reader.next(buffer_);
    ++origin.message;
    if (!more) return fail(origin, std::move(more).error().text);
    if (!*more) return;
    add_message(buffer_, origin);
  }
}

void MailImporter::add_message(std::string_view bytes, const ImportNote& origin) {
  mime::ImportOptions options;
  options.fallback_time = fallback_;
  auto imported = mime::import_message(bytes_of(bytes), options);
  if (!imported) return fail(origin, std::move(imported).error().text);
  for (const mime::Remark& remark : imported->remarks) {
    ++counts_.remarks;
    note_({origin.file, origin.message, remark.part, remark.text, false});
  }
  counts_.bytes += bytes.size();
  waiting_bytes_ += bytes.size();
  waiting_.push_back({std::move(imported->message), origin});
  if (waiting_.size() >= kBatchMessages || waiting_bytes_ >= kBatchBytes) flush();
}

void MailImporter::flush() {
  std::vector<const mapi::MessageContent*> batch;
  for (const Waiting& one : waiting_) batch.push_back(&one.message);
  if (!batch.empty()) {
    auto stored = mailbox_->import(folder_, batch);
    if (stored)
      counts_.messages += batch.size();
    else
      store_one_by_one();
  }
  waiting_.clear();
  waiting_bytes_ = 0;
}

void MailImporter::store_one_by_one() {
  for (const Waiting& one : waiting_) {
    auto stored = mailbox_->import(folder_, one.message);
    if (stored)
      ++counts_.messages;
    else
      fail(one.origin, "cannot be stored: " + stored.error().text);
  }
}

}  // namespace ropewalk::cli
