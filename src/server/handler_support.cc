#include "server/handler_support.h"

namespace ropewalk::server {
namespace {

using namespace session;

class FolderProperties final : public PropertyHolder {
 public:
  FolderProperties(store::MailboxStore& store, mapi::FolderId id) : store_(store), id_(id), folder_(store.folder(id)) {}

  std::optional<mapi::Property> get(mapi::PropTag tag, Arena& arena, std::size_t) const override {
    return folder_.ok() ? folder_->property(tag, arena) : std::nullopt;
  }
  std::vector<mapi::PropTag> tags() const override {
    return folder_.ok() ? folder_->tags() : std::vector<mapi::PropTag>{};
  }
  store::Outcome<std::vector<Problem>> set(std::span<const mapi::Property> properties) override {
    return change(properties, {}, [&](mapi::PropTag tag) {
      return std::ranges::find(properties, tag, &mapi::Property::tag) - properties.begin();
    });
  }
  store::Outcome<std::vector<Problem>> remove(std::span<const mapi::PropTag> tags) override {
    return change({}, tags, [&](mapi::PropTag tag) { return std::ranges::find(tags, tag) - tags.begin(); });
  }

 private:
  store::Outcome<std::vector<Problem>> change(std::span<const mapi::Property> set,
                                              std::span<const mapi::PropTag> removed, auto&& index_of) {
    auto problems = store_.set_folder_properties(id_, set, removed);
    if (!problems.ok()) return std::move(problems).error();
    std::vector<Problem> found;
    for (auto& problem : *problems)
      found.push_back({static_cast<u16>(index_of(problem.tag)), problem.tag, problem.code});
    return found;
  }

  store::MailboxStore& store_;
  mapi::FolderId id_;
  store::Outcome<store::Folder> folder_;
};

class StoreProperties final : public PropertyHolder {
 public:
  explicit StoreProperties(store::MailboxStore& store) : store_(store) {}

  std::optional<mapi::Property> get(mapi::PropTag tag, Arena& arena, std::size_t) const override {
    return store_.property(tag, arena);
  }
  std::vector<mapi::PropTag> tags() const override { return store_.tags(); }
  store::Outcome<std::vector<Problem>> set(std::span<const mapi::Property> properties) override {
    auto done = store_.set_properties(properties, {});
    if (!done.ok()) return std::move(done).error();
    return std::vector<Problem>{};
  }
  store::Outcome<std::vector<Problem>> remove(std::span<const mapi::PropTag> tags) override {
    auto done = store_.set_properties({}, tags);
    if (!done.ok()) return std::move(done).error();
    return std::vector<Problem>{};
  }

 private:
  store::MailboxStore& store_;
};

class ItemProperties final : public PropertyHolder {
 public:
  explicit ItemProperties(store::Item& item) : item_(item) {}

  std::optional<mapi::Property> get(mapi::PropTag tag, Arena& arena, std::size_t most) const override {
    return item_.property(tag, arena, most);
  }
  std::vector<mapi::PropTag> tags() const override { return item_.tags(); }
  store::Outcome<std::vector<Problem>> set(std::span<const mapi::Property> properties) override {
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      auto done = item_.set(properties[i].tag, properties[i].value);
      if (!done.ok()) problems.push_back({static_cast<u16>(i), properties[i].tag, done.error().code});
    }
    return problems;
  }
  store::Outcome<std::vector<Problem>> remove(std::span<const mapi::PropTag> tags) override {
    std::vector<Problem> problems;
    for (std::size_t i = 0; i < tags.size(); ++i) {
      auto done = item_.remove(tags[i]);
      if (!done.ok()) problems.push_back({static_cast<u16>(i), tags[i], done.error().code});
    }
    return problems;
  }

 private:
  store::Item& item_;
};

}  // namespace

