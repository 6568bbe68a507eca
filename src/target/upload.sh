#!/bin/sh
# The target's side of one upload, on a channel of its own: POSIX shell, tar, find, awk, xargs -0 and a program for
# SHA-256. Words and facts are those of shipper.sh, by which it is started too: it contains no tilde either.
#
# Everything is put together in a directory of its own inside the revision, on which nothing else has a hand, and is
# checked there; only then is it moved into place, and into nothing that a symlink leads to. Names never become shell
# text: they are lines of files, or come NUL-separated from a pipe. A name with a newline, a carriage return or a
# backslash is "odd": it stands escaped in a manifest, and is dealt with alone.
# shellcheck disable=SC2086 # words of a frame and of $hash are split on purpose, with globbing off
# shellcheck disable=SC2016 # what is in single quotes is for awk, or for an inner shell
# shellcheck disable=SC2094 # `base` here and `$base` there are two things
# shellcheck disable=SC2045 # names of revisions have no white space, and only ls sorts by time
set -fu
IFS=' '
export LC_ALL=C EXTRACT_UNSAFE_SYMLINKS=1 # BusyBox leaves out links with `..`; here they come last, after all files.
unset CDPATH

run='' id='' revisions='' revision='' previous='' umask=022 key='' round=new reads=gzip
newline='
'

# ---- words and facts

encode() { # VALUE: sets $word
  case $1 in
    '') word='\c' ;;
    *[![:graph:]]* | *\\*) word=$(printf %s "$1" | od -An -v -to1 | tr -d '\n' | sed 's/  */\\0/g') ;;
    *) word=$1 ;;
  esac
}

decode() { # WORD: sets $value
  case $1 in
    *\\*)
      value=$(printf '%bx' "$1")
      value=${value%x}
      ;;
    *) value=$1 ;;
  esac
}

say() { # KIND VALUE...
  line=$1
  shift
  for value; do
    encode "$value"
    line="$line $word"
  done
  printf '%s\n' "$line"
}

fail() { # SENTENCE
  say error UPLOAD '' "$1"
  exit 1
}

# ---- what the target has and can do

choose_hash() { # sets $hash: prints a line for each file, of its SHA-256 and its name
  for hash in 'openssl dgst -sha256 -r' sha256sum 'sha256 -r' 'shasum -a 256'; do
    case $(printf x | $hash 2>/dev/null) in
      2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881*) return ;;
    esac
  done
  fail 'no program for SHA-256 was found: install openssl, or sha256sum of coreutils'
}

choose_workers() { # sets $parallel, words for xargs, and $workers
  workers=$(getconf _NPROCESSORS_ONLN 2>/dev/null || nproc 2>/dev/null || echo 1)
  [ "$workers" -le 4 ] 2>/dev/null || workers=4
  parallel="-P $workers"
  printf 'x\0' | xargs -0 $parallel true 2>/dev/null || workers=1 parallel=''
}

# How files are copied: by GNU cp, which shares blocks where the file system can, or through tar.
choose_copy() { # sets $copy and $reflink
  copy=tar reflink='' shares=false
  problem=$({ mkdir probe && : >probe/file; } 2>&1) || fail "$problem"
  if cp --reflink=auto --parents -- probe/file tree 2>/dev/null; then
    copy=cp reflink=--reflink=auto
    rm -rf tree/probe
    printf x >probe/file
    ! cp --reflink=always -- probe/file probe/shared 2>/dev/null || shares=true
  fi
}

# Sets $base to the revision whose manifest is the best to go by: the active one's, else the newest one's.
choose_base() {
  base=''
  [ "$round" = new ] || return 0
  if [ -n "$previous" ] && [ -d "$manifests/$previous" ] && [ -d "$revisions/$previous" ]; then
    base=$previous
    return
  fi
  IFS=$newline
  for candidate in $(ls -t -- "$manifests" 2>/dev/null); do
    if [ -d "$revisions/$candidate" ] && [ "$candidate" != "$revision" ]; then
      base=$candidate
      break
    fi
  done
  IFS=' '
}

# The manifests of the base, that of the same upload first: its files may be copied before the runner has spoken.
read_base() { # sets $ahead, how many files to copy ahead, and $old
  : >base
  ahead=0
  [ -n "$base" ] || return 0
  old=$revisions/$base
  set +f
  for manifest in "$manifests/$base/$key" "$manifests/$base"/*; do
    if [ ! -f "$manifest" ] || { [ -s base ] && [ "${manifest##*/}" = "$key" ]; }; then continue; fi
    cat -- "$manifest" >>base
    [ "${manifest##*/}" != "$key" ] || ahead=$(($(wc -l <base)))
  done
  set -f
  [ -s base ] || base=''
}

