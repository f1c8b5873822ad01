// Bytes that no client should send, over the wire: the answer is an error in the protocol's own terms, and the session,
// the server and what it keeps are as before.
#include <fstream>
#include <random>

#include "base/hex.h"
#include "protocol/rop/registry.h"
#include "rop_client.h"
#include "wire/generate.h"

namespace ropewalk {
namespace {

class BadInput : public Live {
 protected:
  BadInput() {
    EXPECT_EQ(client.open_folder(client.inbox(), 1), ErrorCode::none);
    kept_ = client.put_message(client.inbox(), "kept");
  }
  ~BadInput() override { still_well(); }

  // The session goes on, and the message is where it was.
  void still_well() {
    rop::OpenMessageRequest request;
    request.output_handle_index = 30;
    request.folder_id = client.inbox();
    request.message_id = kept_;
    ASSERT_EQ(client.call<rop::OpenMessageResponse>(request).return_value, ErrorCode::none);
    PropTag tags[] = {PropTag(tag::PidTagSubject)};
    EXPECT_EQ(utf8(client.get(30, tags).cells[0]), "kept");
    client.release(30);
  }
  // Either the ROPs are answered, or the Execute fails as a whole; HTTP and the session are not at fault.
  void expect_answer(const RopClient::Answer& answer, const std::string& what) {
    EXPECT_EQ(answer.http_code, 0) << what;
    bool is_refusal = answer.error == ErrorCode::rpc_format || answer.error == ErrorCode::buffer_too_small ||
                      answer.error == ErrorCode::none;
    EXPECT_TRUE(is_refusal) << what << ": " << mapi::name(answer.error);
  }
  std::vector<u8> buffer_of(ByteView rops, std::size_t handle_count = 32) {
    std::vector<u8> buffer(2 + rops.size() + 4 * handle_count);
    store_le<u16>(buffer.data(), static_cast<u16>(rops.size() + 2));
    std::copy(rops.begin(), rops.end(), buffer.begin() + 2);
    for (std::size_t i = 0; i < handle_count; ++i)
      store_le<u32>(buffer.data() + 2 + rops.size() + 4 * i, client.handles[i]);
    return buffer;
  }
  static std::size_t resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
      if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    return 0;
  }
  // Memory that the sanitizers' own bookkeeping grows by is not the server's.
  static bool measures_memory() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return false;
#else
    return true;
#endif
#else
    return true;
#endif
  }

  mapi::MessageId kept_;
};

// MS-OXCROPS_R4551: what cannot be parsed fails the request with 0x000004B6.
TEST_F(BadInput, BuffersCutShortAtEveryByte) {
  rop::SetColumnsRequest columns;
  std::vector<PropTag> tags = {PropTag(tag::PidTagSubject), PropTag(tag::PidTagMid)};
  columns.property_tags = std::span<PropTag>(tags);
  rop::OpenFolderRequest open;
  open.output_handle_index = 2;
  open.folder_id = client.inbox();
  auto rops = RopClient::request_bytes(open);
  auto more = RopClient::request_bytes(columns);
  rops.insert(rops.end(), more.begin(), more.end());
  auto whole = buffer_of(rops, 4);
  for (std::size_t length = 0; length < whole.size(); ++length)
    expect_answer(client.send_raw(ByteView(whole).first(length)), "the first " + std::to_string(length) + " bytes");
  // RopSize that says more, or less, than there is.
  for (u16 size : {0, 1, 2, 3, 0x7FFF, 0xFFFF}) {
    store_le<u16>(whole.data(), size);
    expect_answer(client.send_raw(whole), "RopSize " + std::to_string(size));
  }
  for (std::size_t cut = 1; cut < rops.size(); ++cut) {
    auto& answer = client.send_raw(buffer_of(ByteView(rops).first(cut)));
    expect_answer(answer, std::to_string(cut) + " bytes of ROPs");
    if (cut < 13) {
      EXPECT_EQ(static_cast<u32>(answer.error), 0x000004B6u) << cut;
    }
  }
}

