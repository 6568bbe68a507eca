import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isRunning } from '../rig/processes.ts';
import { scriptTarget } from '../rig/script-target.ts';
import { someShells } from '../rig/share.ts';

for (const shell of someShells('groups')) {
  test(`stopping a command ends its whole process group, under ${shell}`, async () => {
    await using site = await scriptTarget(shell);
    const run = site.session();
    await run.session.perform(['preflight']);
    // The leader does not listen to TERM, and its child belongs to the group only.
    const leader = spawn('sh', ['-c', 'trap "" TERM; sleep 60 & echo $!; wait'], { detached: true });
    const [line] = (await once(leader.stdout, 'data')) as [Buffer];
    const closed = once(leader, 'close'); // Its output is closed once its child is gone too.
    run.session.stop(String(leader.pid));
    await closed;
    assert.equal(isRunning(Number(line.toString())), false);
    run.session.close();
  });
}
