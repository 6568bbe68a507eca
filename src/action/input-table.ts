/** What is to be known of an input, wherever it is read or told: the action, the flags, `--help`, action.yml, the docs. */
export interface InputDefinition {
  readonly description: string;
  /** As text, since that is how inputs travel. */
  readonly default?: string;
  /** Masked in the log and kept from everything that Shipper starts. */
  readonly secret?: true;
  /** How the flag of the same name takes its value; without this it is the flag's next argument. */
  readonly flag?: 'switch' | 'asks';
  /** What `--help` says where the terminal differs from the action. */
  readonly terminal?: string;
}

export const inputTable = {
  command: { default: 'deploy', description: 'deploy, prepare, activate, rollback, adopt or status' },
  config: {
    default: 'shipper.json',
    description: 'Path of the config, relative to the workspace',
    terminal: 'Path of the config, in the current directory or below it',
  },
  host: {
    description:
      'Targets, one per line or comma-separated: [user@]host[:port]; where the config has targets, a selection among them (web*,!web7)',
    terminal: 'Targets, [user@]host[:port],…; or a selection among those of the config (web*,!web7)',
  },
  user: { description: 'User to log in as, for targets that do not say' },
  port: { description: 'SSH port, for targets that do not say (22 if the config has none either)' },
  key: {
    secret: true,
    description: 'Private key, as text from a secret; or agent, for SSH_AUTH_SOCK',
    terminal: 'Path of the private key; or agent, the default',
  },
  certificate: {
    description: 'OpenSSH user certificate of the key, as text or as a path in the workspace',
    terminal: 'Path of the certificate of the key (default: beside the key, as KEY-cert.pub)',
  },
  passphrase: {
    secret: true,
    flag: 'asks',
    description: 'Passphrase of the key',
    terminal: 'Ask for the passphrase of the key',
  },
  password: {
    secret: true,
    flag: 'asks',
    description: 'Password, for servers without keys; sent only after the host key is verified',
    terminal: 'Ask for the password, for servers without keys',
  },
  'known-hosts': {
    description: 'known_hosts lines (@cert-authority and @revoked too), or the path of such a file in the workspace',
    terminal: 'Path of the known hosts (default ~/.ssh/known_hosts)',
  },
  fingerprint: {
    description: 'SHA256:… of the host key, one or more, for one target without a jump host; else use known-hosts',
    terminal: 'SHA256:… of the host key, for one target without a jump host',
  },
  'proxy-jump': { description: 'Hosts to go through, [user@]host[:port], comma-separated' },
  'proxy-command': { description: 'Command on the runner that leads to the target, with %h, %p and %r' },
  revision: { description: 'Name of the new revision, or the one to switch to' },
  'dry-run': {
    default: 'false',
    flag: 'switch',
    description: 'Print what would be done on each target and change nothing',
  },
  listeners: {
    default: 'true',
    flag: 'switch',
    description: 'false runs no listeners: the bare structure, for an emergency',
    terminal: 'Run no listeners: the bare structure, for an emergency',
  },
  'connect-timeout': { default: '20', description: 'Seconds for one attempt to connect' },
  'lock-timeout': {
    default: '90',
    description: 'Seconds to wait for the lock of another run; 0 waits for none that lives',
  },
  concurrency: { default: '50', description: 'How many targets are worked on at once' },
} as const satisfies Record<string, InputDefinition>;

export type InputName = keyof typeof inputTable;

/** The inputs that always have a value. */
export type DefaultedName = {
  [Name in InputName]: (typeof inputTable)[Name] extends { default: string } ? Name : never;
}[InputName];

export const inputNames = Object.keys(inputTable) as readonly InputName[];

/** The table with its optional columns. */
export const definitionOf = (name: InputName): InputDefinition => inputTable[name];

export const isInputName = (name: string): name is InputName => Object.hasOwn(inputTable, name);
