// Threads for what takes time (disk, password hashes), so that no I/O thread waits:
//
//     auto rows = co_await run(pool, [&] { return store.rows(); });
//
// runs the lambda on a worker and goes on where the coroutine ran before.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>

#include "net/awaitable.h"

namespace ropewalk::net {

// A fixed number of threads and one queue. Outlives nothing that waits for it: destroy it after the server has stopped.
class WorkerPool {
 public:
  // A unit of work that lives at its owner's until finished; the pool allocates nothing.
  class Task {
   public:
    virtual ~Task() = default;

   private:
    friend class WorkerPool;
    virtual void run() noexcept = 0;  // on a worker
    Task* next_ = nullptr;
    Resumer done_;
  };

  explicit WorkerPool(unsigned threads);
  ~WorkerPool();  // runs what is queued, then joins
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Suspends the calling coroutine until a worker has run the task.
  Awaitable<void> execute(Task& task);
  // Runs `work` on a worker some time; nobody waits for it. It must not throw.
  void post(std::function<void()> work);
  unsigned threads() const;

 private:
  struct State;
  void submit(Task& task);
  std::unique_ptr<State> state_;
};

// Runs `work` on a worker and returns what it returns; what it throws is thrown here.
template <class Work>
Awaitable<std::invoke_result_t<Work&>> run(WorkerPool& pool, Work work) {
  using Value = std::invoke_result_t<Work&>;
  struct Job final : WorkerPool::Task {
    explicit Job(Work& w) : work_of(w) {}
    void run() noexcept override {
      try {
        if constexpr (std::is_void_v<Value>) {
          work_of();
        } else {
          value.emplace(work_of());
        }
      } catch (...) {
        thrown = std::current_exception();
      }
    }
    Work& work_of;
    std::optional<std::conditional_t<std::is_void_v<Value>, bool, Value>> value;
    std::exception_ptr thrown;
  };
  Job job(work);
  co_await pool.execute(job);
  if (job.thrown) std::rethrow_exception(job.thrown);
  if constexpr (!std::is_void_v<Value>) co_return std::move(*job.value);
}

}  // namespace ropewalk::net
