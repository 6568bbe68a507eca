import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { AuthContext } from 'ssh2';
import { readPrivateKey, type PrivateKey } from '../../src/ssh/private-key.ts';
import { startSshServer } from '../rig/ssh-server.ts';
import { keyWorkshop, type KeyWorkshop } from './keys.ts';
import { connectTo, failure, memoryLog } from './story.ts';

let workshop: KeyWorkshop;
let key: PrivateKey;
before(async () => {
  workshop = await keyWorkshop();
  key = readPrivateKey((await workshop.sshKeygen('-t ed25519')).text);
});
after(async () => workshop[Symbol.asyncDispose]());

const password = 'hunter2';

test('a key goes first, without asking what the server takes: two requests, the second one signed', async () => {
  const signed: boolean[] = [];
  await using server = await startSshServer({
    authenticate: (context) => {
      if (context.method === 'publickey') signed.push(context.signature !== undefined);
      context.accept();
    },
  });
  using connection = await connectTo(server, { key, password }, { knownHosts: server.knownHosts });
  assert.equal(connection.keyFingerprint, key.fingerprint);
  assert.deepEqual(server.asked, ['publickey', 'publickey']);
  assert.deepEqual(signed, [false, true]);
});

test('a password alone is sent once, in the way that the server takes it', async () => {
  for (const method of ['password', 'keyboard-interactive'] as const) {
    const got: string[] = [];
    await using server = await startSshServer({ authenticate: (context) => acceptPassword(context, method, got) });
    using connection = await connectTo(server, { password }, { knownHosts: server.knownHosts });
    assert.equal(connection.keyFingerprint, undefined);
    assert.deepEqual(server.asked, ['none', method]);
    assert.deepEqual(got, [password]);
  }
});

function acceptPassword(context: AuthContext, method: 'password' | 'keyboard-interactive', got: string[]): void {
  if (context.method !== method) context.reject([method]);
  else if (context.method === 'password') {
    got.push(context.password);
    context.accept();
  } else {
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
      got.push(...answers);
      context.accept();
    });
  }
}

test('a password follows a key that is refused', async () => {
  await using server = await startSshServer({
    authenticate: (context) => {
      if (context.method === 'password') context.accept();
      else context.reject(['publickey', 'password']);
    },
  });
  using connection = await connectTo(server, { key, password }, { knownHosts: server.knownHosts });
  assert.equal(connection.keyFingerprint, undefined);
  assert.deepEqual(server.asked, ['publickey', 'password']);
});

const keyAndPassword = (context: AuthContext): void => {
  if (context.method === 'publickey' && context.signature === undefined) context.accept();
  else if (context.method === 'publickey') context.reject(['password'], true);
  else if (context.method === 'password' && context.password === password) context.accept();
  else context.reject(['password']);
};

test('a server that wants a key and then a password gets both', async () => {
  await using server = await startSshServer({ authenticate: keyAndPassword });
  using connection = await connectTo(server, { key, password }, { knownHosts: server.knownHosts });
  assert.equal(connection.keyFingerprint, key.fingerprint);
  assert.deepEqual(server.asked, ['publickey', 'publickey', 'password']);
});

test('a server that wants more than there is, is told apart from one that refuses the key', async () => {
  await using server = await startSshServer({ authenticate: keyAndPassword });
  const hostKeys = { knownHosts: server.knownHosts };
  const more = await failure(connectTo(server, { key }, hostKeys), 'AUTH');
  assert.match(
    more.message,
    /let \w+ in yet: it accepts the key SHA256:\S+ \(ssh-ed25519\), but asks for more\. It takes password as well/,
  );
  const wrong = await failure(connectTo(server, { key, password: 'wrong' }, hostKeys), 'AUTH');
  assert.match(wrong.message, /it accepts the key SHA256:.*, but refuses the password/);
});

