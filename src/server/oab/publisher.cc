#include "server/oab/publisher.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "mapi/ascii_case.h"
#include "protocol/oab/compressed.h"
#include "protocol/oab/details.h"
#include "server/kept_guid.h"
#include "server/oab/content.h"
#include "server/oab/files.h"

namespace ropewalk::server {
namespace {

namespace fs = std::filesystem;

constexpr const char* kManifest = "oab.xml";
constexpr std::size_t kMostDifferences = 30;  // as many generations may a client have missed

OabPublisher::File file_of(const char* type, std::string bytes) {
  std::string etag = "\"" + sha1_text(bytes_of(bytes)) + "\"";
  return {type, std::move(etag), std::move(bytes)};
}
OabPublisher::File lzx_file(std::span<const u8> bytes) {
  return file_of("application/octet-stream", std::string(text_of(bytes)));
}
OabPublisher::File manifest_file(const oab::Manifest& manifest) {
  return file_of("text/xml; charset=utf-8", xml::write_document(manifest));
}

oab::ManifestFile entry_of(const OabPublisher::File& file, std::string name, u32 sequence, std::size_t plain) {
  oab::ManifestFile entry;
  entry.sequence = std::to_string(sequence);
  entry.size = std::to_string(file.bytes.size());
  entry.uncompressed_size = std::to_string(plain);
  entry.sha1 = file.etag.substr(1, file.etag.size() - 2);
  entry.name = std::move(name);
  return entry;
}

std::size_t number_of(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "/guid=" and the GUID's digits; the Global Address List is "/". [MS-OXWOAB] 4
std::string dn_of(const directory::AddressList& list) {
  if (list.is_global) return "/";
  std::string digits;
  for (char c : list.guid.to_string())
    if (c != '-') digits += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  return "/guid=" + digits;
}

// "\\Parent\\Child".
std::string path_of(const directory::AddressList& list, std::span<const directory::AddressList> lists) {
  std::string path = "\\" + list.name;
  u32 parent = list.parent;
  for (std::size_t deep = 0; parent != 0 && deep < lists.size(); ++deep) {
    auto above = std::find_if(lists.begin(), lists.end(), [&](const auto& one) { return one.id == parent; });
    if (above == lists.end()) break;
    path = "\\" + above->name + path;
    parent = above->parent;
  }
  return path;
}

// Names of files that a manifest lists.
std::set<std::string, std::less<>> names_in(const oab::Manifest& manifest) {
  std::set<std::string, std::less<>> names;
  for (const oab::ManifestList& list : manifest.lists) {
    if (list.full) names.insert(list.full->name);
    for (const oab::ManifestFile& file : list.differences) names.insert(file.name);
  }
  return names;
}

// The newest differences that together are less than the whole file; clients that miss more take that.
void keep_worthwhile(oab::ManifestList& list) {
  std::size_t left = number_of(list.full->size), kept = 0;
  for (auto file = list.differences.rbegin(); file != list.differences.rend(); ++file) {
    const std::size_t size = number_of(file->size);
    if (size > left || kept == kMostDifferences) break;
    left -= size;
    ++kept;
  }
  list.differences.erase(list.differences.begin(), list.differences.end() - static_cast<std::ptrdiff_t>(kept));
}

}  // namespace

Result<std::unique_ptr<OabPublisher>> OabPublisher::start(directory::AddressBook& book, Log& log, OabOptions options) {
  const std::string folder = (fs::path(options.data_folder) / "oab").string();
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return Error{fmt::format("cannot make the folder {}: {}", folder, failed.message())};
  ROPEWALK_TRY(Guid guid, kept_guid(folder, "list.guid"));
  auto made = std::unique_ptr<OabPublisher>(new OabPublisher(book, log, std::move(options), guid));
  made->load();
  made->thread_ = std::thread([publisher = made.get()] { publisher->work(); });
  return made;
}

OabPublisher::OabPublisher(directory::AddressBook& book, Log& log, OabOptions options, const Guid& guid)
    : book_(book),
      log_(log),
      options_(std::move(options)),
      folder_((fs::path(options_.data_folder) / "oab").string()),
      id_(guid.to_string()),
      path_("/OAB/" + id_ + "/") {}

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

// A file that the manifest of a former run lists, if it is what it was.
bool OabPublisher::load(const oab::ManifestFile& file) {
  if (file.name.empty() || file.name.find('/') != file.name.npos) return false;
  auto bytes = read_whole(fs::path(folder_) / file.name);
  if (!bytes || sha1_text(bytes_of(*bytes)) != file.sha1) return false;
  std::lock_guard guard(lock_);
  files_[file.name] = std::make_shared<const File>(file_of("application/octet-stream", *std::move(bytes)));
  return true;
}

// What a former run has made: served at once, and made anew only if it differs. A list whose file is gone or damaged
// goes on behind its number.
void OabPublisher::load() {
  auto text = read_whole(fs::path(folder_) / kManifest);
  if (!text) return;
  auto read = xml::read_document<oab::Manifest>(*text);
  if (!read.ok()) return log_.error(fmt::format("{}/{} is not read: {}", folder_, kManifest, read.error().text));
  manifest_ = *std::move(read);
  bool is_whole = true;
  for (oab::ManifestList& list : manifest_.lists) {
    std::erase_if(list.differences, [this](const oab::ManifestFile& file) { return !load(file); });
    is_whole = list.full && load(*list.full) && is_whole;
  }
  if (!is_whole) {
    std::lock_guard guard(lock_);
    return files_.clear();
  }
  load_former();
  std::lock_guard guard(lock_);
  files_[kManifest] = std::make_shared<const File>(manifest_file(manifest_));
}

// The generation before the newest: who began to download it goes on, and knows the SHA-1 that it is to have.
void OabPublisher::load_former() {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() != ".lzx" || find(name) != nullptr) continue;
    auto bytes = read_whole(entry.path());
    if (!bytes) continue;
    std::lock_guard guard(lock_);
    files_[name] = std::make_shared<const File>(file_of("application/octet-stream", *std::move(bytes)));
  }
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
    if (!done.ok()) is_first_ = true;  // next time again
    if (!done.ok() && !is_stopping()) log_.error("the offline address book is not made anew: " + done.error().text);
    guard.lock();
  } while (!wake_.wait_for(guard, options_.pause, [this] { return stopping_; }));
}

