#include "workloads/tpcc/rows.h"

#include <algorithm>
#include <cstring>

namespace upout::workloads::tpcc {

namespace {

/// So many digits of a number, and a space. Where the next one goes.
char* put(std::uint32_t number, std::size_t digits, char* at) noexcept {
  for (std::size_t i = digits; i-- > 0; number /= 10) at[i] = static_cast<char>('0' + number % 10);
  at[digits] = ' ';
  return at + digits + 1;
}

}  // namespace

std::array<char, credit_note_bytes> CreditNote::text() const noexcept {
  std::array<char, credit_note_bytes> text{};
  char* at = text.data();
  at = put(customer, 5, at);
  at = put(customer_district + 1, 2, at);
  at = put(customer_warehouse + 1, 5, at);
  at = put(district + 1, 2, at);
  at = put(warehouse + 1, 5, at);
  put(amount, 7, at);
  return text;
}

void prepend(const CreditNote& note, Text<500>& data) noexcept {
  const auto text = note.text();
  std::memmove(data.data() + text.size(), data.data(), data.size() - text.size());
  std::memcpy(data.data(), text.data(), text.size());
}

Text<24> history_data(const Text<10>& warehouse, const Text<10>& district) noexcept {
  Text<24> data{};
  const std::string_view first = text_of(warehouse);
  const std::string_view second = text_of(district);
  char* at = std::copy(first.begin(), first.end(), data.begin());
  at = std::fill_n(at, 4, ' ');
  std::copy(second.begin(), second.end(), at);
  return data;
}

}  // namespace upout::workloads::tpcc
