# What an account can have set for every shell and tool, and what no line of Shipper's reckons with.

newline='
'

unset CDPATH FUNCNEST GLOBIGNORE TMOUT TAR_OPTIONS GZIP QUOTING_STYLE CLICOLOR_FORCE
# bash takes options and functions from its environment, as others take variables. What `declare -F` prints are the
# functions' names, each behind two words that are none.
# shellcheck disable=SC2016 # for bash alone to expand
if [ -n "${BASH_VERSION-}" ]; then
  eval '
    set +aeCkmPvx +o pipefail
    IFS=" $newline"
    unset -f $(declare -F)
    export -n SHELLOPTS BASHOPTS
    shopt -u dotglob failglob lastpipe nocaseglob nocasematch nullglob xpg_echo'
fi 2>/dev/null # Behind `eval` itself, it would end a shell that has no /dev/null.
IFS=' '
# The own `sleep` of ksh93 ends at any signal, that of a child's end too: a watch that counts by it would run fast.
case ${KSH_VERSION-} in *93*) eval 'builtin -d sleep' ;; esac
