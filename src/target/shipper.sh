#!/bin/sh
# The target's side of Shipper, whole and static: POSIX shell and the usual tools, nothing else.
#
# What a run has to say arrives as a frame: one line of words, separated by single spaces. In a word, every byte that
# could be mistaken stands as \0ooo (octal) and an empty word as \c, so that `printf %b` gives the value back. The
# first frame stands in $2, later ones are lines on stdin. What happened goes back the same way: one line a fact.
#
# Three processes: this shell reads stdin (frames, beats, the end of the connection); a worker takes the steps; a
# watchdog ends the run when the beats stop. A run holds the lock by its directory `runs/TOKEN`: everything that it
# moves into place, it moves from there or from `.shipper-TOKEN` beside the active symlink. Who takes over renames
# these away first, so whatever a run that was thought dead still tries fails for want of its source.
#
# The script contains no tilde: that character parts it from the first frame.
# shellcheck disable=SC2086 # words of a frame are split on purpose, with globbing off
set -fu
IFS=' '
lang=${LC_ALL-}
export LC_ALL=C
unset CDPATH
cd /

# What the first frame says; the contract's words, and:
# goal: the command; token: this run's own word, run-…; lost_token: that of the run which `verdict` is about; revisions_text: how the active symlink writes `revisions`;
# audit: words for the journal; lease: seconds without a beat after which a run counts as dead.
goal='' token='' lost_token='' host='' revisions='' active_symlink='' revisions_text='' revision='' epoch='' umask=022 lease=40
lock_timeout=90 revisions_to_keep=5 fail_on_symlink_error=false relative_symlinks=false sync=true source_dir=''
directories='' symlinks='' again='' audit='- - -' about_run='- -' key=-

# ---- words and facts

encode() { # VALUE: sets $word
  case $1 in
    '') word='\c' ;;
    *\\* | *[![:graph:]\ ]*) word=$(printf %s "$1" | od -An -v -to1 | tr -d '\n' | sed 's/ *$//; s/  */\\0/g') ;;
    *)
      word='' rest=$1
      while :; do
        case $rest in
          *' '*)
            word="$word${rest%% *}\\0040"
            rest=${rest#* }
            ;;
          *) break ;;
        esac
      done
      word=$word$rest
      ;;
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

say() { # KIND VALUE...: tells the runner one fact
  line=$1
  shift
  for value; do
    encode "$value"
    line="$line $word"
  done
  printf '%s\n' "$line"
}

fail() { # SENTENCE [CODE]
  say error "${2:-TARGET}" "${step-}" "$1"
  exit 1
}

warn() { # SENTENCE
  say warning "${step-}" "$1"
}

me() { id -un 2>/dev/null || id -u; }

# ---- the journal

# One record: EVENT REVISION TIME TOKEN ACTOR COMMIT RUN FINGERPRINT, ended by a full stop. It begins with a newline,
# so that a torn record before it harms nothing.
journal_record() { # EVENT REVISION: sets $record
  encode "$2"
  record=$(printf '\n%s %s %s %s %s %s .' "$1" "$word" "$(date +%s)" "$token" "$audit" "$key")
}

journal() { # EVENT REVISION
  journal_record "$1" "$2"
  printf '%s\n' "$record" >>"$state/journal"
}

recorded() { # TOKEN EVENT...: whether that run left such a record
  [ -f "$state/journal" ] || return 1
  recorded_by=$1
  shift
  awk -v token="$recorded_by" -v events=" $* " '
    NF == 9 && $9 == "." && $4 == token && index(events, " " $1 " ") { found = 1 }
    END { exit !found }' "$state/journal"
}

completed_by() { recorded "$1" completed prepared; } # TOKEN

# A journal that has grown long is written anew, without the revisions that are gone.
compact_journal() {
  [ "$(wc -l <"$state/journal")" -gt 2000 ] || return 0
  {
    revisions_table
    echo journal
    cat "$state/journal"
  } | awk '
    $1 == "journal" { records = 1 }
    !records { there[$1] = 1; next }
    NF == 9 && $9 == "." && ($2 in there) { printf "\n%s\n", $0 }
    END { print "end" }' >"$run/journal" &&
    [ "$(tail -n 1 "$run/journal")" = end ] &&
    mv -f -- "$run/journal" "$state/journal"
}

