// A complete provider of message stores: a folder of .txt files, read-only, each file a message.
//
//   [service.notes]
//   provider = "text-files"        # ropewalk-provider-text-files.so, in a directory of ROPEWALK_PROVIDER_PATH
//   path = "/home/me/notes"
//
// Ids are made from the files' places in alphabetical order; what cannot be done in a read-only store says so.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "client/provider.h"

namespace {

namespace fs = std::filesystem;
namespace tag = ropewalk::mapi::tag;
using namespace ropewalk::client;
using ropewalk::i32;
using ropewalk::u16;
using ropewalk::u32;
using ropewalk::u64;
using ropewalk::mapi::ErrorCode;
using ropewalk::mapi::Property;
using ropewalk::mapi::PropertyBag;
using ropewalk::mapi::Value;

const FolderId kTop = FolderId::make(1, 1), kInbox = FolderId::make(1, 2);

Failure read_only() { return failure(ErrorCode::access_denied, "a folder of text files is read-only"); }

// The objects of such a store have their properties in memory.
template <class Base>
class Fixed : public Base {
 public:
  explicit Fixed(PropertyBag bag) : bag_(std::move(bag)) {}
  Outcome<PropertyBag> get(std::span<const PropTag> tags) override {
    PropertyBag found;
    for (PropTag wanted : tags) {
      if (const Value* value = bag_.find(wanted))
        found.set(wanted, *value);
      else
        found.set(wanted.with_type(ropewalk::mapi::PropType::error_code), Value::of(ErrorCode::not_found));
    }
    return found;
  }
  Outcome<PropertyBag> get_all() override {
    PropertyBag found;
    for (const Property& property : bag_.all()) found.set(property.tag, property.value);
    return found;
  }
  Outcome<void> set(std::span<const Property>) override { return read_only(); }
  Outcome<void> remove(std::span<const PropTag>) override { return read_only(); }
  Outcome<std::unique_ptr<Stream>> open_stream(PropTag, Access, bool) override {
    return failure(ErrorCode::not_supported, "every property here is small enough to be read at once");
  }

 private:
  PropertyBag bag_;
};

// Rows in memory; order and restrictions are left to stores that can do them.
class FixedTable : public Table {
 public:
  explicit FixedTable(std::vector<PropertyBag> rows) : rows_(std::move(rows)) {}
  Outcome<void> set_columns(std::span<const PropTag> columns) override {
    columns_.assign(columns.begin(), columns.end());
    return {};
  }
  Outcome<void> sort(std::span<const SortOrder>) override { return {}; }  // they stay in the order of their names
  Outcome<void> restrict(const ropewalk::mapi::Restriction* condition) override {
    if (condition == nullptr) return {};
    return failure(ErrorCode::too_complex, "a folder of text files cannot be searched");
  }
  Outcome<Position> position() override { return Position{static_cast<u32>(at_), static_cast<u32>(rows_.size())}; }
  Outcome<i32> seek(Origin origin, i32 rows) override {
    i32 size = static_cast<i32>(rows_.size()), before = at_;
    i32 from = origin == Origin::beginning ? 0 : origin == Origin::current ? at_ : size;
    at_ = static_cast<i32>(std::clamp<ropewalk::i64>(ropewalk::i64{from} + rows, 0, size));
    return at_ - (origin == Origin::current ? before : from);
  }
  Outcome<Rows> query(u32 most, bool forward) override {
    Rows found(columns_);
    if (!forward) return failure(ErrorCode::not_supported, "rows are read forwards here");
    for (; most > 0 && at_ < static_cast<i32>(rows_.size()); ++at_, --most)
      for (PropTag column : columns_) {
        const Value* value = rows_[static_cast<std::size_t>(at_)].find(column);
        if (value != nullptr)
          found.add(column, *value);
        else
          found.add_error(column, ErrorCode::not_found);
      }
    return found;
  }
  Outcome<Rows> find(const ropewalk::mapi::Restriction&, Origin, bool) override {
    return failure(ErrorCode::too_complex, "a folder of text files cannot be searched");
  }

 private:
  std::vector<PropertyBag> rows_;
  std::vector<PropTag> columns_;
  i32 at_ = 0;
};

std::unique_ptr<Table> table_of(std::vector<PropertyBag> rows) { return std::make_unique<FixedTable>(std::move(rows)); }

class TextMessage : public Fixed<Message> {
 public:
  TextMessage(PropertyBag bag, MessageId id) : Fixed(std::move(bag)), id_(id) {}
  MessageId id() const override { return id_; }
  Outcome<std::vector<PropertyBag>> recipients() override { return std::vector<PropertyBag>(); }
  Outcome<void> set_recipients(std::span<const PropertyBag>) override { return read_only(); }
  Outcome<std::unique_ptr<Table>> attachments() override { return table_of({}); }
  Outcome<std::unique_ptr<Attachment>> open_attachment(u32, Access) override {
    return failure(ErrorCode::not_found, "text files have no attachments");
  }
  Outcome<std::unique_ptr<Attachment>> create_attachment() override { return read_only(); }
  Outcome<void> delete_attachment(u32) override { return read_only(); }
  Outcome<void> save() override { return read_only(); }

