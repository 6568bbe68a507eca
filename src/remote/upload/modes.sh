# Modes: those that new files and directories get, less what is closed.

# What an awk program begins with that gives files their modes: of a kind in a manifest and the modes of new files.
modes='function less(digit, reading, running) {
    return (reading ? 0 : digit - digit % 2) + (running ? 0 : digit % 2)
  }
  function mode(kind, closed, all) {
    closed = kind == "f" ? 0 : index("abcdefghijklmno", tolower(kind))
    all = index("xABCDEFGHIJKLMNO", kind) ? whole : plain
    return substr(all, 1, 1) less(substr(all, 2, 1), closed >= 8, int(closed / 4) % 2) \
      less(substr(all, 3, 1), int(closed / 2) % 2, closed % 2)
  }
'

# Sets $plain and $whole to the modes of new files and new directories, octal, and $directory_words to the latter for
# chmod. They come from what was made here: where there is a default ACL they are not those of the umask.
read_modes() {
  ask ls -ld probe/file probe/copy || fail "the modes of new files are not known: $problem"
  answer=$(printf '%s\n' "$answer" | awk '
    {
      octal = words = ""
      for (at = 0; at < 9; at++) {
        has = index("rwxst", substr($1, at + 2, 1)) > 0
        digit = (at % 3 ? digit : 0) + has * substr("421", at % 3 + 1, 1)
        if (at % 3 == 2) octal = octal digit
        words = words "," substr("ugo", int(at / 3) + 1, 1) (has ? "+" : "-") substr("rwx", at % 3 + 1, 1)
      }
    }
    /^-/ { plain = octal }
    /^d/ { whole = octal " " substr(words, 2) }
    END { print plain, whole }')
  plain=${answer%% *} whole=${answer#* }
  directory_words=${whole#* } whole=${whole%% *}
  case $plain$whole in
    [0-7][0-7][0-7][0-7][0-7][0-7]) ;;
    *) fail 'the modes of new files are not known: ls or awk gave no answer' ;;
  esac
}

# What was sent has its modes by tar, where no default ACL made them others than the runner expects.
has_modes() {
  [ ! -s kept ] && [ ! -s moved ] && [ "$((0$plain))" -eq $((0666 & (0777 ^ 0$umask))) ]
}

# Finds what does not have the mode of a new file, and gives directories theirs.
look_at_modes() {
  if has_modes; then return 0; fi
  # One that hands its group down is left alone, where it can be: chmod may take that away.
  find tree -type d ! -perm "$whole" ! -perm "2$whole" -exec chmod "$directory_words" {} + || exit 1
  (cd tree && find . -type f ! -perm "$plain") >unusual && : >looked
}

# Gives everything its mode.
set_modes() {
  wait
  if ! has_modes; then
    [ -f looked ] || fail 'the modes of what was copied are not known: find or chmod did not come to its end'
    awk -v plain="$plain" -v whole="$whole" "$paths$modes"'
      FILENAME == "unusual" { unusual[$0]; next }
      /\\/ { next }
      { p = "./" path($0) }
      $2 != "f" || p in unusual { print p >("modes." mode($2)) }' unusual manifest || unchecked
    set +f
    for list in modes.*; do
      [ ! -s "$list" ] || for_each "$list" tree chmod "${list#modes.}" || fail "$problem"
    done
    set -f
  fi
  make_sent_directories
  close_directories tree
}

# Sorts out the directories that the runner told, which are empty or closed.
make_sent_directories() {
  [ -s directories ] || return 0
  awk '
    /\\/ { print >"odd.directories"; next }
    {
      p = "./" substr($0, index($0, " ") + 1)
      print p >"directories.sent"
      if ($1 != "-") print p >("closing." $1)
    }' directories || unchecked
  [ ! -s directories.sent ] || for_each directories.sent tree mkdir -p -- || fail "$problem"
  [ -s odd.directories ] || return 0
  while IFS= read -r line; do
    decode "${line#* }"
    try mkdir -p -- "tree/$value" || fail "$problem"
  done <odd.directories
}

close_directories() { # PLACE: closes those that the upload has closed, as far as they are there
  set +f
  for list in closing.*[!0]; do
    [ ! -s "$list" ] || for_each "$list" "$1" sh -c "$close" sh "${list#closing.}" || fail "$problem"
  done
  set -f
  [ -s odd.directories ] || return 0
  while IFS= read -r line; do
    decode "${line#* }"
    case $line in -*) ;; *) (cd -- "$1" && try sh -c "$close" sh "${line%% *}" "./$value" || fail "$problem") || exit 1 ;; esac
  done <odd.directories
}

# By where the shell is, not by the path: in the revision, a directory can be swapped for a link in between.
close='words=$1 place=$(pwd -P)
shift
for directory; do
  if [ ! -d "$directory" ] || [ -L "$directory" ]; then continue; fi
  (cd -P -- "$directory" && PWD="" sh -c "[ \"\$PWD\" = \"\$1\" ] && chmod \"\$2\" ." sh "$place/${directory#./}" "$words") || {
    echo "$directory cannot be closed by sh and chmod, or was swapped for something else"
    exit 1
  }
done'
