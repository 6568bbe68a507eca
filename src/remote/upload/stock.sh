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

# What of the base is no file, and so cannot be copied, a line each; and it stands there twice if nothing below it can be
# copied either. These are links, and whatever somebody may change who may not change the revision as a whole, by owner
# or mode: a pipe, or a link to something endless or secret, could take a place there at any moment. Directories above
# are in nobody else's hand, so that what is found stays true. What is not known counts as such.
list_others() {
  (cd -- "$old" && find_others) | tr '\n\000' '\001\n' >others && [ -s others ] || printf '.\n.\n' >>others
}

find_others() {
  if know_strangers; then
    find . -type d ! '(' $strangers ')' -print0 -o -type f ! '(' $strangers ')' -o -prune -print0 -print0 2>/dev/null ||
      became $? find ''
  fi
  [ -z "$died" ] || printf '.\0.\0'
}

know_strangers() { # sets $strangers, words for find
  died=id
  { ask ls -ldn . && owned=$answer && ask id -u; } || return 1
  died=''
  set -- $owned
  strangers="! -user $answer ! -user $3 ! -user 0"
  case $1 in ?????w*) ;; *) strangers="$strangers -o -perm -020" ;; esac
  case $1 in ????????w*) ;; *) strangers="$strangers -o -perm -002" ;; esac
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
