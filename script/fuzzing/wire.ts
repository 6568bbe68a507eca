/** Readers of what an SSH server sends: what this project changes in ssh2, and certificates. */
import { Duplex } from 'node:stream';
import ssh2 from 'ssh2';
import { describeCertificate, readCertificate, validityAt } from '../../src/ssh/certificate.ts';
import { writeStrings } from '../../src/ssh/public-key.ts';
import { connectClient } from '../../src/ssh/wire/connect-client.ts';
import { Breach } from '../../src/ssh/wire/guards.ts';
import { type ClientPart, partsOf } from '../../src/ssh/wire/parts.ts';
import { postQuantumExchange } from '../../src/ssh/wire/post-quantum.ts';
import type { Subject } from './subjects.ts';

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');
const text = (...parts: readonly (Buffer | string)[]): string =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? bytes(part) : part))).toString('latin1');

function number(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32BE(value);
  return buffer;
}

/** A packet as it goes before there are keys. */
function packet(payload: Buffer): Buffer {
  const padding = 8 - ((payload.length + 5) % 8) + 4;
  return Buffer.concat([number(payload.length + padding + 1), Buffer.of(padding), payload, Buffer.alloc(padding)]);
}

const offer = (kex: string): Buffer =>
  Buffer.concat([
    ...[Buffer.of(20), Buffer.alloc(16, 7), writeStrings(kex, 'ssh-ed25519')],
    ...[
      writeStrings('aes128-gcm@openssh.com', 'aes128-gcm@openssh.com', '', '', 'none', 'none', '', ''),
      Buffer.alloc(5),
    ],
  ]);
const identified = 'SSH-2.0-OpenSSH_9.9\r\n';
const kexes = 'mlkem768x25519-sha256,curve25519-sha256,ext-info-s,kex-strict-s-v00@openssh.com';
const reply = (key: Buffer): Buffer =>
  Buffer.concat([
    Buffer.of(31),
    writeStrings(writeStrings('ssh-ed25519', Buffer.alloc(32, 5)), key, writeStrings('ssh-ed25519', Buffer.alloc(64))),
  ]);

/** A client of ssh2 with everything that is changed in it, before a server that says what `feed` says. */
function client(): { readonly parts: ClientPart; readonly feed: (data: Buffer) => void; readonly end: () => void } {
  const sock = new Duplex({ read: () => undefined, write: (_, __, done) => done() });
  const made = new ssh2.Client().on('error', () => undefined);
  const algorithms = { kex: ['curve25519-sha256'], serverHostKey: ['ssh-ed25519'] } as const;
  const config = { sock, username: 'me', password: 'x', readyTimeout: 0, hostVerifier: (): boolean => true };
  connectClient(
    made,
    {
      ...config,
      algorithms: { ...algorithms, kex: [...algorithms.kex], serverHostKey: [...algorithms.serverHostKey] },
    },
    { certificates: [], acceptCertificate: (certificate) => certificate, onProof: () => undefined },
  );
  return {
    parts: partsOf(made),
    feed: (data) => void sock.push(data),
    end: () => {
      made.destroy();
      sock.destroy();
    },
  };
}

/** Lets streams pass on what they have. */
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function handshake(input: string): Promise<void> {
  const { feed, end } = client();
  const data = bytes(input);
  const middle = Math.floor(data.length / 3); // It arrives in two pieces.
  try {
    feed(data.subarray(0, middle));
    await turn();
    feed(data.subarray(middle));
    await turn();
    await turn();
  } finally {
    end();
  }
}

/** The server's part of a post-quantum key exchange. */
function computed(input: string): unknown {
  const part = {
    sessionID: Buffer.alloc(0),
    negotiated: { kex: '', serverHostKey: 'ssh-ed25519' },
    _hostKey: undefined,
    parse: () => undefined,
    _remoteKexinit: Buffer.alloc(0),
    getPublicKey: () => Buffer.alloc(32, 1),
    convertPublicKey: (key: Buffer) => key,
    computeSecret: (theirs: Buffer) => (theirs.length === 32 ? theirs : new Error('of a wrong length')),
  };
  postQuantumExchange()?.adapt(part);
  return part.computeSecret(part.convertPublicKey(bytes(input)));
}

