#include "mapi/entry_id.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/utf16.h"
#include "mapi/server_id.h"
#include "mapi/xid.h"
#include "wire/test_round_trip.h"

namespace ropewalk::mapi {
namespace {

using wire::struct_info;

std::string encoded(const auto& object) {
  wire::OutBuffer out;
  EXPECT_TRUE(wire::encode(object, out));
  return to_hex(out.view());
}

// [MS-OXODLGT] 4.1.1 prints the entry identifier of a Calendar.
const char* const kCalendar =
    "00000000"
    "C3E178579652CE46A353B3E07F9B97BC"
    "0100"
    "8B8DB182AF2ED048934707ED5448840F"
    "00174EA89C98"
    "0000";

TEST(EntryIds, OfAFolder) {
  Arena arena;
  auto bytes = *from_hex(kCalendar);
  auto id = wire::decode<EntryId>(bytes, arena);
  ASSERT_TRUE(id.ok()) << id.error().text();
  const auto* folder = id->as<FolderEntryIdBody>();
  ASSERT_NE(folder, nullptr);
  EXPECT_EQ(folder->folder_type.type(), EntryIdType::private_folder);
  EXPECT_EQ(globcnt_number(folder->global_counter), 0x174EA89C98u);
  EXPECT_EQ(id->as<MessageEntryIdBody>(), nullptr);
  EXPECT_EQ(encoded(*id), kCalendar);
  auto plain = wire::decode<FolderEntryId>(bytes, arena);
  ASSERT_TRUE(plain.ok()) << plain.error().text();
  EXPECT_EQ(encoded(*plain), kCalendar);
}

TEST(EntryIds, OfAOneOffRecipient) {
  OneOffEntryId id;
  id.provider_uid = kOneOffProvider;
  id.body.one_off_flags.value = OneOffFlags::kUnicode | OneOffFlags::kNoRichInfo;
  auto name = utf8_to_utf16("U"), type = utf8_to_utf16("SMTP"), address = utf8_to_utf16("u@x");
  id.body.display_name.bytes = name;
  id.body.address_type.bytes = type;
  id.body.email_address.bytes = address;
  EXPECT_EQ(encoded(id),
            "00000000812B1FA4BEA310199D6E00DD010F540200000180"
            "55000000"
            "53004D00540050000000"
            "7500400078000000");
}

TEST(EntryIds, ProvidersChoose) {
  Arena arena;
  auto chosen = [&](std::string_view hex) {
    auto bytes = *from_hex(hex);
    auto id = wire::decode<EntryId>(bytes, arena);
    return id ? std::string(id->body.info->name) : id.error().text();
  };
  EXPECT_EQ(chosen("00000000 DCA740C8C042101AB4B908002B2FE182 01000000 00000000 2F6F00"), "AddressBookEntryID");
  EXPECT_EQ(chosen("87000000 A13B2B00CE5ECA4D976D076EC81BA4A4 01000000 00000000 22BB0000"), "EphemeralEntryID");
  EXPECT_EQ(chosen("00000000 0FC47A51C32F264AAA1CD7F2BA4F1D7A 82800000"), "UnknownEntryID");
  EXPECT_EQ(
      chosen("00000000 C091ADD3519DCF11A4A900AA0047FAA4 B5 00000000DCA740C8C042101AB4B908002B2FE182010000000000000000"),
      "WrappedEntryId");
  EXPECT_EQ(chosen("112233"), "EntryID.Flags: 4 bytes needed, 3 left at 0x0000");
}

TEST(EntryIds, NestingIsBounded) {
  std::vector<u8> bytes;
  auto wrap = *from_hex("00000000C091ADD3519DCF11A4A900AA0047FAA4B5");
  for (int i = 0; i < 1000; ++i) bytes.insert(bytes.end(), wrap.begin(), wrap.end());
  Arena arena;
  auto id = wire::decode<EntryId>(bytes, arena);
  ASSERT_FALSE(id.ok());
  EXPECT_EQ(id.error().kind, wire::ErrorKind::too_deep);
}

TEST(EntryIds, EveryReadingAgrees) {
  for (auto* info :
       {&struct_info<EntryId>, &struct_info<FolderEntryId>, &struct_info<MessageEntryId>, &struct_info<StoreEntryId>,
        &struct_info<OneOffEntryId>, &struct_info<AddressBookEntryId>, &struct_info<EphemeralEntryId>,
        &struct_info<ContactEntryId>, &struct_info<WrappedEntryId>, &struct_info<ServerId>, &struct_info<Xid>,
        &struct_info<SizedXid>, &struct_info<PredecessorChangeList>})
    EXPECT_EQ(wire::check_round_trips(*info, nullptr, 60), "") << info->name;
}

}  // namespace
}  // namespace ropewalk::mapi
