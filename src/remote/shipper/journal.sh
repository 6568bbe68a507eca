# The journal: what happened to which revision, appended only.

# One record: EVENT REVISION TIME TOKEN ACTOR COMMIT RUN FINGERPRINT, ended by a full stop. It begins with a newline,
# so that a torn record before it harms nothing.
journal_record() { # EVENT REVISION: sets $record
  encode "$2"
  record=$(printf '\n%s %s %s %s %s %s .' "$1" "$word" "$(date +%s)" "$token" "$audit" "$key")
}

journal() { # EVENT REVISION
  journal_record "$1" "$2"
  printf '%s\n' "$record" >>"$run/revisions/.shipper/journal"
}

recorded() { # TOKEN EVENT...: whether that run left such a record
  [ -f "$state/journal" ] || return 1
  recorded_by=$1
  shift
  awk -v token="$recorded_by" -v events=" $* " '
    NF == 9 && $9 == "." && $4 == token && index(events, " " $1 " ") { found = 1 }
    END { exit !found }' "$state/journal"
}

completed_by() { recorded "$1" completed prepared; } # TOKEN

# What completed before its record reached the journal; the rename that committed it can happen to a holder only.
record_commit() { # RUN-DIRECTORY
  if [ -f "$1/committed" ] && ! completed_by "${1##*/}"; then
    printf '\n%s\n' "$(cat "$1/committed")" >>"$run/revisions/.shipper/journal" || fail "cannot write to $state/journal"
  fi
}

# A journal that has grown long is written anew, without the revisions that are gone.
compact_journal() {
  [ "$(wc -l <"$state/journal")" -gt 2000 ] || return 0
  {
    revisions_table
    echo journal
    cat "$state/journal"
  } | awk '
    $1 == "journal" { records = 1 }
    !records { there[$1] = 1; next }
    NF == 9 && $9 == "." && ($2 in there) { printf "\n%s\n", $0 }
    END { print "end" }' >"$run/journal" &&
    [ "$(tail -n 1 "$run/journal")" = end ] &&
    mv -f -- "$run/journal" "$state/journal"
}