/** Messages about channels, each a kind and three numbers, as they come once the user is in. */
function channels(input: string): void {
  const { parts, end } = client();
  const { _protocol: protocol } = parts;
  const { _handlers: handlers } = protocol;
  try {
    for (const line of input.split('\n').slice(0, 200)) {
      const [kind = '', ...rest] = line.split(' ');
      const [recipient = 0, window = 0, packetSize = 0] = rest.map((word) => Number(word) >>> 0);
      const data = Buffer.alloc(Math.min(packetSize, 100_000));
      if (kind === 'c')
        handlers.CHANNEL_OPEN_CONFIRMATION(protocol, { recipient, sender: recipient, window, packetSize });
      if (kind === 'd') handlers.CHANNEL_DATA(protocol, recipient, data);
      if (kind === 'e') handlers.CHANNEL_EXTENDED_DATA(protocol, recipient, data, window);
      if (kind === 'g') handlers.GLOBAL_REQUEST(protocol, rest.join(' '), false);
      if (kind === 'x') handlers.EXT_INFO(protocol, [{ name: 'server-sig-algs', algs: rest }]);
      if (kind === 's') handlers.SERVICE_ACCEPT(protocol, rest.join(' '));
    }
  } catch (error) {
    // The connection ends with it, as with what ssh2 throws by itself where a channel has a wrong number.
    if (!(error instanceof Breach) && !String(error).startsWith('Error: Invalid channel id')) throw error;
  } finally {
    end();
  }
}

function certificate(input: string): unknown {
  const read = readCertificate(bytes(input));
  return read === undefined ? undefined : [validityAt(read, new Date()), describeCertificate(read)];
}

const signed = text(
  ...[writeStrings('ssh-ed25519-cert-v01@openssh.com', Buffer.alloc(32, 1), Buffer.alloc(32, 2)), Buffer.alloc(8)],
  ...[number(1), writeStrings('ci', writeStrings('deploy', 'www')), Buffer.alloc(8), Buffer.alloc(8, 255)],
  writeStrings(
    '',
    '',
    '',
    writeStrings('ssh-ed25519', Buffer.alloc(32, 3)),
    writeStrings('ssh-ed25519', Buffer.alloc(64)),
  ),
);
const huge = Buffer.of(0xff, 0xff, 0xff, 0xff);

/** Every reader of what a server sends before and after the login, by name. */
export const wireSubjects: Readonly<Record<string, Subject>> = {
  handshake: {
    read: handshake,
    samples: [
      text(identified, packet(offer(kexes)), packet(reply(Buffer.alloc(1_120, 9)))),
      text(identified, packet(offer('curve25519-sha256')), packet(reply(Buffer.alloc(32, 9)))),
      text('a notice\r\n', identified, packet(Buffer.of(4, 0, 0, 0, 0, 1, 0x61)), packet(offer(kexes))),
      text(identified, packet(Buffer.concat([Buffer.of(1), number(2), writeStrings('too many', 'en')]))),
    ],
    worst: [
      ...[
        text(identified, huge),
        text(identified, Buffer.alloc(100_000)),
        'SSH-'.repeat(50_000),
        '\r\n'.repeat(100_000),
      ],
      ...[
        text(identified, packet(offer(','.repeat(30_000)))),
        text(identified, packet(Buffer.concat([Buffer.of(20), Buffer.alloc(16), huge]))),
      ],
      ...[
        text(identified, packet(offer(`${kexes},`.repeat(400)))),
        text(identified, packet(offer(kexes)), packet(reply(Buffer.alloc(30_000)))),
      ],
      text(identified, ...Array.from({ length: 2_000 }, () => packet(offer(kexes)))),
    ],
  },
  'post-quantum': {
    read: computed,
    samples: [text(Buffer.alloc(1_088, 7), Buffer.alloc(32, 9)), text(Buffer.alloc(1_120))],
    worst: ['', text(Buffer.alloc(1_119)), text(Buffer.alloc(1_121)), text(Buffer.alloc(1_000_000))],
  },
  channels: {
    read: channels,
    samples: [
      'c 0 2097152 32768\nd 0 0 100\ne 0 1 10',
      'x ssh-rsa rsa-sha2-256 rsa-sha2-512\ns ssh-userauth',
      'g hostkeys-00@openssh.com',
    ],
    worst: ['c 0 0 0', 'c 4294967295 4294967295 4294967295', 'd 7 0 100000\n'.repeat(200), `x ${'a '.repeat(50_000)}`],
  },
  certificate: {
    read: certificate,
    samples: [signed, signed.replace('deploy', 'deploi')],
    worst: [
      text(writeStrings('ssh-ed25519-cert-v01@openssh.com', ''), huge),
      signed.repeat(500),
      text(Buffer.alloc(1_000_000)),
      signed.slice(0, -1),
    ],
  },
};
