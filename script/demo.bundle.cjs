/******/ (() => { // webpackBootstrap
/******/ 	"use strict";
/******/ 	// The require scope
/******/ 	var __nccwpck_require__ = {};
/******/ 	
/************************************************************************/
/******/ 	/* webpack/runtime/compat get default export */
/******/ 	(() => {
/******/ 		// getDefaultExport function for compatibility with non-harmony modules
/******/ 		__nccwpck_require__.n = (module) => {
/******/ 			var getter = module && module.__esModule ?
/******/ 				() => (module['default']) :
/******/ 				() => (module);
/******/ 			__nccwpck_require__.d(getter, { a: getter });
/******/ 			return getter;
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/define property getters */
/******/ 	(() => {
/******/ 		// define getter functions for harmony exports
/******/ 		__nccwpck_require__.d = (exports, definition) => {
/******/ 			for(var key in definition) {
/******/ 				if(__nccwpck_require__.o(definition, key) && !__nccwpck_require__.o(exports, key)) {
/******/ 					Object.defineProperty(exports, key, { enumerable: true, get: definition[key] });
/******/ 				}
/******/ 			}
/******/ 		};
/******/ 	})();
/******/ 	
/******/ 	/* webpack/runtime/hasOwnProperty shorthand */
/******/ 	(() => {
/******/ 		__nccwpck_require__.o = (obj, prop) => (Object.prototype.hasOwnProperty.call(obj, prop))
/******/ 	})();
/******/ 	
/************************************************************************/
var __webpack_exports__ = {};

;// CONCATENATED MODULE: external "node:child_process"
const external_node_child_process_namespaceObject = require("node:child_process");
;// CONCATENATED MODULE: external "node:events"
const external_node_events_namespaceObject = require("node:events");
;// CONCATENATED MODULE: external "node:fs/promises"
const promises_namespaceObject = require("node:fs/promises");
;// CONCATENATED MODULE: external "node:path"
const external_node_path_namespaceObject = require("node:path");
;// CONCATENATED MODULE: external "node:util"
const external_node_util_namespaceObject = require("node:util");
;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = require("node:crypto");
;// CONCATENATED MODULE: external "ssh2"
const external_ssh2_namespaceObject = require("../dist/shipper.js").ssh2();
var external_ssh2_default = /*#__PURE__*/__nccwpck_require__.n(external_ssh2_namespaceObject);
;// CONCATENATED MODULE: ./build/src/ssh/public-key.js

function fingerprintOf(key) {
    return `SHA256:${(0,external_node_crypto_namespaceObject.createHash)('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
function keyTypeOf(key) {
    return public_key_readStrings(key)?.[0]?.toString('latin1') ?? '';
}
function rsaBits(key) {
    const [type, , modulus] = public_key_readStrings(key) ?? [];
    if (type?.toString('latin1') !== 'ssh-rsa')
        return undefined;
    return modulus === undefined ? 0 : BigInt(`0x0${modulus.toString('hex')}`).toString(2).length;
}
function publicKeyLine(key) {
    return `${keyTypeOf(key)} ${key.toString('base64')}`;
}
function public_key_readStrings(data) {
    const strings = [];
    for (let at = 0; at < data.length;) {
        if (at + 4 > data.length)
            return undefined;
        const end = at + 4 + data.readUInt32BE(at);
        if (end > data.length)
            return undefined;
        strings.push(data.subarray(at + 4, end));
        at = end;
    }
    return strings;
}
function public_key_takeStrings(data, count) {
    const taken = [];
    let rest = data;
    while (taken.length < count) {
        if (rest.length < 4 || rest.length < 4 + rest.readUInt32BE(0))
            return taken;
        const end = 4 + rest.readUInt32BE(0);
        taken.push(rest.subarray(4, end));
        rest = rest.subarray(end);
    }
    return [...taken, rest];
}
function writeStrings(...strings) {
    return Buffer.concat(strings.flatMap((string) => {
        const bytes = Buffer.from(string);
        const length = Buffer.alloc(4);
        length.writeUInt32BE(bytes.length);
        return [length, bytes];
    }));
}

;// CONCATENATED MODULE: external "node:timers/promises"
const external_node_timers_promises_namespaceObject = require("node:timers/promises");
;// CONCATENATED MODULE: ./build/src/ssh/openssh-key.js


const magic = Buffer.from('openssh-key-v1\0');
function inspectOpenSshKey(body) {
    if (!body.subarray(0, magic.length).equals(magic))
        return undefined;
    const [cipher, , , ...rest] = takeStrings(body.subarray(magic.length), 3);
    const after = rest[0];
    if (cipher === undefined || after === undefined || after.length < 4)
        return undefined;
    const [publicKey, secret] = takeStrings(after.subarray(4), 2);
    const type = publicKey === undefined ? undefined : readStrings(publicKey)?.[0];
    if (secret === undefined || type === undefined)
        return undefined;
    return { cipher: cipher.toString('latin1'), type: type.toString('latin1') };
}
function writeOpenSshEd25519(publicKey, seed) {
    const check = (0,external_node_crypto_namespaceObject.randomBytes)(4);
    const pair = Buffer.concat([seed, publicKey]);
    const open = writeStrings('ssh-ed25519', publicKey);
    const secret = Buffer.concat([check, check, open, writeStrings(pair, '')]);
    const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_, index) => index + 1));
    const one = Buffer.from([0, 0, 0, 1]);
    const body = [magic, writeStrings('none', 'none', ''), one, writeStrings(open, Buffer.concat([secret, padding]))];
    return Buffer.concat(body).toString('base64');
}

;// CONCATENATED MODULE: ./build/src/ssh/key-text.js
const header = /(?:Proc-Type: *4,ENCRYPTED|DEK-Info: *[\w-]+,[0-9A-Fa-f]+)(?=\s)/g;
function mendKeyText(given) {
    const text = given
        .replace(/^\uFEFF/, '')
        .replace(/\\r\\n|\\n|\\r|\r\n|\r/g, '\n')
        .trim()
        .replace(/^(["'`])([\s\S]*)\1$/, '$2')
        .trim();
    const packed = text.replace(/\s/g, '');
    if (!/^[A-Za-z0-9+/_-]{40,}={0,2}$/.test(packed) || packed.includes('-----'))
        return text;
    const unpacked = Buffer.from(packed, 'base64').toString('utf8');
    return /-----BEGIN |^(?:ssh|sk-ssh|ecdsa|sk-ecdsa|PuTTY)-\w/.test(unpacked) ? mendKeyText(unpacked) : text;
}
function findArmoredKeys(text) {
    const keys = text.matchAll(/-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([\s\S]*?)-----END \1-----/g);
    return [...keys].map(([, label = '', body = '']) => ({
        label,
        headers: (body.match(header) ?? []).map((line) => line.replace(/: */, ': ')),
        base64: body.replace(header, '').replace(/\s/g, ''),
    }));
}
function armor({ label, headers, base64 }) {
    const lines = base64.match(/.{1,64}/g) ?? [];
    const before = headers.length > 0 ? [...headers, ''] : [];
    return [`-----BEGIN ${label}-----`, ...before, ...lines, `-----END ${label}-----`, ''].join('\n');
}

;// CONCATENATED MODULE: ./build/__tests__/rig/ssh-server.js







async function startSshServer(options = {}) {
    const hostKey = ed25519();
    const asked = [];
    const connections = [];
    const closings = [];
    const { algorithms, banner, ident } = options;
    const settings = {
        hostKeys: [hostKey.text],
        ...(algorithms && { algorithms }),
        ...(banner !== undefined && { banner }),
        ...(ident !== undefined && { ident }),
    };
    const server = new (external_ssh2_default()).Server(settings, (connection) => {
        connections.push(connection);
        closings.push(new Promise((resolve) => connection.once('close', () => resolve())));
        connection.on('error', () => undefined);
        connection.on('authentication', (context) => {
            asked.push(context.method);
            if (options.authenticate === undefined)
                context.accept();
            else
                options.authenticate(context);
        });
        connection.on('session', (accept) => {
            accept().on('exec', (acceptExec, _reject, { command }) => options.exec?.(acceptExec(), command, connection));
        });
        options.connected?.(connection);
    });
    server.listen(0, '127.0.0.1');
    await (0,external_node_events_namespaceObject.once)(server, 'listening');
    const { port } = server.address();
    return {
        host: '127.0.0.1',
        port,
        knownHosts: `[127.0.0.1]:${String(port)} ssh-ed25519 ${hostKey.blob.toString('base64')}`,
        fingerprint: fingerprintOf(hostKey.blob),
        asked,
        connections,
        closed: async () => Promise.all(closings).then(() => undefined),
        async [Symbol.asyncDispose]() {
            for (const connection of connections)
                connection.end();
            server.close();
            await (0,external_node_timers_promises_namespaceObject.setImmediate)();
        },
    };
}
function ed25519() {
    const { x = '', d = '' } = (0,external_node_crypto_namespaceObject.generateKeyPairSync)('ed25519').privateKey.export({ format: 'jwk' });
    const publicKey = Buffer.from(x, 'base64url');
    const base64 = writeOpenSshEd25519(publicKey, Buffer.from(d, 'base64url'));
    const text = armor({ label: 'OPENSSH PRIVATE KEY', headers: [], base64 });
    return { text, blob: writeStrings('ssh-ed25519', publicKey) };
}

;// CONCATENATED MODULE: ./build/__tests__/rig/embedded-server.js





async function startEmbeddedServer(directory) {
    const { privateKey } = (0,external_node_crypto_namespaceObject.generateKeyPairSync)('ed25519');
    const publicKey = writeStrings('ssh-ed25519', Buffer.from(privateKey.export({ format: 'jwk' }).x ?? '', 'base64url'));
    const running = new Set();
    const user = 'deploy';
    const server = await startSshServer({
        authenticate: (context) => letIn(context, user, publicKey),
        exec: (channel, command) => execute(channel, command, directory, running),
    });
    return {
        ...server,
        user,
        keyText: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
        async [Symbol.asyncDispose]() {
            for (const child of running)
                killSession(child);
            await server[Symbol.asyncDispose]();
        },
    };
}
function letIn(context, user, publicKey) {
    if (context.username !== user || context.method !== 'publickey' || !context.key.data.equals(publicKey)) {
        context.reject(['publickey']);
        return;
    }
    const { blob, signature } = context;
    if (blob === undefined || signature === undefined || isSigned(publicKey, blob, signature))
        context.accept();
    else
        context.reject(['publickey']);
}
function isSigned(publicKey, blob, signature) {
    const key = external_ssh2_default().utils.parseKey(`ssh-ed25519 ${publicKey.toString('base64')}`);
    return !(key instanceof Error) && key.verify(blob, signature);
}
function execute(channel, command, directory, running) {
    const child = (0,external_node_child_process_namespaceObject.spawn)('sh', ['-c', command], {
        cwd: directory,
        detached: true,
        env: { PATH: process.env['PATH'], HOME: directory, SHELL: '/bin/sh', USER: 'deploy', LOGNAME: 'deploy' },
    });
    running.add(child);
    channel.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.once('exit', (code, signal) => (code === null ? channel.exit(signal ?? 'SIGKILL') : channel.exit(code)));
    child.once('close', () => {
        running.delete(child);
        channel.end();
    });
    channel.once('close', () => {
        child.stdin.destroy();
        child.stdout.destroy();
        child.stderr.destroy();
    });
}
function killSession({ pid }) {
    try {
        if (pid !== undefined)
            process.kill(-pid, 'SIGKILL');
    }
    catch {
        return;
    }
}

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = require("node:fs");
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = require("node:os");
;// CONCATENATED MODULE: ./build/__tests__/rig/at-exit.js

const pending = new Set();
process.once('exit', () => [...pending].reverse().forEach((task) => task()));
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
        if (process.listenerCount(signal) === 1)
            process.exit(128 + external_node_os_namespaceObject.constants.signals[signal]);
    });
}
function atExit(task) {
    pending.add(task);
    return () => pending.delete(task);
}

