// For tests alone: a server on an empty data folder with two users, listening on a socket, and a client that sends it
// single ROPs, built from the described structures, and reads what comes back.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>
#include <map>
#include <set>

#include "base/utf16.h"
#include "directory/directory.h"
#include "mapi/property_tags.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcnotif.h"
#include "protocol/rop/oxcprpt.h"
#include "protocol/rop/oxcstor.h"
#include "protocol/rop/oxctabl.h"
#include "protocol/rop/rop_buffer.h"
#include "protocol/rop/streams.h"
#include "server/server.h"
#include "server/test_client.h"
#include "store/mailbox_stores.h"

namespace ropewalk {

using mapi::ErrorCode;
using mapi::PropTag;
namespace tag = mapi::tag;

class LiveServer {
 public:
  static constexpr const char* kPassword = "a long walk";

  explicit LiveServer(const std::function<void(server::Config&)>& configure = {})
      : folder_(std::filesystem::temp_directory_path() / ("ropewalk-live-" + Guid::random().to_string())) {
    config.data = folder_.string();
    config.http_port = 0;
    config.log_level = server::LogLevel::off;
    config.mapihttp.notification_wait = std::chrono::seconds(2);
    if (configure) configure(config);
    make_users();
    auto started = server::Server::start(config);
    if (!started.ok()) {
      ADD_FAILURE() << started.error().text;
      return;
    }
    server_ = std::move(*started);
  }
  ~LiveServer() {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  server::Config config;
  const std::string& dn(int user) const { return dns_[static_cast<std::size_t>(user - 1)]; }
  static std::string address(int user) { return "user" + std::to_string(user) + "@ropewalk.test"; }
  const std::string& url() const { return server_->listening().front().url; }
  server::Server& server() { return *server_; }
  const std::filesystem::path& folder() const { return folder_; }
  // As the last server left it, once more.
  void restart() {
    server_.reset();
    auto started = server::Server::start(config);
    ASSERT_TRUE(started.ok()) << started.error().text;
    server_ = std::move(*started);
  }

 private:
  void make_users() {
    auto directory = directory::Directory::open(config.data);
    ASSERT_TRUE(directory.ok()) << directory.error().text;
    store::MailboxStores stores(config.data);
    for (int user : {1, 2}) {
      auto added =
          (*directory)
              ->add_user(
                  {.address = address(user), .name = "User " + std::to_string(user), .dn = {}, .password = kPassword});
      ASSERT_TRUE(added.ok()) << added.error().text;
      dns_.push_back(added->legacy_dn);
      auto made = stores.create({added->name, added->address, added->legacy_dn, added->mailbox_guid});
      ASSERT_TRUE(made.ok()) << made.error().text;
    }
  }

  std::filesystem::path folder_;
  std::vector<std::string> dns_;
  std::unique_ptr<server::Server> server_;
};

// One session, whose handle table has 32 places. Index 0 is the logon's.
class RopClient {
 public:
  explicit RopClient(LiveServer& server, int user = 1)
      : handles(32, rop::kNoHandle),
        http(server.url(), LiveServer::address(user), LiveServer::kPassword),
        dn_(server.dn(user)) {
    auto reply = http.connect(dn_);
    EXPECT_EQ(reply.code(), 0) << reply.raw;
  }

  std::vector<u32> handles;
  server::TestClient http;
  Arena arena;
  rop::LogonResponse logged_on;

  // What one Execute brought: the failure of all of it, or the ROPs of its output buffer.
  struct Answer {
    int http_code = 0;  // X-ResponseCode
    ErrorCode error = ErrorCode::none;
    std::vector<u8> buffer;
    ByteView rops() const {
      return buffer.size() < 2 ? ByteView{} : ByteView(buffer).subspan(2, load_le<u16>(buffer.data()) - 2u);
    }
  };

  // Sends these bytes as the payload of one extended buffer.
  Answer& send_raw(ByteView input, u32 max_out = 0x8008) {
    Answer& answer = kept_.emplace_back();
    auto reply = http.execute(input, 3, max_out);
    answer.http_code = reply.code();
    if (answer.http_code != 0) return answer;
    auto body = reply.body<mapihttp::ExecuteResponse>();
    EXPECT_EQ(reply.error, "");
    answer.error = body.error_code;
    if (body.status_code != 0 || body.error_code != ErrorCode::none) return answer;
    Arena scratch;
    auto opened = emsmdb::open_extended_buffers(body.rop_buffer, scratch);
    EXPECT_TRUE(opened.ok());
    if (opened.ok()) answer.buffer.assign(opened->front().begin(), opened->front().end());
    return answer;
  }
  // Sends these requests in one buffer, and takes the handle table that comes back.
  template <class... Requests>
  Answer& send(const Requests&... requests) {
    wire::OutBuffer out;
    rop::RopWriter writer(out);
    EXPECT_TRUE((writer.add(requests) && ...));
    EXPECT_TRUE(writer.finish(handles));
    Answer& answer = send_raw(out.view());
    std::size_t rops = answer.buffer.size() < 2 ? 0 : load_le<u16>(answer.buffer.data());
    EXPECT_EQ(answer.buffer.size(), rops + (rops == 0 ? 0 : 4 * handles.size()));
    for (std::size_t i = 0; rops != 0 && i < handles.size(); ++i)
      handles[i] = load_le<u32>(answer.buffer.data() + rops + 4 * i);
    return answer;
  }
  // One ROP and its response. `columns` are those of the rows in it, or of its recipients.
  template <class Response, class Request>
  Response call(const Request& request, std::span<const PropTag> columns = {}) {
    Answer& answer = send(request);
    EXPECT_EQ(answer.error, ErrorCode::none);
    mapi::RowColumns rows{columns};
    mapi::RecipientColumns recipients{columns};
    wire::Context inner = wire::add_context(recipients, nullptr);
    wire::Context context = wire::add_context(rows, &inner);
    if (on_exchange) on_exchange(request_bytes(request), answer.rops(), columns.empty() ? nullptr : &context);
    std::size_t used = 0;
    auto response = wire::decode<Response>(answer.rops(), arena, columns.empty() ? nullptr : &context, &used);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().text());
    if (response.ok()) take_notifications(answer.rops().subspan(used));
    return response.ok() ? *response : Response{};
  }
  // RopNotify responses that came behind others, since somebody last took them away.
  std::vector<rop::NotifyResponse> notifications;
  void take_notifications(ByteView rops) {
    while (!rops.empty() && rops[0] == static_cast<u8>(rop::RopId::notify)) {
      std::size_t used = 0;
      auto one = wire::decode<rop::NotifyResponse>(rops, arena, nullptr, &used);
      EXPECT_TRUE(one.ok()) << (one.ok() ? "" : one.error().text());
      if (!one.ok()) return;
      notifications.push_back(*one);
      rops = rops.subspan(used);
    }
    EXPECT_TRUE(rops.empty() || rops[0] == static_cast<u8>(rop::RopId::pending)) << "bytes behind the responses";
  }
  // Sees every call(): request, response, and what the response's layout depends on.
  std::function<void(std::vector<u8> request, ByteView response, const wire::Context* context)> on_exchange;

