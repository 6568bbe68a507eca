# Read in by the other scripts, with $root: brings Node, the locked packages and the generated code, where they are
# missing or older than what they are made from. Afterwards node, npm and the packages' programs are in PATH.
# shellcheck shell=sh
: "${root:?}"

set_up_node() {
  "$root/script/node" --version >&2 || return 1
  PATH=$(dirname "$("$root/script/node" -p process.execPath)"):$root/node_modules/.bin:$PATH
  # Where a person's PATH leaves out the programs of an administrator.
  PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
  export PATH npm_config_update_notifier=false
}

# npm's own record of what it installed is newer than the lock file, or npm has to run again.
set_up_packages() {
  if [ -f "$root/node_modules/.package-lock.json" ] && [ -z "$(find "$root/package-lock.json" "$root/package.json" \
    -newer "$root/node_modules/.package-lock.json")" ]; then
    return
  fi
  npm --prefix "$root" ci --ignore-scripts --omit=optional --prefer-offline --no-audit --no-fund --loglevel error >&2
}

generate() {
  node --disable-warning=MODULE_TYPELESS_PACKAGE_JSON "$root/script/generate.ts"
}

# set_up: all of it.
set_up() {
  set_up_node && set_up_packages && generate
}
