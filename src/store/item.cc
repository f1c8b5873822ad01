// What messages and attachments share: properties over stored ones, and streams.
#include <algorithm>

#include "base/utf16.h"
#include "mapi/code_page.h"
#include "store/contents.h"
#include "store/message.h"
#include "store/store_core.h"

namespace ropewalk::store {
namespace {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropTag;
using mapi::PropType;
using mapi::Value;

// Bytes in memory as a source.
class HeldBytes final : public ByteSource {
 public:
  explicit HeldBytes(std::vector<u8> bytes) : bytes_(std::move(bytes)) {}
  u64 size() const override { return bytes_.size(); }
  Outcome<std::size_t> read(u64 offset, std::span<u8> out) override {
    const std::size_t left = offset < bytes_.size() ? bytes_.size() - offset : 0;
    const std::size_t size = std::min(left, out.size());
    if (size != 0) std::memcpy(out.data(), bytes_.data() + offset, size);
    return size;
  }

 private:
  std::vector<u8> bytes_;
};

bool has_stream(PropType type) {
  return type == PropType::string || type == PropType::string8 || type == PropType::binary ||
         type == PropType::object || type == PropType::server_id;
}

bool is_text(PropType type) { return type == PropType::string || type == PropType::string8; }

Property too_large(u16 id) { return {PropTag(id, PropType::error_code), Value::of(ErrorCode::mapi_oom)}; }

// All bytes of a source, into the arena.
std::optional<ByteView> read_all(ByteSource& source, Arena& arena) {
  std::span<u8> room = arena.make<u8>(source.size());
  if (room.size() != source.size()) return std::nullopt;
  auto got = source.read(0, room);
  if (!got.ok() || *got != room.size()) return std::nullopt;
  return room;
}

u64 value_size(PropType type, const Value& value) {
  if (mapi::is_multiple(type)) return packed_size(type, value) - 4;
  if (mapi::fixed_width(type) != 0) return mapi::fixed_width(type);
  if (type == PropType::restriction || type == PropType::rule_action) return packed_size(type, value);
  return value.bytes.size();
}

}  // namespace

std::optional<Property> Item::own_property(u16 id, Arena& arena, std::size_t most) const {
  if (auto staged = staged_.find(id); staged != staged_.end()) {
    const Staged& change = staged->second;
    if (change.removed) return std::nullopt;
    if (change.spool == nullptr) {
      auto value = PackedView(ByteView(change.packed)).find(change.tag, arena);
      return value ? std::optional(Property{change.tag, *value}) : std::nullopt;
    }
    if (change.spool->size() > most) return too_large(id);
    auto bytes = read_all(*change.spool, arena);
    return bytes ? std::optional(Property{change.tag, Value::of(*bytes)}) : std::nullopt;
  }
  PackedView hot{ByteView(hot_)};
  auto entry = hot.find_id(id);
  if (!entry) return std::nullopt;
  auto reference = hot.reference(*entry);
  if (reference && reference->size > most) return too_large(id);
  std::optional<Value> value;
  if (!reference) {
    value = hot.value(*entry, arena);
  } else if (reference->place == Reference::Place::cold) {
    value = cold().find(entry->tag, arena);
  } else {
    StoredContent content(store_, *reference);
    if (auto bytes = read_all(content, arena)) value = Value::of(*bytes);
  }
  return value ? std::optional(Property{entry->tag, *value}) : std::nullopt;
}

std::optional<Property> Item::property(PropTag tag, Arena& arena, std::size_t most) const {
  if (auto made = computed(tag, arena)) return made;
  return own_property(tag.id(), arena, most);
}

std::optional<u64> Item::property_size(PropTag tag) const {
  Arena arena;
  if (auto made = computed(tag, arena)) return value_size(made->tag.type(), made->value);
  if (auto staged = staged_.find(tag.id()); staged != staged_.end() && staged->second.spool != nullptr)
    return staged->second.spool->size();
  if (!staged_.contains(tag.id())) {
    PackedView hot{ByteView(hot_)};
    auto entry = hot.find_id(tag.id());
    if (entry && entry->elsewhere()) {
      auto reference = hot.reference(*entry);
      return reference ? std::optional(reference->size) : std::nullopt;
    }
  }
  auto own = own_property(tag.id(), arena, ~std::size_t{0});
  return own ? std::optional(value_size(own->tag.type(), own->value)) : std::nullopt;
}

std::vector<PropTag> Item::tags() const {
  std::vector<PropTag> all;
  append_computed_tags(all);
  auto add = [&](PropTag tag) {
    const bool there = std::ranges::any_of(all, [&](PropTag t) { return t.id() == tag.id(); });
    if (!there) all.push_back(tag);
  };
  for (const auto& [id, change] : staged_)
    if (!change.removed) add(change.tag);
  PackedView hot{ByteView(hot_)};
  for (std::size_t i = 0; i < hot.size(); ++i)
    if (!staged_.contains(hot.entry(i).tag.id())) add(hot.entry(i).tag);
  std::ranges::sort(all);
  return all;
}

void Item::stage(PropTag tag, const Value& value) {
  Packer packer;
  packer.add(tag, value);
  staged_[tag.id()] = {tag, false, packer.pack(), nullptr};
}

void Item::stage_removal(PropTag tag) { staged_[tag.id()] = {tag, true, {}, nullptr}; }

Outcome<void> Item::set(PropTag tag, const Value& value) {
  const PropType type = tag.type();
  if (type == PropType::unspecified || type == PropType::null || type == PropType::error_code || tag.id() == 0)
    return Failure(ErrorCode::invalid_param, tag.to_string() + " has no type that can be set");
  if (type == PropType::object)
    return Failure(ErrorCode::not_supported, tag.to_string() + " is an object, which is opened and not set");
  ROPEWALK_TRY(bool done, intercept(tag, &value));
  if (!done) stage(tag, value);
  return {};
}

Outcome<void> Item::remove(PropTag tag) {
  ROPEWALK_TRY(bool done, intercept(tag, nullptr));
  if (!done) stage_removal(tag);
  return {};
}

Outcome<std::unique_ptr<PropertyStream>> Item::open_stream(PropTag tag, StreamMode mode) {
  const bool writes = mode != StreamMode::read;
  if (writes && !writable_)
    return Failure(ErrorCode::access_denied, tag.to_string() + " was opened for writing on an object opened to read");
  if (!has_stream(tag.type()))
    return Failure(ErrorCode::not_supported, tag.to_string() + " has a type that has no stream");
  std::unique_ptr<PropertyStream> stream(new PropertyStream);
  stream->item_ = shared_from_this();
  stream->tag_ = tag;
  stream->writable_ = writes;
  const u16 id = tag.id();
  if (mode == StreamMode::create) {
    stream->spool_ = std::make_shared<Spool>(store_->core().spool_folder());
    stream->source_ = std::make_shared<HeldBytes>(std::vector<u8>());
    return stream;
  }
  PackedView hot{ByteView(hot_)};
  auto staged = staged_.find(id);
  auto entry = staged == staged_.end() ? hot.find_id(id) : std::nullopt;
  auto reference = entry ? hot.reference(*entry) : std::nullopt;
  if (staged != staged_.end() && staged->second.spool != nullptr && staged->second.tag.type() == tag.type()) {
    stream->source_ = staged->second.spool;
    return stream;
  }
  if (reference && reference->place == Reference::Place::content && !is_text(entry->tag.type())) {
    stream->source_ = std::make_shared<StoredContent>(store_, *reference);
    return stream;
  }
  if (reference && reference->place == Reference::Place::content && entry->tag.type() == tag.type()) {
    stream->source_ = std::make_shared<StoredContent>(store_, *reference);
    return stream;
  }
  Arena arena(std::size_t{2} << 30);
  auto there = computed(tag, arena);
  if (!there) there = own_property(id, arena, std::size_t{1} << 30);
  if (!there) return Failure(ErrorCode::not_found, tag.to_string() + " is not there");
  const PropType have = there->tag.type();
  if (!has_stream(have)) return Failure(ErrorCode::not_supported, tag.to_string() + " has a type that has no stream");
  std::vector<u8> bytes(there->value.bytes.begin(), there->value.bytes.end());
  if (is_text(have) && is_text(tag.type()) && have != tag.type()) {
    bytes = have == PropType::string ? mapi::utf8_to_string8(utf16_to_utf8(there->value.bytes), 1252)
                                     : utf8_to_utf16(mapi::string8_to_utf8(there->value.bytes, 1252));
  }
  stream->source_ = std::make_shared<HeldBytes>(std::move(bytes));
  return stream;
}

Outcome<std::size_t> PropertyStream::read(u64 offset, std::span<u8> out) {
  return spool_ != nullptr ? spool_->read(offset, out) : source_->read(offset, out);
}

Outcome<void> PropertyStream::make_own() {
  if (!writable_) return Failure(ErrorCode::access_denied, tag_.to_string() + " was opened to read");
  if (spool_ != nullptr) return {};
  auto own = std::make_shared<Spool>(item_->store().core().spool_folder());
  ROPEWALK_CHECK(own->copy_from(*source_));
  spool_ = std::move(own);
  return {};
}

Outcome<void> PropertyStream::write(u64 offset, ByteView bytes) {
  ROPEWALK_CHECK(make_own());
  return spool_->write(offset, bytes);
}

Outcome<void> PropertyStream::resize(u64 size) {
  ROPEWALK_CHECK(make_own());
  return spool_->resize(size);
}

// The item gets the bytes as they are now; later writes go to a copy.
Outcome<void> PropertyStream::commit() {
  if (spool_ == nullptr) return {};
  const PropTag tag = tag_.type() == PropType::object ? tag_.with_type(PropType::binary) : tag_;
  if (spool_->size() <= 4096) {  // small ones as if they had been set: subjects have to be taken apart
    Arena arena;
    auto bytes = read_all(*spool_, arena);
    if (!bytes) return Failure(ErrorCode::error, "cannot read back what was written to " + tag.to_string());
    ROPEWALK_CHECK(item_->set(tag, Value::of(*bytes)));
  } else {
    ROPEWALK_TRY(bool done, item_->intercept(tag, nullptr));
    (void)done;
    item_->staged_[tag.id()] = {tag, false, {}, spool_};
  }
  source_ = std::move(spool_);
  spool_ = nullptr;
  return {};
}

}  // namespace ropewalk::store
