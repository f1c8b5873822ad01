#include "protocol/rop/registry.h"

#include <algorithm>
#include <array>

namespace ropewalk::rop {

// The families, each beside its structures.
std::span<const RopRow> control_rops();
std::span<const RopRow> fast_transfer_rops();
std::span<const RopRow> oxcfold_rops();
std::span<const RopRow> oxcmsg_rops();
std::span<const RopRow> oxcnotif_rops();
std::span<const RopRow> oxcperm_rops();
std::span<const RopRow> oxcprpt_rops();
std::span<const RopRow> oxcstor_rops();
std::span<const RopRow> oxctabl_rops();
std::span<const RopRow> oxomsg_rops();
std::span<const RopRow> oxorule_rops();
std::span<const RopRow> stream_rops();
std::span<const RopRow> synchronization_rops();

namespace {

using Family = std::span<const RopRow> (*)();
constexpr Family kFamilies[] = {control_rops, fast_transfer_rops, oxcfold_rops,        oxcmsg_rops,  oxcnotif_rops,
                                oxcperm_rops, oxcprpt_rops,       oxcstor_rops,        oxctabl_rops, oxomsg_rops,
                                oxorule_rops, stream_rops,        synchronization_rops};

struct Registry {
  std::array<const RopRow*, 256> by_id{};
  std::vector<const RopRow*> rows;

  Registry() {
    for (Family family : kFamilies)
      for (const RopRow& row : family()) by_id[static_cast<u8>(row.id)] = &row;
    for (const RopRow* row : by_id)
      if (row != nullptr) rows.push_back(row);
  }
};

const Registry& registry() {
  static const Registry made;
  return made;
}

}  // namespace

std::span<const RopRow* const> described_rops() { return registry().rows; }

const RopRow* find_row(RopId id) { return registry().by_id[static_cast<u8>(id)]; }

const wire::StructInfo* request_info(RopId id) {
  const RopRow* row = find_row(id);
  return row == nullptr ? nullptr : row->request;
}

const wire::StructInfo* response_info(RopId id) {
  const RopRow* row = find_row(id);
  return row == nullptr ? nullptr : row->response;
}

bool encode_failure(RopId id, const void* request, mapi::ErrorCode code, wire::OutBuffer& out) {
  const RopRow* row = find_row(id);
  if (row == nullptr || row->make_failure == nullptr || row->response_index == nullptr) return false;
  Arena arena;
  void* response = arena.allocate(row->response->size, row->response->align);
  row->response->construct(response);
  row->make_failure(response, row->response_index(request), row->dest_index(request), code);
  std::size_t before = out.size();
  wire::Encoder encoder(out);
  row->response->encode(encoder, response);
  if (!encoder.ok()) out.truncate(before);
  return encoder.ok();
}

}  // namespace ropewalk::rop
