# What the target has, and can do.

# What awk programs begin with: the last word of a manifest's line.
paths='function path(line) { line = substr(line, 68); sub(/^[0-9]+ /, "", line); return line }
function parent(p) { return sub(/\/[^\/]*$/, "", p) ? p : "." }
'

choose_hash() { # sets $hash: prints a line for each file, of its SHA-256 and its name
  for hash in 'openssl dgst -sha256 -r' sha256sum 'sha256 -r' 'shasum -a 256'; do
    case $(printf x | $hash 2>/dev/null) in
      2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881*) return 0 ;;
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
  try mkdir probe probe/copy || fail "$problem"
  : >probe/file || fail "$stage cannot be written to"
  if cp --reflink=auto --parents -- probe/file probe/copy 2>/dev/null; then
    copy=cp reflink=--reflink=auto
    printf x >probe/file
    ! cp --reflink=always -- probe/file probe/shared 2>/dev/null || shares=true
  else
    # As root, that one would also give a copy the ACL of what it is copied from.
    case $(tar --version 2>/dev/null) in bsdtar*) copy=bsdtar ;; esac
  fi
}

# Sets $base to the revision whose manifest is the best to go by: the active one's, else the newest one's.
choose_base() {
  base=''
  [ "$round" = new ] || return 0
  if [ -n "$previous" ] && [ -d "$manifests/$previous" ] && [ -d "$revisions/$previous" ]; then
    base=$previous
    return 0
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

# The manifest of the base: that of the same upload, whose files may be copied before the runner has spoken; where there
# is none, those of all uploads.
read_base() { # sets $own if it is that one, $ahead, how many files to copy ahead, and $old
  : >base
  ahead=0 own=''
  [ -n "$base" ] || return 0
  old=$revisions/$base
  set +f
  for manifest in "$manifests/$base/$key" "$manifests/$base"/*; do
    [ -f "$manifest" ] || continue
    cat -- "$manifest" >>base
    [ "${manifest##*/}" = "$key" ] || continue
    length_of LINES base
    ahead=$length own=1
    break
  done
  set -f
  [ -s base ] || base=''
}

take_stock() {
  choose_base
  read_base
  [ -z "$base" ] || list_others &
  tools=''
  for tool in zstd gzip; do command -v "$tool" >/dev/null && tools="$tools $tool"; done
  free=$(df -Pk . 2>/dev/null | awk 'NR == 2 { print $4 }')
  say room "$free" "$shares" $tools
  choose_hash
  choose_workers
}
