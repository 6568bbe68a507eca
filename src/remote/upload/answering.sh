# Answering what the runner asks: which of its files are here, and what else is.

# What an awk program begins with that goes over a manifest: whether a stretch ends after this line.
stretch='function ends(line) {
    if (++lines < least || (lines < 64 && substr(line, 1, 2) >= bound)) return 0
    lines = 0
    return 1
  }
'

# Reads the question and tells the index: the answer to it, and what of a manifest the runner needs to know besides.
answer() {
  packing=none
  if [ -z "$base" ]; then
    say index none 0
    IFS= read -r line || exit 1
    return 0
  fi
  IFS= read -r line || exit 1
  compare_stretches $line
  case $reads in *zstd*) pack zstd -q -3 && packing=zstd ;; esac
  [ "$packing" = zstd ] || { pack gzip -6 && packing=gzip; } || pack cat
  length_of BYTES index
  say index "$packing" "$length"
  cat index || cut_short $?
}

pack() { # PROGRAM...: packs the index
  command -v "$1" >/dev/null && { cat answer && cut -c 1-12,65- listed; } | "$@" >index
}

# Sorts out what the runner has too: it comes last in `base`, after what is `listed` for it. Any other copy of `base`
# that is in use has the same lines.
compare_stretches() { # - | HASH LEAST BOUND WIDTH DIGESTS
  : >same
  if [ $# -ne 5 ] || [ -z "$own" ]; then
    echo all >answer
    cat base >listed
    return 0
  fi
  sum=$($hash <base)
  if [ "${sum%%[ *]*}" = "$1" ]; then
    echo same >answer
    : >listed
    return 0
  fi
  printf '%s\n' "$5" >asked
  : >listed
  hash_stretches "$2" "$3"
  awk -v least="$2" -v bound="$3" -v width="$4" "$stretch"'
    BEGIN { at = ours = theirs = 0 }
    FILENAME == "asked" {
      asked = int(length($0) / width)
      for (i = 1; i <= asked; i++) number[substr($0, (i - 1) * width + 1, width)] = i
      next
    }
    FILENAME == "digests" { name = substr($0, 65); sub(/^ [ *]?/, "", name); digest[name] = substr($0, 1, width); next }
    {
      d = digest["./" at]
      if (d in number) { found[number[d]]; ours++; print >"same" } else { theirs++; print >"listed" }
      if (ends($0)) at++
    }
    END {
      printf "part %d %d", theirs, ours >"answer"
      for (i = 1; i <= asked; i++) if (!(i in found)) printf " %d", i >"answer"
      print "" >"answer"
    }' asked digests base || {
    became $? awk ''
    fail "what is there could not be compared: $problem"
  }
  cat listed same >base.new || {
    became $? cat ''
    fail "what is there could not be compared: $problem"
  }
  try mv -f base.new base || fail "$problem"
}

hash_stretches() { # LEAST BOUND
  try mkdir stretches || fail "$problem"
  awk -v least="$1" -v bound="$2" "$stretch"'
    BEGIN { at = 0; print "./0" }
    {
      if (over) print "./" ++at
      file = "stretches/" at
      print >file
      over = ends($0)
      if (over) close(file)
    }' base >stretches.names
  tr '\n' '\0' <stretches.names | (cd stretches && xargs -0 $hash) >digests 2>/dev/null
}
