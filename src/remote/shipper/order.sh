# Which revisions there are, in which order, and what follows from it.

# What awk makes of the table, and of a file behind it. The table ends in a line that is a slash, as no revision's name
# is, and so does a whole answer.
sift() { # PROGRAM WORD WORD [FILE]: sets $answer
  answer=$(printf '%s/\n' "$table" | one=$2 two=$3 keep=$revisions_to_keep awk "$1"' END { print "/" }' - ${4+"$4"}) || {
    became $? awk ''
    fail "the order of the revisions is not known: $problem"
  }
  case $newline$answer in
    *"$newline/") answer=${answer%/} ;;
    *) fail 'the order of the revisions is not known: awk did not answer to the end' ;;
  esac
}

# One line a revision that is there, oldest first by the order of creation, those that Shipper did not record last:
# NAME STATE CREATED ACTIVATED ACTOR COMMIT RUN
read_table() { # sets $table
  table='' journal=$state/journal
  [ -f "$journal" ] || journal=/dev/null
  set +f
  for directory in "$revisions"/*/; do
    directory=${directory%/}
    if [ ! -d "$directory" ] || [ -L "$directory" ]; then continue; fi
    encode "${directory##*/}"
    table="$table$word$newline"
  done
  set -f
  sift '
    $1 == "/" { records = 1; next }
    !records { there[$1] = 1; next }
    NF < 9 || $NF != "." { next }
    $1 == "created" {
      order[$2] = ++count; name[count] = $2; created[$2] = $3; activated[$2] = "-"
      about[$2] = $5 " " $6 " " $7; ready[$2] = done[$2] = bad[$2] = 0
      next
    }
    !($2 in order) { next }
    $1 == "prepared" { ready[$2] = 1 }
    $1 == "linked" { activated[$2] = $3 }
    $1 == "completed" { done[$2] = 1 }
    $1 == "returned" && !done[$2] { bad[$2] = 1 }
    $1 == "bad" { bad[$2] = 1 }
    $1 == "cleared" { bad[$2] = 0 }
    $1 == "purged" { delete order[$2] }
    END {
      for (i = 1; i <= count; i++) {
        n = name[i]
        if (!(n in there) || !(n in order) || order[n] != i) continue
        state = bad[n] ? "bad" : done[n] ? "completed" : ready[n] ? "prepared" : "unfinished"
        print n, state, created[n], activated[n], about[n]
      }
      for (n in there) if (!(n in order)) print n, "foreign", "-", "-", "-", "-", "-"
    }' '' '' "$journal"
  table=$answer
}

find_state() { # REVISION: sets $found to its state, empty if there is no such revision
  read_table
  encode "$1"
  sift '$1 "" == ENVIRON["one"] "" { print $2 }' "$word" ''
  found=${answer%"$newline"}
}

# Whether the first of two revisions was created before the second.
is_older() { # REVISION REVISION
  read_table
  encode "$1"
  first=$word
  encode "$2"
  sift '
    $2 == "foreign" { next }
    $1 "" == ENVIRON["one"] "" { seen = 1 }
    $1 "" == ENVIRON["two"] "" && seen { print "older" }' "$first" "$word"
  [ -n "$answer" ]
}

# The revision that a rollback without a name goes to: the newest good one created before the active one.
choose_older() { # ACTIVE: sets $answer, a word, empty if there is none
  read_table
  encode "$1"
  sift '
    $1 "" == ENVIRON["one"] "" { over = 1 }
    !over && $2 == "completed" { choice = $1 }
    END { if (choice != "") print choice }' "$word" ''
  answer=${answer%"$newline"}
}

# The revisions beyond those to keep, were ACTIVE active (empty: one that is still to be made) and PREVIOUS the one
# before it.
choose_surplus() { # ACTIVE PREVIOUS: sets $answer, words
  read_table
  encode "$1"
  becomes=$word
  encode "$2"
  sift '
    # A string is added to each, or 1.1 and 1.10 would be the same number.
    BEGIN { active = ENVIRON["one"] ""; previous = ENVIRON["two"] "" }
    $1 == "/" { next }
    { name[NR] = $1; state[NR] = $2; if ($1 == active) current = NR }
    END {
      for (i = NR; i > 0; i--) {
        if (!(i in name) || state[i] == "foreign" || name[i] == active) continue
        if (state[i] == "completed" && kept < ENVIRON["keep"] + 0) { kept++; continue }
        if (name[i] == previous) continue
        if (state[i] == "prepared" && active != "\\c" && (!current || i > current)) continue
        print name[i]
      }
    }' "$becomes" "$word"
  IFS=$newline
  set -- $answer
  IFS=' '
  answer=$*
}
