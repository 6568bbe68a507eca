# Copying what is here.

copy_and_hash='
tree=$1 sums=$2 hash=$3 copy=$4
shift 4
case $copy in
  cp) cp --reflink=auto --parents -- "$@" "$tree" ;;
  tar) tar -chf - "$@" | tar -xomf - -C "$tree" ;;
  bsdtar) tar -chf - "$@" | tar -xom --no-same-permissions -f - -C "$tree" ;;
esac 2>/dev/null
cd -- "$tree" && $hash "$@" >>"$sums.$$" 2>/dev/null
exit 0'

# With the paths of a list, one a line, there. Of what xargs tells, 123 is that a tool refused some of them.
for_each() { # LIST DIRECTORY TOOL ARGUMENT...
  list=$1 place=$2
  shift 2
  tr '\n' '\0' <"$list" >"$list.0" || {
    became $? tr ''
    fail "$problem"
  }
  problem=$(cd -- "$place" && xargs -0 "$@" 2>&1 <"$stage/$list.0") && return 0
  refused=$?
  problem=${problem:-"$1, started by xargs, ended with exit status $refused"}
  return "$refused"
}

in_batches() { # LIST COPY TREE HASH: hashes the files of a list of lines, having copied them
  [ -s "$1" ] || return 0
  length_of LINES "$1"
  count=$length
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
  awk "$paths$strange"'
    FILENAME == "others" { note_other(); next }
    FNR > '"$ahead"' { exit }
    {
      p = path($0)
      if (index(p, "\\") || stays_away(p)) next
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
  awk "$paths$strange"'
    BEGIN { at = count = 0 } # As a subscript, a variable without a value is not 0, but empty.
    FILENAME == "ranges" { bound[count++] = $1 + 0; next }
    FILENAME == "others" { note_other(); next }
    {
      while (at < count && FNR > bound[at + 1]) at += 2
      p = path($0)
      keeps = at < count && FNR >= bound[at]
      if (keeps) print >"kept"
      if (stays_away(p)) next
      if (index(p, "\\")) { if (keeps) print p "\n" p >"odd.kept"; next }
      if (FNR <= '"$ahead"') {
        if (keeps) next
        print "./" p >"dropped"
        for (d = parent(p); d != "." && !(d in seen); d = parent(d)) { seen[d]; print "./" d >"emptied" }
      } else if (keeps) {
        print "./" p >"copied"
        d = parent(p)
        if (d != last) print "./" d >"directories.kept"
        last = d
      }
    }' ranges others base
}

# Removes what was copied ahead and does not stay.
drop() {
  [ -s dropped ] || return 0
  for_each dropped tree rm -f -- || spoilt=1
  [ -s emptied ] || return 0
  try sort -r -o emptied.sorted emptied || fail "$problem"
  # Those that are in use it refuses, so that no answer tells whether it came to its end: twice is enough.
  for_each emptied.sorted tree rmdir -- || for_each emptied.sorted tree rmdir -- || [ "$refused" -le 123 ] || spoilt=1
}

# Before anything is unpacked: GNU tar fails where somebody else makes a directory that it was about to make.
make_kept_directories() {
  [ ! -s directories.kept ] || for_each directories.kept tree mkdir -p -- || fail "$problem"
}

copy_kept() {
  [ -s copied ] || return 0
  (cd -- "$old" && in_batches "$stage/copied" "$copy" "$stage/tree" "$hash")
}

# Copies the files that are to be under another path, and writes their lines of the manifest. Files that moved together
# are copied together: what their two paths have in common at the end goes to a list for each pair of beginnings.
copy_moved() {
  [ -f copies ] || return 0
  : >groups
  : >renamed
  awk "$paths$strange"'
    FILENAME == "copies" {
      number = $1; sub(/^[0-9]+ /, "")
      if (number in want) want[number] = want[number] "\n" $0; else want[number] = $0
      next
    }
    FILENAME == "others" { note_other(); next }
    FNR in want {
      sum = substr($0, 1, 64); size = $3; from = path($0)
      many = split(want[FNR], each, "\n")
      for (i = 1; i <= many; i++) {
        to = substr(each[i], 3)
        print sum, substr(each[i], 1, 1), size, to >"moved"
        if (stays_away(from)) continue
        if (index(from to, "\\")) { print from "\n" to >"odd.moved"; continue }
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
