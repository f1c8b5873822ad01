#include "protocol/fasttransfer/stream.h"

#include "wire/flag_text.h"

namespace ropewalk::fasttransfer {
namespace {

// [MS-OXCFXICS] 2.2.4.1.4
constexpr wire::NamedValue kMarkers[] = {{0x40000003, "NewAttach"},
                                         {0x40010003, "StartEmbed"},
                                         {0x40020003, "EndEmbed"},
                                         {0x40030003, "StartRecip"},
                                         {0x40040003, "EndToRecip"},
                                         {0x40090003, "StartTopFld"},
                                         {0x400A0003, "StartSubFld"},
                                         {0x400B0003, "EndFolder"},
                                         {0x400C0003, "StartMessage"},
                                         {0x400D0003, "EndMessage"},
                                         {0x400E0003, "EndAttach"},
                                         {0x40100003, "StartFAIMsg"},
                                         {0x40120003, "IncrSyncChg"},
                                         {0x40130003, "IncrSyncDel"},
                                         {0x40140003, "IncrSyncEnd"},
                                         {0x40150003, "IncrSyncMessage"},
                                         {0x40180003, "FXErrorInfo"},
                                         {0x402F0003, "IncrSyncRead"},
                                         {0x403A0003, "IncrSyncStateBegin"},
                                         {0x403B0003, "IncrSyncStateEnd"},
                                         {0x4074000B, "IncrSyncProgressMode"},
                                         {0x4075000B, "IncrSyncProgressPerMsg"},
                                         {0x407B0102, "IncrSyncGroupInfo"},
                                         {0x407D0003, "IncrSyncChgPartial"}};

// Tags whose values generated instances have.
constexpr u32 kExamples[] = {0x400C0003, 0x400D0003, 0x0037001F, 0x00170003, 0x0E060040, 0x00370102,
                             0x0E1B000B, 0x10130102, 0x8001001F, 0x803384B0, 0x0FF90102, 0x3001101F};

}  // namespace

std::string_view marker_name(u32 value) {
  for (const auto& marker : kMarkers)
    if (marker.value == value) return marker.name;
  return {};
}

bool Tag::is_marker() const { return !marker_name(value).empty(); }

mapi::PropType Tag::type() const {
  if (value == kIdsetGiven) return mapi::PropType::binary;
  u16 low = static_cast<u16>(value);
  if ((low & 0x8000) == 0) return static_cast<mapi::PropType>(low);
  constexpr u16 kUtf16 = 1200;
  return (low & 0x7FFF) == kUtf16 ? mapi::PropType::string : mapi::PropType::string8;
}

const wire::TypeInfo& wire_type(std::type_identity<Tag>) {
  static constexpr wire::TypeInfo info{
      "FastTransfer tag", 4, wire::Form::unsigned_number,
      [](u64 raw, std::string& out) {
        std::string_view marker = marker_name(static_cast<u32>(raw));
        if (!marker.empty())
          out += marker;
        else if (auto text = mapi::wire_type(std::type_identity<mapi::PropTag>{}).text; text != nullptr)
          text(raw, out);
      },
      [](wire::Random& random) -> u64 { return kExamples[random.below(std::size(kExamples))]; }};
  return info;
}

}  // namespace ropewalk::fasttransfer