take_stock() {
  choose_base
  read_base
  packing=none
  if [ -n "$base" ]; then
    (cd -- "$old" && find . ! -type f) >others 2>/dev/null &
    case $reads in *zstd*) pack zstd -q -3 && packing=zstd ;; esac
    [ "$packing" = zstd ] || { pack gzip -6 && packing=gzip; } || pack cat
  else
    : >index
  fi
  tools=''
  for tool in zstd gzip; do command -v "$tool" >/dev/null && tools="$tools $tool"; done
  free=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print $4 }')
  say room "$free" "$shares" $tools
  say index "$packing" $(($(wc -c <index)))
  cat index
  choose_hash
  choose_workers
}

pack() { # PROGRAM...: packs the index: what of a manifest the runner needs to know
  command -v "$1" >/dev/null && cut -c 1-16,65- base | "$@" >index
}

# ---- copying what is here

# What awk programs begin with: the last word of a manifest's line.
paths='function path(line) { line = substr(line, 68); sub(/^[0-9]+ /, "", line); return line }
function parent(p) { return sub(/\/[^\/]*$/, "", p) ? p : "." }
'

copy_and_hash='
tree=$1 sums=$2 hash=$3 copy=$4
shift 4
case $copy in
  cp) cp --reflink=auto --parents -- "$@" "$tree" ;;
  tar) tar -chf - "$@" | tar -xomf - -C "$tree" ;;
esac 2>/dev/null
cd -- "$tree" && $hash "$@" >>"$sums.$$" 2>/dev/null
exit 0'

in_batches() { # LIST COPY TREE HASH: hashes the files of a list of lines, having copied them
  [ -s "$1" ] || return 0
  count=$(($(wc -l <"$1")))
  turns=$((count / (workers * 2000) + 1)) # So that all workers end at about the same time.
  count=$((count / (workers * turns) + 1))
  [ "$count" -ge 64 ] || count=64
  tr '\n' '\0' <"$1" | xargs -0 $parallel -n "$count" sh -c "$copy_and_hash" sh "$3" "$stage/sums.${1##*/}" "$4" "$2"
}

make_directories() { # LIST DIRECTORY
  [ ! -s "$1" ] || tr '\n' '\0' <"$1" | (mkdir -p -- "$2" && cd -- "$2" && xargs -0 mkdir -p --)
}

# While the runner is still comparing, copies what was uploaded the last time: mostly, most of that will stay.
copy_ahead() {
  awk "$paths"'
    FILENAME == "others" { other[$0]; next }
    FNR > '"$ahead"' { exit }
    {
      p = path($0)
      if (index(p, "\\") || ("./" p) in other) next
      print "./" p >"ahead"
      d = parent(p)
      if (d != last) print "./" d >"directories.ahead"
      last = d
    }' others base
  make_directories directories.ahead tree 2>/dev/null
  (cd -- "$old" && in_batches "$stage/ahead" "$copy" "$stage/tree" "$hash")
}

# Not where it might fill the disk, or take long in vain.
may_copy_ahead() {
  [ "$ahead" -gt 0 ] && awk -v ahead="$ahead" -v free="${free:-0}" '
    NR <= ahead { bytes += $3 }
    END { exit !(bytes < 1000000000 && bytes < free * 512) }' base
}

# Sorts out what stays where it is. $1: first and last line of each run of such files, in `base`.
sort_out() {
  printf '%s\n' "$1" | tr ' ' '\n' >ranges
  awk "$paths"'
    BEGIN { at = count = 0 } # As a subscript, a variable without a value is not 0, but empty.
    FILENAME == "ranges" { bound[count++] = $1 + 0; next }
    FILENAME == "others" { other[$0]; next }
    {
      while (at < count && FNR > bound[at + 1]) at += 2
      p = path($0)
      keeps = at < count && FNR >= bound[at]
      if (keeps) print >"kept"
      if (index(p, "\\")) { if (keeps) print p "\n" p >"odd.kept"; next }
      if (("./" p) in other) next
      if (FNR <= '"$ahead"') {
        if (keeps) next
        print "./" p >"dropped"
        for (d = parent(p); d != "." && !(d in seen); d = parent(d)) { seen[d]; print "./" d >"emptied" }
      } else if (keeps) {
        print "./" p >"copied"
        d = parent(p)
        if (d != last) print "./" d >"directories"
        last = d
      }
    }' ranges others base
}

