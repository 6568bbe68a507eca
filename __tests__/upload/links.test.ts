import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ShipperError } from '../../src/errors.ts';
import { refuseEscapes } from '../../src/upload/links.ts';

const many = 100_000;

function linksOf(texts: Readonly<Record<string, string>>): { readonly path: string; readonly text: string }[] {
  return Object.entries(texts).map(([path, text]) => ({ path: `to/${path}`, text }));
}

for (const [what, texts, problem] of [
  ['within', { 'a/b/link': '../../c/d', c: 'e/..', 'x/y': './/z/./' }, undefined],
  ['round in circles', { one: 'two', two: 'three/x', three: 'one', self: 'self/self/..' }, undefined],
  ['over one that leads up', { 'a/up': '..', 'a/link': 'up/../x' }, 'the symlink a/link → up/../x leads out'],
  ['up by itself', { 'a/link': '../../x' }, 'the symlink a/link → ../../x leads out'],
  ['over links, past what they lead to', { deep: 'a/b/c', out: 'deep/../../../../x' }, 'the symlink out → deep'],
  ['over links, as far as they allow', { deep: 'a/b/c', out: 'deep/../../../x' }, undefined],
  ['to the root', { link: '/etc/passwd' }, 'the symlink link → /etc/passwd is absolute'],
  ['to a drive', { link: 'C:/x' }, 'is absolute'],
  ['through one to the root', { far: 'near/x', near: '/etc' }, 'the symlink far → near/x is absolute'],
  [
    'over more than any system follows',
    Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`l${index}`, `l${index + 1}`])),
    'the symlink l0 → l1 leads over more than 40 others',
  ],
] as const satisfies readonly (readonly [string, Readonly<Record<string, string>>, string | undefined])[]) {
  test(`links that lead ${what} are ${problem === undefined ? 'uploaded' : 'refused'}`, () => {
    const check = (): number => refuseEscapes('to/', linksOf(texts));
    if (problem === undefined) assert.ok(check() > 0);
    else {
      assert.throws(check, (error) => error instanceof ShipperError && error.message.includes(problem));
    }
  });
}

const long = 'no/'.repeat(1_365);
for (const [what, link] of [
  ['to one another', (index: number) => `l${index - (index % 40 === 0 ? 0 : 1)}`],
  ['to the last one', () => `l${many - 1}`],
  ['to one with a long text', (index: number) => (index === 0 ? long : 'l0/l0/l0')],
] as const) {
  test(`${many} links ${what} take a time that grows with their number, and no more`, () => {
    const links = Array.from({ length: many }, (_, index) => ({ path: `to/l${index}`, text: link(index) }));
    assert.ok(refuseEscapes('to/', links) <= 5 * many);
  });
}

test('a link with a text of 400,000 parts is followed', () => {
  assert.ok(refuseEscapes('', [{ path: 'link', text: 'a/../'.repeat(200_000) }]) > 400_000);
});
