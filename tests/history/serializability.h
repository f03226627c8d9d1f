#pragma once

#include <span>

#include "tests/history/transaction.h"
#include "tests/history/verdict.h"

namespace upout::history {

/// Whether there is a serial order of the committed transactions in which each sees what it saw. Keys are
/// absent at first; what has been loaded beforehand is recorded as a transaction too.
///
/// Found by cycles of dependencies over versions (Adya, 1999; Elle: Kingsbury and Alvaro, PVLDB 2020): T1
/// comes before T2 if T2 overwrote a version of T1 (ww), read one (wr), or overwrote one that T1 read (rw, an
/// anti-dependency). A scan has read every key of its range, those that it did not find as absent; so a
/// phantom is an anti-dependency as any other.
///
/// The versions of a key are ordered by what each overwrote. An absence has no name, though: whoever found a
/// key absent may have come before each time that it was inserted, or after that insert's remove; and so may
/// the inserts among each other. Such a pair of edges, of which one holds, is a choice (the polygraphs of
/// Papadimitriou, 1979); the checker searches for choices that leave no cycle, beginning with those that real
/// time suggests, and changing only such as lie on a cycle. A search that is given up is told as "undecided".
///
/// Anomalies have these names, the first that is found is told:
///   malformed          one version installed twice, a scan with a key twice or beyond its range
///   internal           a transaction did not see its own writes
///   G1a                a version that no committed transaction installed was read or overwritten
///   G1b                a version that its transaction itself overwrote was read or overwritten by another
///   lost update        two transactions overwrote the same version, or both inserted a key
///   G0, G1c            a cycle of ww; of ww and wr
///   G-single, G2       a cycle with one rw; with more (write skew, long fork)
/// followed by "-realtime" if the cycle needs the real-time order.
Verdict check_serializable(std::span<const Transaction> history);

/// The same, and in the serial order no transaction may come before one that had ended before it began.
Verdict check_strictly_serializable(std::span<const Transaction> history);

}  // namespace upout::history
