// Building sorted views and keeping them current. Private to the store.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/row_cells.h"
#include "store/table.h"
#include "store/view.h"

namespace ropewalk::store {

// An order and a restriction on one folder's messages.
class ViewSpec {
 public:
  ViewSpec(i64 folder, bool associated, std::span<const SortKey> keys, const mapi::Restriction* restriction);

  ViewKey key() const { return {folder_, associated_, order_}; }
  i64 folder() const { return folder_; }
  bool associated() const { return associated_; }
  const std::vector<SortKey>& keys() const { return keys_; }
  const mapi::Restriction* restriction() const { return restriction_; }
  // True where messages_view answers everything: sorting and filtering need not read the messages themselves.
  bool covered() const { return covered_; }

 private:
  i64 folder_;
  bool associated_;
  std::vector<SortKey> keys_;
  std::shared_ptr<Arena> arena_;
  const mapi::Restriction* restriction_ = nullptr;
  std::string order_;
  bool covered_ = false;
};

// Builds the view if it is not, and takes in what has changed. The caller holds view.mutex.
Outcome<void> refresh_view(View& view, const ViewSpec& spec, StoreCore& core, sql::Database& database);

}  // namespace ropewalk::store