test('a refusal is final: nothing is tried again, and the password is in no message', async () => {
  await using server = await startSshServer({
    authenticate: (context) => context.reject(['publickey', 'password', 'keyboard-interactive']),
    banner: 'Authorized use only',
  });
  const log = memoryLog();
  const options = { knownHosts: server.knownHosts };
  const { message, code } = await failure(connectTo(server, { key, password }, options, { log }), 'AUTH');
  assert.equal(code, 'AUTH');
  assert.deepEqual(server.asked, ['publickey', 'password']);
  assert.equal(server.connections.length, 1);
  assert.match(message, /with the key SHA256:\S+ \(ssh-ed25519\) or the password/);
  assert.match(message, /It takes publickey or password or keyboard-interactive\./);
  assert.match(message, /It says: "Authorized use only"/);
  assert.ok(message.split('\n').includes(key.publicKeyLine));
  assert.ok(![message, ...log.lines].some((line) => line.includes(password)));
});

test('a server that takes no keys, or no passwords, is named', async () => {
  await using passwords = await startSshServer({ authenticate: (context) => context.reject(['password']) });
  const noKeys = await failure(connectTo(passwords, { key }, { knownHosts: passwords.knownHosts }), 'AUTH');
  assert.match(noKeys.message, /It takes password\. Let it take keys .* or give `password`/);
  await using keys = await startSshServer({ authenticate: (context) => context.reject(['publickey']) });
  const noPasswords = await failure(connectTo(keys, { password }, { knownHosts: keys.knownHosts }), 'AUTH');
  assert.match(noPasswords.message, /It takes publickey\. It takes no password: give `key`/);
  assert.deepEqual(keys.asked, ['none']);
});

test('questions that only a person can answer are refused by name', async () => {
  const questions = [['Password: ', 'Code: '], ['Password: ']];
  await using server = await startSshServer({
    authenticate: (context) => {
      if (context.method !== 'keyboard-interactive') {
        context.reject(['keyboard-interactive']);
        return;
      }
      const ask = (...texts: readonly string[]): void => {
        const prompts = texts.map((prompt) => ({ prompt, echo: false }));
        context.prompt(prompts, () => ask('Code: '));
      };
      ask(...(questions.shift() ?? []));
    },
  });
  const hostKeys = { knownHosts: server.knownHosts };
  const both = await failure(connectTo(server, { password }, hostKeys), 'AUTH');
  assert.match(both.message, /It asks for more than the password \("Password:", "Code:"\), which a run cannot answer/);
  const later = await failure(connectTo(server, { password }, hostKeys), 'AUTH');
  assert.match(later.message, /It asks for more than the password \("Code:"\)/);
});

test('a password that has to be changed first is named', async () => {
  await using server = await startSshServer({
    authenticate: (context) => {
      if (context.method !== 'password') context.reject(['password']);
      else context.requestChange('Change it', () => context.reject());
    },
  });
  const { message } = await failure(connectTo(server, { password }, { knownHosts: server.knownHosts }), 'AUTH');
  assert.match(message, /The password has expired and has to be changed/);
});

test('a server that hangs up after a refusal refused', async () => {
  await using server = await startSshServer({
    authenticate: (context) => {
      context.reject(['publickey', 'password']);
      if (context.method === 'password') server.connections[0]?.end();
    },
  });
  const { message } = await failure(connectTo(server, { key, password }, { knownHosts: server.knownHosts }), 'AUTH');
  assert.match(message, /or the password/);
  assert.equal(server.connections.length, 1);
});

test('no key and no password reach a server before its host key was checked', async () => {
  await using server = await startSshServer();
  const { message } = await failure(connectTo(server, { key, password }, {}), 'HOST_KEY');
  assert.ok(message.split('\n').includes(server.knownHosts));
  await failure(connectTo(server, { password }, { fingerprint: `SHA256:${'A'.repeat(43)}` }), 'HOST_KEY');
  await server.closed();
  assert.equal(server.connections.length, 2);
  assert.deepEqual(server.asked, []);
});
