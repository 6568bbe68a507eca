/** Numbers that look random, the same for the same seed: an integer from 0 up to a limit. */
export type Random = (limit: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

const pieces = [
  ...[
    '"',
    "'",
    '\\',
    '\n',
    '\r\n',
    '\0',
    '\u001B[2J',
    ' ',
    '\t',
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '/',
    '//',
    '/*',
    '*/',
    '..',
    '*',
    '**',
  ],
  ...[
    '?',
    '!',
    '@',
    '#',
    '$(x)',
    '`',
    '-',
    '--',
    '_',
    '__proto__',
    'null',
    'true',
    '-1',
    '1e999',
    '0x',
    '99999999999999999999',
    '\u00FC',
  ],
  ...[
    '\uD800',
    '\u{1F680}',
    '\uFEFF',
    'AAAA',
    '==',
    '|1|',
    'SHA256:',
    'ssh-rsa',
    'revision',
    'end',
    'shipper 1\n',
    '\\0101',
    '\\c',
  ],
] as const;

/** One of the samples with some changes: cut, doubled, filled in, mixed with another, or random from end to end. */
export function changed(samples: readonly string[], random: Random): string {
  let text = samples[random(samples.length)] ?? '';
  for (let changes = 1 + random(6); changes > 0; changes -= 1) {
    const from = random(text.length + 1);
    const to = Math.min(text.length, from + random(20));
    const before = text.slice(0, from);
    const kinds = [
      () => before + text.slice(to),
      () => before,
      () => before + text.slice(from, to).repeat(2 + random(50)) + text.slice(to),
      () => before + (pieces[random(pieces.length)] ?? '') + text.slice(from),
      () => before + String.fromCharCode(random(random(8) === 0 ? 65_536 : 128)) + text.slice(from + 1),
      () => before + (samples[random(samples.length)] ?? '').slice(random(40)),
    ];
    text = (kinds[random(kinds.length)] ?? kinds[0])?.() ?? '';
  }
  return text.slice(0, 5_000);
}