// Every ROP that is described, drawn at random, complete and damaged.
TEST_F(BadInput, DamagedRopsOfEveryKind) {
  wire::Random random{std::mt19937_64(23)};
  std::size_t before = 0;
  for (int round = 0; round < 3; ++round) {
    for (const rop::RopRow* row : rop::described_rops()) {
      // These two end what the other requests work on.
      if (row->request == nullptr || row->id == rop::RopId::logon || row->id == rop::RopId::release) continue;
      for (int i = 0; i < 3; ++i) {
        Arena arena;
        // Mostly on objects that are there, and never on the message that is to be kept.
        wire::Pin pins[] = {{"LogonId", 0}, {"InputHandleIndex", random.below(3)}, {"OutputHandleIndex", 9}};
        void* request = wire::generate(*row->request, random, arena, nullptr, pins);
        if (request == nullptr) continue;
        wire::OutBuffer out;
        wire::Encoder encoder(out);
        row->request->encode(encoder, request);
        std::vector<u8> bytes(out.view().begin(), out.view().end());
        if (bytes.size() > 0x7000) continue;
        std::size_t where = random.below(bytes.size());
        if (i == 1 && where >= 3) bytes[where] ^= static_cast<u8>(1 + random.below(255));
        if (i == 2) bytes.resize(where + 1);
        expect_answer(client.send_raw(buffer_of(bytes)), rop::name(row->id) + " " + to_hex(bytes));
      }
    }
    // The server is warm after the first round; from then on nothing may pile up.
    if (round == 0) before = resident_kib();
  }
  if (measures_memory()) {
    EXPECT_LT(resident_kib(), before + 32 * 1024);
  }
}

TEST_F(BadInput, RandomBytes) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 300; ++i) {
    std::vector<u8> bytes(random() % 200);
    for (u8& byte : bytes) byte = static_cast<u8>(random());
    if (bytes.size() > 2 && i % 2 == 0) store_le<u16>(bytes.data(), static_cast<u16>(2 + random() % bytes.size()));
    // What ends or deletes things may do so, but not by chance here.
    if (bytes.size() > 2 && (bytes[2] == 0x01 || bytes[2] == 0x1D || bytes[2] == 0x1E)) bytes[2] = 0x28;
    expect_answer(client.send_raw(bytes), to_hex(bytes));
  }
}

// Counts and lengths that promise far more than there is.
TEST_F(BadInput, CountsBeyondTheBuffer) {
  const std::vector<std::vector<u8>> rops = {
      {0x12, 0, 0, 0, 0xFF, 0xFF},                                                // RopSetColumns: 65,535 tags
      {0x07, 0, 0, 0, 0, 1, 0, 0xFF, 0xFF},                                       // RopGetPropertiesSpecific
      {0x0A, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},                                       // RopSetProperties
      {0x0A, 0, 0, 12, 0, 1, 0, 0x02, 0x11, 0x0E, 0x66, 0xFF, 0xFF, 0xFF, 0xFF},  // 4 Gi values of a property
      {0x0A, 0, 0, 10, 0, 1, 0, 0x02, 0x01, 0x0B, 0x66, 0xFF, 0xFF},              // 65,535 bytes of a property
      {0x0E, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF},                                       // RopModifyRecipients
      {0x1E, 0, 1, 0, 0, 0xFF, 0xFF},                                             // RopDeleteMessages
      {0x2D, 0, 0, 0xFF, 0xFF},                                                   // RopWriteStream
      {0x2C, 0, 0, 0xBE, 0xBA},                                                   // RopReadStream, size missing
      {0x56, 0, 0, 2, 0xFF, 0xFF},                                                // RopGetPropertyIdsFromNames
      {0x14, 0, 0, 0, 0xFF, 0xFF},                                                // RopRestrict
      {0x13, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF},                        // RopSortTable
  };
  std::size_t before = resident_kib();
  for (int round = 0; round < 20; ++round) {
    for (const auto& bytes : rops) {
      auto& answer = client.send_raw(buffer_of(bytes));
      expect_answer(answer, to_hex(bytes));
      EXPECT_EQ(answer.error, ErrorCode::rpc_format) << to_hex(bytes);
    }
  }
  if (measures_memory()) {
    EXPECT_LT(resident_kib(), before + 32 * 1024);
  }
}

