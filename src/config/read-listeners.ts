import type { Listener, ListenerOrigin, ModuleListener, RunListener, UploadListener } from './config.ts';
import { below, type Document, placeOf } from './document.ts';
import { eventNames, uploadEvents } from './events.ts';
import { workspacePath } from './paths.ts';
import { listOf } from './pattern.ts';
import type { Problems, Report } from './problems.ts';
import type { RawFile, RawListener, RawRun, RawUpload } from './raw.ts';

/** Reports what is wrong with one key of a listener. */
type ReportKey = (...keys: readonly (string | number)[]) => Report;

/** The listeners in the order of the events and, within each, as written. What is wrong goes to `problems`. */
export function readListeners(
  document: Document,
  events: NonNullable<RawFile['events']>,
  problems: Problems,
): readonly Listener[] {
  return eventNames.flatMap((event) =>
    (events[event] ?? []).flatMap((written, index) => {
      if (written === undefined) return [];
      const pointer = below(below('/events', event), index);
      const { value } = placeOf(document, pointer);
      const place = { event, index, at: 'at' in value ? value.at : undefined };
      const report: ReportKey = (...keys) => problems.at(placeOf(document, keys.reduce<string>(below, pointer)).value);
      return readListener(written, place, report) ?? [];
    }),
  );
}

function readListener(written: RawListener, place: ListenerOrigin, report: ReportKey): Listener | null {
  if (typeof written === 'string') return readModule(written, place, report());
  return 'run' in written ? readRun(written, place, report) : readUpload(written, place, report);
}

function readModule(reference: string, place: ListenerOrigin, report: Report): ModuleListener | null {
  const names = reference.split('.');
  const [className = '', method = ''] = names.slice(-2);
  const path = names.slice(0, -2);
  if (/[/\\]/.test(reference))
    return report('a module is named with dots instead of slashes, and without ".ts" or ".js"');
  if (path.length === 0) return report('a listener names a module, a class and a method: "module.path.Class.method"');
  if (names.includes('')) return report('a listener has an empty name between its dots');
  if (!path.every((name) => /^[\p{L}\p{N}_$@+-]+$/u.test(name)))
    return report('a module has a character that no name has');
  for (const [name, what] of [[className, 'class'] as const, [method, 'method'] as const]) {
    if (!/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name))
      return report(`the ${what} of a listener has no valid name`);
  }
  if (method === 'constructor') return report('the class is constructed anyway: name a method of it');
  return { kind: 'module', ...place, reference, module: path.join('/'), className, method };
}

function readRun(written: RawRun, place: ListenerOrigin, report: ReportKey): RunListener {
  const { run, on, once = false, timeout, allow_failure: allowFailure = false } = written;
  const onRunner = on === 'runner';
  if (run.includes('\0') || run.trim() === '') report('run')('"run" must be a command, without NUL characters');
  if (!onRunner && on !== undefined) {
    const parts = listOf(on);
    if (parts.length === 0) report('on')('"on" must be "runner" or name targets');
    if (parts.some((part) => /^!?\s*runner$/.test(part))) report('on')('"runner" stands alone in "on"');
  }
  if (!onRunner && place.event === 'on:start') {
    report('run')('no target is connected in on:start: add "on": "runner", or choose a later event');
  }
  if (onRunner && once) report('once')('"once" has no meaning with "on": "runner", where a command runs once anyway');
  const env = (written.env ?? []).filter((name) => name !== undefined);
  (written.env ?? []).forEach((name, index) => {
    if (name === undefined || /^[A-Za-z_]\w*$/.test(name)) return;
    report('env', index)(`entry ${index + 1} of "env" is not the name of a variable`);
  });
  return { kind: 'run', ...place, run, on, once, env: [...new Set(env)], timeout, allowFailure };
}

function readUpload(written: RawUpload, place: ListenerOrigin, report: ReportKey): UploadListener | null {
  const upload = workspacePath(written.upload, '"upload"', 'the workspace', report('upload'));
  const to = workspacePath(written.to ?? '.', '"to"', 'the revision', report('to'));
  const exclude = (written.exclude ?? []).filter((pattern) => pattern !== undefined);
  if (!uploadEvents.includes(place.event)) {
    report('upload')(`there is no new revision to upload to in ${place.event}: upload in ${uploadEvents.join(', ')}`);
  }
  return upload === null || to === null ? null : { kind: 'upload', ...place, upload, to, exclude };
}