# One line a revision that is there, oldest first by the order of creation, those that Shipper did not record last:
# NAME STATE CREATED ACTIVATED ACTOR COMMIT RUN
revisions_table() {
  {
    set +f
    for directory in "$revisions"/*/; do
      directory=${directory%/}
      [ ! -d "$directory" ] || [ -L "$directory" ] || say directory "${directory##*/}"
    done
    set -f
    echo journal
    [ ! -f "$state/journal" ] || cat "$state/journal"
  } | awk '
    $1 == "journal" { records = 1 }
    !records { there[$2] = 1; next }
    NF != 9 || $9 != "." { next }
    $1 == "created" {
      order[$2] = ++count; name[count] = $2; created[$2] = $3; activated[$2] = "-"
      about[$2] = $5 " " $6 " " $7; ready[$2] = done[$2] = bad[$2] = 0
      next
    }
    !($2 in order) { next }
    $1 == "prepared" { ready[$2] = 1 }
    $1 == "linked" { activated[$2] = $3 }
    $1 == "completed" { done[$2] = 1 }
    $1 == "returned" && !done[$2] { bad[$2] = 1 }
    $1 == "bad" { bad[$2] = 1 }
    $1 == "cleared" { bad[$2] = 0 }
    $1 == "purged" { delete order[$2] }
    END {
      for (i = 1; i <= count; i++) {
        n = name[i]
        if (!(n in there) || !(n in order) || order[n] != i) continue
        state = bad[n] ? "bad" : done[n] ? "completed" : ready[n] ? "prepared" : "unfinished"
        print n, state, created[n], activated[n], about[n]
      }
      for (n in there) if (!(n in order)) print n, "foreign", "-", "-", "-", "-", "-"
    }'
}

# The revisions beyond those to keep, were ACTIVE active and PREVIOUS the one before it.
rotation() { # ACTIVE PREVIOUS: prints words
  encode "$1"
  becomes=$word
  encode "$2"
  revisions_table | active=$becomes previous=$word awk -v keep="$revisions_to_keep" '
    # A string is added to each, or 1.1 and 1.10 would be the same number.
    BEGIN { active = ENVIRON["active"] ""; previous = ENVIRON["previous"] "" }
    { name[NR] = $1; state[NR] = $2; if ($1 == active) current = NR }
    END {
      for (i = NR; i > 0; i--) {
        if (state[i] == "foreign" || name[i] == active) continue
        if (state[i] == "completed" && kept < keep) { kept++; continue }
        if (name[i] == previous) continue
        if (state[i] == "prepared" && (!current || i > current)) continue
        print name[i]
      }
    }' | tr '\n' ' '
}

state_of() { # REVISION: prints its state, nothing if there is no such revision
  encode "$1"
  revisions_table | name=$word awk '$1 "" == ENVIRON["name"] "" { print $2 }'
}

# Whether the first of two revisions was created before the second.
is_older() { # REVISION REVISION
  encode "$1"
  first=$word
  encode "$2"
  revisions_table | first=$first second=$word awk '
    $2 == "foreign" { next }
    $1 "" == ENVIRON["first"] "" { seen = 1 }
    $1 "" == ENVIRON["second"] "" { older = seen; exit }
    END { exit !older }'
}

# The revision that a rollback without a name goes to: the newest good one created before the active one.
rollback_choice() { # ACTIVE: prints a word
  encode "$1"
  revisions_table | active=$word awk '
    $1 "" == ENVIRON["active"] "" { exit }
    $2 == "completed" { choice = $1 }
    END { print choice }'
}

# ---- what is active

