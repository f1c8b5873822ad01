// For tests: one session on one mailbox in a temporary folder, and the ROP processor over it, without any transport.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>

#include "protocol/rop/oxcfold.h"
#include "protocol/rop/oxcmsg.h"
#include "protocol/rop/oxcstor.h"
#include "server/rop_processor.h"
#include "session/session.h"
#include "store/mailbox_stores.h"
#include "wire/describe.h"

namespace ropewalk::server {

// The responses of one output buffer; views into it.
struct Answer {
  std::vector<u8> bytes;
  mapi::ErrorCode code{};
  std::vector<u32> handles;

  ByteView rops() const { return ByteView(bytes).subspan(2, load_le<u16>(bytes.data()) - 2); }
};

class RopTestBench {
 public:
  RopTestBench()
      : folder_(std::filesystem::temp_directory_path() / ("ropewalk-rop-test-" + Guid::random().to_string())),
        stores_(folder_.string()),
        environment_{stores_, [this](std::string_view dn) { return find(dn); }},
        processor_(environment_),
        session_(std::make_unique<session::Session>(
            session::UserIdentity{1, "user1@ropewalk.test", "User 1", kDn, mailbox_}, session::ClientContext{})) {
    auto made = stores_.create({"User 1", "user1@ropewalk.test", kDn, mailbox_});
    EXPECT_TRUE(made.ok()) << made.error().text;
    if (made.ok()) store_ = *made;
  }
  ~RopTestBench() {
    session_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  static constexpr const char* kDn =
      "/o=Ropewalk/ou=Exchange Administrative Group (FYDIBOHF23SPDLT)/cn=Recipients/cn=user1";

  session::Session& session() { return *session_; }
  store::MailboxStore& store() { return *store_; }

  // Runs these requests in one buffer with this handle table.
  template <class... Requests>
  Answer run(std::vector<u32> handles, const Requests&... requests) {
    wire::OutBuffer in;
    rop::RopWriter writer(in);
    (void)(writer.add(requests) && ...);
    EXPECT_TRUE(writer.finish(handles));
    return run_raw(in.view());
  }
  Answer run_raw(ByteView input, std::size_t max_out = 0x8000) {
    Answer answer;
    wire::OutBuffer out;
    answer.code = processor_.run(*session_, input, out, max_out, nullptr);
    answer.bytes.assign(out.view().begin(), out.view().end());
    if (answer.code != mapi::ErrorCode::none) return answer;
    std::size_t rops = load_le<u16>(answer.bytes.data());
    for (std::size_t at = rops; at + 4 <= answer.bytes.size(); at += 4)
      answer.handles.push_back(load_le<u32>(answer.bytes.data() + at));
    return answer;
  }
  // Runs one request and decodes its answer; views in it live as long as the bench.
  template <class Response, class Request>
  Response one(std::vector<u32>& handles, const Request& request, std::span<const mapi::PropTag> columns = {}) {
    kept_.push_back(run(handles, request));
    handles = kept_.back().handles;
    mapi::RowColumns own{columns};
    wire::Context context = wire::add_context(own, nullptr);
    auto response = wire::decode<Response>(kept_.back().rops(), arena_, columns.empty() ? nullptr : &context);
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().text());
    return response.ok() ? *response : Response{};
  }
  // Logs on; the handle stands at index 0.
  std::vector<u32> logged_on() {
    rop::LogonRequest request;
    request.logon_flags = rop::kLogonPrivate;
    request.open_flags = 0x0100040C;
    request.essdn = wire::String8::of(kDn);
    std::vector<u32> handles(8, rop::kNoHandle);
    EXPECT_TRUE(one<rop::LogonResponse>(handles, request).ok());
    return handles;
  }
  // Opens a folder from the logon at index 0 into `index`.
  void open_folder(std::vector<u32>& handles, store::SpecialFolder folder, u8 index) {
    rop::OpenFolderRequest request;
    request.output_handle_index = index;
    request.folder_id = store_->special(folder);
    EXPECT_TRUE(one<rop::OpenFolderResponse>(handles, request).ok());
  }

  Arena& arena() { return arena_; }

 private:
  std::optional<MailboxEntry> find(std::string_view dn) const {
    if (dn == kDn) return MailboxEntry{1, mailbox_, "User 1", "user1@ropewalk.test", kDn};
    if (dn == "/o=Ropewalk/cn=other")
      return MailboxEntry{2, Guid::random(), "Other", "user2@ropewalk.test", std::string(dn)};
    return std::nullopt;
  }

  Guid mailbox_ = Guid::random();
  std::filesystem::path folder_;
  store::MailboxStores stores_;
  Environment environment_;
  RopProcessor processor_;
  std::unique_ptr<session::Session> session_;
  std::shared_ptr<store::MailboxStore> store_;
  std::deque<Answer> kept_;
  Arena arena_;
};

}  // namespace ropewalk::server
