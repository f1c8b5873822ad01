#include "client/exchange/rop_session.h"

#include "client/exchange/notifier.h"
#include "mapi/recipient_row.h"
#include "protocol/mapihttp/bodies.h"
#include "protocol/rop/control.h"
#include "protocol/rop/oxcnotif.h"
#include "protocol/rop/oxcstor.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using mapihttp::RequestType;

namespace {

constexpr u32 kMaxRopOut = 0x40000;  // room for chained responses, [MS-OXCRPC] 3.1.4.2
constexpr std::size_t kMostPlaces = 255;
constexpr int kMostRounds = 256;  // of one batch; a server that never gets done is at fault

// [MS-OXCSTOR] 2.2.1.1.1 OpenFlags
constexpr u32 kOpenTakeOwnership = 0x00000004, kOpenHomeLogon = 0x00000008, kOpenPerMdbReplids = 0x01000000;

Failure malformed(std::string_view what, const std::string& why) {
  return {ErrorCode::rpc_failed, "the server's " + std::string(what) + " cannot be read: " + why};
}

template <class T>
Outcome<std::vector<u8>> encoded(const T& body) {
  wire::OutBuffer out;
  if (!wire::encode(body, out)) return failure(ErrorCode::invalid_param, "cannot express the request");
  return std::vector<u8>(out.data(), out.data() + out.size());
}

}  // namespace

RopSession::RopSession(std::shared_ptr<ChannelState> state)
    : state_(std::move(state)), channel_(make_channel(state_)) {}

Outcome<std::shared_ptr<RopSession>> RopSession::open(ChannelOptions options) {
  std::shared_ptr<RopSession> session(new RopSession(std::make_shared<ChannelState>(std::move(options))));
  ROPEWALK_CHECK(session->logon());
  return session;
}

RopSession::~RopSession() {
  notifier_.reset();
  if (lost_ || epoch_ == 0) return;
  if (auto body = encoded(mapihttp::DisconnectRequest{}); body.ok())
    if (channel_->post(RequestType::disconnect, *body).ok()) channel_->observe_response({});
}

bool RopSession::lost() const {
  std::lock_guard lock(mutex_);
  return lost_;
}

Failure RopSession::lose(ChannelFailure failed) {
  if (failed.session_lost && epoch_ != 0 && !lost_) {
    lost_ = true;
    failed.failure.text += "; the session is over, what was opened in it has to be opened again";
  }
  return std::move(failed.failure);
}

Outcome<void> RopSession::connect() {
  const ChannelOptions& options = state_->options();
  state_->forget_cookies();
  mapihttp::ConnectRequest request;
  request.user_dn = wire::String8::of(options.user_dn);
  request.default_code_page = options.code_page;
  request.lcid_sort = request.lcid_string = options.lcid;
  ROPEWALK_TRY(auto body, encoded(request));
  auto answer = channel_->post(RequestType::connect, body);
  if (!answer.ok()) return std::move(answer.error().failure);
  channel_->observe_response({});
  Arena arena;
  auto response = wire::decode<mapihttp::ConnectResponse>(*answer, arena);
  if (!response.ok()) return malformed("answer to Connect", response.error().text());
  if (response->status_code != 0)
    return Failure{ErrorCode::rpc_failed, "Connect failed with status " + std::to_string(response->status_code)};
  if (response->error_code == ErrorCode::unknown_user)
    return failure(response->error_code,
                   "the server knows no mailbox of \"" + options.user_dn + "\" (--dn names it by its legacy DN)");
  if (response->error_code != ErrorCode::none)
    return failure(response->error_code, "the server does not let \"" + options.user_dn + "\" connect");
  return {};
}

Outcome<void> RopSession::log_on() {
  const ChannelOptions& options = state_->options();
  Batch batch;
  rop::LogonRequest request;
  request.output_handle_index = batch.new_place();
  request.logon_flags = rop::kLogonPrivate;
  request.open_flags = kOpenTakeOwnership | kOpenHomeLogon | kOpenPerMdbReplids;
  request.essdn = wire::String8::of(options.user_dn);
  rop::LogonResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(execute_locked(batch));
  ROPEWALK_ROP_CHECK("cannot open the mailbox of \"" + options.user_dn + "\"", response);
  for (std::size_t i = 0; i < kSpecialFolders && i < response.folder_ids.size(); ++i)
    folder_ids_[i] = response.folder_ids[i];
  logon_ = {batch.handle_at(request.output_handle_index), epoch_};
  return {};
}