 private:
  MessageId id_;
};

// The files, read anew at each question.
std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

PropertyBag message_of(const fs::path& file, u64 place) {
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  PropertyBag bag;
  bag.set(PropTag(tag::PidTagMid), Value::of(MessageId::make(1, 100 + place).value));
  bag.set(PropTag(tag::PidTagFolderId), Value::of(kInbox.value));
  bag.set_text(PropTag(tag::PidTagMessageClass), "IPM.Note");
  bag.set_text(PropTag(tag::PidTagSubject), file.stem().string());
  bag.set_text(PropTag(tag::PidTagBody), text);
  bag.set(PropTag(tag::PidTagMessageSize), Value::of(static_cast<u32>(text.size())));
  return bag;
}

PropertyBag folder_of(FolderId id, const char* name, std::size_t count, u32 depth) {
  PropertyBag bag;
  bag.set(PropTag(tag::PidTagFolderId), Value::of(id.value));
  bag.set(PropTag(tag::PidTagParentFolderId), Value::of(kTop.value));
  bag.set_text(PropTag(tag::PidTagDisplayName), name);
  bag.set(PropTag(tag::PidTagContentCount), Value::of(static_cast<u32>(count)));
  bag.set(PropTag(tag::PidTagDepth), Value::of(depth));
  return bag;
}

class TextFolder : public Fixed<Folder> {
 public:
  TextFolder(fs::path path, FolderId id)
      : Fixed(folder_of(id, id == kTop ? "Top" : "Inbox", files_in(path).size(), 0)), path_(std::move(path)), id_(id) {}
  FolderId id() const override { return id_; }
  Outcome<std::unique_ptr<Table>> folders(bool) override {
    std::vector<PropertyBag> rows;
    if (id_ == kTop) rows.push_back(folder_of(kInbox, "Inbox", files_in(path_).size(), 1));
    return table_of(std::move(rows));
  }
  Outcome<std::unique_ptr<Table>> messages(bool associated) override {
    std::vector<PropertyBag> rows;
    u64 place = 0;
    if (id_ == kInbox && !associated)
      for (const fs::path& file : files_in(path_)) rows.push_back(message_of(file, place++));
    return table_of(std::move(rows));
  }
  Outcome<std::unique_ptr<Folder>> create_folder(std::string_view, bool) override { return read_only(); }
  Outcome<void> delete_folder(FolderId) override { return read_only(); }
  Outcome<std::unique_ptr<Message>> create_message(bool) override { return read_only(); }
  Outcome<void> delete_messages(std::span<const MessageId>) override { return read_only(); }
  Outcome<void> move_messages(std::span<const MessageId>, Folder&, bool) override { return read_only(); }
  Outcome<void> set_read(std::span<const MessageId>, bool) override { return read_only(); }

 private:
  fs::path path_;
  FolderId id_;
};

class TextStore : public Fixed<MessageStore> {
 public:
  explicit TextStore(fs::path path) : Fixed(PropertyBag()), path_(std::move(path)) {}
  Outcome<FolderId> special(SpecialFolder which) override {
    if (which == SpecialFolder::top || which == SpecialFolder::root) return kTop;
    if (which == SpecialFolder::inbox) return kInbox;
    return failure(ErrorCode::not_found, "a folder of text files has an inbox alone");
  }
  Outcome<std::unique_ptr<Folder>> open_folder(FolderId id) override {
    if (id != kTop && id != kInbox) return failure(ErrorCode::not_found, "there is no folder " + id.to_string());
    return std::unique_ptr<Folder>(std::make_unique<TextFolder>(path_, id));
  }
  Outcome<std::unique_ptr<Message>> open_message(FolderId, MessageId id, Access access) override {
    if (access == Access::write) return read_only();
    auto files = files_in(path_);
    u64 place = id.globcnt() - 100;
    if (id.globcnt() < 100 || place >= files.size())
      return failure(ErrorCode::not_found, "there is no message " + id.to_string());
    return std::unique_ptr<Message>(std::make_unique<TextMessage>(message_of(files[place], place), id));
  }
  Outcome<std::vector<u16>> ids_of_names(std::span<const ropewalk::mapi::PropertyName> names, bool) override {
    return std::vector<u16>(names.size(), 0);
  }
  Outcome<std::vector<std::optional<ropewalk::mapi::PropertyName>>> names_of_ids(std::span<const u16> ids) override {
    return std::vector<std::optional<ropewalk::mapi::PropertyName>>(ids.size());
  }
  Outcome<std::unique_ptr<Subscription>> subscribe(u16, std::optional<FolderId>, EventSink) override {
    return failure(ErrorCode::not_supported, "nobody watches a folder of text files");
  }

 private:
  fs::path path_;
};

class TextFiles : public Provider {
 public:
  Outcome<std::unique_ptr<MessageStore>> open_store(const Service& service, Host&) override {
    fs::path path = service.get("path");
    std::error_code error;
    if (!fs::is_directory(path, error))
      return failure(ErrorCode::not_found, "there is no folder \"" + path.string() + "\" of text files");
    return std::unique_ptr<MessageStore>(std::make_unique<TextStore>(path));
  }
};

}  // namespace

ROPEWALK_PROVIDER(TextFiles)