# Removes what was copied ahead and does not stay.
drop() {
  [ -s dropped ] || return 0
  tr '\n' '\0' <dropped | (cd tree && xargs -0 rm -f --)
  sort -r emptied | tr '\n' '\0' | (cd tree && xargs -0 rmdir -- 2>/dev/null)
}

copy_kept() {
  [ -s copied ] || return 0
  make_directories directories tree 2>/dev/null
  (cd -- "$old" && in_batches "$stage/copied" "$copy" "$stage/tree" "$hash")
}

# Copies the files that are to be under another path, and writes their lines of the manifest. Files that moved together
# are copied together: what their two paths have in common at the end goes to a list for each pair of beginnings.
copy_moved() {
  [ -f copies ] || return 0
  : >groups
  : >renamed
  awk "$paths"'
    FILENAME == "copies" {
      number = $1; sub(/^[0-9]+ /, "")
      if (number in want) want[number] = want[number] "\n" $0; else want[number] = $0
      next
    }
    FILENAME == "others" { other[$0]; next }
    FNR in want {
      sum = substr($0, 1, 64); size = $3; from = path($0)
      many = split(want[FNR], each, "\n")
      for (i = 1; i <= many; i++) {
        to = substr(each[i], 3)
        print sum, substr(each[i], 1, 1), size, to >"moved"
        if (index(from to, "\\")) { print from "\n" to >"odd.moved"; continue }
        if (("./" from) in other) continue
        m = split("./" from, one, "/"); n = split("./" to, two, "/"); common = ""
        while (m > 1 && n > 1 && one[m] == two[n]) { common = "/" one[m] common; m--; n-- }
        a = substr("./" from, 1, length(from) + 2 - length(common))
        b = substr("./" to, 1, length(to) + 2 - length(common))
        if (!((a, b) in group)) { group[a, b] = ++groups; first[groups] = a; second[groups] = b }
        g = group[a, b]
        moved[g, ++size_of[g]] = common
      }
    }
    END {
      for (g = 1; g <= groups; g++) {
        if (size_of[g] < 5) {
          for (i = 1; i <= size_of[g]; i++) print first[g] moved[g, i] "\n" second[g] moved[g, i] >"renamed"
          continue
        }
        print first[g] "\n" second[g] >"groups"
        file = "group." ++number_of_groups
        for (i = 1; i <= size_of[g]; i++) {
          print "." moved[g, i] >file
          print "." parent(moved[g, i]) >(file ".directories")
        }
        close(file)
        close(file ".directories")
      }
    }' copies others base
  number=0
  while IFS= read -r from && IFS= read -r to; do
    number=$((number + 1))
    make_directories "group.$number.directories" "tree/$to"
    (cd -- "$old/$from" && in_batches "$stage/group.$number" "$copy" "$stage/tree/$to" :)
  done <groups 2>/dev/null
  copy_each renamed
}

copy_each() { # LIST: of two paths for each file, as they stand in a manifest
  [ -f "$1" ] || return 0
  while IFS= read -r from && IFS= read -r to; do
    decode "$from"
    from=$value
    if [ ! -f "$old/$from" ] || [ -L "$old/$from" ]; then continue; fi
    decode "$to"
    case $value in */*) mkdir -p -- "tree/${value%/*}" ;; esac
    cp $reflink -- "$old/$from" "tree/$value" 2>/dev/null
  done <"$1"
}

# ---- what the runner sends

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
    case $problem in *[Nn]'o space left'* | *[Qq]uota*) fail "the disk is full: $(printf '%s\n' "$problem" | sed -n 1p)" ;; esac
    fail "what was sent could not be unpacked: $(printf '%s\n' "$problem" | sed -n '1,3p')"
  }
  [ -f end ] || fail 'what was sent came without its end'
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
  sort -t ' ' -k 4 kept moved sent >manifest || fail "the disk is full, or $revisions/$revision cannot be written to"
  sum=$($hash <manifest)
  [ -n "$sum" ] || fail "$hash does not work any more"
  [ "${sum%%[ *]*}" = "$total" ] || {
    cd / && rm -rf -- "${stage:?}" # Before it is said: the next round makes it anew.
    say stale
    exit 0
  }
}

# ---- checking

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
  if [ ! -s kept ] && [ ! -s moved ]; then return; fi
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

# ---- moving into place

# Moves what is in a directory of the tree to the same directory of the revision, or only looks whether it may.
merge() { # HOW DIRECTORY DEPTH
  exec 4>"moving.$3"
  set +f
  for entry in "tree/$2"* "tree/$2".[!.]* "tree/$2"..?*; do
    if [ ! -e "$entry" ] && [ ! -L "$entry" ]; then continue; fi
    place=$2${entry##*/}
    there=$revisions/$revision/$place
    if [ -d "$entry" ] && [ ! -L "$entry" ]; then
      [ ! -L "$there" ] || fail "$place is a symlink in the revision, and nothing is uploaded through one"
      if [ -d "$there" ]; then
        (merge "$1" "$place/" $(($3 + 1))) || exit # Variables are global: each level has to have its own.
        continue
      fi
      [ ! -e "$there" ] || fail "$place is a directory in the upload, but a file in the revision"
    elif [ -d "$there" ] && [ ! -L "$there" ]; then
      fail "$place is a directory in the revision, but none in the upload"
    fi
    printf '%s\0' "$entry" >&4
  done
  set -f
  exec 4>&-
  if [ "$1" = look ] || [ ! -s "moving.$3" ]; then return 0; fi
  problem=$(xargs -0 sh -c 'mv -f -- "$@" "$0/"' "$revisions/$revision/$2" <"moving.$3" 2>&1) ||
    fail "what was uploaded cannot be moved into place: $problem"
}

