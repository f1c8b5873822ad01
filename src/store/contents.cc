#include "store/contents.h"

#include <openssl/evp.h>
#include <zstd.h>

#include <algorithm>
#include <array>

namespace ropewalk::store {
namespace {

constexpr int kPlaceBits = 20;
constexpr int kZstdLevel = 1;
enum Coding : i64 { plain = 0, zstd = 1 };

using Hash = std::array<u8, 32>;

struct CloseDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct CloseCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};

EVP_MD_CTX* digest_context() {
  thread_local std::unique_ptr<EVP_MD_CTX, CloseDigest> own(EVP_MD_CTX_new());
  return own.get();
}

const EVP_MD* sha256() {
  static const EVP_MD* fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);  // lives as long as the process
  return fetched;
}

Outcome<Hash> hash_of(ByteSource& source, std::vector<u8>& block) {
  EVP_MD_CTX* context = digest_context();
  Hash hash{};
  bool ok = EVP_DigestInit_ex2(context, sha256(), nullptr) == 1;
  for (u64 at = 0; at < source.size() && ok;) {
    ROPEWALK_TRY(std::size_t got, source.read(at, block));
    if (got == 0) break;
    ok = EVP_DigestUpdate(context, block.data(), got) == 1;
    at += got;
  }
  ok = ok && EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1;
  if (!ok) return Failure(Error{"SHA-256 is not available from OpenSSL"});
  return hash;
}

// The chunk as it is to be stored: compressed where that saves an eighth. The view lives until the next call.
std::pair<Coding, ByteView> coded(ByteView chunk) {
  thread_local std::unique_ptr<ZSTD_CCtx, CloseCompressor> context(ZSTD_createCCtx());
  thread_local std::vector<u8> room;
  room.resize(ZSTD_compressBound(kChunk));
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), room.data(), room.size(), chunk.data(), chunk.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0 || size > chunk.size() - chunk.size() / 8) return {plain, chunk};
  return {zstd, ByteView(room.data(), size)};
}

Outcome<void> decode_chunk(i64 coding, ByteView data, std::vector<u8>& out) {
  if (coding == plain) {
    out.assign(data.begin(), data.end());
    return {};
  }
  out.resize(kChunk);
  const std::size_t size = ZSTD_decompress(out.data(), out.size(), data.data(), data.size());
  if (ZSTD_isError(size) != 0)
    return Failure(mapi::ErrorCode::corrupt_data,
                   std::string("a stored chunk does not decompress: ") + ZSTD_getErrorName(size));
  out.resize(size);
  return {};
}

Outcome<void> write_chunks(sql::Database& database, i64 content, ByteSource& source, std::vector<u8>& block) {
  ROPEWALK_TRY(auto insert, database.prepare("INSERT INTO chunks (id, coding, data) VALUES (?, ?, ?)"));
  block.resize(kChunk);
  i64 place = 0;
  for (u64 at = 0; at < source.size(); ++place) {
    ROPEWALK_TRY(std::size_t got, source.read(at, block));
    if (got == 0) break;
    if (place >= i64{1} << kPlaceBits)
      return Failure(mapi::ErrorCode::too_big, "a value of more than 64 GiB cannot be stored");
    auto [coding, data] = coded(ByteView(block.data(), got));
    if (Status status = insert.bind_all(content << kPlaceBits | place, i64{coding}, data).run(); !status.ok())
      return StoreCore::failure(database, std::move(status).error());
    at += got;
  }
  return {};
}

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(ByteView bytes) : bytes_(bytes) {}
  u64 size() const override { return bytes_.size(); }
  Outcome<std::size_t> read(u64 offset, std::span<u8> out) override {
    const std::size_t left = offset < bytes_.size() ? bytes_.size() - offset : 0;
    const std::size_t size = std::min(left, out.size());
    if (size != 0) std::memcpy(out.data(), bytes_.data() + offset, size);
    return size;
  }

 private:
  ByteView bytes_;
};

}  // namespace

Outcome<i64> put_content(sql::Database& database, ByteView bytes) {
  MemorySource source(bytes);
  return put_content(database, source);
}

