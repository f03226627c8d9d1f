#pragma once

#include "reader.h"

namespace upout::fuzz {

/// For texts whose lines say one thing each. libFuzzer keeps every input that leads somewhere new, of which
/// most are no text of the format: what comes of them breaks off early, and what stands behind the syntax is
/// hardly reached. So every other input is made of one that could be read, by changing a single line of it; a
/// target that links line_mutator.cpp tells here which those are.
void remember_as_readable(Input input);

}  // namespace upout::fuzz
