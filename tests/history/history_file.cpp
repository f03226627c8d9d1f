#include "tests/history/history_file.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace upout::history {

using kernel::OperationKind;
using kernel::Status;
using nlohmann::json;

namespace {

OperationKind kind_of(const std::string& function) {
  static const std::map<std::string, OperationKind> kinds{
      {"read", OperationKind::get},
      {"write", OperationKind::update},
      {"insert", OperationKind::insert},
      {"read-modify-write", OperationKind::read_modify_write}};
  return kinds.at(function);
}

/// -1, of bytes that nobody wrote, becomes a value that nobody wrote.
std::uint64_t value_of(const json& value) {
  return static_cast<std::uint64_t>(value.get<std::int64_t>());
}

/// Reads line after line.
class Reader {
 public:
  std::vector<RegisterOperation> read(std::istream& file) {
    std::string line;
    while (std::getline(file, line)) {
      try {
        take(json::parse(line));
        ++lines_;
      } catch (const std::exception& error) {
        throw std::runtime_error(fmt::format("line {}: {}: {}", lines_ + 1, error.what(), line));
      }
    }
    std::erase_if(history_,
                  [](const RegisterOperation& operation) { return operation.status == Status::conflict; });
    return std::move(history_);
  }

 private:
  static void expect(bool is_so, const char* what) {
    if (!is_so) throw std::runtime_error(what);
  }

  void take(const json& event) {
    expect(event.at("index") == lines_, "another index");
    const auto time = event.at("time").get<Time>();
    expect(time >= now_, "time goes back");
    now_ = time;
    event.at("type") == "invoke" ? begin(event) : end(event);
  }

  void begin(const json& event) {
    const auto process = event.at("process").get<unsigned>();
    expect(running_.emplace(process, Running{history_.size(), event}).second, "a process does two things");
    RegisterOperation operation{.kind = kind_of(event.at("f")),
                                .key = std::stoull(event.at("key").get<std::string>()),
                                .thread = process,
                                .began = now_};
    const json& value = event.at("value");
    if (operation.kind == OperationKind::read_modify_write) {
      expect(value.at(0).is_null(), "a value that cannot be known yet");
      operation.written = value_of(value.at(1));
    } else if (operation.kind != OperationKind::get) {
      operation.written = value_of(value);
    } else {
      expect(value.is_null(), "a value that cannot be known yet");
    }
    history_.push_back(operation);
  }

  void end(const json& event) {
    const auto found = running_.find(event.at("process").get<unsigned>());
    expect(found != running_.end(), "an end without a beginning");
    const auto [place, begun] = found->second;
    expect(begun.at("f") == event.at("f") && begun.at("key") == event.at("key"), "another operation");
    RegisterOperation& operation = history_[place];
    if (event.at("type") == "info") return;  // the process does nothing any more
    running_.erase(found);
    operation.ended = now_;
    event.at("type") == "ok" ? succeed(operation, event) : fail(operation, event);
  }

  static void succeed(RegisterOperation& operation, const json& event) {
    expect(event.at("type") == "ok", "an unknown type");
    const json& value = event.at("value");
    if (operation.kind == OperationKind::get) {
      operation.status = value.is_null() ? Status::not_found : Status::ok;
      if (!value.is_null()) operation.read = value_of(value);
    }
    if (operation.kind == OperationKind::read_modify_write) operation.read = value_of(value.at(0));
  }

  static void fail(RegisterOperation& operation, const json& event) {
    expect(event.at("type") == "fail", "an unknown type");
    const std::string reason = event.at("error");
    operation.status = reason == "not_found" ? Status::not_found
                       : reason == "exists"  ? Status::exists
                                             : Status::conflict;
  }

  struct Running {
    std::size_t place;  ///< in the history
    json begun;
  };

  std::size_t lines_ = 0;
  Time now_ = 0;
  std::map<unsigned, Running> running_;  ///< by process
  std::vector<RegisterOperation> history_;
};

}  // namespace

std::vector<RegisterOperation> read_history(std::istream& file) {
  return Reader().read(file);
}

std::vector<RegisterOperation> read_history(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("no file " + path);
  return read_history(file);
}

}  // namespace upout::history
