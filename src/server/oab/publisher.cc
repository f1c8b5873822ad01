#include "server/oab/publisher.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/hex.h"
#include "mapi/property_tags.h"
#include "protocol/oab/details.h"
#include "protocol/oab/manifest.h"
#include "server/addressbook/entries.h"
#include "server/kept_guid.h"

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBatch = 500;       // objects read at once
constexpr mapi::PropTag kDn(0x3003001E);  // PidTagEmailAddress, here in 8 bits
constexpr const char* kListName = "\\Global Address List";
constexpr const char* kManifest = "oab.xml";

std::string sha1(ByteView bytes) {
  u8 digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha1(), nullptr);
  return to_hex(ByteView(digest, size));
}

std::shared_ptr<const OabPublisher::File> file_of(const char* type, std::string bytes) {
  std::string etag = "\"" + sha1(bytes_of(bytes)) + "\"";
  return std::make_shared<const OabPublisher::File>(OabPublisher::File{type, std::move(etag), std::move(bytes)});
}

// Written beside and renamed over.
Status write_file(const fs::path& path, const std::string& bytes) {
  const fs::path beside = path.string() + ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), std::ssize(bytes));
  out.close();
  std::error_code failed;
  if (out) fs::rename(beside, path, failed);
  if (out && !failed) return {};
  return Error{fmt::format("cannot write {}: {}", path.string(), failed ? failed.message() : std::strerror(errno))};
}

std::optional<std::string> read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

// What is stored of an object, and what follows from it.
std::vector<mapi::Property> properties_of(const Entry& entry, Arena& arena) {
  std::vector<mapi::Property> all;
  for (const oab::PropRec& one : oab::object_schema()) {
    if (one.tag == kDn) {
      all.push_back({kDn, mapi::Value::of(bytes_of(entry.object.legacy_dn))});
    } else if (auto computed = computed_property(entry, one.tag, nullptr, arena)) {
      all.push_back(*computed);
    } else if (const mapi::Value* value = entry.stored.find(one.tag)) {
      all.push_back({one.tag, *value});
    }
  }
  return all;
}

Status add_batch(directory::AddressBook& book, std::vector<Entry>& batch, oab::DetailsWriter& writer) {
  std::vector<u32> ids;
  for (const Entry& entry : batch) ids.push_back(entry.object.id);
  ROPEWALK_TRY(std::vector<mapi::PropertyBag> stored, book.properties(ids));
  for (std::size_t i = 0; i < batch.size() && i < stored.size(); ++i) {
    batch[i].stored = std::move(stored[i]);
    Arena arena;
    ROPEWALK_CHECK(writer.add(properties_of(batch[i], arena)));
  }
  batch.clear();
  return {};
}

}  // namespace

Result<OabContent> make_oab(directory::AddressBook& book, const std::string& id,
                            const std::function<u32(const std::string& objects_sha1)>& sequence_of,
                            const std::function<bool()>& gives_up) {
  ROPEWALK_TRY(auto lists, book.lists());
  const directory::AddressList* global = nullptr;
  for (const auto& list : lists)
    if (list.is_global) global = &list;
  if (global == nullptr) return Error{"the address book has no Global Address List"};
  std::vector<directory::Object> objects;
  ROPEWALK_CHECK(book.for_each(global->id, [&](const directory::Object& object) { objects.push_back(object); }));
  oab::DetailsWriter writer;
  std::vector<Entry> batch;
  for (directory::Object& object : objects) {
    batch.emplace_back().object = std::move(object);
    if (batch.size() < kBatch) continue;
    ROPEWALK_CHECK(add_batch(book, batch, writer));
    if (gives_up && gives_up()) return Error{"the server stops"};
  }
  ROPEWALK_CHECK(add_batch(book, batch, writer));
  OabContent content;
  content.objects_sha1 = sha1(writer.objects());
  content.count = writer.count();
  content.file = writer.finish({kListName, "/", id, sequence_of(content.objects_sha1)});
  return content;
}

Result<std::unique_ptr<OabPublisher>> OabPublisher::start(directory::AddressBook& book, Log& log,
                                                          const std::string& data_folder,
                                                          std::chrono::milliseconds pause) {
  const std::string folder = (fs::path(data_folder) / "oab").string();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Error{fmt::format("cannot make the folder {}: {}", folder, failed.message())};
  ROPEWALK_TRY(Guid guid, kept_guid(folder, "list.guid"));
  auto made = std::unique_ptr<OabPublisher>(new OabPublisher(book, log, folder, guid, pause));
  made->load();
  made->thread_ = std::thread([publisher = made.get()] { publisher->work(); });
  return made;
}

OabPublisher::OabPublisher(directory::AddressBook& book, Log& log, std::string folder, const Guid& guid,
                           std::chrono::milliseconds pause)
    : book_(book),
      log_(log),
      folder_(std::move(folder)),
      id_(guid.to_string()),
      path_("/OAB/" + id_ + "/"),
      pause_(pause) {}

