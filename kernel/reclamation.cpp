#include "kernel/reclamation.h"

#include <urcu-qsbr.h>

#include <memory>
#include <new>
#include <utility>

#if defined(__SANITIZE_THREAD__)
extern "C" void __tsan_acquire(void* address);
extern "C" void __tsan_release(void* address);
#endif

namespace upout::kernel {

namespace {

/// ThreadSanitizer does not see inside liburcu, so it is told what a grace period orders: all that threads
/// did before they were quiescent, before what runs after it.
#if defined(__SANITIZE_THREAD__)
char grace_period;  // stands for all of them; only its address is used
void before_grace_period() noexcept {
  __tsan_release(&grace_period);
}
void passed_grace_period() noexcept {
  __tsan_acquire(&grace_period);
}
#else
void before_grace_period() noexcept {}
void passed_grace_period() noexcept {}
#endif

struct DeferredAction {
  rcu_head head;
  std::function<void()> action;
};

void run_deferred(rcu_head* head) {
  passed_grace_period();
  const std::unique_ptr<DeferredAction> deferred(reinterpret_cast<DeferredAction*>(head));
  deferred->action();
}

}  // namespace

ReaderRegistration::ReaderRegistration() {
  urcu_qsbr_register_thread();
}
ReaderRegistration::~ReaderRegistration() {
  before_grace_period();
  urcu_qsbr_unregister_thread();
}

void announce_quiescent() noexcept {
  before_grace_period();
  urcu_qsbr_quiescent_state();
}

bool after_grace_period(std::function<void()> action) noexcept {
  auto* deferred = new (std::nothrow) DeferredAction{{}, std::move(action)};
  if (deferred == nullptr) return false;
  before_grace_period();
  urcu_qsbr_call_rcu(&deferred->head, run_deferred);
  return true;
}

void drain_deferred_actions() {
  urcu_qsbr_barrier();
  passed_grace_period();
}

}  // namespace upout::kernel