read_active() { # sets $linked (the text of the active symlink, empty if none) and $active (the revision's name, ditto)
  linked='' active=''
  [ -L "$active_symlink" ] || return 0
  linked=$(readlink "$active_symlink")
  case $linked in
    "$revisions"/*) active=${linked#"$revisions"/} ;;
    *)
      active=$(cd -P -- "$active_symlink" 2>/dev/null && pwd -P) || active=''
      physical=$(cd -P -- "$revisions" 2>/dev/null && pwd -P) || return 0
      case $active in
        "$physical"/*) active=${active#"$physical"/} ;;
        *) active='' ;;
      esac
      ;;
  esac
  active=${active%%/*}
}

writable_ancestor() { # PATH: whether PATH could be created; sets $ancestor
  ancestor=$1
  while [ ! -e "$ancestor" ] && [ ! -L "$ancestor" ]; do
    ancestor=${ancestor%/*}
    [ -n "$ancestor" ] || ancestor=/
  done
  [ -d "$ancestor" ] && [ -w "$ancestor" ] && [ -x "$ancestor" ]
}

# Reads what would make the run fail later, and changes nothing.
preflight() {
  if [ -e "$active_symlink" ] && [ ! -L "$active_symlink" ]; then
    fail "$active_symlink stands where the active symlink has to be, but is no symlink; nothing was touched. On the server, move it away: mv '$active_symlink' '$active_symlink.before-shipper'"
  fi
  if [ -e "$revisions" ] && [ ! -d "$revisions" ]; then
    fail "$revisions is not a directory: move it away, or choose another config.directories.revisions"
  fi
  for path in "$revisions" "$home"; do
    writable_ancestor "$path" ||
      fail "$(me) may not write to $ancestor, which $path needs; on the server: sudo chown $(me) '$ancestor'"
  done
  if [ -s "$state/active" ]; then
    served=$(cat "$state/active")
    [ "$served" = "$active_symlink" ] ||
      fail "$revisions already serves the active symlink $served: give $active_symlink a revisions directory of its own, or, if it moved, remove $state/active on the server"
  fi
  read_active
  say active "$active" "$linked"
  say previous "$active"
}

# ---- the lock: a symlink to the holder's token, kept by the beats in the holder's directory

holds() { [ "$(readlink "$state/lock" 2>/dev/null)" = "$token" ]; }

still_holds() {
  if [ -d "$run" ] && holds; then return; fi
  fail "another run took over, since this one was not heard of for $lease seconds" LOCKED
}

# A dead holder's directory is found inside that of whoever took over from it.
owner_of() { # TOKEN: sets $owner to the token whose beats count
  owner=''
  [ ! -d "$state/runs/$1" ] || owner=$1
  [ -z "$owner" ] || return 0
  owner=$(cd -- "$state/runs" 2>/dev/null && find . -name trash -prune -o -type d -name "$1" -print 2>/dev/null | sed -n '1s,^\./\([^/]*\)/.*,\1,p')
}

say_holder() { # KIND OWNER
  about=''
  read -r about 2>/dev/null <"$state/runs/$2/info" || about='- - - - - 0'
  printf '%s %s %s %s\n' "$1" "$2" "$about" "$(date +%s)"
}

lock() {
  [ ! -d "$revisions" ] || acquire
}

acquire() {
  holds && return
  problem=$(mkdir -p -- "$state/runs" 2>&1 && mkdir -- "$run" "$run/trash" 2>&1) || fail "cannot lock: $problem"
  printf '%010d\n' 0 >"$run/beat"
  printf '%s %s %s\n' "$audit" "$about_run" "$(date +%s)" >"$run/info"
  here >"$run/here"
  ln -s "$token" "$run/lock" || fail "cannot lock: no symlink can be made in $run"
  waited=0 idle=0 freed=0 seen='' told='' alive=''
  until problem=$(ln -s "$token" "$state/lock" 2>&1) || holds; do
    holder=$(readlink "$state/lock" 2>/dev/null) || holder=''
    if [ -z "$holder" ]; then
      # It was freed a moment ago, unless it cannot be made at all.
      freed=$((freed + 1))
      [ "$freed" -lt 10 ] || fail "cannot lock: $problem"
      continue
    fi
    freed=0
    owner_of "$holder"
    beat=''
    [ -z "$owner" ] || read -r beat 2>/dev/null <"$state/runs/$owner/beat" || :
    if [ "$holder $owner $beat" = "$seen" ]; then
      idle=$((idle + 1))
    else
      alive=$seen idle=0 seen="$holder $owner $beat"
    fi
    if [ "$idle" -ge $((lease + lease / 5)) ]; then
      take_over "$holder" "$owner"
      idle=0
      continue
    fi
    [ -n "$told" ] || [ -z "$owner" ] || say_holder waiting "$owner"
    told=1
    # One that was not seen alive is not given up on: it is taken over soon.
    if [ "$waited" -ge "$lock_timeout" ] && [ -n "$alive" ]; then
      [ -z "$owner" ] || say_holder holder "$owner"
      fail "$revisions is locked by another run" LOCKED
    fi
    sleep 1
    waited=$((waited + 1))
  done
  settle_inside "$run"
  # Only now: going back has to work on a full disk.
  if [ ! -s "$run/beat" ] || [ ! -s "$run/info" ]; then fail "cannot write to $run"; fi
  sweep
  [ "$waited" -eq 0 ] || preflight
  [ -s "$state/active" ] || { printf '%s\n' "$active_symlink" >"$run/active" && mv -- "$run/active" "$state/active"; }
}

take_over() { # HOLDER OWNER
  if [ -z "$2" ]; then
    # Nobody's directory is there any more; make one without beats, for the next look to judge.
    mkdir -- "$state/runs/$1" 2>/dev/null
    return
  fi
  mv -- "$state/runs/$2" "$run/$2" 2>/dev/null || return
  # From here on nobody else can release that lock; before, its holder may have woken and done so.
  if [ "$(readlink "$state/lock" 2>/dev/null)" != "$1" ]; then
    mv -- "$run/$2" "$state/runs/$2"
    return
  fi
  mv -f -- "$run/lock" "$state/lock"
}

unlock() {
  kill "${watchdog:-}" 2>/dev/null
  release
}

# Lets go of the lock, or of the place among those who wait for it.
release() {
  [ -d "$run" ] || return 0
  # A dead run that could not be settled is left to the next run: nobody else knows of it.
  set +f
  set -- "$run"/run-*
  set -f
  [ ! -d "$1" ] || return 0
  ! holds || mv -- "$state/lock" "$run/released" 2>/dev/null || return 0
  # Out of the way of a beat, which would write its file anew.
  mv -- "$run" "$state/runs/gone-$token" && rm -rf -- "$state/runs/gone-$token"
}

# Directories of runs that left something undeleted, and of those that died while they waited for the lock: after a day,
# which is longer than any lock-timeout makes sense.
sweep() {
  set +f
  rm -rf -- "$state"/runs/gone-* 2>/dev/null
  for other in "$state"/runs/run-*; do
    if [ "$other" = "$run" ] || [ ! -d "$other" ]; then continue; fi
    if [ -L "$other/released" ] || [ -n "$(find "$other" -prune -mtime +1)" ]; then rm -rf -- "$other" 2>/dev/null; fi
  done
  set -f
}

# ---- going back, and settling what a run left

# This machine since it started: process ids mean nothing elsewhere.
here() {
  uname -n
  cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null || :
}

any_alive() { # LEADER...
  for pid; do
    if kill -0 "-$pid" 2>/dev/null; then return 0; fi
  done
  return 1
}

# `kill -SIGNAL -GROUP` is what dash, bash and BusyBox all take; BusyBox knows no `--` here.
group_ends() { # LEADER...: ends process groups, those that do not listen after a second
  for pid; do kill -TERM "-$pid" 2>/dev/null || kill -s TERM "$pid" 2>/dev/null; done
  tries=10
  while [ "$tries" -gt 0 ] && any_alive "$@"; do
    tries=$((tries - 1))
    sleep 0.1 2>/dev/null || { sleep 1 && tries=0; } # Not every sleep knows parts of a second.
  done
  for pid; do kill -KILL "-$pid" 2>/dev/null || kill -s KILL "$pid" 2>/dev/null; done
}

is_still() { # PID START: whether that process is there, and is the one that began then (as /proc counts)
  case $1 in '' | *[!0-9]* | 0 | 1) return 1 ;; esac
  [ -r "/proc/$1/stat" ] || { [ ! -d /proc/self ] && kill -s 0 "$1" 2>/dev/null; } || return 1
  [ "$2" != - ] || return 0
  read -r stat <"/proc/$1/stat" || return 1
  set -- "$2" ${stat##*) }
  [ "$2" != Z ] && [ "$1" = "${21-}" ]
}

commands_end() { # RUN-DIRECTORY: ends what its listeners still run here
  leaders='' left_running=''
  [ "$(cat "$1/here" 2>/dev/null)" = "$(here)" ] || return 0
  set +f
  for file in "$1"/commands/*; do
    if [ -f "$file" ] && read -r pid start <"$file" && is_still "$pid" "$start"; then leaders="$leaders $pid"; fi
  done
  group_ends $leaders
  for file in "$1"/commands/*; do
    if [ -f "$file" ] && read -r pid start <"$file" && is_still "$pid" "$start"; then left_running="$left_running $pid"; fi
  done
  set -f
  [ -z "$left_running" ] || warn "a listener's command goes on, as another user:$left_running"
}

# What completed before its record reached the journal; the rename that committed it can happen to a holder only.
record_commit() { # RUN-DIRECTORY
  if [ -f "$1/committed" ] && ! completed_by "${1##*/}"; then
    printf '\n%s\n' "$(cat "$1/committed")" >>"$state/journal" || fail "cannot write to $state/journal"
  fi
}

