#include "rpc/services.h"

#include "protocol/epm/methods.h"
#include "protocol/mgmt/methods.h"

namespace ropewalk::rpc {
namespace {

// Decodes a call's parameters; stubs may be longer than they.
template <class In>
std::optional<In> parameters(const Call& call, Arena& arena) {
  wire::Context format = wire::add_context(call.format, nullptr);
  std::size_t consumed = 0;
  auto in = wire::decode<In>(call.stub, arena, &format, &consumed);
  return in.ok() ? std::optional<In>(*in) : std::nullopt;
}

template <class Out>
Answer answer(const Call& call, const Out& out) {
  ndr::Format format = call.answer_format();
  wire::Context context = wire::add_context(format, nullptr);
  wire::OutBuffer bytes;
  if (!wire::encode(out, bytes, &context)) return dcerpc::kOutOfResources;
  return std::vector<u8>(bytes.view().begin(), bytes.view().end());
}

// [MS-RPCE] 2.2.1.2.4, vers_option
bool version_matches(const dcerpc::SyntaxId& served, const epm::InterfaceId& wanted, u32 option) {
  switch (option) {
    case epm::kCompatible:
      return served.major() == wanted.major && served.minor() >= wanted.minor;
    case epm::kExact:
      return served.major() == wanted.major && served.minor() == wanted.minor;
    case epm::kMajorOnly:
      return served.major() == wanted.major;
    case epm::kUpTo:
      return served.major() < wanted.major || (served.major() == wanted.major && served.minor() <= wanted.minor);
    default:
      return true;
  }
}

std::vector<u8> tower_of(const Registration& registration, const std::string& here) {
  epm::Binding binding = registration.binding;
  if (binding.host.empty()) binding.host = here;
  return epm::make_tower(binding);
}

// Referent ids for the full pointers of an answer. Those of the question stay taken: in one call, the same id is the
// same target, whichever way it goes ([C706] 14.3.12.2).
class NewReferents {
 public:
  explicit NewReferents(std::initializer_list<u64> taken) : taken_(taken) {}
  u64 next() {
    do {
      ++last_;
    } while (std::find(taken_.begin(), taken_.end(), last_) != taken_.end());
    return last_;
  }