Outcome<Handle> RopSession::logon_locked() {
  if (!lost_) return logon_;
  ROPEWALK_CHECK(connect());
  ++epoch_;
  lost_ = false;
  auto logged_on = log_on();
  if (!logged_on.ok()) {
    lost_ = true;
    return std::move(logged_on).error();
  }
  return logon_;
}

Outcome<Handle> RopSession::logon() {
  std::lock_guard lock(mutex_);
  return logon_locked();
}

void RopSession::release(Handle handle) {
  if (handle.value == rop::kNoHandle) return;
  std::lock_guard lock(release_mutex_);
  to_release_.push_back(handle);
}

void RopSession::append_releases(wire::OutBuffer& rops, std::vector<u32>& handles) {
  std::lock_guard lock(release_mutex_);
  while (!to_release_.empty() && handles.size() < kMostPlaces) {
    Handle handle = to_release_.back();
    to_release_.pop_back();
    if (handle.epoch != epoch_) continue;
    rop::ReleaseRequest release;
    release.input_handle_index = static_cast<u8>(handles.size());
    handles.push_back(handle.value);
    wire::encode(release, rops);
  }
}

Outcome<void> RopSession::execute(Batch& batch) {
  std::lock_guard lock(mutex_);
  return execute_locked(batch);
}

Outcome<void> RopSession::execute_locked(Batch& batch) {
  if (batch.mixed_epochs_ || (batch.epoch_ != 0 && batch.epoch_ != epoch_))
    return Failure{ErrorCode::invalid_object,
                   "the object was opened in a session that the server has ended; open it again"};
  if (lost_) return Failure{ErrorCode::rpc_failed, "the session with the server is over"};
  if (!batch.encodable_ || batch.handles_.size() > kMostPlaces || batch.rops_.size() > 0xFF00)
    return failure(ErrorCode::too_big, "cannot express the request: it is too large for one ROP buffer");
  wire::OutBuffer first;
  std::size_t own = batch.handles_.size();
  append_releases(first, batch.handles_);
  first.append(batch.rops_.view());
  std::vector<u8> rops(first.data(), first.data() + first.size()), left;
  for (int i = 0; i < kMostRounds; ++i) {
    ROPEWALK_TRY(bool more, round(batch, rops, left));
    if (!more) break;
    rops.swap(left);
  }
  batch.handles_.resize(own);
  for (const Batch::Call& call : batch.calls_)
    if (call.into != nullptr && !call.answered)
      return malformed("answer", "there is no response to " + rop::name(call.id));
  return {};
}

// One request: true where ROPs are left over for another.
Outcome<bool> RopSession::round(Batch& batch, ByteView rops, std::vector<u8>& left) {
  wire::OutBuffer plain;
  rop::RopWriter writer(plain);
  plain.append(rops);
  if (!writer.finish(batch.handles_)) return failure(ErrorCode::too_big, "the ROPs are too long for one buffer");
  ROPEWALK_TRY(auto buffers, exchange(plain.view(), batch));
  left.clear();
  bool more = false, first = true;
  for (ByteView buffer : buffers) {
    ROPEWALK_TRY(bool unfinished, read_responses(buffer, !first, batch, left));
    more = more || unfinished;
    first = false;
  }
  if (more && left.size() == rops.size())
    return failure(ErrorCode::buffer_too_small, "the server's answer does not fit into the largest ROP buffer");
  return more;
}

// Sends one plain ROP buffer and gives the plain buffers that answer it.
Outcome<std::vector<ByteView>> RopSession::exchange(ByteView plain, Batch& batch) {
  bool bare = state_->options().plain;
  wire::OutBuffer packed;
  emsmdb::append_extended_buffer(plain, {!bare, !bare, true}, packed);
  mapihttp::ExecuteRequest request;
  request.flags = mapihttp::kExecuteChain;
  if (bare) request.flags |= mapihttp::kExecuteNoCompression | mapihttp::kExecuteNoXorMagic;
  request.rop_buffer = packed.view();
  request.max_rop_out = kMaxRopOut;
  ROPEWALK_TRY(auto body, encoded(request));
  auto answer = channel_->post(RequestType::execute, body, plain);
  if (!answer.ok()) return lose(std::move(answer).error());
  batch.answers_.push_back(*std::move(answer));
  const std::vector<u8>& bytes = batch.answers_.back();
  auto response = wire::decode<mapihttp::ExecuteResponse>(bytes, *batch.arena_);
  if (!response.ok()) return malformed("answer to Execute", response.error().text());
  if (response->status_code != 0)
    return Failure{ErrorCode::rpc_failed, "Execute failed with status " + std::to_string(response->status_code)};
  if (response->error_code != ErrorCode::none) return failure(response->error_code, "the server refused Execute");
  auto buffers = emsmdb::open_extended_buffers(response->rop_buffer, *batch.arena_);
  if (!buffers.ok()) return malformed("RPC_HEADER_EXT", buffers.error().text());
  channel_->observe_response(buffers->empty() ? ByteView() : buffers->front());
  return *std::move(buffers);
}

