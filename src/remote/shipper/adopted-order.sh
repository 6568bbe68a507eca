# In which order what another tool left came about.

# Directories that Shipper did not record, oldest first; sets $adopted (words) and $ordered_by (for people). A directory
# in the active symlink's place is to be the newest of them.
find_adopted() {
  read_table
  names='' adopted='' ordered_by=''
  IFS=$newline
  for line in $table; do
    case $line in *' foreign '*) names=$names${line%% *}$newline ;; esac
  done
  IFS=' '
  [ -n "$names" ] || return 0
  for log in "$home/.dep/releases_log" "$home/.dep/releases" "${revisions%/*}/.dep/releases_log" \
    "${revisions%/*}/.dep/releases" "$home/revisions.log" "${revisions%/*}/revisions.log"; do
    if [ ! -f "$log" ]; then continue; fi
    order_by_log "$log"
    [ -z "$ordered_by" ] || return 0
  done
  order_by_name
  [ -n "$ordered_by" ] || order_by_time
}

arrange() { # PROGRAM FILE: sets $adopted to what awk makes of the names, and of a file behind a slash
  answer=$(printf '%s/\n' "$names" | awk "$1"' END { print "/" }' - "$2") || fail 'the order of what is there is not known: awk failed'
  case $newline$answer in
    *"$newline/") ;;
    *) fail 'the order of what is there is not known: awk did not answer to the end' ;;
  esac
  IFS=$newline
  set -f -- ${answer%/}
  IFS=' '
  adopted=$*
}

# Deployer 7 has a JSON object a line, with "release_name"; Deployer 6 "TIME,NAME"; Capistrano "… deployed as release
# NAME by …". What is older than the log comes before it.
order_by_log() { # FILE
  arrange '
    $0 == "/" && !over { over = 1; next }
    !over { there[$0] = 1; name[++count] = $0; next }
    {
      entry = ""
      if (match($0, /"release_name": *"?[^",}]*/)) {
        entry = substr($0, RSTART, RLENGTH)
        sub(/^"release_name": *"?/, "", entry)
      } else if (match($0, / deployed as release [^ ]+/)) entry = substr($0, RSTART + 21, RLENGTH - 21)
      else if (match($0, /^[0-9]+,[^,]+$/)) { entry = $0; sub(/^[0-9]+,/, "", entry) }
      if (entry in there && !(entry in placed)) { placed[entry] = 1; order[++known] = entry }
    }
    END {
      if (known) for (i = 1; i <= count; i++) if (!(name[i] in placed)) print name[i]
      for (i = 1; i <= known; i++) print order[i]
    }' "$1"
  [ -z "$adopted" ] || ordered_by="the log $1"
}

# Numbers by their value, times of one form as they are written.
order_by_name() {
  arrange '
    $0 == "/" && !over { over = 1; next }
    over { next }
    {
      name[++count] = $0
      form = $0
      gsub(/[0-9]/, "9", form)
      if (!match($0, /^[0-9]+$/)) numbers = "no"
      if (count == 1) shape = form
      if (form != shape || !match(form, /^9999[^9]?99[^9]?99/)) times = "no"
    }
    function key(n) { sub(/^0+/, "", n); return sprintf("%04d", length(n)) n }
    END {
      if (numbers == "no" && times == "no") count = 0
      for (i = 1; i <= count; i++) {
        n = name[i]
        for (j = i - 1; j > 0 && (numbers == "no" ? name[j] "" > n "" : key(name[j]) "" > key(n) ""); j--) name[j + 1] = name[j]
        name[j + 1] = n
      }
      for (i = 1; i <= count; i++) print name[i]
    }' /dev/null
  [ -z "$adopted" ] || ordered_by='their names'
}

order_by_time() {
  set +f
  found_names=$(cd -- "$revisions" && ls -1dtr -- */) || fail "the order of what is there is not known: ls failed"
  IFS=$newline
  set -f -- $found_names
  IFS=' '
  adopted=''
  for directory; do
    encode "${directory%/}"
    case $newline$names in *"$newline$word$newline"*) adopted="$adopted $word" ;; esac
  done
  # A name with a line end in it cannot be told by `ls`: it counts as the oldest.
  IFS=$newline
  for word in $names; do
    case " $adopted " in *" $word "*) ;; *) adopted="$word $adopted" ;; esac
  done
  IFS=' '
  ordered_by='the times of their files'
}