# Whether the run of TOKEN switched, once going back has begun: its link is no longer where it waited.
was_switched() { # TOKEN
  [ -d "$home/.shipper-$1.back" ] && [ ! -L "$home/.shipper-$1.back/forth/$name" ]
}

stuck() {
  fail "$active_symlink could not be put back to ${old:-nothing}: on the server, see who may write to $home"
}

# Puts the active symlink back as it was before the switch of the run in that directory. The link to go back with was
# made before the switch: this needs no free block and no new name.
go_back() { # [RUN-DIRECTORY]
  directory=${1:-$run}
  run_token=${directory##*/}
  [ -f "$directory/switch" ] || return 0
  new='' old=''
  { read -r new && read -r old; } <"$directory/switch"
  [ -n "$old" ] || return 0 # The disk was full: it did not come to the switch.
  decode "$new"
  new=$value
  decode "$old"
  old=$value
  record_commit "$directory"
  if completed_by "$run_token"; then
    [ "$directory" != "$run" ] || say completed "${new##*/}"
    return 0
  fi
  aside=$home/.shipper-$run_token.back
  mv -- "$home/.shipper-$run_token" "$aside" 2>/dev/null || [ ! -d "$home/.shipper-$run_token" ] || stuck
  was_switched "$run_token" || return 0
  if [ "$(readlink "$active_symlink" 2>/dev/null)" = "$new" ]; then
    if [ -n "$old" ]; then
      mv -f -- "$aside/back/$name" "$home/"
    else
      mv -f -- "$active_symlink" "$aside/back/"
    fi
    [ "$(readlink "$active_symlink" 2>/dev/null)" = "$old" ] || stuck
  fi
  recorded "$run_token" returned || journal returned "${new##*/}"
  read_active
  [ "$directory" != "$run" ] || say returned "$active"
}

# Removes what the run in that directory made and did not finish.
discard() { # [RUN-DIRECTORY]
  directory=${1:-$run}
  run_token=${directory##*/}
  if ! was_switched "$run_token" && [ -f "$directory/revision" ] && read -r unfinished <"$directory/revision"; then
    read_active
    case $(state_of "$unfinished") in
      unfinished | foreign) [ "$unfinished" = "$active" ] || throw_away "$unfinished" ;;
    esac
  fi
  rm -f -- "$directory/again"
  rm -rf -- "$home/.shipper-$run_token" "$home/.shipper-$run_token.back"
}

# The commands of `after:link_current_revision`, for the revision that is active again.
again() { # RUN-DIRECTORY
  [ -f "$1/again" ] || return 0
  read_active
  [ -n "$active" ] || return 0
  goal_of_run=''
  read -r _ _ _ goal_of_run _ <"$1/info"
  while read -r command; do
    decode "$command"
    (
      cd -- "$revisions/$active" || exit
      if [ -n "$lang" ]; then LC_ALL=$lang; else unset LC_ALL; fi
      export SHIPPER_COMMAND="$goal_of_run" SHIPPER_EVENT=after:link_current_revision SHIPPER_REVISION="$active" \
        SHIPPER_REVISION_PATH="$revisions/$active" SHIPPER_PREVIOUS_REVISION='' SHIPPER_ACTIVE_SYMLINK="$active_symlink" \
        SHIPPER_HOST="$host"
      exec sh -c "$value"
    ) </dev/null >/dev/null 2>&1 &
    wait_at_most 60 $!
  done <"$1/again"
  rm -f -- "$1/again"
}

wait_at_most() { # SECONDS PID: waits for a child, and kills it when it takes longer
  (
    left=$1
    while [ "$left" -gt 0 ] && sleep 1; do left=$((left - 1)); done
    kill -s KILL "$2"
  ) >/dev/null 2>&1 &
  killer=$!
  wait "$2" 2>/dev/null
  kill -s KILL "$killer" 2>/dev/null
}

settle() { # RUN-DIRECTORY
  commands_end "$1"
  go_back "$1"
  ! was_switched "${1##*/}" || again "$1"
  discard "$1"
}

settle_inside() { # RUN-DIRECTORY: settles the dead runs that it took over
  set +f
  for dead in "$1"/run-*; do
    set -f
    [ -d "$dead" ] || continue
    (settle_inside "$dead") || exit 1 # Variables are global: each level has to have its own.
    settle "$dead"
    say settled "${dead##*/}"
    # What cannot be deleted goes out of the way of those who look for unsettled runs.
    rm -rf -- "$dead" 2>/dev/null || mv -- "$dead" "$1/trash/settled-${dead##*/}"
  done
  set -f
}

throw_away() { # REVISION: first out of sight, then off the disk
  mv -- "$revisions/$1" "$run/trash/" || return
  journal purged "$1"
  rm -rf -- "$state/manifests/$1"
  rm -rf -- "$run/trash/$1" 2>/dev/null && return
  chmod -R u+rwX -- "$run/trash/$1" 2>/dev/null
  problem=$(rm -rf -- "$run/trash/$1" 2>&1) ||
    warn "could not delete all of revision $1, what is left is in $run/trash: $(printf '%s' "$problem" | sed -n 1p)"
}

# ---- the steps

init_directories() {
  problem=$(mkdir -p -- "$revisions" 2>&1) || fail "$problem"
  acquire
  set -- $directories
  for word; do
    decode "$word"
    problem=$(mkdir -p -- "$value" 2>&1) || fail "$problem"
  done
  [ -d "$home" ] ||
    fail "the directory of the active symlink, $home, does not exist: create it, or add it to config.directories"
}

# The name with the start of the run as its ending; counted on, where two runs began in one second.
free_name() { # sets $revision
  taken=$revision-$epoch number=1
  revision=$taken
  while [ -e "$revisions/$revision" ] || [ -L "$revisions/$revision" ]; do
    number=$((number + 1))
    revision=$taken-$number
  done
}

create_revision() {
  if [ -e "$revisions/$revision" ] || [ -L "$revisions/$revision" ]; then
    read_active
    if [ "$(state_of "$revision")" = unfinished ] && [ "$active" != "$revision" ]; then
      throw_away "$revision" || fail "what an earlier run left of revision $revision cannot be removed"
    elif [ "$goal" = prepare ]; then
      fail "revision $revision exists already: prepare needs a name that is not taken"
    else
      free_name
    fi
  fi
  printf '%s\n' "$revision" >"$run/revision" || fail "cannot write to $run"
  problem=$(mkdir -- "$revisions/$revision" 2>&1) || {
    rm -f -- "$run/revision"
    fail "$problem"
  }
  journal created "$revision" || fail "cannot write to $state/journal"
  if [ -n "$source_dir" ]; then
    problem=$(cp -RPp -- "$source_dir/." "$revisions/$revision/" 2>&1) ||
      fail "cannot copy config.source_dir: $(printf '%s' "$problem" | sed -n 1p)"
  fi
  say revision "$revision"
}

# Goes into DIRECTORY below the revision, creating what is missing, and into nothing that a symlink leads to. From
# there on the place is held by inode: whoever swaps a parent later swaps it for nothing.
enter() { # DIRECTORY
  cd -P -- "$revisions/$revision" || return
  inside=$PWD
  IFS=/
  set -- "$1" $1
  IFS=' '
  wanted=$inside${1:+/}$1
  shift
  for part; do
    if [ ! -L "./$part" ] && [ ! -d "./$part" ]; then mkdir -- "./$part" 2>/dev/null; fi
    if [ -L "./$part" ] || ! cd -P -- "./$part" 2>/dev/null; then return 1; fi
  done
  [ "$PWD" = "$wanted" ]
}

# Puts what stands at the link's path aside until the link is in its place, so that a failed one leaves it there.
put_link() { # TEXT NAME
  if [ ! -e "./$2" ] && [ ! -L "./$2" ]; then
    ln -s -- "$1" "./$2"
    return
  fi
  aside=./.shipper-$token failed=0
  mkdir -- "$aside" "$aside/link" "$aside/old" || return
  {
    ln -s -- "$1" "$aside/link/$2" &&
      { [ -L "./$2" ] || [ ! -d "./$2" ] || mv -- "./$2" "$aside/old/"; } &&
      mv -f -- "$aside/link/$2" ./
  } || failed=1
  if [ "$failed" -eq 1 ] && [ -e "$aside/old/$2" ]; then mv -- "$aside/old/$2" ./ || return; fi
  rm -rf -- "$aside"
  return "$failed"
}

link_problem() { # SENTENCE
  [ "$fail_on_symlink_error" = false ] || fail "$1"
  warn "$1"
}

create_symlinks() {
  entered=''
  printf '' >"$run/problem" || fail "cannot write to $run"
  exec 9>>"$run/problem"
  set -- $symlinks
  while [ $# -gt 0 ]; do
    decode "$1"
    text=$value
    decode "$2"
    path=$value
    shift 2
    parent=${path%/*}
    [ "$parent" != "$path" ] || parent=''
    if [ "$entered" != "=$parent" ]; then
      enter "$parent" ||
        fail "the link $path would leave the revision or has no place in it: $parent is not a directory of the revision"
      entered="=$parent"
    fi
    if put_link "$text" "${path##*/}" 2>&9; then
      [ -e "./${path##*/}" ] || {
        [ "$relative_symlinks" = false ] || fail "the link $path would dangle: $text does not lead anywhere from there"
        link_problem "the link $path dangles: $text does not exist"
      }
    else
      link_problem "the link $path could not be made: $(sed -n '$p' "$run/problem")"
    fi
  done
  exec 9>&-
  cd /
}

# Decides which revision `activate` and `rollback` go to.
choose() {
  read_active
  case $goal in
    activate)
      case $(state_of "$revision") in
        prepared) ;;
        '') fail "there is no revision $revision: prepare it first" ;;
        *) [ "$active" = "$revision" ] ||
          fail "revision $revision is not waiting to be activated; to go back to it, use rollback" ;;
      esac
      ;;
    rollback)
      if [ -z "$revision" ]; then
        decode "$(rollback_choice "$active")"
        revision=$value
        [ -n "$revision" ] ||
          fail "there is nothing to roll back to: no completed revision is older than ${active:-the one that is active}"
      fi
      case $(state_of "$revision") in
        '') fail "there is no revision $revision; there are: $(printf '%b' "$(revisions_table | cut -d ' ' -f 1 | tr '\n' ' ')")" ;;
        unfinished) fail "revision $revision was never completed" ;;
        prepared) fail "revision $revision was never active: use activate" ;;
      esac
      ;;
  esac
  say revision "$revision"
  say previous "$active"
  case ${linked%/} in
    "$revisions_text/$revision" | "$revisions/$revision")
      say unchanged
      unlock
      exit 0
      ;;
  esac
}

