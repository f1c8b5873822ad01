// What properties, named properties and streams do, [MS-OXCPRPT], on a running server.
#include <fstream>
#include <sstream>

#include "mapi/property_names.h"
#include "rop_client.h"

namespace ropewalk {
namespace {

constexpr u8 kFolder = 1, kMessage = 2, kAgain = 3, kAttachment = 4, kStream = 5, kNobody = 20;

class Properties : public Live {
 protected:
  Properties() {
    EXPECT_EQ(client.open_folder(client.inbox(), kFolder), ErrorCode::none);
    EXPECT_EQ(client.create_message(client.inbox(), kMessage), ErrorCode::none);
    rop::CreateAttachmentRequest request;
    request.input_handle_index = kMessage;
    request.output_handle_index = kAttachment;
    EXPECT_EQ(client.call<rop::CreateAttachmentResponse>(request).return_value, ErrorCode::none);
  }
  mapi::PropertyCell get(u8 index, u32 wanted, bool unicode = true, u16 limit = 0) {
    PropTag tags[] = {PropTag(wanted)};
    rop::GetPropertiesSpecificRequest request;
    request.input_handle_index = index;
    request.property_tags = std::span<PropTag>(tags);
    request.want_unicode = unicode;
    request.property_size_limit = limit;
    return client.call<rop::GetPropertiesSpecificResponse>(request, tags).row.cells[0];
  }
  rop::DeletePropertiesResponse remove(u8 index, std::vector<PropTag> tags) {
    rop::DeletePropertiesRequest request;
    request.input_handle_index = index;
    request.property_tags = std::span<PropTag>(tags);
    return client.call<rop::DeletePropertiesResponse>(request);
  }
  std::set<u32> listed(u8 index) {
    rop::GetPropertiesListRequest request;
    request.input_handle_index = index;
    auto response = client.call<rop::GetPropertiesListResponse>(request);
    EXPECT_EQ(response.return_value, ErrorCode::none);
    std::set<u32> all;
    for (PropTag one : response.property_tags) all.insert(one.value);
    return all;
  }
  std::map<u32, mapi::Value> all(u8 index) {
    rop::GetPropertiesAllRequest request;
    request.input_handle_index = index;
    request.want_unicode = 1;
    auto response = client.call<rop::GetPropertiesAllResponse>(request);
    EXPECT_EQ(response.return_value, ErrorCode::none);
    std::map<u32, mapi::Value> values;
    for (const auto& one : response.property_values) values[one.tag.value] = one.value;
    return values;
  }
  mapi::PropertyNameField lid(const char* set, u32 number) {
    mapi::PropertyNameField name;
    name.kind = mapi::NameKind::lid;
    name.guid = *Guid::parse(set);
    name.lid = number;
    return name;
  }
  mapi::PropertyNameField text_name(const char* set, std::string_view text) {
    mapi::PropertyNameField name;
    name.kind = mapi::NameKind::name;
    name.guid = *Guid::parse(set);
    name.name.bytes = mapi::utf16_in(client.arena, text);
    return name;
  }
  rop::GetPropertyIdsFromNamesResponse ids_of(std::vector<mapi::PropertyNameField> names, bool create, u8 index = 0) {
    rop::GetPropertyIdsFromNamesRequest request;
    request.input_handle_index = index;
    request.flags = create ? 2 : 0;
    request.property_names = std::span<mapi::PropertyNameField>(names);
    return client.call<rop::GetPropertyIdsFromNamesResponse>(request);
  }
  rop::OpenStreamResponse open_stream(u8 index, u32 tag, u8 mode, u8 stream = kStream) {
    rop::OpenStreamRequest request;
    request.input_handle_index = index;
    request.output_handle_index = stream;
    request.property_tag = PropTag(tag);
    request.open_mode_flags = mode;
    return client.call<rop::OpenStreamResponse>(request);
  }
  rop::WriteStreamResponse write(std::string_view bytes) {
    rop::WriteStreamRequest request;
    request.input_handle_index = kStream;
    request.data = bytes_of(bytes);
    return client.call<rop::WriteStreamResponse>(request);
  }
  std::string read(u16 count, u32 maximum = 0) {
    rop::ReadStreamRequest request;
    request.input_handle_index = kStream;
    request.byte_count = count;
    request.maximum_byte_count = maximum;
    auto response = client.call<rop::ReadStreamResponse>(request);
    EXPECT_EQ(response.return_value, ErrorCode::none);
    return std::string(text_of(response.data));
  }
  rop::SeekStreamResponse seek(rop::SeekOrigin origin, i64 offset) {
    rop::SeekStreamRequest request;
    request.input_handle_index = kStream;
    request.origin = origin;
    request.offset = static_cast<decltype(request.offset)>(offset);
    return client.call<rop::SeekStreamResponse>(request);
  }
  u32 stream_size() {
    rop::GetStreamSizeRequest request;
    request.input_handle_index = kStream;
    return client.call<rop::GetStreamSizeResponse>(request).stream_size;
  }
  ErrorCode resize(u64 size) {
    rop::SetStreamSizeRequest request;
    request.input_handle_index = kStream;
    request.stream_size = size;
    return client.call<rop::SetStreamSizeResponse>(request).return_value;
  }
  ErrorCode commit() {
    rop::CommitStreamRequest request;
    request.input_handle_index = kStream;
    return client.call<rop::CommitStreamResponse>(request).return_value;
  }
};

constexpr const char* kPublicStrings = "{00020329-0000-0000-C000-000000000046}";
constexpr const char* kCommon = "{00062008-0000-0000-C000-000000000046}";
constexpr const char* kPsMapi = "{00020328-0000-0000-C000-000000000046}";

// MS-OXCPRPT_R101 MS-OXCPRPT_R475 MS-OXCPRPT_R476 MS-OXCPRPT_R479 MS-OXCPRPT_R56
TEST_F(Properties, AreSetAndReadOnEveryKindOfObject) {
  for (u8 index : {kMessage, kAttachment, kFolder, u8{0}}) {
    // MS-OXCPRPT_R10201 MS-OXCPRPT_R10202 MS-OXCPRPT_R10203 MS-OXCPRPT_R10204
    auto set = client.set(index, {client.text(tag::PidTagComment, "said of it")});
    EXPECT_EQ(set.return_value, ErrorCode::none) << int{index};
    EXPECT_EQ(set.property_problems.size(), 0u) << int{index};
    // MS-OXCPRPT_R5801 MS-OXCPRPT_R5802 MS-OXCPRPT_R5803 MS-OXCPRPT_R5804 MS-OXCPRPT_R45602 MS-OXCPRPT_R457001
    EXPECT_EQ(utf8(get(index, tag::PidTagComment)), "said of it") << int{index};
    // MS-OXCPRPT_R8001 MS-OXCPRPT_R8002 MS-OXCPRPT_R8003 MS-OXCPRPT_R8004 MS-OXCPRPT_R90703
    EXPECT_TRUE(all(index).contains(tag::PidTagComment)) << int{index};
    // MS-OXCPRPT_R9701 MS-OXCPRPT_R9702 MS-OXCPRPT_R9703 MS-OXCPRPT_R9704 MS-OXCPRPT_R47102
    EXPECT_TRUE(listed(index).contains(tag::PidTagComment)) << int{index};
    // MS-OXCPRPT_R11401 MS-OXCPRPT_R11402 MS-OXCPRPT_R11403 MS-OXCPRPT_R11404 MS-OXCPRPT_R113 MS-OXCPRPT_R48402
    auto removed = remove(index, {PropTag(tag::PidTagComment)});
    EXPECT_EQ(removed.return_value, ErrorCode::none) << int{index};
    EXPECT_EQ(removed.property_problems.size(), 0u) << int{index};
    auto gone = get(index, tag::PidTagComment);  // MS-OXCPRPT_R485 MS-OXCPRPT_R486 MS-OXCPRPT_R487 MS-OXCPRPT_R490
    EXPECT_EQ(gone.flag, mapi::CellFlag::error) << int{index};
    EXPECT_EQ(gone.value.number, 0x8004010Fu);  // MS-OXCDATA_R2055
    EXPECT_FALSE(listed(index).contains(tag::PidTagComment)) << int{index};
  }
}

// MS-OXCPRPT_R478 MS-OXCPRPT_R489 MS-OXCPRPT_R846 MS-OXCPRPT_R492
TEST_F(Properties, OfMessagesWaitForTheSaveThoseOfFoldersDoNot) {
  client.set(kMessage, {client.text(tag::PidTagSubject, "first")});
  auto id = client.save(kMessage, 2).message_id;
  auto seen_elsewhere = [&](u32 wanted) {
    RopClient other(server);
    other.logon();
    rop::OpenMessageRequest request;
    request.output_handle_index = kAgain;
    request.folder_id = other.inbox();
    request.message_id = id;
    EXPECT_EQ(other.call<rop::OpenMessageResponse>(request).return_value, ErrorCode::none);
    PropTag tags[] = {PropTag(wanted)};
    auto cell = other.get(kAgain, tags).cells[0];
    return cell.flag == mapi::CellFlag::value ? utf8(cell) : "absent";
  };
  client.set(kMessage, {client.text(tag::PidTagSubject, "second")});
  EXPECT_EQ(seen_elsewhere(tag::PidTagSubject), "first");
  client.save(kMessage, 2);
  EXPECT_EQ(seen_elsewhere(tag::PidTagSubject), "second");
  client.set(kMessage, {client.text(tag::PidTagKeyword, "hemp")});
  client.save(kMessage, 2);
  remove(kMessage, {PropTag(tag::PidTagKeyword)});
  EXPECT_EQ(seen_elsewhere(tag::PidTagKeyword), "hemp");
  client.save(kMessage, 2);
  EXPECT_EQ(seen_elsewhere(tag::PidTagKeyword), "absent");

  client.set(kFolder, {client.text(tag::PidTagComment, "at once")});
  RopClient other(server);
  other.logon();
  ASSERT_EQ(other.open_folder(other.inbox(), kFolder), ErrorCode::none);
  PropTag tags[] = {PropTag(tag::PidTagComment)};
  EXPECT_EQ(utf8(other.get(kFolder, tags).cells[0]), "at once");
  remove(kFolder, {PropTag(tag::PidTagComment)});
  EXPECT_EQ(other.get(kFolder, tags).cells[0].flag, mapi::CellFlag::error);
}

TEST_F(Properties, ComeInTheOrderAsked) {
  client.set(kMessage, {client.text(tag::PidTagSubject, "order"), client.number(tag::PidTagImportance, 2)});
  PropTag tags[] = {PropTag(tag::PidTagImportance), PropTag(tag::PidTagInternetMessageId), PropTag(tag::PidTagSubject)};
  auto row = client.get(kMessage, tags);  // MS-OXCPRPT_R45701 MS-OXCPRPT_R45702 MS-OXCDATA_R64
  ASSERT_EQ(row.cells.size(), 3u);
  EXPECT_EQ(row.flag, 1);
  EXPECT_EQ(row.cells[0].value.number, 2u);
  EXPECT_EQ(row.cells[1].flag, mapi::CellFlag::error);
  EXPECT_EQ(utf8(row.cells[2]), "order");
}

// Asked for without a type, the server says which it is: MS-OXCDATA_R2720.
TEST_F(Properties, SayTheirTypeWhereNoneIsAsked) {
  client.set(kMessage, {client.text(tag::PidTagSubject, "Tau"), client.number(tag::PidTagImportance, 2)});
  auto wide = get(kMessage, 0x00370000);
  EXPECT_EQ(wide.type, mapi::PropType::string);  // MS-OXCPRPT_R458 MS-OXCPRPT_R6401
  EXPECT_EQ(utf8(wide), "Tau");
  auto narrow = get(kMessage, 0x00370000, false);
  EXPECT_EQ(narrow.type, mapi::PropType::string8);  // MS-OXCPRPT_R459 MS-OXCPRPT_R65
  EXPECT_EQ(text_of(narrow.value.bytes), "Tau");
  EXPECT_EQ(get(kMessage, 0x00170000).type, mapi::PropType::integer32);
  auto converted = get(kMessage, 0x0037001E);
  EXPECT_EQ(text_of(converted.value.bytes), "Tau");
}

// Every type keeps its value, bit by bit.
TEST_F(Properties, OfEveryTypeKeepTheirValues) {
  Arena& arena = client.arena;
  auto value = [](u32 tag, mapi::Value of) {
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(tag);
    property.value = of;
    return property;
  };
  auto items = [&](std::vector<mapi::Value> values) {
    auto kept = arena.make<mapi::Value>(values.size());
    std::copy(values.begin(), values.end(), kept.begin());
    return mapi::Value::of(wire::List<mapi::Value>(kept));
  };
  std::vector<u8> guid(16, 0x42), bytes = {0, 1, 2, 0xFF};
  std::vector<mapi::TaggedPropertyValue> properties = {
      value(0x66000002, mapi::Value::of(i32{-7})),
      value(0x66010003, mapi::Value::of(i32{-70000})),
      value(0x66020004, mapi::Value::of(u64{0x3FC00000})),
      value(0x66030005, mapi::Value::of(2.5)),
      value(0x66040006, mapi::Value::of(i64{-12345})),
      value(0x66050007, mapi::Value::of(40000.25)),
      value(0x6606000B, mapi::Value::of(true)),
      value(0x66070014, mapi::Value::of(i64{-5'000'000'000})),
      value(0x6608001F, mapi::Value::of(mapi::utf16_in(arena, "T\xC3\xA4ue \xE7\xB9\xA9"))),
      value(0x66090040, mapi::Value::of(FileTime{0x01D0000000000000})),
      value(0x660A0048, mapi::Value::of(ByteView(guid))),
      value(0x660B0102, mapi::Value::of(ByteView(bytes))),
      value(0x660C1003, items({mapi::Value::of(i32{1}), mapi::Value::of(i32{-2})})),
      value(0x660D101F,
            items({mapi::Value::of(mapi::utf16_in(arena, "one")), mapi::Value::of(mapi::utf16_in(arena, ""))})),
      value(0x660E1102, items({mapi::Value::of(ByteView(bytes)), mapi::Value::of(ByteView())})),
      value(0x660F1014, items({mapi::Value::of(i64{-1})})),
  };
  auto set = client.set(kMessage, properties);
  ASSERT_EQ(set.return_value, ErrorCode::none);
  EXPECT_EQ(set.property_problems.size(), 0u);
  auto check = [&](u8 index) {
    for (const auto& property : properties) {
      auto cell = get(index, property.tag.value);
      ASSERT_EQ(cell.flag, mapi::CellFlag::value) << property.tag.to_string();
      EXPECT_TRUE(mapi::equal_values(property.tag.type(), cell.value, property.value)) << property.tag.to_string();
    }
  };
  check(kMessage);
  auto id = client.save(kMessage).message_id;
  rop::OpenMessageRequest request;
  request.output_handle_index = kAgain;
  request.folder_id = client.inbox();
  request.message_id = id;
  ASSERT_EQ(client.call<rop::OpenMessageResponse>(request).return_value, ErrorCode::none);
  check(kAgain);
}

// A legal value of a type.
mapi::Value sample(mapi::PropType type, Arena& arena) {
  using mapi::PropType;
  if (mapi::is_multiple(type)) {
    auto items = arena.make<mapi::Value>(1);
    items[0] = sample(mapi::base_type(type), arena);
    return mapi::Value::of(wire::List<mapi::Value>(items));
  }
  switch (type) {
    case PropType::string:
      return mapi::Value::of(mapi::utf16_in(arena, "rope"));
    case PropType::binary:
      return mapi::Value::of(arena.copy(bytes_of(std::string_view("rope"))));
    case PropType::guid:
      return mapi::Value::of(arena.copy(bytes_of(std::string_view("0123456789abcdef"))));
    default:
      return mapi::Value::of(u64{1});
  }
}

// The types that [MS-OXCMSG] and [MS-OXCFOLD] give their properties are the ones they come back in, asked for without a
// type; tests/requirements/properties.tsv lists them (made by tools/make_requirements.py).
TEST_F(Properties, KeepTheTypesOfTheSpecifications) {
  std::ifstream in(ROPEWALK_SOURCE_DIR "/tests/requirements/properties.tsv");
  int seen = 0;
  std::string requirement, name, verb, type_text;
  while (in >> requirement >> name >> verb >> type_text) {
    if (verb != "kept") continue;
    const mapi::PropertyInfo* info = mapi::find_property(name);
    ASSERT_NE(info, nullptr) << name;
    auto type = static_cast<mapi::PropType>(std::stoul(type_text, nullptr, 16));
    u16 id = static_cast<u16>(info->id);
    if (info->kind != mapi::PropertyKind::tag) {
      mapi::PropertyNameField field;
      field.guid = mapi::guid_of(info->set);
      field.kind = info->kind == mapi::PropertyKind::lid ? mapi::NameKind::lid : mapi::NameKind::name;
      field.lid = info->id;
      field.name.bytes = mapi::utf16_in(client.arena, info->property_name);
      auto ids = ids_of({field}, true);
      ASSERT_EQ(ids.property_ids.size(), 1u) << name;
      id = ids.property_ids[0];
    }
    u8 index = requirement.starts_with("MS-OXCFOLD") ? kFolder
               : name.starts_with("PidTagAttach")    ? kAttachment
                                                     : kMessage;
    mapi::TaggedPropertyValue property;
    property.tag = PropTag(id, type);
    property.value = sample(type, client.arena);
    client.set(index, {property});  // what is the server's own is there without
    auto cell = get(index, PropTag(id, mapi::PropType::unspecified).value);
    if (name == "PidTagMessageSizeExtended") cell = get(index, PropTag(id, type).value);  // shares its id with another
    EXPECT_EQ(cell.flag, mapi::CellFlag::value) << requirement << " " << name;
    EXPECT_EQ(cell.type, type) << requirement << " " << name;
    ++seen;
  }
  EXPECT_GT(seen, 100);
}

TEST_F(Properties, OfTheServersOwnAreNotSet) {
  auto set = client.set(kMessage, {client.number(tag::PidTagMessageSize, 7), client.text(tag::PidTagSubject, "mine")});
  EXPECT_EQ(set.return_value, ErrorCode::none);
  ASSERT_EQ(set.property_problems.size(), 1u);   // MS-OXCPRPT_R107 MS-OXCPRPT_R10701 MS-OXCDATA_R52
  EXPECT_EQ(set.property_problems[0].index, 0);  // MS-OXCDATA_R46
  EXPECT_NE(get(kMessage, tag::PidTagMessageSize).value.number, 7u);  // MS-OXCMSG_R47
  EXPECT_EQ(utf8(get(kMessage, tag::PidTagSubject)), "mine");
}

TEST_F(Properties, TooLargeForAnAnswerAreLeftToStreams) {
  std::string large(100'000, 'r');
  ASSERT_EQ(open_stream(kMessage, tag::PidTagHtml, 2).return_value, ErrorCode::none);
  for (std::size_t at = 0; at < large.size(); at += 25'000) write(large.substr(at, 25'000));
  ASSERT_EQ(commit(), ErrorCode::none);
  auto cell = get(kMessage, tag::PidTagHtml);
  EXPECT_EQ(cell.flag, mapi::CellFlag::error);
  EXPECT_EQ(cell.value.number, 0x8007000Eu);  // MS-OXCDATA_R2052
  // The limit that the client sets is not an error by itself.
  client.set(kMessage, {client.text(tag::PidTagSubject, std::string(100, 's'))});
  EXPECT_EQ(get(kMessage, tag::PidTagSubject, true, 0).flag, mapi::CellFlag::value);  // MS-OXCPRPT_R62
}

TEST_F(Properties, HaveNamesWithIdsOfTheirOwn) {
  std::vector<mapi::PropertyNameField> names = {lid(kCommon, 0x8554), text_name(kPublicStrings, "Keywords")};
  auto unknown = ids_of(names, false);  // MS-OXCPRPT_R62801 MS-OXCPRPT_R226
  EXPECT_EQ(unknown.return_value, ErrorCode::warn_with_errors);
  ASSERT_EQ(unknown.property_ids.size(), 2u);
  for (u16 id : unknown.property_ids) EXPECT_EQ(id, 0);  // MS-OXCPRPT_R220
  auto ids = ids_of(names, true);                        // MS-OXCPRPT_R628 MS-OXCPRPT_R198 MS-OXCPRPT_R52502
  EXPECT_EQ(ids.return_value, ErrorCode::none);
  ASSERT_EQ(ids.property_ids.size(), 2u);  // MS-OXCPRPT_R216 MS-OXCPRPT_R21502 MS-OXCPRPT_R215
  EXPECT_GE(ids.property_ids[0], 0x8000);  // MS-OXCPRPT_R41405 MS-OXCPRPT_R41404 MS-OXCPRPT_R21801
  EXPECT_GE(ids.property_ids[1], 0x8000);
  EXPECT_NE(ids.property_ids[0], ids.property_ids[1]);
  std::swap(names[0], names[1]);
  auto swapped = ids_of(names, false, kMessage);  // MS-OXCPRPT_R222 MS-OXCPRPT_R20701
  EXPECT_EQ(swapped.property_ids[0], ids.property_ids[1]);
  EXPECT_EQ(swapped.property_ids[1], ids.property_ids[0]);
  // MS-OXCPRPT_R20702 MS-OXCPRPT_R20703 MS-OXCPRPT_R20704
  EXPECT_EQ(ids_of(names, false, kAttachment).property_ids[0], ids.property_ids[1]);
  EXPECT_EQ(ids_of(names, false, kFolder).property_ids[0], ids.property_ids[1]);

  std::vector<u16> asked = {ids.property_ids[0], ids.property_ids[1], 0x0037, 0xFFF0};
  for (u8 index : {u8{0}, kMessage, kAttachment, kFolder}) {
    // MS-OXCPRPT_R23701 MS-OXCPRPT_R23702 MS-OXCPRPT_R23703 MS-OXCPRPT_R23704 MS-OXCPRPT_R230 MS-OXCPRPT_R51802
    rop::GetNamesFromPropertyIdsRequest request;
    request.input_handle_index = index;
    request.property_ids = std::span<u16>(asked);
    auto back = client.call<rop::GetNamesFromPropertyIdsResponse>(request);
    EXPECT_EQ(back.return_value, ErrorCode::none) << int{index};
    ASSERT_EQ(back.property_names.size(), 4u);                      // MS-OXCPRPT_R249 MS-OXCPRPT_R24802 MS-OXCPRPT_R248
    EXPECT_EQ(back.property_names[0].kind, mapi::NameKind::lid);    // MS-OXCPRPT_R520
    EXPECT_EQ(back.property_names[0].lid, 0x8554u);                 // MS-OXCDATA_R26 MS-OXCDATA_R25
    EXPECT_EQ(back.property_names[0].guid, *Guid::parse(kCommon));  // MS-OXCDATA_R21
    EXPECT_EQ(back.property_names[1].kind, mapi::NameKind::name);
    EXPECT_EQ(utf16_to_utf8(back.property_names[1].name.bytes), "Keywords");  // MS-OXCDATA_R29 MS-OXCDATA_R30
    EXPECT_EQ(back.property_names[2].kind, mapi::NameKind::lid);              // PS_MAPI: MS-OXCPRPT_R518
    EXPECT_EQ(back.property_names[2].guid, *Guid::parse(kPsMapi));
    EXPECT_EQ(back.property_names[2].lid, 0x0037u);
    EXPECT_EQ(back.property_names[3].kind, mapi::NameKind::none);  // MS-OXCPRPT_R521
  }
  // And they hold values like any other.
  PropTag tag(ids.property_ids[1], mapi::PropType::string);
  client.set(kMessage, {client.text(tag.value, "knots")});
  EXPECT_EQ(utf8(get(kMessage, tag.value)), "knots");
}

// MS-OXCPRPT_R251 MS-OXCPRPT_R277 MS-OXCPRPT_R297 MS-OXCPRPT_R305 MS-OXCPRPT_R308 MS-OXCPRPT_R330 MS-OXCPRPT_R537
TEST_F(Properties, AreStreams) {
  EXPECT_EQ(open_stream(kMessage, tag::PidTagHtml, 0).return_value, ErrorCode::not_found);  // MS-OXCPRPT_R891
  EXPECT_EQ(open_stream(kMessage, tag::PidTagHtml, 1).return_value, ErrorCode::not_found);  // MS-OXCPRPT_R272
  auto opened = open_stream(kMessage, tag::PidTagHtml, 2);  // MS-OXCPRPT_R271 MS-OXCPRPT_R25301 MS-OXCPRPT_R885
  ASSERT_EQ(opened.return_value, ErrorCode::none);
  EXPECT_EQ(opened.stream_size, 0u);  // MS-OXCPRPT_R27601 MS-OXCPRPT_R276
  auto written = write("twenty fathoms of line");
  EXPECT_EQ(written.return_value, ErrorCode::none);  // MS-OXCPRPT_R29801 MS-OXCPRPT_R55703
  EXPECT_EQ(written.written_size, 22u);              // MS-OXCPRPT_R30401 MS-OXCPRPT_R304 MS-OXCPRPT_R303
  EXPECT_EQ(stream_size(), 22u);  // MS-OXCPRPT_R575 MS-OXCPRPT_R32003 MS-OXCPRPT_R30901 MS-OXCPRPT_R57502
  EXPECT_EQ(read(10), "");        // at the end
  auto sought = seek(rop::SeekOrigin::beginning, 7);
  EXPECT_EQ(sought.return_value, ErrorCode::none);  // MS-OXCPRPT_R33101 MS-OXCPRPT_R57902
  EXPECT_EQ(sought.new_position, 7u);               // MS-OXCPRPT_R581 MS-OXCPRPT_R341
  EXPECT_EQ(read(7), "fathoms");      // MS-OXCPRPT_R55206 MS-OXCPRPT_R2830201 MS-OXCPRPT_R28601 MS-OXCPRPT_R296
  EXPECT_EQ(read(0xBABE, 3), " of");  // MS-OXCPRPT_R55205 MS-OXCPRPT_R2830401 MS-OXCROPS_R3228
  EXPECT_EQ(read(100), " line");      // MS-OXCROPS_R3227
  EXPECT_EQ(seek(rop::SeekOrigin::end, -4).new_position, 18u);
  EXPECT_EQ(read(100), "line");
  seek(rop::SeekOrigin::end, -4);
  EXPECT_EQ(seek(rop::SeekOrigin::current, -2).new_position, 16u);
  write("!");
  ASSERT_EQ(commit(), ErrorCode::none);  // MS-OXCPRPT_R30601 MS-OXCPRPT_R56902
  // Of this message, and of nobody else's until it is saved: MS-OXCPRPT_R56401 MS-OXCPRPT_R56402 MS-OXCPRPT_R56403.
  EXPECT_EQ(text_of(get(kMessage, tag::PidTagHtml).value.bytes), "twenty fathoms o! line");
  auto id = client.save(kMessage, 2).message_id;
  rop::OpenMessageRequest request;
  request.output_handle_index = kAgain;
  request.folder_id = client.inbox();
  request.message_id = id;
  ASSERT_EQ(client.call<rop::OpenMessageResponse>(request).return_value, ErrorCode::none);
  ASSERT_EQ(open_stream(kAgain, tag::PidTagHtml, 0).stream_size, 22u);  // MS-OXCPRPT_R267
  EXPECT_EQ(read(100), "twenty fathoms o! line");
  EXPECT_EQ(static_cast<u32>(write("no").return_value), 0x80030005u);  // MS-OXCPRPT_R901
}

TEST_F(Properties, StreamsGrowAndShrink) {
  ASSERT_EQ(open_stream(kAttachment, tag::PidTagAttachDataBinary, 2).return_value,
            ErrorCode::none);  // MS-OXCPRPT_R25303
  write("0123456789");
  EXPECT_EQ(resize(4), ErrorCode::none);  // MS-OXCPRPT_R322 MS-OXCPRPT_R57705 MS-OXCPRPT_R57707 MS-OXCPRPT_R57702
  EXPECT_EQ(resize(6), ErrorCode::none);  // MS-OXCPRPT_R32301 MS-OXCPRPT_R32801
  EXPECT_EQ(stream_size(), 6u);
  seek(rop::SeekOrigin::beginning, 0);
  EXPECT_EQ(read(100), std::string("0123\0\0", 6));  // MS-OXCPRPT_R57706
  EXPECT_EQ(static_cast<u32>(seek(rop::SeekOrigin::beginning, i64{1} << 32).return_value),
            0x80030019u);                                                                           // MS-OXCPRPT_R582
  EXPECT_EQ(static_cast<u32>(seek(static_cast<rop::SeekOrigin>(7), 0).return_value), 0x80030057u);  // MS-OXCPRPT_R903
  EXPECT_NE(seek(rop::SeekOrigin::beginning, -1).return_value, ErrorCode::none);
  EXPECT_NE(resize(u64{1} << 40), ErrorCode::none);
  seek(rop::SeekOrigin::beginning, 8);  // MS-OXCPRPT_R583
  write("end");
  seek(rop::SeekOrigin::beginning, 0);
  EXPECT_EQ(read(100), std::string("0123\0\0\0\0end", 11));
}

TEST_F(Properties, AreForObjectsThatHaveSome) {
  EXPECT_EQ(client.set(kNobody, {client.text(tag::PidTagSubject, "x")}).return_value, ErrorCode::null_object);
  EXPECT_EQ(remove(kNobody, {PropTag(tag::PidTagSubject)}).return_value, ErrorCode::null_object);
  EXPECT_EQ(open_stream(kNobody, tag::PidTagHtml, 2).return_value, ErrorCode::null_object);
  ASSERT_EQ(open_stream(kMessage, tag::PidTagHtml, 2).return_value, ErrorCode::none);
  EXPECT_EQ(client.set(kStream, {client.text(tag::PidTagSubject, "x")}).return_value, ErrorCode::not_supported);
  rop::ReadStreamRequest read_message;
  read_message.input_handle_index = kMessage;
  EXPECT_EQ(client.call<rop::ReadStreamResponse>(read_message).return_value, ErrorCode::not_supported);
}

}  // namespace
}  // namespace ropewalk
