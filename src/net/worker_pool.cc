#include "net/worker_pool.h"

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace ropewalk::net {

struct WorkerPool::State {
  std::mutex lock;
  std::condition_variable wake;
  Task* first = nullptr;
  Task** end = &first;  // where the next task is hung up
  unsigned idle = 0;
  bool stopping = false;
  std::vector<std::thread> threads;

  // The next task; null when stopping and nothing is left.
  Task* take() {
    std::unique_lock guard(lock);
    while (first == nullptr && !stopping) {
      ++idle;
      wake.wait(guard);
      --idle;
    }
    Task* task = first;
    if (task == nullptr) return nullptr;
    first = task->next_;
    if (first == nullptr) end = &first;
    return task;
  }

  void work() {
    while (Task* task = take()) {
      // A task may be gone once it has run (or once its owner is resumed): nothing of it is touched afterwards.
      Resumer done = std::move(task->done_);
      task->run();
      if (done) done.resume();
    }
  }
};

WorkerPool::WorkerPool(unsigned threads) : state_(std::make_unique<State>()) {
  for (unsigned i = 0; i < (threads == 0 ? 1 : threads); ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard guard(state_->lock);
    state_->stopping = true;
  }
  state_->wake.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void WorkerPool::submit(Task& task) {
  bool someone_sleeps;
  {
    std::lock_guard guard(state_->lock);
    task.next_ = nullptr;
    *state_->end = &task;
    state_->end = &task.next_;
    someone_sleeps = state_->idle > 0;
  }
  if (someone_sleeps) state_->wake.notify_one();
}

Awaitable<void> WorkerPool::execute(Task& task) {
  return suspend([this, &task](Resumer resumer) {
    task.done_ = std::move(resumer);
    submit(task);
  });
}

void WorkerPool::post(std::function<void()> work) {
  struct Detached final : Task {
    explicit Detached(std::function<void()> w) : work_of(std::move(w)) {}
    void run() noexcept override {
      work_of();
      delete this;
    }
    std::function<void()> work_of;
  };
  submit(*new Detached(std::move(work)));
}

unsigned WorkerPool::threads() const { return static_cast<unsigned>(state_->threads.size()); }

}  // namespace ropewalk::net
