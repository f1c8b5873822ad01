#include "store/events.h"

#include <algorithm>
#include <utility>

namespace ropewalk::store {

Subscription::Subscription(EventBus* bus, EventFilter filter, std::function<void()> wake)
    : bus_(bus), filter_(filter), wake_(std::move(wake)) {}

Subscription::~Subscription() { bus_->forget(this); }

std::vector<Event> Subscription::take(bool* lost) {
  std::lock_guard lock(mutex_);
  if (lost != nullptr) *lost = lost_;
  lost_ = false;
  return std::exchange(queue_, {});
}

bool Subscription::pending() const {
  std::lock_guard lock(mutex_);
  return lost_ || !queue_.empty();
}

bool Subscription::wants(const Event& event) const {
  if ((filter_.kinds & static_cast<u16>(event.kind)) == 0) return false;
  const bool about_folder = event.message.is_null();
  if (filter_.of != EventFilter::Of::everything && (filter_.of == EventFilter::Of::folders) != about_folder)
    return false;
  if (filter_.whole_store) return true;
  if (filter_.children) return about_folder && (event.parent == filter_.folder || event.old_parent == filter_.folder);
  if (!filter_.message.is_null()) return event.message == filter_.message || event.old_message == filter_.message;
  return event.folder == filter_.folder || event.old_folder == filter_.folder;
}

// True where the subscriber had nothing before.
bool Subscription::push(const Event& event) {
  std::lock_guard lock(mutex_);
  const bool first = queue_.empty() && !lost_;
  if (queue_.size() >= kMostQueued)
    lost_ = true;
  else
    queue_.push_back(event);
  return first;
}

std::unique_ptr<Subscription> EventBus::subscribe(const EventFilter& filter, std::function<void()> wake) {
  std::unique_ptr<Subscription> made(new Subscription(this, filter, std::move(wake)));
  std::lock_guard lock(mutex_);
  subscriptions_.push_back(made.get());
  return made;
}

// The bus stays locked while subscribers are woken: a subscription cannot end under the hands of its waker.
void EventBus::publish(const std::vector<Event>& events) {
  if (events.empty()) return;
  std::lock_guard lock(mutex_);
  for (Subscription* subscription : subscriptions_) {
    bool wake = false;
    for (const Event& event : events) {
      if (subscription->wants(event)) wake |= subscription->push(event);
    }
    if (wake && subscription->wake_) subscription->wake_();
  }
}

void EventBus::forget(Subscription* subscription) {
  std::lock_guard lock(mutex_);
  std::erase(subscriptions_, subscription);
}

}  // namespace ropewalk::store