settle() {
  set_modes
  merge look '' 0
  merge move '' 0
  if ! mkdir -p -- "$manifests/$revision" || ! mv -f -- manifest "$manifests/$revision/$key"; then
    fail "the manifest cannot be written to $manifests"
  fi
  set +f
  for other in "$manifests"/*; do
    [ -d "$revisions/${other##*/}" ] || rm -rf -- "$other"
  done
  set -f
  cd / && rm -rf -- "${stage:?}"
  say 'done'
}

# ---- one upload

finish() { # STATUS
  trap '' HUP INT TERM EXIT
  # What is still copying is of no use any more; this shell leads its process group.
  [ -z "$busy" ] || kill -TERM "-$$" 2>/dev/null
  wait
  cd /
  [ -n "$again" ] || rm -rf -- "${stage:?}"
  rm -f -- "$run/commands/$id"
  exit "$1"
}

begin() {
  trap '' PIPE
  umask "$umask"
  manifests=$revisions/.shipper/manifests stage=$revisions/$revision/.shipper-$id again='' busy=''
  trap 'finish $?' EXIT
  trap 'exit 1' HUP INT TERM
  if [ -d "$run" ]; then
    mkdir -- "$run/commands" 2>/dev/null
    printf '%s -\n' $$ >"$run/commands/$id"
  fi
  printf '\nshipper-upload 1\n'
  if [ "$round" != again ]; then
    problem=$(mkdir -- "$stage" "$stage/tree" 2>&1) || fail "$problem"
  fi
  cd -- "$stage" || fail "cannot go into $stage"
}

upload() {
  choose_copy
  : >kept
  : >moved
  : >others
  take_stock
  wait
  busy=1
  if may_copy_ahead; then copy_ahead & else ahead=0; fi
  IFS= read -r line || exit 1
  case $line in
    *' '*) sort_out "${line#* }" ;;
    *) sort_out '' ;;
  esac
  wait
  drop
  copy_kept &
  receive "${line%% *}"
  copy_moved
  copy_each odd.kept
  copy_each odd.moved
  assemble
  hash_plain moved moved.names
  hash_odd manifest
  look_at_modes &
  compare manifest
  settle
}

# What differed after the first round was sent again.
upload_again() {
  choose_hash
  choose_workers
  while IFS= read -r word; do
    decode "$word"
    rm -rf -- "tree/${value:?}"
  done <bad.paths
  rm -rf lines names ready copies
  say ready
  IFS= read -r line || exit 1
  receive "$line"
  set +f
  cat lines/* >sent
  set -f
  hash_odd sent
  look_at_modes &
  compare bad
  settle
}

case $2 in
  'upload '*) ;;
  *) exit 2 ;;
esac
# This shell has to lead a process group, by which all of the upload can be ended.
if [ "${3-}" != led ] && ! kill -0 "-$$" 2>/dev/null && command -v setsid >/dev/null; then
  exec setsid sh -c "$1" shipper "$1" "$2" led
fi
set -- $2
shift
while [ $# -gt 1 ]; do
  case $1 in
    run | id | revisions | revision | previous | umask | key | round | reads)
      decode "$2"
      eval "$1=\$value"
      ;;
  esac
  shift 2
done
begin
if [ "$round" = again ]; then upload_again; else upload; fi
