#include "dissect/dissector.h"

#include "dissect/conversations.h"
#include "dissect/tcp_follower.h"

namespace ropewalk::dissect {

Dissector::Dissector(int link_type, DissectOptions options, OnOperation on_operation)
    : conversations_(std::make_unique<Conversations>(std::move(options), std::move(on_operation))),
      network_(link_type),
      streams_(std::make_unique<capture::Streams>(
          [this](const capture::Connection& connection) { return follow_tcp(*conversations_, connection); },
          conversations_->options().limits)) {}

Dissector::~Dissector() = default;

void Dissector::add(const capture::Packet& packet) {
  DissectCounts& counts = conversations_->counts();
  if (counts.frames == 0) conversations_->set_start(packet.frame.time);
  ++counts.frames;
  counts.bytes += packet.length;
  if (auto segment = network_.segment(packet)) streams_->add(*segment, packet.frame);
  counts.connections = streams_->connections();
}

void Dissector::finish() { streams_->finish(); }

const DissectCounts& Dissector::counts() const { return conversations_->counts(); }

Result<DissectedFile> dissect_packets(capture::PacketFile& file, const DissectOptions& options,
                                      OnOperation on_operation) {
  Dissector dissector(file.link_type(), options, std::move(on_operation));
  capture::Packet packet;
  while (file.next(packet)) dissector.add(packet);
  dissector.finish();
  return DissectedFile{dissector.counts(), file.trouble()};
}

Result<DissectedFile> dissect_file(const std::string& path, const DissectOptions& options, OnOperation on_operation) {
  ROPEWALK_TRY(capture::PacketFile file, capture::PacketFile::open(path));
  return dissect_packets(file, options, std::move(on_operation));
}

}  // namespace ropewalk::dissect