;// CONCATENATED MODULE: ./build/__tests__/rig/temporary.js





async function temporaryDirectory(purpose) {
    const path = await (0,promises_namespaceObject.mkdtemp)((0,external_node_path_namespaceObject.join)(await (0,promises_namespaceObject.realpath)((0,external_node_os_namespaceObject.tmpdir)()), `shipper-${purpose}-`));
    await (0,promises_namespaceObject.chmod)(path, 0o755);
    const forget = atExit(() => (0,external_node_fs_namespaceObject.rmSync)(path, { recursive: true, force: true }));
    return {
        path,
        async [Symbol.asyncDispose]() {
            await (0,promises_namespaceObject.rm)(path, { recursive: true, force: true, maxRetries: 3 });
            forget();
        },
    };
}

;// CONCATENATED MODULE: ./build/script/demo.js
var __addDisposableResource = (undefined && undefined.__addDisposableResource) || function (env, value, async) {
    if (value !== null && value !== void 0) {
        if (typeof value !== "object" && typeof value !== "function") throw new TypeError("Object expected.");
        var dispose, inner;
        if (async) {
            if (!Symbol.asyncDispose) throw new TypeError("Symbol.asyncDispose is not defined.");
            dispose = value[Symbol.asyncDispose];
        }
        if (dispose === void 0) {
            if (!Symbol.dispose) throw new TypeError("Symbol.dispose is not defined.");
            dispose = value[Symbol.dispose];
            if (async) inner = dispose;
        }
        if (typeof dispose !== "function") throw new TypeError("Object not disposable.");
        if (inner) dispose = function() { try { inner.call(this); } catch (e) { return Promise.reject(e); } };
        env.stack.push({ value: value, dispose: dispose, async: async });
    }
    else if (async) {
        env.stack.push({ async: true });
    }
    return value;
};
var __disposeResources = (undefined && undefined.__disposeResources) || (function (SuppressedError) {
    return function (env) {
        function fail(e) {
            env.error = env.hasError ? new SuppressedError(e, env.error, "An error was suppressed during disposal.") : e;
            env.hasError = true;
        }
        var r, s = 0;
        function next() {
            while (r = env.stack.pop()) {
                try {
                    if (!r.async && s === 1) return s = 0, env.stack.push(r), Promise.resolve().then(next);
                    if (r.dispose) {
                        var result = r.dispose.call(r.value);
                        if (r.async) return s |= 2, Promise.resolve(result).then(next, function(e) { fail(e); return next(); });
                    }
                    else s |= 1;
                }
                catch (e) {
                    fail(e);
                }
            }
            if (s === 1) return env.hasError ? Promise.reject(env.error) : Promise.resolve();
            if (env.hasError) throw env.error;
        }
        return next();
    };
})(typeof SuppressedError === "function" ? SuppressedError : function (error, suppressed, message) {
    var e = new Error(message);
    return e.name = "SuppressedError", e.error = error, e.suppressed = suppressed, e;
});







