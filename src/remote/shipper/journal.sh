# The journal: what happened to which revision.

# One record: EVENT REVISION TIME TOKEN ACTOR COMMIT RUN FINGERPRINT, ended by a full stop. It begins with a newline,
# so that a torn record before it harms nothing. A newer Shipper may put more words before the full stop.
journal_record() { # EVENT REVISION: sets $record
  now
  encode "$2"
  record="$newline$1 $word $seconds $token $audit $key ."
}

journal() { # EVENT REVISION
  journal_record "$1" "$2"
  printf '%s\n' "$record" >>"$run/revisions/.shipper/journal"
}

recorded() { # TOKEN EVENT...: whether that run left such a record
  [ -f "$state/journal" ] || return 1
  recorded_by=$1
  shift
  ask awk -v token="$recorded_by" -v events=" $* " '
    NF >= 9 && $NF == "." && $4 == token && index(events, " " $1 " ") { found = 1 }
    END { print found + 0 }' "$state/journal" || fail "$state/journal cannot be read: $problem"
  case $answer in
    0) return 1 ;;
    1) ;;
    *) fail "$state/journal cannot be read: awk gave no answer" ;;
  esac
}

completed_by() { recorded "$1" completed prepared; } # TOKEN

# What completed before its record reached the journal; the rename that committed it can happen to a holder only.
record_commit() { # RUN-DIRECTORY
  if [ -f "$1/committed" ] && ! completed_by "${1##*/}" && contents_of "$1/committed"; then
    printf '\n%s\n' "$contents" >>"$run/revisions/.shipper/journal" || fail_to_write "$state/journal"
  fi
}

# A journal that has grown long is written anew, without the revisions that are gone.
compact_journal() {
  ask awk 'END { print NR }' "$state/journal" || return 1
  [ "$answer" -gt 2000 ] || return 0
  read_table
  sift '
    $1 == "/" { records = 1; next }
    !records { there[$1] = 1; next }
    NF >= 9 && $NF == "." && ($2 in there) { printf "\n%s\n", $0 }' '' '' "$state/journal"
  printf '%s' "$answer" >"$run/journal" && replace_journal
}

# What was written anew is on the disk before it has the name: after a power cut, there is the old one or the new one.
replace_journal() { # sets $problem where it fails
  [ "$sync" = false ] || flush "$run/journal" || return 1
  try mv -f -- "$run/journal" "$state/journal"
}
