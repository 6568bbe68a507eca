import { ModuleHost } from '../../src/modules/runner/module-host.ts';
import { configWith, entry, listenersFor, Recorder, target } from './fixture.ts';

// A run that calls the listener named by its second argument, in the workspace of its first, until it is killed.
const [workspace = '', reference = ''] = process.argv.slice(2);
const listeners = listenersFor('on:start', reference);
const [listener] = listeners;
if (listener === undefined) throw new Error('no listener');
const recorder = new Recorder();
const host = await ModuleHost.start({
  listeners,
  workspace,
  context: { command: 'deploy', config: configWith(listeners) },
  services: recorder,
  env: process.env,
  entry,
});
await host.call(listener, { event: 'on:start', targets: [target], wave: { number: 1, of: 1 } }, recorder);