// A stream told to become 4 GiB large, or read as such, costs nothing.
TEST_F(BadInput, LengthsOf4GiB) {
  ASSERT_EQ(client.create_message(client.inbox(), 2), ErrorCode::none);
  rop::OpenStreamRequest open;
  open.input_handle_index = 2;
  open.output_handle_index = 3;
  open.property_tag = PropTag(tag::PidTagHtml);
  open.open_mode_flags = 2;
  ASSERT_EQ(client.call<rop::OpenStreamResponse>(open).return_value, ErrorCode::none);
  std::size_t before = resident_kib();
  for (u64 size : {u64{0xFFFFFFFF}, u64{1} << 32, ~u64{0}}) {
    rop::SetStreamSizeRequest resize;
    resize.input_handle_index = 3;
    resize.stream_size = size;
    EXPECT_NE(client.call<rop::SetStreamSizeResponse>(resize).return_value, ErrorCode::none) << size;
    rop::SeekStreamRequest seek;
    seek.input_handle_index = 3;
    seek.offset = size;
    client.call<rop::SeekStreamResponse>(seek);
    rop::WriteStreamRequest write;
    write.input_handle_index = 3;
    write.data = bytes_of(std::string_view("x"));
    client.call<rop::WriteStreamResponse>(write);
  }
  rop::ReadStreamRequest read;
  read.input_handle_index = 3;
  read.byte_count = rop::kByteCountExtended;
  read.maximum_byte_count = 0xFFFFFFFF;
  EXPECT_EQ(client.call<rop::ReadStreamResponse>(read).return_value, ErrorCode::none);
  if (measures_memory()) {
    EXPECT_LT(resident_kib(), before + 32 * 1024);
  }
}

TEST_F(BadInput, HandlesThatStandForNothing) {
  rop::OpenFolderRequest open;
  open.folder_id = client.inbox();
  open.output_handle_index = 2;
  for (int index : {5, 31, 32, 255}) {
    open.input_handle_index = static_cast<u8>(index);
    // MS-OXCROPS_R457302 MS-OXCROPS_R471201: ecNullObject.
    EXPECT_EQ(static_cast<u32>(client.call<rop::OpenFolderResponse>(open).return_value), 0x4B9u) << index;
  }
  client.handles[5] = 0xDEADBEEF;
  open.input_handle_index = 5;
  EXPECT_EQ(client.call<rop::OpenFolderResponse>(open).return_value, ErrorCode::null_object);
  open.input_handle_index = 0;
  open.output_handle_index = 200;  // no such place in the table
  EXPECT_EQ(client.call<rop::OpenFolderResponse>(open).return_value, ErrorCode::null_object);
  // Another session's handles mean nothing here.
  RopClient other(server, 2);
  other.handles[0] = client.handles[0];
  rop::OpenFolderRequest theirs;
  theirs.output_handle_index = 1;
  theirs.folder_id = client.inbox();
  EXPECT_NE(other.call<rop::OpenFolderResponse>(theirs).return_value, ErrorCode::none);
}