  // ---- what most tests begin with ----
  rop::LogonResponse logon() {
    rop::LogonRequest request;
    request.logon_flags = rop::kLogonPrivate;
    request.open_flags = 0x0100040C;
    request.essdn = wire::String8::of(dn_);
    logged_on = call<rop::LogonResponse>(request);
    EXPECT_TRUE(logged_on.ok());
    return logged_on;
  }
  mapi::FolderId inbox() const { return logged_on.folder_ids[4]; }
  ErrorCode open_folder(mapi::FolderId folder, u8 index) {
    rop::OpenFolderRequest request;
    request.output_handle_index = index;
    request.folder_id = folder;
    return call<rop::OpenFolderResponse>(request).return_value;
  }
  // Below the folder at `parent`, at `index`.
  rop::CreateFolderResponse create_folder(u8 parent, std::string_view name, u8 index, bool open_existing = false) {
    rop::CreateFolderRequest request;
    request.input_handle_index = parent;
    request.output_handle_index = index;
    request.folder_type = 1;
    request.use_unicode_strings = 1;
    request.open_existing = open_existing;
    request.display_name = mapi::utf16_in(arena, name);
    request.comment = mapi::utf16_in(arena, "");
    return call<rop::CreateFolderResponse>(request);
  }
  ErrorCode create_message(mapi::FolderId folder, u8 index, bool associated = false) {
    rop::CreateMessageRequest request;
    request.output_handle_index = index;
    request.folder_id = folder;
    request.associated_flag = associated;
    return call<rop::CreateMessageResponse>(request).return_value;
  }
  mapi::TaggedPropertyValue text(u32 tag, std::string_view utf8) {
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(tag);
    property.value = mapi::Value::of(mapi::utf16_in(arena, utf8));
    return property;
  }
  static mapi::TaggedPropertyValue number(u32 tag, u64 value) {
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(tag);
    property.value = mapi::Value::of(value);
    return property;
  }
  rop::SetPropertiesResponse set(u8 index, std::vector<mapi::TaggedPropertyValue> properties) {
    rop::SetPropertiesRequest request;
    request.input_handle_index = index;
    request.property_values = std::span<mapi::TaggedPropertyValue>(properties);
    return call<rop::SetPropertiesResponse>(request);
  }
  rop::SaveChangesMessageResponse save(u8 index, u8 flags = 0) {
    rop::SaveChangesMessageRequest request;
    request.response_handle_index = index;
    request.input_handle_index = index;
    request.save_flags = flags;
    return call<rop::SaveChangesMessageResponse>(request);
  }
  // A saved message in the folder; its handle is released.
  mapi::MessageId put_message(mapi::FolderId folder, std::string_view subject, u64 importance = 1,
                              bool associated = false) {
    EXPECT_EQ(create_message(folder, 31, associated), ErrorCode::none);
    set(31, {text(tag::PidTagSubject, subject), number(tag::PidTagImportance, importance)});
    auto saved = save(31);
    EXPECT_EQ(saved.return_value, ErrorCode::none);
    release(31);
    return saved.message_id;
  }
  void release(u8 index) {
    rop::ReleaseRequest request;
    request.input_handle_index = index;
    take_notifications(send(request).rops());
    handles[index] = rop::kNoHandle;
  }
  mapi::PropertyRow get(u8 index, std::span<const PropTag> tags) {
    rop::GetPropertiesSpecificRequest request;
    request.input_handle_index = index;
    request.property_tags = wire::List<PropTag>::view(tags);
    request.want_unicode = 1;
    auto response = call<rop::GetPropertiesSpecificResponse>(request, tags);
    EXPECT_EQ(response.return_value, ErrorCode::none);
    return response.row;
  }

  template <class Request>
  static std::vector<u8> request_bytes(const Request& request) {
    wire::OutBuffer out;
    EXPECT_TRUE(wire::encode(request, out));
    return {out.view().begin(), out.view().end()};
  }

 private:
  std::string dn_;
  std::deque<Answer> kept_;
};

// Most tests: a server, and a client that is logged on.
class Live : public testing::Test {
 protected:
  Live() : client(server) { client.logon(); }
  LiveServer server;
  RopClient client;
};

inline std::string utf8(const mapi::PropertyCell& cell) { return utf16_to_utf8(cell.value.bytes); }

}  // namespace ropewalk
