#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "platform/error.h"

/// What shows that a result document is as it was written. A hash is no signature: who edits a document can
/// also hash it again. It finds what happens by mistake, and names a document for good.
namespace upout::harness {

/// The SHA-256 of a document in its canonical form, which is UTF-8 without space outside of strings, members
/// in the order of their names (by bytes), numbers in the fewest digits that say them, and without the member
/// `sha256` of the document itself.
std::string hash_of(const nlohmann::json& document);

/// Gives a document its `sha256`, in place of one that it may have. To be called last.
void seal(nlohmann::json& document);
/// The same for the runs of a plan, whose hash the document gets too.
void seal_for_plan(nlohmann::json& document, const std::string& plan_sha256);

/// The SHA-256 of a file's bytes, such as those of a plan. Errors name the file.
platform::Expected<std::string> hash_of_file(const std::string& path);

}  // namespace upout::harness
