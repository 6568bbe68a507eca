# Moving into place.

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
        (merge "$1" "$place/" $(($3 + 1))) || exit 1 # Variables are global: each level has to have its own.
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
    fail "what was uploaded cannot be moved into place by xargs, sh and mv: $problem"
}

settle() {
  set_modes
  merge look '' 0
  close_directories "$revisions/$revision"
  merge move '' 0
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
