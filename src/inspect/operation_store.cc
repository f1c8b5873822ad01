#include "inspect/operation_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "inspect/record.h"

namespace ropewalk::inspect {
namespace {

u64 memory_of(const OperationStore::Row& row) { return sizeof row + row.facts.capacity(); }

}  // namespace

Severity severity_of(const dissect::Operation& operation) {
  if (operation.error != 0) return Severity::failed;
  for (const dissect::RopNote& rop : operation.rops)
    if (rop.error.value_or(0) != 0) return Severity::partial;
  return operation.notes.empty() ? Severity::plain : Severity::noted;
}

OperationStore::OperationStore(StoreLimits limits, std::string spool_folder)
    : limits_(limits), spool_(std::move(spool_folder)) {}

bool OperationStore::is_over_limit() const {
  auto over = [](u64 value, u64 limit) { return limit != 0 && value > limit; };
  return over(rows_.size(), limits_.operations) || over(extent_.memory, limits_.bytes) ||
         over(spool_.size(), limits_.disk);
}

void OperationStore::drop_oldest() {
  extent_.memory -= memory_of(rows_.front());
  rows_.pop_front();
  ++extent_.dropped;
  spool_.drop_before(rows_.front().content.offset);
}

void OperationStore::add(const dissect::Operation& operation) {
  Row row;
  row.number = operation.number;
  row.severity = severity_of(operation);
  row.facts = write_facts(operation);
  row.facts.shrink_to_fit();
  const std::string content = write_content(operation);  // takes the time; without the lock
  std::unique_lock guard(lock_);
  if (!rows_.empty() && row.number <= rows_.back().number) return;
  auto place = spool_.append(content);
  if (place)
    row.content = *place;
  else
    extent_.trouble = place.error().text;
  if (extent_.version == 0 && !operation.frames.empty()) extent_.base_time = operation.frame().time;
  if (operation.answers) {
    auto request = find(*operation.answers);
    if (request != rows_.end() && request->number == *operation.answers)
      rows_[static_cast<std::size_t>(request - rows_.begin())].answered_by = row.number;
  }
  diagnosis_.add(operation);
  extent_.memory += memory_of(row);
  rows_.push_back(std::move(row));
  while (rows_.size() > 1 && is_over_limit()) drop_oldest();
  ++extent_.version;
}

OperationStore::Extent OperationStore::extent() const {
  std::shared_lock guard(lock_);
  Extent extent = extent_;
  extent.count = rows_.size();
  extent.disk = spool_.size();
  if (rows_.empty()) return extent;
  extent.first = rows_.front().number;
  extent.last = rows_.back().number;
  return extent;
}

OperationStore::Rows::const_iterator OperationStore::find(u64 number) const {
  if (rows_.empty() || number <= rows_.front().number) return rows_.begin();
  const u64 guess = number - rows_.front().number;  // right where there are no gaps
  if (guess < rows_.size() && rows_[guess].number == number) return rows_.begin() + static_cast<std::ptrdiff_t>(guess);
  return std::lower_bound(rows_.begin(), rows_.end(), number, [](const Row& row, u64 n) { return row.number < n; });
}

void OperationStore::visit(u64 number, std::size_t count, const std::function<bool(const Row&)>& use) const {
  std::shared_lock guard(lock_);
  for (auto row = find(number); row != rows_.end() && count-- > 0; ++row)
    if (!use(*row)) return;
}

void OperationStore::visit(const std::vector<u64>& numbers, const std::function<bool(const Row&)>& use) const {
  std::shared_lock guard(lock_);
  for (u64 number : numbers) {
    auto row = find(number);
    if (row != rows_.end() && row->number == number && !use(*row)) return;
  }
}

u64 OperationStore::number_at(u64 index) const {
  std::shared_lock guard(lock_);
  return index < rows_.size() ? rows_[index].number : 0;
}

u64 OperationStore::index_of(u64 number) const {
  std::shared_lock guard(lock_);
  return static_cast<u64>(find(number) - rows_.begin());
}

std::optional<dissect::Operation> OperationStore::facts(u64 number, u64* answered_by) const {
  std::shared_lock guard(lock_);
  auto row = find(number);
  if (row == rows_.end() || row->number != number) return std::nullopt;
  if (answered_by != nullptr) *answered_by = row->answered_by;
  return read_facts(row->facts);
}

Result<dissect::Operation> OperationStore::whole(u64 number, u64* answered_by) const {
  std::shared_lock guard(lock_);
  auto row = find(number);
  if (row == rows_.end() || row->number != number) {
    const bool was_there = !rows_.empty() && number < rows_.front().number && number != 0;
    return Error{was_there ? fmt::format("operation {} is not kept any more", number)
                           : fmt::format("there is no operation {}", number)};
  }
  if (answered_by != nullptr) *answered_by = row->answered_by;
  dissect::Operation operation = read_facts(row->facts);
  ROPEWALK_TRY(const std::string content, spool_.read(row->content));
  if (!read_content(content, operation))
    return Error{fmt::format("cannot read the field tree of operation {} back from the disk{}{}", number,
                             extent_.trouble.empty() ? "" : ": ", extent_.trouble)};
  return operation;
}

std::vector<dissect::Finding> OperationStore::findings() const {
  std::shared_lock guard(lock_);
  return diagnosis_.findings();
}

void OperationStore::read_content_of(const Row& row, dissect::Operation& operation) const {
  auto content = spool_.read(row.content);
  if (content && read_content(*content, operation)) return;
  operation.tree = {};
  operation.buffers.clear();
}

}  // namespace ropewalk::inspect
