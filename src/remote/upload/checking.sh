# Checking every file, and giving it its mode.

# Hashes the files that these lines of a manifest are about, if they are no odd ones.
hash_plain() { # LINES LIST
  awk "$paths"'!/\\/ { print "./" path($0) }' "$1" >"$2"
  (cd tree && in_batches "$stage/$2" none . "$hash")
}

hash_odd() { # LINES: and gives them their modes
  awk "$paths"'/\\/ { print $2 path($0) }' "$1" >hashed.odd
  while IFS= read -r line; do
    word=${line#?}
    decode "$word"
    if [ ! -f "tree/$value" ] || [ -L "tree/$value" ]; then continue; fi
    case $line in
      x*) chmod '=rwx' "tree/$value" ;;
      *) chmod '=rw' "tree/$value" ;;
    esac
    sum=$($hash <"tree/$value")
    printf '%s ./%s\n' "${sum%%[ *]*}" "$word"
  done <hashed.odd >sums.odd
}

# Compares the hashes of the files with these lines of the manifest; those that differ are in `bad`.
compare() { # LINES
  set +f
  cat sums.* >sums 2>/dev/null
  rm -f sums.*
  set -f
  awk "$paths"'
    FILENAME == "sums" { name = substr($0, 65); sub(/^ [ *]?/, "", name); actual[name] = substr($0, 1, 64); next }
    actual["./" path($0)] != substr($0, 1, 64)' sums "$1" >bad.new
  mv bad.new bad
  [ -s bad ] || return 0
  [ "$round" != again ] || fail "$(($(wc -l <bad))) files differ from what was sent, after sending them twice, such as $(awk "$paths"'NR == 1 { print path($0) }' bad)"
  awk "$paths"'{ print path($0) }' bad >bad.paths
  again=1
  say bad $(($(wc -c <bad.paths)))
  cat bad.paths
  exit 0
}

# Finds what does not have the mode of a new file.
look_at_modes() {
  if [ ! -s kept ] && [ ! -s moved ]; then return 0; fi
  plain=$(printf '%o' $((0666 & (0777 ^ 0$umask))))
  (cd tree && find . -type f ! -perm "$plain") >unusual
}

# Gives what was copied the modes that new files get: by umask alone, or by the directory's default ACL.
set_modes() {
  wait
  [ -f unusual ] || return 0
  awk "$paths"'
    FILENAME == "unusual" { unusual[$0]; next }
    /\\/ { next }
    { p = "./" path($0) }
    $2 == "x" { print p >"modes.x"; next }
    p in unusual { print p >"modes.f" }' unusual manifest
  [ ! -s modes.x ] || tr '\n' '\0' <modes.x | (cd tree && xargs -0 chmod =rwx)
  [ ! -s modes.f ] || tr '\n' '\0' <modes.f | (cd tree && xargs -0 chmod =rw)
}