// The responses of one output buffer. `chained`: all of them go on answering the last ROP.
Outcome<bool> RopSession::read_responses(ByteView buffer, bool chained, Batch& batch, std::vector<u8>& left) {
  auto parts = rop::split_rop_buffer(buffer);
  if (!parts.ok()) return malformed("ROP buffer", parts.error().text());
  if (!chained)
    for (std::size_t i = 0; i < batch.handles_.size() && i < parts->handle_count(); ++i)
      batch.handles_[i] = parts->handle(i);
  ByteView rops = parts->rops;
  while (!rops.empty()) {
    auto id = static_cast<rop::RopId>(rops[0]);
    if (id == rop::RopId::buffer_too_small) {
      auto response = wire::decode<rop::BufferTooSmallResponse>(rops, *batch.arena_);
      if (!response.ok()) return malformed("RopBufferTooSmall", response.error().text());
      left.assign(response->request_buffers.begin(), response->request_buffers.end());
      return true;
    }
    ROPEWALK_TRY(std::size_t taken, read_one(rops, chained, batch));
    rops = rops.subspan(taken);
  }
  return false;
}

// Reads the response that `rops` begins with and gives its length.
Outcome<std::size_t> RopSession::read_one(ByteView rops, bool chained, Batch& batch) {
  auto id = static_cast<rop::RopId>(rops[0]);
  auto read = [&](auto& response, const wire::Context* context) -> Outcome<std::size_t> {
    wire::Decoder decoder(rops, *batch.arena_, context);
    response(decoder);
    if (decoder.ok()) return decoder.offset();
    return malformed("answer " + rop::name(id),
                     "it ends or breaks off after " + std::to_string(decoder.offset()) + " bytes");
  };
  if (id == rop::RopId::notify) {
    rop::NotifyResponse notify;
    auto fields = [&](wire::Decoder& decoder) { rop::NotifyResponse::fields(notify, decoder); };
    ROPEWALK_TRY(std::size_t taken, read(fields, nullptr));
    std::lock_guard lock(notifier_mutex_);
    if (notifier_) notifier_->push(notify);
    return taken;
  }
  if (id == rop::RopId::pending) {
    rop::PendingResponse pending;
    auto fields = [&](wire::Decoder& decoder) { rop::PendingResponse::fields(pending, decoder); };
    return read(fields, nullptr);
  }
  Batch::Call* found = nullptr;
  if (chained) {
    if (!batch.calls_.empty() && batch.calls_.back().chained) found = &batch.calls_.back();
  } else {
    for (Batch::Call& call : batch.calls_) {
      if (call.into == nullptr || call.answered) continue;
      found = &call;
      break;
    }
  }
  if (found == nullptr || found->id != id) return malformed("answer", "nobody asked for " + rop::name(id));
  mapi::RowColumns columns{found->columns};
  mapi::RecipientColumns recipient_columns{found->columns};
  wire::Context inner = wire::add_context(columns, nullptr);
  wire::Context context = wire::add_context(recipient_columns, &inner);
  auto fields = [&](wire::Decoder& decoder) { found->read(decoder, found->into); };
  ROPEWALK_TRY(std::size_t taken, read(fields, found->columns.empty() ? nullptr : &context));
  found->answered = true;
  return taken;
}

Outcome<std::unique_ptr<Subscription>> RopSession::subscribe(u16 kinds, std::optional<FolderId> folder,
                                                             EventSink sink) {
  std::shared_ptr<Notifier> notifier;
  {
    std::lock_guard lock(notifier_mutex_);
    if (!notifier_) notifier_ = std::make_shared<Notifier>(*this);
    notifier = notifier_;
  }
  return notifier->subscribe(shared_from_this(), kinds, folder, std::move(sink));
}

}  // namespace ropewalk::client::exchange
