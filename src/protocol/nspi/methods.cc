#include "protocol/nspi/methods.h"

#include <unicode/uloc.h>

#include "wire/describe.h"

namespace ropewalk::nspi {
namespace {

template <class In, class Out>
constexpr dcerpc::Method method(u16 opnum, std::string_view name) {
  return {opnum, name, In::kSource, &wire::struct_info<In>, &wire::struct_info<Out>};
}

constexpr dcerpc::Method kMethods[] = {
    method<BindIn, BindOut>(0, "NspiBind"),
    method<UnbindIn, UnbindOut>(1, "NspiUnbind"),
    method<UpdateStatIn, UpdateStatOut>(2, "NspiUpdateStat"),
    method<QueryRowsIn, QueryRowsOut>(3, "NspiQueryRows"),
    method<SeekEntriesIn, SeekEntriesOut>(4, "NspiSeekEntries"),
    method<GetMatchesIn, GetMatchesOut>(5, "NspiGetMatches"),
    method<ResortRestrictionIn, ResortRestrictionOut>(6, "NspiResortRestriction"),
    method<DNToMIdIn, DNToMIdOut>(7, "NspiDNToMId"),
    method<GetPropListIn, GetPropListOut>(8, "NspiGetPropList"),
    method<GetPropsIn, GetPropsOut>(9, "NspiGetProps"),
    method<CompareMIdsIn, CompareMIdsOut>(10, "NspiCompareMIds"),
    method<ModPropsIn, ModPropsOut>(11, "NspiModProps"),
    method<GetSpecialTableIn, GetSpecialTableOut>(12, "NspiGetSpecialTable"),
    method<GetTemplateInfoIn, GetTemplateInfoOut>(13, "NspiGetTemplateInfo"),
    method<ModLinkAttIn, ModLinkAttOut>(14, "NspiModLinkAtt"),
    method<QueryColumnsIn, QueryColumnsOut>(16, "NspiQueryColumns"),
    method<GetNamesFromIDsIn, GetNamesFromIDsOut>(17, "NspiGetNamesFromIDs"),
    method<GetIDsFromNamesIn, GetIDsFromNamesOut>(18, "NspiGetIDsFromNames"),
    method<ResolveNamesIn, ResolveNamesOut>(19, "NspiResolveNames"),
    method<ResolveNamesWIn, ResolveNamesWOut>(20, "NspiResolveNamesW"),
};

// mapi::RestrictType's text and legal values, in 32 bits; those that [MS-OXNSPI] does not have are left out.
void restriction_text(u64 raw, std::string& text) { wire::type_info<mapi::RestrictType>().text(raw, text); }
u64 any_restriction(wire::Random& random) {
  return random.depth > 3 ? u64{static_cast<u8>(mapi::RestrictType::exist)} : random.below(10);
}

// [MS-OXNSPI] 2.2.1.10
void sort_text(u64 raw, std::string& text) {
  text += raw == 0       ? "SortTypeDisplayName"
          : raw == 3     ? "SortTypePhoneticDisplayName"
          : raw == 0x3E8 ? "SortTypeDisplayName_RO"
          : raw == 0x3E9 ? "SortTypeDisplayName_W"
                         : "";
}
void container_text(u64 raw, std::string& text) {
  if (raw == 0) text += "Global Address List";
}
// [MS-OXNSPI] 2.2.1.8
void record_text(u64 raw, std::string& text) {
  text += raw == 0 ? "MID_BEGINNING_OF_TABLE" : raw == 1 ? "MID_CURRENT" : raw == 2 ? "MID_END_OF_TABLE" : "";
}
// [MS-OXNSPI] 2.2.1.5
void code_page_text(u64 raw, std::string& text) {
  text += raw == 1200 ? "CP_WINUNICODE" : raw == 20261 ? "CP_TELETEX" : "";
}
// "en-US"
void locale_text(u64 raw, std::string& text) {
  char name[ULOC_FULLNAME_CAPACITY];
  UErrorCode failed = U_ZERO_ERROR;
  int32_t length = uloc_getLocaleForLCID(static_cast<uint32_t>(raw), name, sizeof name, &failed);
  if (raw == 0 || U_FAILURE(failed) || length <= 0) return;
  for (int32_t i = 0; i < length; ++i) text += name[i] == '_' ? '-' : name[i];
}
template <class T>
void operator_text(u64 raw, std::string& text) {
  if (raw <= 0xFF) wire::type_info<T>().text(raw, text);
}
constexpr wire::TypeInfo number32(std::string_view name, void (*text)(u64, std::string&)) {
  return {name, 4, wire::Form::unsigned_number, text, nullptr};
}

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<SortType>) {
  static constexpr wire::TypeInfo info = number32("SortType", sort_text);
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<ContainerId>) {
  static constexpr wire::TypeInfo info = number32("ContainerID", container_text);
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<CurrentRecord>) {
  static constexpr wire::TypeInfo info = number32("CurrentRec", record_text);
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<CodePage>) {
  static constexpr wire::TypeInfo info = number32("CodePage", code_page_text);
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<Locale>) {
  static constexpr wire::TypeInfo info = number32("LCID", locale_text);
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<RelationalOperator>) {
  static constexpr wire::TypeInfo info = number32("RelOp", operator_text<mapi::RelOp>);
  return info;
}
const wire::TypeInfo& wire_type(std::type_identity<BitMaskOperator>) {
  static constexpr wire::TypeInfo info = number32("BitmaskRelOp", operator_text<mapi::BitMaskRelOp>);
  return info;
}

const wire::TypeInfo& wire_type(std::type_identity<RestrictionType>) {
  static constexpr wire::TypeInfo info{"RestrictionType", 4, wire::Form::unsigned_number, restriction_text,
                                       any_restriction};
  return info;
}

constexpr dcerpc::Interface kNspi{"NSPI", dcerpc::syntax(guid_literal("f5cc5a18-4264-101a-8c59-08002b2f8426"), 56),
                                  kMethods};

}  // namespace ropewalk::nspi