const bundle = (0,external_node_path_namespaceObject.resolve)(process.argv[2] ?? 'dist/index.js');
const acts = [
    {
        title: 'The first deploy makes the structure and switches to it',
        page: 'Version 1, healthy',
        flags: ['--command', 'deploy', '--revision', 'v1'],
        active: 'v1',
    },
    {
        title: 'A deploy whose health check fails after the switch is put back',
        page: 'Version 2, ailing',
        flags: ['--command', 'deploy', '--revision', 'v2'],
        fails: true,
        active: 'v1',
    },
    {
        title: 'The repaired version goes live',
        page: 'Version 3, healthy',
        flags: ['--command', 'deploy', '--revision', 'v3'],
        active: 'v3',
    },
    {
        title: 'A rollback is one rename, past the version that was bad',
        flags: ['--command', 'rollback'],
        active: 'v1',
    },
    { title: 'What the target knows', flags: ['--command', 'status'], active: 'v1' },
];
const listener = `export class Health {
  constructor(shipper) {
    this.shipper = shipper;
  }
  async check() {
    await this.shipper.run('grep healthy index.html');
  }
}
`;
async function demonstrate() {
    const env_1 = { stack: [], error: void 0, hasError: false };
    try {
        const temporary = __addDisposableResource(env_1, await temporaryDirectory('demo'), true);
        const workspace = (0,external_node_path_namespaceObject.join)(temporary.path, 'workspace');
        const home = (0,external_node_path_namespaceObject.join)(temporary.path, 'server');
        const site = (0,external_node_path_namespaceObject.join)(home, 'www');
        for (const directory of [(0,external_node_path_namespaceObject.join)(workspace, 'site'), (0,external_node_path_namespaceObject.join)(workspace, 'deploy'), site]) {
            await (0,promises_namespaceObject.mkdir)(directory, { recursive: true });
        }
        const server = __addDisposableResource(env_1, await startEmbeddedServer(home), true);
        const { host, port, user } = server;
        const config = `{
  "events": {
    "after:create_revision": [{ "upload": "site" }],
    "after:link_current_revision": ["deploy.health.Health.check"]
  },
  "config": {
    "target": { "host": "${host}", "port": ${String(port)}, "user": "${user}" },
    "base_dir": ${JSON.stringify(site)},
    "directories": { "uploads": "share/uploads" },
    "symlinks": { "share/uploads": "uploads" }
  }
}`;
        await (0,promises_namespaceObject.writeFile)((0,external_node_path_namespaceObject.join)(workspace, 'shipper.json'), `${config}\n`);
        await (0,promises_namespaceObject.writeFile)((0,external_node_path_namespaceObject.join)(workspace, 'deploy', 'health.mjs'), listener);
        await (0,promises_namespaceObject.writeFile)((0,external_node_path_namespaceObject.join)(workspace, 'key'), server.keyText, { mode: 0o600 });
        await (0,promises_namespaceObject.writeFile)((0,external_node_path_namespaceObject.join)(workspace, 'known_hosts'), `${server.knownHosts}\n`);
        print(`An SSH server listens on ${host}:${String(port)}; what it serves is in ${site}.`);
        print('Nothing outside that temporary directory is touched, and at the end it is gone.');
        heading('The config, shipper.json');
        print(config);
        heading('The listener, deploy/health.mjs');
        print(listener.trimEnd());
        for (const [index, act] of acts.entries()) {
            heading(`${String(index + 1)}. ${act.title}`);
            if (act.page !== undefined)
                await (0,promises_namespaceObject.writeFile)((0,external_node_path_namespaceObject.join)(workspace, 'site', 'index.html'), `${act.page}\n`);
            await play(act, workspace);
            print('');
            for (const line of await tree(site))
                print(`  ${line}`);
            await expectActive(site, act.active);
        }
    }
    catch (e_1) {
        env_1.error = e_1;
        env_1.hasError = true;
    }
    finally {
        const result_1 = __disposeResources(env_1);
        if (result_1)
            await result_1;
    }
}
async function play(act, workspace) {
    print((0,external_node_util_namespaceObject.styleText)('dim', `$ node dist/index.js ${act.flags.join(' ')} --key key --known-hosts known_hosts\n`));
    const args = [bundle, ...act.flags, '--key', 'key', '--known-hosts', 'known_hosts'];
    const { PATH, TERM, NO_COLOR } = process.env;
    const env = { PATH, TERM, NO_COLOR, HOME: workspace };
    const child = (0,external_node_child_process_namespaceObject.spawn)(process.execPath, args, { cwd: workspace, env, stdio: ['ignore', 'inherit', 'inherit'] });
    const stop = () => child.kill('SIGINT');
    process.on('SIGTERM', stop);
    const [code] = (await (0,external_node_events_namespaceObject.once)(child, 'exit'));
    process.off('SIGTERM', stop);
    const expected = act.fails === true ? 1 : 0;
    if (code !== expected)
        throw new Error(`Expected exit status ${String(expected)} and got ${String(code)}.`);
}
async function expectActive(site, name) {
    const link = await (0,promises_namespaceObject.readlink)((0,external_node_path_namespaceObject.join)(site, 'current'));
    if (link !== (0,external_node_path_namespaceObject.join)(site, 'revisions', name))
        throw new Error(`Expected ${name} to be active, not ${link}.`);
    const page = await (0,promises_namespaceObject.readFile)((0,external_node_path_namespaceObject.join)(site, 'current', 'index.html'), 'utf8');
    print((0,external_node_util_namespaceObject.styleText)('green', `\n  A visitor sees: ${page.trimEnd()}`));
}
async function tree(directory, top = directory, indent = '') {
    const entries = await (0,promises_namespaceObject.readdir)(directory, { withFileTypes: true });
    const lines = [];
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = (0,external_node_path_namespaceObject.join)(directory, entry.name);
        if (entry.isSymbolicLink()) {
            const to = (await (0,promises_namespaceObject.readlink)(path)).replace(`${top}/`, '');
            lines.push(indent + (0,external_node_util_namespaceObject.styleText)('bold', `${entry.name} -> ${to}`));
        }
        else if (!entry.isDirectory())
            lines.push(indent + entry.name);
        else {
            lines.push(`${indent}${entry.name}/`);
            if (entry.name !== '.shipper')
                lines.push(...(await tree(path, top, `${indent}  `)));
        }
    }
    return lines;
}
function heading(text) {
    print((0,external_node_util_namespaceObject.styleText)('bold', `\n── ${text} ${'─'.repeat(Math.max(3, 100 - text.length))}\n`));
}
function print(text) {
    process.stdout.write(`${text}\n`);
}
process.on('SIGINT', () => undefined);
demonstrate().catch((error) => {
    process.exitCode = 1;
    console.error(`\nscript/demo: ${error instanceof Error ? error.message : String(error)}`);
});

module.exports = __webpack_exports__;
/******/ })()
;