 private:
  std::vector<u64> taken_;
  u64 last_ = 0;
};

}  // namespace

void EndpointMap::add(Registration registration) {
  std::lock_guard lock(mutex_);
  registrations_.push_back(std::move(registration));
}

std::vector<Registration> EndpointMap::registrations() const {
  std::lock_guard lock(mutex_);
  return registrations_;
}

void EndpointMap::run_down(u32 association) {
  std::lock_guard lock(mutex_);
  std::erase_if(searches_, [&](const auto& search) { return search.second.association == association; });
}

template <class Matches>
std::vector<Registration> EndpointMap::begin(const Matches& matches) const {
  std::lock_guard lock(mutex_);
  std::vector<Registration> found;
  std::copy_if(registrations_.begin(), registrations_.end(), std::back_inserter(found), matches);
  return found;
}

Result<std::vector<Registration>, u32> EndpointMap::next(const Call& call, ndr::ContextHandle& handle,
                                                         std::vector<Registration> found, std::size_t most,
                                                         bool ends_short) {
  std::lock_guard lock(mutex_);
  if (!handle.is_null()) {
    auto search = searches_.find(handle.uuid);
    if (search == searches_.end() || search->second.association != call.association) return dcerpc::kContextMismatch;
    found = std::move(search->second.left);
    searches_.erase(search);
  }
  std::vector<Registration> now(found.begin(),
                                found.begin() + static_cast<std::ptrdiff_t>(std::min(most, found.size())));
  found.erase(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(now.size()));
  const bool over = ends_short ? now.size() < most : found.empty();
  if (over || searches_.size() >= kMaxSearches) {
    handle = {};
    return now;
  }
  if (handle.is_null()) handle.uuid = Guid::random();
  searches_[handle.uuid] = {call.association, std::move(found)};
  return now;
}

Answer EndpointMap::serve(const Call& call, const std::string& here) {
  switch (call.opnum) {
    case 2:
      return lookup(call, here);
    case 3:
      return map(call, here);
    case 4:
      return free_handle(call);
    default:
      // ept_insert, ept_delete, ept_inq_object, ept_mgmt_delete: [MS-RPCE] 2.2.1.2.6 to 2.2.1.2.10
      return dcerpc::kOpnumOutOfRange;
  }
}

Answer EndpointMap::lookup(const Call& call, const std::string& here) {
  Arena arena(1u << 20, 4096);
  auto in = parameters<epm::LookupIn>(call, arena);
  if (!in || in->max_entries > epm::kMaxEntries) return dcerpc::kBadStubData;
  bool by_interface = (in->inquiry_type & epm::kMatchByInterface) != 0 && in->inquiry_type <= epm::kMatchByBoth;
  bool by_object = (in->inquiry_type & epm::kMatchByObject) != 0 && in->inquiry_type <= epm::kMatchByBoth;
  auto found = begin([&](const Registration& one) {
    if (by_interface && in->interface_id &&
        (one.binding.interface_id.uuid != in->interface_id->uuid ||
         !version_matches(one.binding.interface_id, *in->interface_id, in->version_option)))
      return false;
    return !by_object || one.object == (in->object ? *in->object : Guid());
  });
  epm::LookupOut out;
  out.entry_handle = in->entry_handle;
  auto part = next(call, out.entry_handle, std::move(found), in->max_entries, true);
  if (!part.ok()) return part.error();
  std::vector<std::vector<u8>> towers;
  std::vector<epm::TowerOctets> octets(part->size());
  std::vector<epm::Entry> entries(part->size());
  for (const Registration& one : *part) towers.push_back(tower_of(one, here));
  NewReferents referents({in->object.referent, in->interface_id.referent});
  for (std::size_t i = 0; i < entries.size(); ++i) {
    octets[i].octets = towers[i];
    entries[i].object = (*part)[i].object;
    entries[i].tower = ndr::FullPointer<epm::TowerOctets>::to(octets[i]);
    entries[i].tower.referent = referents.next();
    entries[i].annotation.text = wire::String8::of(std::string_view((*part)[i].annotation).substr(0, 63));
  }
  out.entries.max_count = in->max_entries;
  out.entries.items = wire::List<epm::Entry>(entries);
  out.status = entries.empty() ? epm::kNotRegistered : 0;
  return answer(call, out);
}

Answer EndpointMap::map(const Call& call, const std::string& here) {
  Arena arena(1u << 20, 4096);
  auto in = parameters<epm::MapIn>(call, arena);
  if (!in || in->max_towers > epm::kMaxEntries) return dcerpc::kBadStubData;
  auto wanted = in->map_tower ? epm::read_tower(in->map_tower->octets) : std::nullopt;
  auto found = begin([&](const Registration& one) {
    return wanted && one.binding.interface_id.uuid == wanted->interface_id.uuid &&
           one.binding.interface_id.major() == wanted->interface_id.major() &&
           one.binding.interface_id.minor() >= wanted->interface_id.minor() &&
           one.binding.transport == wanted->transport &&
           (one.object.is_null() || (in->object && one.object == *in->object));
  });
  epm::MapOut out;
  out.entry_handle = in->entry_handle;
  auto part = next(call, out.entry_handle, std::move(found), in->max_towers, false);
  if (!part.ok()) return part.error();
  std::vector<std::vector<u8>> towers;
  std::vector<epm::TowerOctets> octets(part->size());
  std::vector<ndr::FullPointer<epm::TowerOctets>> pointers(part->size());
  for (const Registration& one : *part) towers.push_back(tower_of(one, here));
  NewReferents referents({in->object.referent, in->map_tower.referent});
  for (std::size_t i = 0; i < pointers.size(); ++i) {
    octets[i].octets = towers[i];
    pointers[i] = ndr::FullPointer<epm::TowerOctets>::to(octets[i]);
    pointers[i].referent = referents.next();
  }
  out.towers.max_count = in->max_towers;
  out.towers.items = wire::List<ndr::FullPointer<epm::TowerOctets>>(pointers);
  out.status = pointers.empty() ? epm::kNotRegistered : 0;
  return answer(call, out);
}

Answer EndpointMap::free_handle(const Call& call) {
  Arena arena(1u << 20, 4096);
  auto in = parameters<epm::LookupHandleFreeIn>(call, arena);
  if (!in) return dcerpc::kBadStubData;
  {
    std::lock_guard lock(mutex_);
    auto search = searches_.find(in->entry_handle.uuid);
    if (search == searches_.end() || search->second.association != call.association) return dcerpc::kContextMismatch;
    searches_.erase(search);
  }
  return answer(call, epm::LookupHandleFreeOut{});
}

Answer serve_management(const Call& call, const Endpoint& endpoint,
                        const std::function<std::string(dcerpc::AuthType)>& principal) {
  Arena arena(1u << 20, 4096);
  switch (call.opnum) {
    case 0: {
      std::vector<epm::InterfaceId> ids;
      for (const ServedInterface& one : endpoint.interfaces)
        ids.push_back({one.id.uuid, one.id.major(), one.id.minor()});
      std::vector<ndr::Pointer<epm::InterfaceId>> pointers;
      for (const epm::InterfaceId& id : ids) pointers.push_back(ndr::Pointer<epm::InterfaceId>::to(id));
      mgmt::InterfaceVector all{wire::List<ndr::Pointer<epm::InterfaceId>>(pointers)};
      return answer(call, mgmt::InqIfIdsOut{ndr::Pointer<mgmt::InterfaceVector>::to(all), 0});
    }
    case 1: {
      auto in = parameters<mgmt::InqStatsIn>(call, arena);
      if (!in || in->count > mgmt::kMaxStatistics) return dcerpc::kBadStubData;
      u32 counts[4] = {};  // calls in, calls out (a server makes none), packets in, packets out
      if (const Statistics* known = endpoint.statistics) {
        counts[0] = known->calls_in;
        counts[2] = known->packets_in;
        counts[3] = known->packets_out;
      }
      mgmt::InqStatsOut out;
      out.statistics.items = wire::List<u32>(std::span<u32>(counts, std::min<std::size_t>(in->count, 4)));
      return answer(call, out);
    }
    case 2:
      return answer(call, mgmt::IsServerListeningOut{0, 1});
    case 3:  // not from afar
      return answer(call, mgmt::StopServerListeningOut{dcerpc::kAccessDenied});
    case 4: {
      auto in = parameters<mgmt::InqPrincNameIn>(call, arena);
      if (!in || in->size > mgmt::kMaxPrincipalName) return dcerpc::kBadStubData;
      std::string name = principal ? principal(static_cast<dcerpc::AuthType>(in->authn_proto)) : "";
      constexpr u32 kUnknownAuthnService = 0x000006D3, kInsufficientBuffer = 0x0000007A;
      mgmt::InqPrincNameOut out;
      if (name.empty()) out.status = kUnknownAuthnService;
      if (name.size() >= in->size && out.status == 0) out.status = kInsufficientBuffer;
      if (out.status == 0) out.name = ndr::String::of(name);
      out.name.max_count = in->size;
      return answer(call, out);
    }
    default:
      return dcerpc::kOpnumOutOfRange;
  }
}

}  // namespace ropewalk::rpc
