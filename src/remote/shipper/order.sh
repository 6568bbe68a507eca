# Which revisions there are, in which order, and what follows from it.

# One line a revision that is there, oldest first by the order of creation, those that Shipper did not record last:
# NAME STATE CREATED ACTIVATED ACTOR COMMIT RUN
revisions_table() {
  {
    set +f
    for directory in "$revisions"/*/; do
      directory=${directory%/}
      [ ! -d "$directory" ] || [ -L "$directory" ] || say directory "${directory##*/}"
    done
    set -f
    echo journal
    [ ! -f "$state/journal" ] || cat "$state/journal"
  } | awk '
    $1 == "journal" { records = 1 }
    !records { there[$2] = 1; next }
    NF != 9 || $9 != "." { next }
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
    }'
}

state_of() { # REVISION: prints its state, nothing if there is no such revision
  encode "$1"
  revisions_table | name=$word awk '$1 "" == ENVIRON["name"] "" { print $2 }'
}

# Whether the first of two revisions was created before the second.
is_older() { # REVISION REVISION
  encode "$1"
  first=$word
  encode "$2"
  revisions_table | first=$first second=$word awk '
    $2 == "foreign" { next }
    $1 "" == ENVIRON["first"] "" { seen = 1 }
    $1 "" == ENVIRON["second"] "" { older = seen; exit }
    END { exit !older }'
}

# The revision that a rollback without a name goes to: the newest good one created before the active one.
rollback_choice() { # ACTIVE: prints a word
  encode "$1"
  revisions_table | active=$word awk '
    $1 "" == ENVIRON["active"] "" { exit }
    $2 == "completed" { choice = $1 }
    END { print choice }'
}

# The revisions beyond those to keep, were ACTIVE active (empty: one that is still to be made) and PREVIOUS the one before it.
rotation() { # ACTIVE PREVIOUS: prints words
  encode "$1"
  becomes=$word
  encode "$2"
  revisions_table | active=$becomes previous=$word awk -v keep="$revisions_to_keep" '
    # A string is added to each, or 1.1 and 1.10 would be the same number.
    BEGIN { active = ENVIRON["active"] ""; previous = ENVIRON["previous"] "" }
    { name[NR] = $1; state[NR] = $2; if ($1 == active) current = NR }
    END {
      for (i = NR; i > 0; i--) {
        if (state[i] == "foreign" || name[i] == active) continue
        if (state[i] == "completed" && kept < keep) { kept++; continue }
        if (name[i] == previous) continue
        if (state[i] == "prepared" && active != "\\c" && (!current || i > current)) continue
        print name[i]
      }
    }' | tr '\n' ' '
}
