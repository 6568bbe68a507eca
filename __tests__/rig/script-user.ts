import { findProgram } from './program.ts';
import type { ScriptTarget } from './script-target.ts';

/** From now on the shimmed runs of that target are those of this user, who has one group and no privileges. */
export async function runAs(site: ScriptTarget, uid: number, gid: number): Promise<void> {
  const setpriv = await findProgram('setpriv', 'util-linux');
  const words = `--reuid=${uid} --regid=${gid} --clear-groups --inh-caps=-all`;
  site.shim('sh', `if [ "$(/usr/bin/id -u)" = 0 ]; then exec '${setpriv}' ${words} "$0" "$@"; fi`);
}
