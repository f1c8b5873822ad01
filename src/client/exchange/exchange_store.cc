#include "client/exchange/exchange_store.h"

#include "base/utf16.h"
#include "client/exchange/exchange_objects.h"
#include "protocol/rop/oxcprpt.h"

namespace ropewalk::client::exchange {

using mapi::PropertyBag;

namespace {

constexpr u8 kCreateNames = 0x02;  // [MS-OXCPRPT] 2.2.12.1 Flags
constexpr std::size_t kNamesAtOnce = 50, kIdsAtOnce = 200;

// The logon is not released with the objects that use it.
class Logon {
 public:
  Logon(const Session& session, Handle handle) : object_(session, handle) {}
  ~Logon() { object_.forget(); }
  const ServerObject& object() const { return object_; }

 private:
  ServerObject object_;
};

class RemoteStore : public MessageStore {
 public:
  explicit RemoteStore(Session session) : session_(std::move(session)) {}

  Outcome<PropertyBag> get(std::span<const PropTag> tags) override {
    return on_logon([&](const ServerObject& logon) { return get_properties(logon, tags); });
  }
  Outcome<PropertyBag> get_all() override {
    return on_logon([&](const ServerObject& logon) { return get_all_properties(logon); });
  }
  Outcome<void> set(std::span<const mapi::Property> properties) override {
    return on_logon([&](const ServerObject& logon) { return set_properties(logon, properties); });
  }
  Outcome<void> remove(std::span<const PropTag> tags) override {
    return on_logon([&](const ServerObject& logon) { return remove_properties(logon, tags); });
  }
  Outcome<std::unique_ptr<Stream>> open_stream(PropTag tag, Access access, bool truncate) override {
    return on_logon([&](const ServerObject& logon) { return open_property_stream(logon, tag, access, truncate); });
  }

  Outcome<FolderId> special(SpecialFolder which) override {
    ROPEWALK_CHECK(session_->logon());
    return session_->special(which);
  }
  Outcome<std::unique_ptr<Folder>> open_folder(FolderId id) override {
    return on_logon([&](const ServerObject& logon) { return exchange::open_folder(session_, logon.handle(), id); });
  }
  Outcome<std::unique_ptr<Message>> open_message(FolderId folder, MessageId id, Access access) override {
    return on_logon([&](const ServerObject& logon) {
      return exchange::open_message(session_, logon.handle(), folder, id, access);
    });
  }
  Outcome<std::vector<u16>> ids_of_names(std::span<const mapi::PropertyName> names, bool create) override {
    std::vector<u16> ids;
    for (std::size_t at = 0; at < names.size(); at += kNamesAtOnce) {
      auto some = names.subspan(at, std::min(kNamesAtOnce, names.size() - at));
      ROPEWALK_TRY(auto found, on_logon([&](const ServerObject& logon) { return some_ids(logon, some, create); }));
      ids.insert(ids.end(), found.begin(), found.end());
    }
    return ids;
  }
  Outcome<std::vector<std::optional<mapi::PropertyName>>> names_of_ids(std::span<const u16> ids) override {
    std::vector<std::optional<mapi::PropertyName>> names;
    for (std::size_t at = 0; at < ids.size(); at += kIdsAtOnce) {
      auto some = ids.subspan(at, std::min(kIdsAtOnce, ids.size() - at));
      ROPEWALK_TRY(auto found, on_logon([&](const ServerObject& logon) { return some_names(logon, some); }));
      names.insert(names.end(), found.begin(), found.end());
    }
    return names;
  }
  Outcome<std::unique_ptr<Subscription>> subscribe(u16 kinds, std::optional<FolderId> folder, EventSink sink) override {
    return session_->subscribe(kinds, folder, std::move(sink));
  }

 private:
  // Runs `work` on the logon; where the session turns out to be lost, once more in a new one: nothing of what it needs
  // was in the old one.
  template <class Work>
  auto on_logon(Work work) -> decltype(work(std::declval<const ServerObject&>())) {
    ROPEWALK_TRY(Handle handle, session_->logon());
    {
      Logon logon(session_, handle);
      auto done = work(logon.object());
      if (done.ok() || !session_->lost()) return done;
    }
    ROPEWALK_TRY(Handle again, session_->logon());
    Logon logon(session_, again);
    return work(logon.object());
  }

  static Outcome<std::vector<u16>> some_ids(const ServerObject& logon, std::span<const mapi::PropertyName> names,
                                            bool create) {
    Arena arena;
    std::vector<mapi::PropertyNameField> fields;
    for (const mapi::PropertyName& name : names) {
      mapi::PropertyNameField field;
      field.kind = name.lid ? mapi::NameKind::lid : mapi::NameKind::name;
      field.guid = name.set;
      field.lid = name.lid.value_or(0);
      if (!name.lid) field.name = {mapi::utf16_in(arena, name.name)};
      fields.push_back(field);
    }
    Batch batch;
    rop::GetPropertyIdsFromNamesRequest request;
    request.input_handle_index = batch.place(logon.handle());
    request.flags = create ? kCreateNames : 0;
    request.property_names = wire::List<mapi::PropertyNameField>(std::span(fields));
    rop::GetPropertyIdsFromNamesResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(logon.session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot find the ids of named properties", response);
    if (response.property_ids.size() != names.size())
      return Failure{mapi::ErrorCode::rpc_failed, "the server told " + std::to_string(response.property_ids.size()) +
                                                      " property ids where it was asked for " +
                                                      std::to_string(names.size())};
    return std::vector<u16>(response.property_ids.begin(), response.property_ids.end());
  }
  static Outcome<std::vector<std::optional<mapi::PropertyName>>> some_names(const ServerObject& logon,
                                                                            std::span<const u16> ids) {
    Batch batch;
    rop::GetNamesFromPropertyIdsRequest request;
    request.input_handle_index = batch.place(logon.handle());
    request.property_ids = wire::List<u16>::view(ids);
    rop::GetNamesFromPropertyIdsResponse response;
    batch.add(request, response);
    ROPEWALK_CHECK(logon.session().execute(batch));
    ROPEWALK_ROP_CHECK("cannot find the names of properties", response);
    std::vector<std::optional<mapi::PropertyName>> names;
    for (const mapi::PropertyNameField& field : response.property_names) {
      if (field.kind == mapi::NameKind::lid)
        names.push_back(mapi::PropertyName{field.guid, field.lid, {}});
      else if (field.kind == mapi::NameKind::name)
        names.push_back(mapi::PropertyName{field.guid, std::nullopt, utf16_to_utf8(field.name.bytes)});
      else
        names.push_back(std::nullopt);
    }
    names.resize(ids.size());
    return names;
  }

  Session session_;
};

}  // namespace

std::unique_ptr<MessageStore> make_store(std::shared_ptr<RopSession> session) {
  return std::make_unique<RemoteStore>(std::move(session));
}

}  // namespace ropewalk::client::exchange
