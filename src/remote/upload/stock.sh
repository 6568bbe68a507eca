# What the target has, and can do.

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
    [ "${manifest##*/}" = "$key" ] || continue
    length_of LINES base
    ahead=$length
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
  length_of BYTES index
  say index "$packing" "$length"
  cat index || cut_short $?
  choose_hash
  choose_workers
}

pack() { # PROGRAM...: packs the index: what of a manifest the runner needs to know
  command -v "$1" >/dev/null && cut -c 1-16,65- base | "$@" >index
}