OabPublisher::~OabPublisher() {
  {
    std::lock_guard guard(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<const OabPublisher::File> OabPublisher::find(std::string_view name) const {
  std::lock_guard guard(lock_);
  auto found = files_.find(name);
  return found == files_.end() ? nullptr : found->second;
}

bool OabPublisher::is_empty() const {
  std::lock_guard guard(lock_);
  return files_.empty();
}

// What a former run has made: served at once, and made anew only if it differs.
void OabPublisher::load() {
  auto manifest = read_file(fs::path(folder_) / kManifest);
  auto state = read_file(fs::path(folder_) / "state");
  if (!manifest || !state) return;
  auto read = xml::read_document<oab::Manifest>(*manifest);
  if (!read.ok() || read->lists.size() != 1 || !read->lists[0].full || read->lists[0].id != id_) return;
  const oab::ManifestFile& full = *read->lists[0].full;
  auto bytes = full.name.find('/') == full.name.npos ? read_file(fs::path(folder_) / full.name) : std::nullopt;
  if (!bytes || sha1(bytes_of(*bytes)) != full.sha1) return;
  const auto space = state->find(' ');
  kept_.sequence = static_cast<u32>(std::strtoul(state->c_str(), nullptr, 10));
  kept_.objects_sha1 = space == state->npos ? "" : state->substr(space + 1, 40);
  std::lock_guard guard(lock_);
  newest_ = full.name;
  files_[newest_] = file_of("application/octet-stream", *std::move(bytes));
  files_[kManifest] = file_of("text/xml; charset=utf-8", *std::move(manifest));
}

bool OabPublisher::is_stopping() const {
  std::lock_guard guard(lock_);
  return stopping_;
}

void OabPublisher::work() {
  std::unique_lock guard(lock_);
  do {
    guard.unlock();
    auto changed = has_changed();
    Status done = changed.ok() ? (*changed ? publish() : Status{}) : Status(std::move(changed).error());
    if (!done.ok() && !is_stopping()) log_.error("the offline address book is not made anew: " + done.error().text);
    guard.lock();
  } while (!wake_.wait_for(guard, pause_, [this] { return stopping_; }));
}

Result<bool> OabPublisher::has_changed() {
  ROPEWALK_TRY(directory::ObjectChanges changes, book_.changes_since(upto_));
  const bool is_first = upto_ == 0;
  upto_ = changes.upto;
  return is_first || changes.all || !changes.ids.empty();
}

Status OabPublisher::publish() {
  const auto began = std::chrono::steady_clock::now();
  u32 sequence = kept_.sequence;
  auto content = make_oab(
      book_, id_,
      [&](const std::string& objects) {
        if (objects != kept_.objects_sha1 || sequence == 0) ++sequence;
        return sequence;
      },
      [this] { return is_stopping(); });
  if (!content.ok()) {
    upto_ = 0;  // next time again
    return std::move(content).error();
  }
  if (sequence == kept_.sequence) return {};
  const std::vector<u8> packed = oab::compress_details(content->file);
  oab::ManifestFile full;
  full.sequence = std::to_string(sequence);
  full.size = std::to_string(packed.size());
  full.uncompressed_size = std::to_string(content->file.size());
  full.sha1 = sha1(packed);
  full.name = fmt::format("{}-data-{}.lzx", id_, sequence);
  oab::Manifest manifest;
  manifest.lists.push_back({id_, "/", kListName, full});
  const std::string text = xml::write_document(manifest);
  std::string bytes(text_of(packed));
  kept_ = {sequence, content->objects_sha1};
  ROPEWALK_CHECK(save(full.name, bytes, text));
  {
    std::lock_guard guard(lock_);
    auto former = std::exchange(newest_, full.name);
    std::erase_if(files_, [&](const auto& file) { return file.first != former; });
    files_[newest_] = file_of("application/octet-stream", std::move(bytes));
    files_[kManifest] = file_of("text/xml; charset=utf-8", text);
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  log_.info(fmt::format("offline address book: generation {}, {} objects, {} bytes ({} compressed), {:.1f} s", sequence,
                        content->count, content->file.size(), packed.size(), took));
  return {};
}

// The manifest last: what it names is there.
Status OabPublisher::save(const std::string& name, const std::string& bytes, const std::string& manifest) const {
  const fs::path folder(folder_);
  ROPEWALK_CHECK(write_file(folder / name, bytes));
  ROPEWALK_CHECK(write_file(folder / "state", fmt::format("{} {}\n", kept_.sequence, kept_.objects_sha1)));
  ROPEWALK_CHECK(write_file(folder / kManifest, manifest));
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".lzx" && entry.path().filename() != name) fs::remove(entry.path(), ignored);
  return {};
}

}  // namespace ropewalk::server
