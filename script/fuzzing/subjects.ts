import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseInputs } from '../../src/action/inputs.ts';
import { loadConfig } from '../../src/config/load.ts';
import { matchesTarget } from '../../src/config/pattern.ts';
import { readTargetFact } from '../../src/deploy/facts.ts';
import { decodeWord, readFact } from '../../src/remote/frame.ts';
import { readHostKeys } from '../../src/ssh/host-key.ts';
import { lookUp, parseKnownHosts } from '../../src/ssh/known-hosts.ts';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { Ignored } from '../../src/upload/ignored.ts';
import { readIndex } from '../../src/upload/index-of-target.ts';
import { readPath } from '../../src/upload/manifest.ts';
import { answering } from './answers.ts';
import { wireSubjects } from './wire.ts';

/** Something that reads what it is given, and may only succeed or throw a ShipperError with a code. */
export interface Subject {
  readonly read: (input: string) => unknown;
  /** What people would write. */
  readonly samples: readonly string[];
  /** What a random input does not come upon, and what takes long where a reader is careless. */
  readonly worst: readonly string[];
}

const known =
  'host.example,10.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA c';
const pem =
  '-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\n-----END OPENSSH PRIVATE KEY-----\n';
const stars = `${'*a'.repeat(40)}b`;

/** Every reader of what comes from outside, by name. `workspace` is a directory to write files in. */
export function subjects(workspace: string): Readonly<Record<string, Subject>> {
  return {
    ...wireSubjects,
    config: {
      read: (text) => {
        writeFileSync(join(workspace, 'shipper.json'), text);
        return loadConfig({ workspace, file: 'shipper.json', environment: {}, overrides: { host: 'a@b' } });
      },
      samples: [
        '{"config": {"base_dir": "/var/www", "symlinks": {"share/a": "a"}, "revisions_to_keep": 5}}',
        '{"events": {"on:start": ["a.B.c", {"run": "true", "on": "runner", "timeout": 3}]}, "config": {"base_dir": "/x"}} // c',
        '{"config": {"targets": [{"host": "a", "user": "b", "proxy_jump": "c@d:22"}], "waves": {"sizes": [1, "25%"]}}}',
      ],
      worst: [
        ...['['.repeat(100_000), '{"a":'.repeat(50_000), '/* '.repeat(100_000), `"${'\\'.repeat(100_001)}`],
        ...[
          `{"config": {${'"symlinks": {},'.repeat(2_000)}}}`,
          `{"__proto__": {"config": 1}, "constructor": {}}`,
          '\uFEFF',
        ],
        `{"config": {"base_dir": "/x", "symlinks": {${Array.from({ length: 20_000 }, (_, i) => `"s/${i}": "l/${i}"`).join()}}}}`,
        `{"config": {"base_dir": "${'/a'.repeat(200_000)}"}}`,
        `{${Array.from({ length: 20_000 }, (_, i) => `"key${i}": ${i}`).join()}}`,
      ],
    },
    ship: {
      read: (text) => {
        const [name = '', value = ''] = text.split('=');
        writeFileSync(join(workspace, 'shipper.json'), '{"config": {"base_dir": "/var/www"}}');
        return loadConfig({
          workspace,
          file: 'shipper.json',
          environment: { [`SHIP_${name}`]: value },
          overrides: { host: 'a@b' },
        });
      },
      samples: [
        'CONFIG__REVISIONS_TO_KEEP=3',
        'BASE_DIR=/srv',
        'EVENTS={"on:start": []}',
        'CONFIG__SYMLINKS={"a": "b"}',
        '___TARGETS=[]',
      ],
      worst: [
        '_'.repeat(100_000),
        `${'A__'.repeat(50_000)}=1`,
        `CONFIG=${'['.repeat(50_000)}`,
        '__proto__=1',
        'CONSTRUCTOR__PROTOTYPE__X=1',
      ],
    },
    'known-hosts': {
      read: (text) => lookUp(parseKnownHosts(text), 'host.example', 22),
      samples: [
        known,
        `@cert-authority *.example ${known.slice(24)}`,
        `@revoked ${known}`,
        `|1|c2FsdA==|aGFzaA== ${known.slice(24)}`,
      ],
      worst: [
        ...[
          known.replace('host.example', stars),
          known.replace('host.example', '*'.repeat(10_000)),
          `${known}\n`.repeat(10_000),
        ],
        ...[
          known.replace('host.example', 'a,'.repeat(100_000)),
          `|1|${'A'.repeat(100_000)}|x ssh-ed25519 AAAA`,
          ' '.repeat(1_000_000),
        ],
        known.replace('host.example', '?*'.repeat(5_000)),
      ],
    },
    'host-keys': {
      read: (text) => readHostKeys({ fingerprint: text, lenient: false }),
      samples: [`SHA256:${'A'.repeat(43)}`, `256 SHA256:${'A'.repeat(43)} host (ED25519)`],
      worst: ['SHA256:'.repeat(50_000), ' '.repeat(500_000), 'a '.repeat(200_000)],
    },
    key: {
      read: (text) => readPrivateKey(text, 'passphrase'),
      samples: [
        pem,
        pem.replaceAll('\n', '\\n'),
        pem.replaceAll('OPENSSH', 'RSA'),
        pem.replace('OPENSSH ', ''),
        pem.trim().split('\n').join(' '),
      ],
      worst: [
        ...[
          '-----BEGIN '.repeat(20_000),
          `-----BEGIN A-----\n${'A'.repeat(1_000_000)}\n-----END A-----`,
          '-'.repeat(500_000),
        ],
        ...[pem.repeat(2_000), `-----BEGIN RSA PRIVATE KEY-----\n${'A: b\n'.repeat(50_000)}`, 'QUFB'.repeat(200_000)],
      ],
    },
    host: {
      read: (text) => {
        writeFileSync(join(workspace, 'shipper.json'), '{"config": {"base_dir": "/var/www"}}');
        parseInputs(new Map([['host', text]]), (name) => name, []);
        return loadConfig({ workspace, file: 'shipper.json', environment: {}, overrides: { host: text, user: 'me' } });
      },
      samples: ['deploy@web1.example:2222', '[::1]:22', 'web*,!web7', 'a\nb\nc', 'ssh://a@b'],
      worst: [
        `${'a,'.repeat(5_000)}b`,
        '['.repeat(100_000),
        '@'.repeat(100_000),
        ':'.repeat(100_000),
        `${stars},`.repeat(50),
      ],
    },
    pattern: {
      read: (text) => matchesTarget(text, { name: 'a'.repeat(60), host: `${'a'.repeat(60)}.example` }),
      samples: ['web*', '!web7', '*', 'a*b*c'],
      worst: [stars, '*'.repeat(5_000), '*a'.repeat(2_000)],
    },
    ignore: {
      read: (text) => Ignored.excluding('', []).with('site', text).has('site/a/b/c.map'),
      samples: ['*.map\n!keep.map\n/build/', 'node_modules\n# a comment\n**/x', 'a/**/b'],
      worst: [
        stars,
        `${'**/'.repeat(3_000)}x`,
        '['.repeat(10_000),
        '\\',
        '*'.repeat(5_000),
        `${'a*'.repeat(30)}b\n`.repeat(100),
      ],
    },
    fact: {
      read: (text) => text.split('\n').map((line) => readTargetFact(readFact(line))),
      samples: [
        'revision v1 /var/www/revisions/v1',
        'previous v0 /var/www/revisions/v0',
        'error 1 TARGET broken',
        'end',
        'state v1 completed 1 2 3 4 5',
      ],
      worst: [
        '\\0101'.repeat(100_000),
        ' '.repeat(200_000),
        'revision ../../x /',
        'revision',
        `purged ${'a '.repeat(100_000)}`,
      ],
    },
    words: {
      read: (text) => [decodeWord(text), readPath(text)],
      samples: ['a\\0040b', '\\c', '\\0303\\0274', "'a b'"],
      worst: ['\\'.repeat(100_001), '\\0'.repeat(100_000), '\\0777'.repeat(50_000)],
    },
    index: {
      read: (text) => [...readIndex(Buffer.from(text, 'latin1'))].length,
      samples: ['0123456789abcdef f a/b\nfedcba9876543210 x run\n'],
      worst: ['\n'.repeat(500_000), 'a'.repeat(1_000_000), `${'0'.repeat(16)} f x\n`.repeat(50_000)],
    },
    session: {
      read: answering,
      samples: [
        'shipper 1\nrevision v1 /r/v1\nstep create_revision\nend\n',
        'Welcome\nshipper 1\nerror 0 TARGET no\nend\n',
        'shipper-feed\n',
      ],
      worst: [
        '\n'.repeat(100_000),
        'x'.repeat(500_000),
        `shipper 1\n${'y'.repeat(500_000)}`,
        'shipper 1\nshipper 1\nend\nend\nend\n',
      ],
    },
  };
}