link_current_revision() {
  read_active
  previous=$active
  text=$revisions_text/$revision
  beside=$home/.shipper-$token
  problem=$(mkdir -- "$beside" "$beside/forth" "$beside/back" 2>&1 && ln -s -- "$text" "$beside/forth/$name" 2>&1) ||
    fail "$problem"
  [ -z "$linked" ] || ln -s -- "$linked" "$beside/back/$name" || fail "cannot make the way back in $home"
  case $text in /*) leads_to=$text ;; *) leads_to=$home/$text ;; esac
  [ -d "$leads_to/" ] ||
    fail "the active symlink would dangle: $text does not lead to the revision from $home"
  set -- $again
  for word; do printf '%s\n' "$word"; done >"$run/again" || fail "cannot write to $run"
  encode "$text"
  new=$word
  encode "$linked"
  old=$word
  encode "$previous"
  printf '%s\n%s\n%s\n' "$new" "$old" "$word" >"$run/switch" || fail "cannot write to $run"
  if [ "$sync" = true ]; then
    sync -f "$revisions/$revision" 2>/dev/null || sync
    say flushed
  fi
  still_holds
  if [ -e "$active_symlink" ] && [ ! -L "$active_symlink" ]; then fail "$active_symlink is no symlink any more"; fi
  problem=$(mv -f -- "$beside/forth/$name" "$home/" 2>&1) || fail "$problem"
  [ "$(readlink "$active_symlink")" = "$text" ] || fail "$active_symlink does not lead to revision $revision after the switch"
  journal linked "$revision" || fail "cannot write to $state/journal"
  say previous "$previous"
  say linked "$revision"
}

left_behind() { # sets $left to the revision that was active before the switch, empty if none
  left=''
  { read -r _ && read -r _ && read -r left; } <"$run/switch"
  decode "$left"
  left=$value
}

purge_old_revisions() {
  read_active
  left_behind
  for old in $(rotation "$revision" "$left"); do
    decode "$old"
    old=$value
    [ "$old" != "$active" ] || continue
    if problem=$(throw_away "$old" 2>&1); then
      say purged "$old"
      [ -z "$problem" ] || printf '%s\n' "$problem"
    else
      warn "revision $old could not be removed: $problem"
    fi
  done
  compact_journal || warn 'the journal could not be compacted'
}

complete() {
  case $goal in
    prepare) journal_record prepared "$revision" ;;
    rollback)
      records=''
      left_behind
      if is_older "$revision" "$left"; then
        journal_record bad "$left"
        records=$record
      fi
      journal_record cleared "$revision"
      records=$records$record
      journal_record completed "$revision"
      record=$records$record
      ;;
    *) journal_record completed "$revision" ;;
  esac
  if [ "$goal" != prepare ] && [ "$(readlink "$active_symlink" 2>/dev/null)" != "$revisions_text/$revision" ]; then
    fail "$active_symlink does not lead to revision $revision any more: someone else moved it"
  fi
  # The rename is the commit: it fails for want of its place once another took over.
  printf '%s\n' "$record" >"$run/record" || fail "cannot write to $run"
  mv -- "$run/record" "$run/committed" 2>/dev/null || still_holds
  printf '%s\n' "$record" >>"$state/journal" || {
    rm -f -- "$run/committed"
    fail "cannot write to $state/journal"
  }
  if [ "$sync" = true ]; then sync -f "$state/journal" 2>/dev/null || sync; fi
  rm -rf -- "$home/.shipper-$token"
  say completed "$revision"
}

# ---- reading only

# Tells everything that `status` and a dry run show.
inspect() {
  read_active
  say active "$active" "$linked"
  revisions_table | sed 's/^/listed /'
  if holder=$(readlink "$state/lock" 2>/dev/null); then
    owner_of "$holder"
    say_holder holder "${owner:-$holder}"
  fi
  [ "$goal" != status ] || return 0
  for word in $directories; do
    decode "$word"
    [ -d "$value" ] || say missing "$value"
  done
  set -- $symlinks
  while [ $# -gt 0 ]; do
    decode "$1"
    case $value in
      /*) [ -e "$value" ] || say dangling "$value" ;;
    esac
    shift 2
  done
  if [ "$goal" = deploy ]; then
    if [ -e "$revisions/$revision" ] && [ "$(state_of "$revision")" != unfinished ]; then
      free_name
      say taken "$revision"
    fi
    for old in $(rotation "" "$active"); do [ "$old" = "$active" ] || say_word purgeable "$old"; done
  fi
}

say_word() { printf '%s %s\n' "$1" "$2"; }

# For a runner that lost the connection: what became of its run, once the target is done with it.
verdict() {
  waited=0
  owner_of "$lost_token"
  while [ -n "$owner" ] && [ "$waited" -le $((lease + lease / 2)) ]; do
    sleep 1
    waited=$((waited + 1))
    owner_of "$lost_token"
  done
  read_active
  if [ -n "$owner" ]; then
    say verdict unknown "$active"
  elif completed_by "$lost_token"; then
    say verdict completed "$active"
  elif recorded "$lost_token" linked returned; then
    say verdict returned "$active"
  else
    say verdict settled "$active"
  fi
}

# ---- the run

# Ends the run when the beats stop, or when another run took over: it then takes no further step.
watch() {
  idle=0 ours=''
  trap 'idle=0' USR1
  while sleep 2; do
    kill -s 0 $$ 2>/dev/null || exit 0
    idle=$((idle + 2))
    if [ -d "$run" ]; then
      ours=1
    elif [ -n "$ours" ]; then
      idle=$lease
    fi
    [ "$idle" -lt "$lease" ] || kill -s TERM $$
  done
}

beat() {
  beats=$((beats + 1))
  [ ! -d "$run" ] || printf '%010d\n' "$beats" 1<>"$run/beat"
}

# While a run settles itself, what others judge by goes on; for ten minutes at the most.
keep_beating() {
  left=600
  while [ "$left" -gt 0 ] && [ -d "$run" ] && kill -s 0 $$ 2>/dev/null; do
    left=$((left - 1))
    beat
    sleep 1
  done
}

# The runner is gone, or this run is no longer the holder: the target settles it alone.
lost() {
  trap '' HUP INT TERM USR1
  kill "${watchdog:-}" 2>/dev/null
  end_work
  if [ -d "$run" ]; then
    keep_beating >/dev/null 2>&1 &
    beater=$!
    if holds; then
      settle_inside "$run"
      settle "$run"
    fi
    release
    kill -s KILL "$beater" 2>/dev/null
  fi >/dev/null
  exit 1
}

ended() { # STATUS
  cd /
  say end "$1"
  if [ "$1" -eq 0 ] && [ "$last" = true ]; then kill -s USR1 $$; fi
}

work() { # STEP...
  trap 'ended $?' EXIT
  trap 'exit 143' TERM
  for step; do
    case $step in
      create_revision | create_symlinks | link_current_revision | purge_old_revisions | complete) still_holds ;;
      preflight | lock | choose | inspect | verdict | init_directories | unlock | go_back | discard) ;;
      *) fail "there is no step $step" INTERNAL ;;
    esac
    "$step"
    say step "$step"
  done
  exit 0
}

# The worker ends after the tool that it is waiting for, so that nothing of it comes late; a tool that takes longer than
# five seconds (a flush, a copy) is left behind: what it would still do has lost its place by then.
end_work() {
  [ -n "$worker" ] || return 0
  kill -s TERM "$worker" 2>/dev/null
  wait_at_most 5 "$worker"
  worker=''
}

start_work() { # LAST STEP...
  last=$1
  shift
  work "$@" &
  worker=$!
}

run_until_end() { # KEY VALUE... do LAST STEP...
  while [ "$1" != 'do' ]; do
    case $1 in
      directory) directories="$directories $2" ;;
      again) again="$again $2" ;;
      link)
        symlinks="$symlinks $2 $3"
        shift
        ;;
      audit)
        audit="$2 $3 $4"
        about_run="$5 $6"
        key=$7
        shift 5
        ;;
      token | lost_token | goal | host | revisions | active_symlink | revisions_text | revision | epoch | umask | lease | \
        lock_timeout | revisions_to_keep | fail_on_symlink_error | relative_symlinks | sync | source_dir)
        decode "$2"
        eval "$1=\$value"
        ;;
      *) fail "cannot understand $1" INTERNAL ;;
    esac
    shift 2
  done
  shift
  state=$revisions/.shipper run=$revisions/.shipper/runs/$token home=${active_symlink%/*} name=${active_symlink##*/}
  home=${home:-/}
  umask "$umask"
  worker='' watchdog='' beats=0
  trap '' PIPE
  trap lost HUP INT TERM
  trap 'exit 0' USR1
  printf '\nshipper 1\n'
  if [ "$lease" -gt 0 ]; then
    watch >/dev/null 2>&1 &
    watchdog=$!
  fi
  start_work "$@"
  while read -r line; do
    case $line in
      b)
        beat
        kill -s USR1 "$watchdog" 2>/dev/null
        ;;
      'do '*)
        set -- $line
        decode "$2"
        revision=${value:-"$revision"}
        shift 2
        start_work "$@"
        ;;
      interrupt)
        end_work
        commands_end "$run"
        say interrupted
        ;;
      'stop '*)
        group_ends "${line#stop }"
        say stopped
        ;;
    esac
  done
  lost
}

case $2 in
  'run '*)
    set -- $2
    shift
    run_until_end "$@"
    ;;
esac
