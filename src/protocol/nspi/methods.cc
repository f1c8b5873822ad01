#include "protocol/nspi/methods.h"

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

}  // namespace

const wire::TypeInfo& wire_type(std::type_identity<RestrictionType>) {
  static constexpr wire::TypeInfo info{"RestrictionType", 4, wire::Form::unsigned_number, restriction_text,
                                       any_restriction};
  return info;
}

constexpr dcerpc::Interface kNspi{"NSPI", dcerpc::syntax(guid_literal("f5cc5a18-4264-101a-8c59-08002b2f8426"), 56),
                                  kMethods};

}  // namespace ropewalk::nspi
