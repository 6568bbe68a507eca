import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProgram } from './program.ts';
import { startListening } from './server.ts';
import { temporaryDirectory } from './temporary.ts';

export interface WebServer extends AsyncDisposable {
  readonly url: string;
}

/** nginx on a free port of 127.0.0.1, serving what `root` leads to at the moment of each request. */
export async function startNginx(root: string): Promise<WebServer> {
  const nginx = await findProgram('nginx', 'nginx-light');
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporaryDirectory('nginx'));
  const config = (port: number): string => `
    daemon off; master_process off; pid ${path}/pid; error_log stderr notice;
    events { worker_connections 256; }
    http {
      access_log off;
      client_body_temp_path ${path}/a; proxy_temp_path ${path}/b; fastcgi_temp_path ${path}/c;
      uwsgi_temp_path ${path}/d; scgi_temp_path ${path}/e;
      server { listen 127.0.0.1:${String(port)}; root ${root}; }
    }`;
  const file = join(path, 'nginx.conf');
  let written = Promise.resolve();
  const start = (port: number): ReturnType<typeof spawn> => {
    written = writeFile(file, config(port));
    const script = 'while [ ! -s "$1" ]; do sleep 0.05; done; exec "$0" -e stderr -p "$2" -c "$1"';
    return spawn('sh', ['-c', script, nginx, file, path], { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  const { port } = await startListening(start, /start worker|using the "epoll"/, stack);
  await written;
  const held = stack.move();
  return {
    url: `http://127.0.0.1:${String(port)}`,
    [Symbol.asyncDispose]: async () => held.disposeAsync(),
  };
}
