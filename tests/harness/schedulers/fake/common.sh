# Stand-ins for the programs of schedulers that are not here, sourced by each. They check what they are called with
# and what stands in a script's directives, and print what the real ones print. A job is three files in the folder
# $FAKE: ID.sh (its script), ID.folder (where it was submitted), ID.state (what became of it, one of: queued running
# done failed told timeout preempted node cancelled). `run ID [TASK]` runs it.

[ -d "${FAKE:-}" ] || { echo "$0: FAKE is no folder" >&2; exit 99; }

# Whoever calls a program wrongly sees it in the exit status, which no real one has.
refuse() { echo "$0: $*" >&2; exit 99; }

# Options of the script's directives, one a line. $1: what they begin with; $2: the script.
directives() { sed -n "s/^$1 //p" "$2"; }

# Each of the directives has to be one that is known: $1 is an extended regular expression of all of them.
check_directives() {
  while IFS= read -r line; do
    [[ $line =~ ^($1)$ ]] || refuse "unknown directive '$line'"
  done
}

# Keeps the job, in $number: the next one.
keep() {
  local jobs=("$FAKE"/*.folder)
  [ -e "${jobs[0]}" ] || jobs=()
  number=$((41 + ${#jobs[@]} + 1))
  cat "$1" >"$FAKE/$number.sh"
  pwd >"$FAKE/$number.folder"
  echo queued >"$FAKE/$number.state"
}

# What became of a job, or nothing if it is not known. A task's own state goes before that of its array.
state_of() {
  local file
  for file in "$FAKE/$1.$2.state" "$FAKE/$1.state"; do
    [ ! -e "$file" ] || { cat "$file"; return; }
  done
}
