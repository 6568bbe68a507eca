# What cannot be copied of the last revision, as it is no file, or somebody else may change it.

# What awk programs begin with that read `others`: what stands there twice is strange, and so is what is below it.
strange='function note_other() { if (++other[$0] > 1 && /[\\\r\001]/) strange_and_odd = 1 }
function stays_away(p, d) {
  if (!index(p, "\\") && ("./" p) in other) return 1 # As escaped, a name may be the one of something else.
  d = parent("./" p)
  if (index(d, "\\") && strange_and_odd) return 1
  if (d == judged) return is_strange
  judged = d
  while (!(is_strange = (d in other) && other[d] > 1) && d != ".") d = parent(d)
  return is_strange
}
'

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