Outcome<i64> put_content(sql::Database& database, ByteSource& source) {
  thread_local std::vector<u8> block;
  block.resize(kChunk);
  ROPEWALK_TRY(Hash hash, hash_of(source, block));
  auto found = database.integer("SELECT id FROM contents WHERE hash = ?", ByteView(hash));
  if (!found.ok()) return StoreCore::failure(database, std::move(found).error());
  if (*found) {
    ROPEWALK_CHECK(add_reference(database, **found));
    return **found;
  }
  Status status =
      database.run("INSERT INTO contents (hash, size, refs) VALUES (?, ?, 1)", ByteView(hash), source.size());
  if (!status.ok()) return StoreCore::failure(database, std::move(status).error());
  const i64 content = database.last_insert_rowid();
  ROPEWALK_CHECK(write_chunks(database, content, source, block));
  return content;
}

Outcome<void> add_reference(sql::Database& database, i64 content) {
  Status status = database.run("UPDATE contents SET refs = refs + 1 WHERE id = ?", content);
  if (!status.ok()) return StoreCore::failure(database, std::move(status).error());
  if (database.changes() == 1) return {};
  return Failure(mapi::ErrorCode::corrupt_data, "content " + std::to_string(content) + " is not in the mailbox");
}

Outcome<void> drop_reference(sql::Database& database, i64 content) {
  auto run = [&](std::string_view sql, auto... values) -> Outcome<void> {
    Status status = database.run(sql, values...);
    if (!status.ok()) return StoreCore::failure(database, std::move(status).error());
    return {};
  };
  ROPEWALK_CHECK(run("UPDATE contents SET refs = refs - 1 WHERE id = ?", content));
  ROPEWALK_CHECK(run("DELETE FROM contents WHERE id = ? AND refs <= 0", content));
  if (database.changes() == 0) return {};
  return run("DELETE FROM chunks WHERE id >= ? AND id < ?", content << kPlaceBits, (content + 1) << kPlaceBits);
}

Outcome<void> StoredContent::load(i64 place) {
  if (loaded_ == place) return {};
  loaded_ = -1;
  ROPEWALK_TRY(Reader reader, store_->core().reader());
  ROPEWALK_TRY(auto chunk, reader->prepare("SELECT coding, data FROM chunks WHERE id = ?"));
  ROPEWALK_TRY(bool found, chunk.bind(1, reference_.content << kPlaceBits | place).step());
  if (!found) return Failure(mapi::ErrorCode::object_deleted, "the value was replaced or deleted while it was read");
  ROPEWALK_CHECK(decode_chunk(chunk.integer(0), chunk.blob(1), chunk_));
  loaded_ = place;
  return {};
}

Outcome<std::size_t> StoredContent::read(u64 offset, std::span<u8> out) {
  std::size_t done = 0;
  while (done < out.size() && offset < reference_.size) {
    ROPEWALK_CHECK(load(static_cast<i64>(offset / kChunk)));
    const std::size_t from = offset % kChunk;
    if (from >= chunk_.size()) break;
    const std::size_t piece = std::min(out.size() - done, chunk_.size() - from);
    std::memcpy(out.data() + done, chunk_.data() + from, piece);
    done += piece;
    offset += piece;
  }
  return done;
}

Outcome<std::vector<u8>> read_content(sql::Database& database, const Reference& reference, std::size_t most) {
  std::vector<u8> all, piece;
  const u64 wanted = std::min<u64>(reference.size, most);
  ROPEWALK_TRY(auto chunk, database.prepare("SELECT coding, data FROM chunks WHERE id >= ? AND id < ? ORDER BY id"));
  chunk.bind_all(reference.content << kPlaceBits, (reference.content + 1) << kPlaceBits);
  while (all.size() < wanted) {
    ROPEWALK_TRY(bool found, chunk.step());
    if (!found) break;
    ROPEWALK_CHECK(decode_chunk(chunk.integer(0), chunk.blob(1), piece));
    all.insert(all.end(), piece.begin(), piece.end());
  }
  if (all.size() < wanted)
    return Failure(mapi::ErrorCode::corrupt_data, "content " + std::to_string(reference.content) + " has " +
                                                      std::to_string(all.size()) + " bytes, not " +
                                                      std::to_string(reference.size));
  all.resize(wanted);
  return all;
}

}  // namespace ropewalk::store
