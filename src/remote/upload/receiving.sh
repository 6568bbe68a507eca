# What the runner sends.

unpack() {
  case $1 in
    zstd) zstd -dcq ;;
    gzip) gzip -dc ;;
    *) cat ;;
  esac
}

receive() { # PACKING
  check_arrivals &
  busy=1
  problem=$({ unpack "$1" | tar -xomf -; } 2>&1) || {
    became $? tar "$problem"
    case $problem in
      *[Nn]'o space left'* | *[Qq]uota*) fail "the disk is full: ${problem%%"$newline"*}" ;;
      *[Ff]'ile too large'* | *'Wrote only'*)
        fail "the account's limit of file size (ulimit -f) is reached, or the disk is full: ${problem%%"$newline"*}"
        ;;
    esac
    fail "what was sent could not be unpacked by $1 and tar: $problem"
  }
  [ -f end ] || fail "what was sent came without its end, or $1 or tar ended before"
  wait
  busy=''
  read -r total <end
  rm -f end
}

# Hashes what has arrived while more is arriving: a group of files is complete when `ready/N` is there.
check_arrivals() {
  number=0 over='' pause=0.01 pauses=0
  while :; do
    if [ -f "ready/$number" ]; then
      [ ! -s "names/$number" ] || (cd tree && xargs -0 $hash <"../names/$number" >"../sums.arrived.$number" 2>/dev/null)
      number=$((number + 1))
    elif [ -n "$over" ]; then
      break
    elif [ -f end ]; then
      over=1
    else
      pauses=$((pauses + 1))
      case $pauses in 5) pause=0.03 ;; 30) pause=0.1 ;; esac
      sleep "$pause" 2>/dev/null || sleep 1
    fi
  done
}

# Puts the manifest together: of what is kept, what is moved and what was sent.
assemble() {
  : >sent
  set +f
  [ ! -d lines ] || cat lines/* >sent
  set -f
  try sort -t ' ' -k 4 -o manifest kept moved sent ||
    fail "the disk is full, or $revisions/$revision cannot be written to: $problem"
  sum=$($hash <manifest)
  [ -n "$sum" ] || fail "$hash does not work any more"
  if [ -z "$spoilt" ] && [ "${sum%%[ *]*}" = "$total" ]; then return 0; fi
  cd / && rm -rf -- "${stage:?}" # Before it is said: the next round makes it anew.
  say stale
  exit 0
}
