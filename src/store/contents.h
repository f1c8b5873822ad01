// Large values: in chunks, once per content, counted. Private to the store.
#pragma once

#include <memory>

#include "sql/database.h"
#include "store/packed.h"
#include "store/store_core.h"
#include "store/stream.h"

namespace ropewalk::store {

// Bytes of one chunk before compression. Each is compressed alone, so that a range can be read.
inline constexpr std::size_t kChunk = 64u << 10;

// Stores the bytes, or finds that they are there already; the content's id, with one more reference. `size` bytes of
// `source` are read twice.
Outcome<i64> put_content(sql::Database& database, ByteView bytes);
Outcome<i64> put_content(sql::Database& database, ByteSource& source);
Outcome<void> add_reference(sql::Database& database, i64 content);
// The last reference takes the content with it.
Outcome<void> drop_reference(sql::Database& database, i64 content);

// What a content holds, read chunk by chunk as asked. Holds the store. Reads fail with ecObjectDeleted once nothing
// refers to the content any more.
class StoredContent final : public ByteSource {
 public:
  StoredContent(std::shared_ptr<MailboxStore> store, const Reference& reference)
      : store_(std::move(store)), reference_(reference) {}
  u64 size() const override { return reference_.size; }
  Outcome<std::size_t> read(u64 offset, std::span<u8> out) override;

 private:
  Outcome<void> load(i64 place);

  std::shared_ptr<MailboxStore> store_;
  Reference reference_;
  i64 loaded_ = -1;  // the chunk in chunk_
  std::vector<u8> chunk_;
};

// A content at once, or its first `most` bytes.
Outcome<std::vector<u8>> read_content(sql::Database& database, const Reference& reference,
                                      std::size_t most = ~std::size_t{0});

}  // namespace ropewalk::store