// Restrictions in restrictions: as deep as allowed, and deeper.
TEST_F(BadInput, NestingIsBounded) {
  rop::GetContentsTableRequest table;
  table.input_handle_index = 1;
  table.output_handle_index = 2;
  ASSERT_EQ(client.call<rop::GetContentsTableResponse>(table).return_value, ErrorCode::none);
  for (std::size_t depth : {1u, 30u, 60u, 70u, 1000u, 20000u}) {
    std::vector<u8> restriction(depth, 0x02);                                    // NOT, NOT, NOT...
    for (u8 byte : {0x08, 0x1F, 0x00, 0x37, 0x00}) restriction.push_back(byte);  // ... the subject exists
    std::vector<u8> rop = {0x14, 0, 2, 0};
    rop.push_back(static_cast<u8>(restriction.size()));
    rop.push_back(static_cast<u8>(restriction.size() >> 8));
    rop.insert(rop.end(), restriction.begin(), restriction.end());
    auto& answer = client.send_raw(buffer_of(rop));
    EXPECT_EQ(answer.http_code, 0);
    if (depth >= 70) {
      EXPECT_EQ(answer.error, ErrorCode::rpc_format) << depth;
    }
    if (depth == 1) {
      EXPECT_EQ(answer.error, ErrorCode::none);
    }
  }
  // AND of many ANDs of many: wide as well as deep.
  std::vector<u8> wide = {0x00, 0xFF, 0xFF};
  for (int i = 0; i < 5000; ++i) wide.insert(wide.end(), {0x00, 0x00, 0x00});
  std::vector<u8> rop = {0x14, 0, 2, 0, static_cast<u8>(wide.size()), static_cast<u8>(wide.size() >> 8)};
  rop.insert(rop.end(), wide.begin(), wide.end());
  EXPECT_EQ(client.send_raw(buffer_of(rop)).error, ErrorCode::rpc_format);
}

// Lone surrogates and odd lengths: taken and given back as they are, or refused; never a crash, never another's text.
TEST_F(BadInput, TextThatIsNoText) {
  const std::vector<std::vector<u8>> texts = {
      {0x00, 0xD8}, {0x00, 0xDC}, {0x41, 0x00, 0x00, 0xD8, 0x42, 0x00}, {0xFF, 0xFF}, {0xFE, 0xFF}};
  for (const auto& text : texts) {
    ASSERT_EQ(client.create_message(client.inbox(), 2), ErrorCode::none);
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(tag::PidTagSubject);
    property.value = mapi::Value::of(ByteView(text));
    auto set = client.set(2, {property});
    EXPECT_EQ(set.return_value, ErrorCode::none);
    auto saved = client.save(2, 2);
    EXPECT_EQ(saved.return_value, ErrorCode::none) << to_hex(text);
    PropTag tags[] = {PropTag(tag::PidTagSubject)};
    EXPECT_EQ(client.get(2, tags).cells.size(), 1u);
    auto folder = rop::CreateFolderRequest{};
    folder.input_handle_index = 1;
    folder.output_handle_index = 3;
    folder.folder_type = 1;
    folder.use_unicode_strings = 1;
    folder.display_name = text;
    folder.comment = mapi::utf16_in(client.arena, "");
    client.call<rop::CreateFolderResponse>(folder);
  }
  // The table sorts them all.
  rop::GetContentsTableRequest table;
  table.input_handle_index = 1;
  table.output_handle_index = 4;
  ASSERT_EQ(client.call<rop::GetContentsTableResponse>(table).return_value, ErrorCode::none);
  mapi::SortOrder order{PropTag(tag::PidTagSubject), mapi::SortDirection::ascending};
  rop::SortTableRequest sort;
  sort.input_handle_index = 4;
  sort.sort.orders = std::span<mapi::SortOrder>(&order, 1);
  EXPECT_EQ(client.call<rop::SortTableResponse>(sort).return_value, ErrorCode::none);
}

// Reserved RopIds fail the request; MS-OXCROPS_R180005 MS-OXCROPS_R213.
TEST_F(BadInput, ReservedRops) {
  for (u8 id : {0x00, 0x28, 0x3C, 0x3D, 0x62, 0x65, 0x6A, 0x71, 0x7C, 0x7D, 0x85, 0x8B, 0xFA, 0xFD}) {
    std::vector<u8> rop = {id, 0, 0, 0, 0, 0};
    auto& answer = client.send_raw(buffer_of(rop));
    EXPECT_EQ(answer.http_code, 0);
    EXPECT_NE(answer.error, ErrorCode::none) << int{id};
  }
}