Result<bool> OabPublisher::has_changed() {
  ROPEWALK_TRY(directory::ObjectChanges changes, book_.changes_since(upto_));
  upto_ = changes.upto;
  return std::exchange(is_first_, false) || changes.all || !changes.ids.empty();
}

Result<std::vector<OabPublisher::Wanted>> OabPublisher::wanted_lists() {
  ROPEWALK_TRY(auto lists, book_.lists());
  std::vector<Wanted> wanted;
  for (const directory::AddressList& list : lists)
    if (list.is_global) wanted.push_back({list.id, id_, dn_of(list), path_of(list, lists)});
  if (wanted.empty()) return Error{"the address book has no Global Address List"};
  for (const std::string& name : options_.lists) {
    bool is_there = false;
    for (const directory::AddressList& list : lists) {
      if (list.is_global || !mapi::equal_ignoring_ascii_case(list.name, name)) continue;
      is_there = true;
      wanted.push_back({list.id, list.guid.to_string(), dn_of(list), path_of(list, lists)});
    }
    if (is_there) {
      missing_.erase(name);
    } else if (missing_.insert(name).second) {
      log_.error(fmt::format("oab.lists names \"{}\", which is no address list; see `ropewalk list list`", name));
    }
  }
  return wanted;
}

// The newest file of a list, before it was compressed; empty: there is none.
std::vector<u8> OabPublisher::newest_of(const oab::ManifestList& list) const {
  auto file = list.full ? find(list.full->name) : nullptr;
  if (file == nullptr) return {};
  auto plain = oab::unpack_file(bytes_of(file->bytes), std::numeric_limits<u32>::max());
  return plain.ok() ? *std::move(plain) : std::vector<u8>();
}

