# Checking every file, and giving it its mode.

# Hashes the files that these lines of a manifest are about, if they are no odd ones.
hash_plain() { # LINES LIST
  awk "$paths"'!/\\/ { print "./" path($0) }' "$1" >"$2"
  (cd tree && in_batches "$stage/$2" none . "$hash")
}

hash_odd() { # LINES: and gives them their modes
  awk -v plain="$plain" -v whole="$whole" "$paths$modes"'/\\/ { print mode($2), path($0) }' "$1" >hashed.odd
  while IFS= read -r line; do
    word=${line#* }
    decode "$word"
    if [ ! -f "tree/$value" ] || [ -L "tree/$value" ]; then continue; fi
    try chmod "${line%% *}" "tree/$value" || fail "$problem"
    sum=$($hash <"tree/$value")
    printf '%s ./%s\n' "${sum%%[ *]*}" "$word"
  done <hashed.odd >sums.odd
}

unchecked() {
  became $? awk ''
  fail "what was uploaded could not be checked: $problem"
}

# What was copied or sent and has no hash by its name, as where a program encodes names, is hashed without it.
hash_missing() { # LINES
  awk "$paths"'
    FILENAME == "sums" { name = substr($0, 65); sub(/^ [ *]?/, "", name); actual[name]; next }
    !(("./" path($0)) in actual) { print "./" path($0) }' sums "$1" >missing || unchecked
  while IFS= read -r path; do
    if [ ! -f "tree/$path" ] || [ -L "tree/$path" ]; then continue; fi
    sum=$($hash <"tree/$path")
    printf '%s %s\n' "${sum%%[ *]*}" "$path"
  done <missing >>sums
}

# Compares the hashes of the files with these lines of the manifest; those that differ are in `bad`.
compare() { # LINES
  set +f
  cat sums.* >sums 2>/dev/null
  rm -f sums.*
  set -f
  hash_missing "$1"
  awk "$paths"'
    FILENAME == "sums" { name = substr($0, 65); sub(/^ [ *]?/, "", name); actual[name] = substr($0, 1, 64); next }
    actual["./" path($0)] != substr($0, 1, 64)' sums "$1" >bad || unchecked
  [ -f bad ] || unchecked
  [ -s bad ] || return 0
  awk "$paths"'{ print path($0) }' bad >bad.paths || unchecked
  if [ "$round" = again ]; then
    length_of LINES bad
    IFS= read -r path <bad.paths
    fail "$length files differ from what was sent, after sending them twice, such as $path"
  fi
  again=1
  length_of BYTES bad.paths
  say bad "$length"
  cat bad.paths || cut_short $?
  exit 0
}