// A ROP that is not served is answered with an error of its own; the others in its buffer are executed.
TEST_F(BadInput, RopsThatAreNotServedDoNotDisturbOthers) {
  rop::OpenFolderRequest open;
  open.folder_id = client.inbox();
  open.output_handle_index = 2;
  auto rops = RopClient::request_bytes(open);
  rops.insert(rops.end(), {0x6D, 0, 0});  // RopGetTransportFolder
  open.output_handle_index = 3;
  auto more = RopClient::request_bytes(open);
  rops.insert(rops.end(), more.begin(), more.end());
  auto& answer = client.send_raw(buffer_of(rops));
  ASSERT_EQ(answer.error, ErrorCode::none);
  ByteView left = answer.rops();
  std::size_t used = 0;
  auto first = wire::decode<rop::OpenFolderResponse>(left, client.arena, nullptr, &used);
  ASSERT_TRUE(first.ok());
  left = left.subspan(used);
  EXPECT_EQ(left[0], 0x6D);  // MS-OXCROPS_R4550 MS-OXCROPS_R4719: in the order of the requests
  u32 code = load_le<u32>(left.data() + 2);
  EXPECT_TRUE(code != 0) << "RopGetTransportFolder";
  left = left.subspan(6);
  auto last = wire::decode<rop::OpenFolderResponse>(left, client.arena);
  ASSERT_TRUE(last.ok());
  EXPECT_EQ(last->return_value, ErrorCode::none);
  EXPECT_EQ(last->output_handle_index, 3);
}

// The handle table comes back in its order, and what one ROP opens the next one uses.
TEST_F(BadInput, HandlesOfOneBufferFeedTheNextRop) {
  rop::OpenFolderRequest open;
  open.folder_id = client.inbox();
  open.output_handle_index = 7;
  rop::GetContentsTableRequest table;
  table.input_handle_index = 7;  // MS-OXCROPS_R4559
  table.output_handle_index = 8;
  rop::ReleaseRequest release;
  release.input_handle_index = 7;
  auto before = client.handles;
  auto& answer = client.send(open, table, release);
  ASSERT_EQ(answer.error, ErrorCode::none);
  EXPECT_NE(client.handles[8], rop::kNoHandle);                                 // MS-OXCROPS_R4558 MS-OXCROPS_R4560
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(client.handles[i], before[i]);  // MS-OXCROPS_R4565
  std::size_t used = 0;
  ASSERT_TRUE(wire::decode<rop::OpenFolderResponse>(answer.rops(), client.arena, nullptr, &used).ok());
  auto rest = answer.rops().subspan(used);
  // RopRelease is not answered: MS-OXCROPS_R4581.
  EXPECT_TRUE(wire::decode<rop::GetContentsTableResponse>(rest, client.arena).ok());
}

// Extended buffers that are not what their headers say.
TEST_F(BadInput, ExtendedBuffersThatLie) {
  auto rops = buffer_of({}, 1);
  auto execute = [&](std::vector<u8> rop_buffer) {
    mapihttp::ExecuteRequest body;
    body.flags = 3;
    body.rop_buffer = rop_buffer;
    body.max_rop_out = 0x8008;
    auto reply = client.http.request("Execute", server::TestClient::encoded(body));
    EXPECT_EQ(reply.status, 200);
    if (reply.code() != 0) return;
    EXPECT_NE(reply.body<mapihttp::ExecuteResponse>().error_code, ErrorCode::none);
  };
  for (u16 flags : {0x0000, 0x0001, 0x0003, 0x0005, 0x0007, 0xFFFF}) {
    std::vector<u8> bytes(8);
    store_le<u16>(bytes.data() + 2, flags);
    store_le<u16>(bytes.data() + 4, static_cast<u16>(rops.size()));
    store_le<u16>(bytes.data() + 6, 0xFFFF);
    bytes.insert(bytes.end(), rops.begin(), rops.end());
    execute(bytes);
  }
  execute({});
  execute({0, 0, 4});
  execute(std::vector<u8>(8, 0xFF));
}

}  // namespace
}  // namespace ropewalk