// How those get there who have the generation before.
void OabPublisher::make_difference(const std::vector<u8>& before, const std::vector<u8>& file, oab::ManifestList& list,
                                   Files& made) const {
  const auto patch = before.empty() ? std::nullopt : oab::make_patch(before, file);
  if (!patch) return list.differences.clear();  // there is no way from former ones any more
  const u32 sequence = static_cast<u32>(number_of(list.full->sequence));
  const std::string name = fmt::format("{}-binpatch-{}.lzx", list.id, sequence);
  auto packed = std::make_shared<const File>(lzx_file(*patch));
  list.differences.push_back(entry_of(*packed, name, sequence, file.size()));
  made[name] = std::move(packed);
  keep_worthwhile(list);
}

// Brings a list to what the address book says now; false where that is what it says already.
Result<bool> OabPublisher::make_list(const Wanted& wanted, oab::ManifestList& list, Files& made) const {
  const auto began = std::chrono::steady_clock::now();
  ROPEWALK_TRY(oab::DetailsWriter writer, collect_objects(book_, wanted.id, [this] { return is_stopping(); }));
  if (writer.count() == 0) {  // a file has one object or more: [MS-OXOAB] 2.9
    list.full.reset();
    return false;
  }
  const std::vector<u8> before = newest_of(list);
  const ByteView objects = oab::objects_in(before);
  const bool is_same = !before.empty() && list.dn == wanted.dn && list.name == wanted.name &&
                       std::equal(objects.begin(), objects.end(), writer.objects().begin(), writer.objects().end());
  if (is_same) return false;
  const u32 sequence = static_cast<u32>(list.full ? number_of(list.full->sequence) : 0) + 1;
  const std::vector<u8> file = writer.finish({wanted.name, wanted.dn, wanted.guid, sequence});
  list.id = wanted.guid;
  list.dn = wanted.dn;
  list.name = wanted.name;
  const std::string name = fmt::format("{}-data-{}.lzx", list.id, sequence);
  auto packed = std::make_shared<const File>(lzx_file(oab::compress_file(file)));
  list.full = entry_of(*packed, name, sequence, file.size());
  const std::size_t size = packed->bytes.size();
  made[name] = std::move(packed);
  make_difference(before, file, list, made);
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  log_.info(fmt::format("offline address book {}: generation {}, {} objects, {} bytes ({} compressed), {:.1f} s",
                        list.name, sequence, writer.count(), file.size(), size, took));
  return true;
}

Status OabPublisher::publish() {
  ROPEWALK_TRY(std::vector<Wanted> wanted, wanted_lists());
  oab::Manifest next;
  Files made;
  bool is_new = is_empty();
  for (const Wanted& one : wanted) {
    oab::ManifestList list;
    for (const oab::ManifestList& former : manifest_.lists)
      if (former.id == one.guid) list = former;
    ROPEWALK_TRY(bool is_made, make_list(one, list, made));
    is_new = is_new || is_made;
    if (list.full) next.lists.push_back(std::move(list));
  }
  return is_new || next.lists.size() != manifest_.lists.size() ? save(made, next) : Status{};
}

// The manifest last: what it names is there. Files of the generation before stay for who reads them now, older ones go.
Status OabPublisher::save(const Files& made, const oab::Manifest& manifest) {
  const fs::path folder(folder_);
  for (const auto& [name, file] : made) ROPEWALK_CHECK(write_whole(folder / name, file->bytes));
  auto text = std::make_shared<const File>(manifest_file(manifest));
  ROPEWALK_CHECK(write_whole(folder / kManifest, text->bytes));
  const auto names = names_in(manifest), former = names_in(manifest_);
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".new" ||
        (entry.path().extension() == ".lzx" && !names.contains(entry.path().filename().string()) &&
         !former.contains(entry.path().filename().string())))
      fs::remove(entry.path(), ignored);
  std::lock_guard guard(lock_);
  std::erase_if(files_, [&](const auto& file) { return !names.contains(file.first) && !former.contains(file.first); });
  for (const auto& [name, file] : made) files_[name] = file;
  files_[kManifest] = std::move(text);
  manifest_ = manifest;
  return {};
}

}  // namespace ropewalk::server