std::shared_ptr<store::MailboxStore> store_of(const Object& object) {
  switch (object.kind()) {
    case ObjectKind::logon:
      return static_cast<const LogonObject&>(object).store;
    case ObjectKind::folder:
      return static_cast<const FolderObject&>(object).store;
    case ObjectKind::message:
      return static_cast<const MessageObject&>(object).message->store().shared_from_this();
    case ObjectKind::attachment:
      return static_cast<const AttachmentObject&>(object).attachment->store().shared_from_this();
    case ObjectKind::subscription:
      return static_cast<const SubscriptionObject&>(object).store;
    case ObjectKind::table:
    case ObjectKind::stream:
      return nullptr;
  }
  return nullptr;
}

std::shared_ptr<store::Item> item_of(Object& object) {
  if (object.kind() == ObjectKind::message) return static_cast<MessageObject&>(object).message;
  if (object.kind() == ObjectKind::attachment) return static_cast<AttachmentObject&>(object).attachment;
  return nullptr;
}

bool is_writable(const Object& object) {
  if (object.kind() == ObjectKind::message) return static_cast<const MessageObject&>(object).writable;
  if (object.kind() == ObjectKind::attachment) return static_cast<const AttachmentObject&>(object).writable;
  return true;
}

std::unique_ptr<PropertyHolder> properties_of(Object& object) {
  if (auto item = item_of(object)) return std::make_unique<ItemProperties>(*item);
  if (object.kind() == ObjectKind::folder) {
    auto& folder = static_cast<FolderObject&>(object);
    return std::make_unique<FolderProperties>(*folder.store, folder.id);
  }
  if (object.kind() == ObjectKind::logon)
    return std::make_unique<StoreProperties>(*static_cast<LogonObject&>(object).store);
  return nullptr;
}

mapi::PropertyCell cell_of(const PropertyHolder& holder, mapi::PropTag tag, std::size_t most, u32 code_page,
                           Arena& arena) {
  auto property = holder.get(tag, arena, most);
  if (property && property->tag.type() == mapi::PropType::error_code && tag.type() != mapi::PropType::error_code)
    return mapi::PropertyCell::error(tag, static_cast<ErrorCode>(property->value.number));
  mapi::PropertyCell cell = store::cell_for(tag, property, code_page, arena);
  if (cell.flag == mapi::CellFlag::value && wire_size(cell) > most + 8)
    return mapi::PropertyCell::error(tag, ErrorCode::mapi_oom);
  return cell;
}

namespace {

std::size_t value_size(mapi::PropType type, const mapi::Value& value) {
  if (mapi::is_multiple(type)) {
    std::size_t size = 4;
    for (const mapi::Value& item : value.items) size += value_size(mapi::base_type(type), item);
    return size;
  }
  switch (type) {
    case mapi::PropType::string:
    case mapi::PropType::string8:
    case mapi::PropType::binary:
    case mapi::PropType::server_id:
      return value.bytes.size() + 2;
    default:
      return std::max<std::size_t>(mapi::fixed_width(type), 8);
  }
}

}  // namespace

void begin_view(RopContext& context, u8 index, session::TableObject& table) {
  if (!table.notifies || table.changes) return;
  const bool hierarchy = table.table_kind == session::TableKind::hierarchy;
  store::EventFilter filter;
  filter.of = hierarchy ? store::EventFilter::Of::folders : store::EventFilter::Of::messages;
  filter.whole_store = table.deep;
  filter.children = hierarchy;
  filter.folder = table.folder;
  table.changes = table.store->events().subscribe(filter, context.waker(context.handles[index]));
}

std::size_t wire_size(const mapi::PropertyCell& cell) {
  constexpr std::size_t kFlagAndType = 3;
  if (cell.flag == mapi::CellFlag::absent) return kFlagAndType;
  if (cell.flag == mapi::CellFlag::error) return kFlagAndType + 4;
  return kFlagAndType + value_size(cell.type, cell.value);
}

}  // namespace ropewalk::server
