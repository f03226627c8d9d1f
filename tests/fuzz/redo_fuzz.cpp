#include "kernel/log/redo.h"

#include "kernel/store.h"
#include "reader.h"

/// Changes of a log whose checksum is right, whatever they are: done again in a store, one after the other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace upout;
  using kernel::Exclusive;
  const auto index = size % 2 == 0 ? kernel::IndexKind::hash : kernel::IndexKind::ordered;
  const auto store = std::move(kernel::Store<Exclusive>::create({.index = index})).value();
  kernel::Worker worker(store->heap());
  kernel::RedoReader reader(std::as_bytes(std::span(data, size)), 1000);
  for (kernel::Redo redo; reader.next(redo);) {
    const kernel::Status status = store->redo(worker, {&redo, 1});
    const bool is_known = status == kernel::Status::ok || status == kernel::Status::not_found ||
                          status == kernel::Status::out_of_range;
    if (!is_known) fuzz::give_up("a change of which nobody knows what has become", std::to_string(redo.key));
    std::uint32_t copied = 0;
    const kernel::Status found = store->get(redo.key, 0, {}, copied);
    if (status == kernel::Status::ok && redo.kind == kernel::RedoKind::put && found != kernel::Status::ok)
      fuzz::give_up("a record that was put and is not there", std::to_string(redo.key));
  }
  return 0;
}
