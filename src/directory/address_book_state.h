// What AddressBook keeps: the connections to directory.db, and whose turn it is to write.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "directory/object_rows.h"
#include "sql/database.h"

namespace ropewalk::directory {

struct AddressBook::State {
  State(std::string data_folder, std::string name, sql::Database opened)
      : folder(std::move(data_folder)), organization(std::move(name)), writer(std::move(opened)) {}

  // A connection to read with: of those at hand, or a new one; while this thread is within together(), the writer, so
  // that it sees what it did.
  class Reading {
   public:
    static Result<Reading> begin(State& state);
    Reading(Reading&& other) noexcept : state_(std::exchange(other.state_, nullptr)), own_(std::move(other.own_)) {}
    Reading& operator=(Reading&&) = delete;
    ~Reading();
    sql::Database& database() { return own_ ? *own_ : state_->writer; }

   private:
    explicit Reading(State& state) : state_(&state) {}
    State* state_;
    std::optional<sql::Database> own_;  // nothing: the writer, whose lock this thread holds
  };

  // Runs `work` in a transaction, or within that of together(); then it has to find its errors before it writes.
  Status write(const std::function<Status(sql::Database&)>& work);
  // One object by one value.
  template <class T>
  Result<std::optional<Object>> find_one(std::string_view sql, const T& key) {
    ROPEWALK_TRY(auto reading, Reading::begin(*this));
    ROPEWALK_TRY(auto found, reading.database().prepare(sql));
    ROPEWALK_TRY(const bool there, found.bind(1, key).step());
    return there ? std::optional<Object>(rows::object_of(found)) : std::nullopt;
  }

  Result<std::vector<u32>> dynamic_members(u32 group);
  // AddressBook::changes_since() by a connection.
  static Result<ObjectChanges> changes(sql::Database& database, i64 since);

  const std::string folder, organization;

  std::recursive_mutex writing;  // of `writer`
  std::atomic<std::thread::id> writes{};
  sql::Database writer;
  bool is_half_done = false;  // a change failed in its middle: together() must not commit

  std::mutex lock;  // of all that follows
  std::vector<sql::Database> idle;
  struct DynamicMembers {
    i64 upto = 0;              // the change up to which it is they
    std::vector<u32> members;  // ascending
  };
  std::map<u32, DynamicMembers> dynamic;
};

}  // namespace ropewalk::directory
