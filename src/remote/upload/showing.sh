# What a revision was uploaded with, for a dry run: nothing is written.

packed() { # FILE: what of a manifest the runner needs to know
  case $packing in
    gzip) cut -c 1-16,65- "$1" | gzip -c ;;
    *) cut -c 1-16,65- "$1" ;;
  esac
}

# Tells the manifests of the revision $previous, in the order in which they were written.
show() {
  trap '' PIPE
  printf '\nshipper-upload 1\n'
  need cut ls wc
  packing=none manifests=$revisions/.shipper/manifests/$previous
  ! command -v gzip >/dev/null || packing=gzip
  keys=''
  [ -z "$previous" ] || keys=$(ls -1tr -- "$manifests" 2>/dev/null)
  IFS=$newline
  for key in $keys; do
    IFS=' '
    [ -f "$manifests/$key" ] || continue
    length=$(packed "$manifests/$key" | wc -c)
    say manifest "$key" "$packing" $((length))
    packed "$manifests/$key"
  done
  say 'done'
}
