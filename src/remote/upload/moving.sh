# Moving into place.

# Moves what is in a directory of the tree to the one of the revision in which this shell is, or only looks whether it
# may. On the way there, any directory can be swapped for a link at any moment: what counts is where the shell is in
# the end, which a new one asks of the system, and from where it does not move.
merge() { # HOW DIRECTORY DEPTH
  exec 4>"$stage/moving.$3"
  set +f
  for entry in "$stage/tree/$2"* "$stage/tree/$2".[!.]* "$stage/tree/$2"..?*; do
    if [ ! -e "$entry" ] && [ ! -L "$entry" ]; then continue; fi
    there=./${entry##*/} place=$2${entry##*/}
    if [ -d "$entry" ] && [ ! -L "$entry" ]; then
      [ ! -L "$there" ] || fail "$place is a symlink in the revision, and nothing is uploaded through one"
      if [ -d "$there" ]; then
        # Variables are global: each level has to have its own.
        (
          cd -P -- "$there" 2>/dev/null || fail "$place in the revision cannot be entered"
          merge "$1" "$place/" $(($3 + 1))
        ) || exit 1
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
  if [ "$1" = look ] || [ ! -s "$stage/moving.$3" ]; then return 0; fi
  problem=$(PWD='' xargs -0 sh -c "$put_here" "$whole_revision${2:+/}${2%/}" <"$stage/moving.$3" 2>&1) ||
    fail "what was uploaded cannot be moved into ${2:-place} by xargs, sh and mv: $problem"
}

put_here='[ "$PWD" = "$0" ] || {
  echo "the directory was swapped for something else during the upload; see who may write to the one above it"
  exit 1
}
mv -f -- "$@" ./'

settle() {
  set_modes
  { cd -P -- "$revisions/$revision" && whole_revision=$(pwd -P); } || fail "cannot go into $revisions/$revision"
  merge look '' 0
  cd -- "$stage" || fail "cannot go into $stage"
  close_directories "$whole_revision"
  (cd -P -- "$whole_revision" && merge move '' 0) || exit 1
  # A shell that cannot read a name passes it over.
  ask find tree ! -type d || fail "what was uploaded could not be counted: $problem"
  [ -z "$answer" ] || fail "what was uploaded was not all moved into place: ${answer%%"$newline"*} is left"
  { try mkdir -p -- "$manifests/$revision" && try mv -f -- manifest "$manifests/$revision/$key"; } ||
    fail "the manifest cannot be written to $manifests: $problem"
  set +f
  for other in "$manifests"/*; do
    [ -d "$revisions/${other##*/}" ] || rm -rf -- "$other"
  done
  set -f
  cd / && { try rm -rf -- "${stage:?}" || try rm -rf -- "$stage" || fail "$problem"; }
  say 'done'
}
