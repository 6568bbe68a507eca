import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../__tests__/rig/program.ts';

/** What a peer has to make: a release of one file with links to these directories, keeping five older ones. */
export interface Task {
  readonly user: string;
  readonly keyFile: string;
  readonly knownHostsFile: string;
  /** Absolute, on the target. */
  readonly deployTo: string;
  /** A bare git repository, on the target. */
  readonly repository: string;
  readonly links: readonly string[];
}

export interface Peer {
  readonly name: string;
  /** What a machine needs for it; rejects where that is missing. */
  readonly find: (directory: string) => Promise<unknown>;
  /** What it calls its config, by path; `port` is where the server is reached. */
  readonly files: (task: Task, port: number) => Readonly<Record<string, string>>;
  /** Run once before, in the directory of its config. */
  readonly setUp?: readonly string[];
  readonly deploy: readonly string[];
}

const quoted = (words: readonly string[]): string => words.map((word) => JSON.stringify(word)).join(', ');
const options = (file: string): string => `-F none -o IdentitiesOnly=yes -o UserKnownHostsFile=${file}`;

const capistrano: Peer = {
  name: 'Capistrano',
  find: async () => run('cap', ['--version']),
  files: ({ user, keyFile, knownHostsFile, deployTo, repository, links }, port) => ({
    Capfile: `require "capistrano/setup"
require "capistrano/deploy"
require "capistrano/scm/git"
install_plugin Capistrano::SCM::Git
`,
    'config/deploy.rb': `set :application, "site"
set :repo_url, "${repository}"
set :deploy_to, "${deployTo}"
set :linked_dirs, [${quoted(links)}]
set :keep_releases, 5
set :ssh_options, { keys: ["${keyFile}"], keys_only: true, config: false, user_known_hosts_file: "${knownHostsFile}" }
`,
    'config/deploy/production.rb': `server "127.0.0.1", user: "${user}", port: ${port}, roles: %w[app]\n`,
  }),
  deploy: ['cap', 'production', 'deploy'],
};

const mina: Peer = {
  name: 'Mina',
  find: async () => run('mina', ['--version']),
  files: ({ user, keyFile, knownHostsFile, deployTo, repository, links }, port) => ({
    'config/deploy.rb': `require "mina/git"
set :domain, "127.0.0.1"
set :user, "${user}"
set :port, "${port}"
set :identity_file, "${keyFile}"
set :ssh_options, "${options(knownHostsFile)}"
set :deploy_to, "${deployTo}"
set :repository, "${repository}"
set :branch, "master"
set :shared_paths, [${quoted(links)}]
set :keep_releases, 5
set :term_mode, nil
task :deploy do
  deploy do
    invoke :"git:clone"
    invoke :"deploy:link_shared_paths"
    invoke :"deploy:cleanup"
  end
end
`,
  }),
  setUp: ['mina', 'setup'],
  deploy: ['mina', 'deploy'],
};

const deployHelper: Peer = {
  name: "Ansible's deploy_helper",
  find: async () => run('ansible-doc', ['community.general.deploy_helper']),
  files: ({ user, keyFile, knownHostsFile, deployTo, links }, port) => ({
    'ansible.cfg': `[defaults]\ninterpreter_python = /usr/bin/python3\n[ssh_connection]\npipelining = true\ncontrol_path_dir = /tmp/bench-${Date.now()}\n`,
    hosts: `127.0.0.1 ansible_user=${user} ansible_port=${port} ansible_ssh_private_key_file=${keyFile} ansible_ssh_common_args="${options(knownHostsFile)}"\n`,
    'play.json': JSON.stringify([
      {
        hosts: 'all',
        gather_facts: false,
        tasks: [
          { 'community.general.deploy_helper': { path: deployTo } },
          { 'ansible.builtin.file': { path: '{{ deploy_helper.new_release_path }}/share', state: 'directory' } },
          {
            'ansible.builtin.file': {
              src: '{{ deploy_helper.shared_path }}/{{ item }}',
              dest: '{{ deploy_helper.new_release_path }}/{{ item }}',
              state: 'link',
              force: true,
            },
            loop: links,
          },
          {
            'community.general.deploy_helper': {
              ...{ path: deployTo, release: '{{ deploy_helper.new_release }}', state: 'finalize', keep_releases: 5 },
            },
          },
        ],
      },
    ]),
  }),
  deploy: ['ansible-playbook', '-i', 'hosts', 'play.json'],
};

const shipit: Peer = {
  name: 'shipit',
  find: async (directory) => {
    const packages = ['shipit-cli@5.3.0', 'shipit-deploy@5.3.0'];
    writeFileSync(join(directory, 'package.json'), '{ "private": true }\n');
    await run('rsync', ['--version']);
    await run(
      'npm',
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', ...packages],
      directory,
    );
  },
  files: ({ user, keyFile, knownHostsFile, deployTo, repository }, port) => ({
    // It cannot be told where the known hosts are.
    'bin/ssh': `#!/bin/sh\nPATH=/usr/bin:/bin\nexec ssh ${options(knownHostsFile)} "$@"\n`,
    '.gitconfig': '[safe]\n\tdirectory = *\n',
    'shipitfile.js': `module.exports = (shipit) => {
  require('shipit-deploy')(shipit);
  shipit.initConfig({
    default: { deployTo: '${deployTo}', repositoryUrl: '${repository}', keepReleases: 5, key: '${keyFile}', branch: 'master' },
    production: { servers: '${user}@127.0.0.1:${port}' },
  });
};
`,
  }),
  deploy: ['node_modules/.bin/shipit', 'production', 'deploy'],
};

export const peers: readonly Peer[] = [mina, deployHelper, capistrano, shipit];

/** Those that PEERS names, separated by commas; all of them without it. */
export function wanted(all: readonly Peer[]): readonly Peer[] {
  const names = process.env['PEERS']?.split(',');
  return all.filter(({ name }) => names === undefined || names.includes(name));
}

/** Writes a peer's config, and runs one of its commands there. */
export async function runPeer(
  { files }: Peer,
  [program = '', ...words]: readonly string[],
  { directory, task, port }: { readonly directory: string; readonly task: Task; readonly port: number },
): Promise<void> {
  for (const [name, text] of Object.entries(files(task, port))) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), text, { mode: 0o755 });
  }
  // A home of its own, for what it keeps of servers.
  const path = `${directory}/bin:${process.env['PATH'] ?? ''}`;
  await run('env', [`HOME=${directory}`, `PATH=${path}`, 'LC_ALL=C.UTF-8', program, ...words], directory);
}
