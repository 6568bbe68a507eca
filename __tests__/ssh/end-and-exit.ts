import { readFileSync } from 'node:fs';
import { readPrivateKey } from '../../src/ssh/private-key.ts';
import { connectTo } from './story.ts';
import { startRelay } from '../rig/relay.ts';

/** A process of its own: connects, ends, and tells at its exit how many milliseconds it lived on. */
interface Order {
  readonly network: string;
  readonly port: number;
  readonly user: string;
  readonly file: string;
  readonly knownHosts: string;
}

const { network, port, user, file, knownHosts } = JSON.parse(process.argv[2] ?? '') as Order;
const key = readPrivateKey(readFileSync(file, 'utf8'));
const relay = await startRelay(port);
const known = { knownHosts: `${knownHosts}\n${knownHosts.replaceAll(String(port), String(relay.port))}` };
const near = { host: '127.0.0.1', port: relay.port, user };
const route = network.endsWith('hop') ? { port, user, proxyJump: [near] } : near;
const connection = await connectTo(route, { key }, known);
const channel = await connection.exec('cat');
if (network.startsWith('silent')) {
  relay.fail('stall');
  channel.stdin.write(Buffer.alloc(16 * 1024 * 1024));
}
const began = performance.now();
connection.end();
void connection.lost.then(async () => relay[Symbol.asyncDispose]());
process.on('exit', () => process.stdout.write(String(Math.round(performance.now() - began))));
