/** Draws the pages of __tests__/rig/pages.ts as GitHub shows them, into the directory that is its argument. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pages } from '../__tests__/rig/pages.ts';

interface Page {
  setContent(html: string): Promise<void>;
  addScriptTag(script: { readonly path: string }): Promise<unknown>;
  evaluate(code: string): Promise<unknown>;
  locator(selector: string): {
    screenshot(options: { readonly path: string }): Promise<unknown>;
    count(): Promise<number>;
  };
}
interface Browser {
  newPage(options: object): Promise<Page>;
  close(): Promise<void>;
}

const [cache = '', directory = ''] = process.argv.slice(2);
const require = createRequire(join(cache, 'package.json'));
const { chromium } = require('playwright-core') as { chromium: { launch(options: object): Promise<Browser> } };
const { marked } = (await import(join(cache, 'node_modules/marked/lib/marked.esm.js'))) as {
  marked: { parse(text: string, options: object): string };
};
const css = readFileSync(join(cache, 'node_modules/github-markdown-css/github-markdown-light.css'), 'utf8');

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
let broken = 0;
for (const [name, markdown] of Object.entries(pages)) {
  const page = await browser.newPage({ viewport: { width: 900, height: 600 }, deviceScaleFactor: 1.5 });
  const html = marked.parse(markdown, { gfm: true }).replaceAll('<details>', '<details open>');
  await page.setContent(
    `<style>${css} body { margin: 0 } article { padding: 24px; width: 852px }</style><article class="markdown-body">${html}</article>`,
  );
  await page.addScriptTag({ path: join(cache, 'node_modules/mermaid/dist/mermaid.min.js') });
  await page.evaluate(`(async () => {
    for (const code of document.querySelectorAll('code.language-mermaid')) {
      const holder = document.createElement('div');
      holder.className = 'mermaid';
      holder.textContent = code.textContent;
      code.parentElement.replaceWith(holder);
    }
    mermaid.initialize({ startOnLoad: false });
    await mermaid.run();
  })()`);
  if (markdown.includes('mermaid') && (await page.locator('.mermaid svg').count()) === 0) broken += 1;
  await page.locator('article').screenshot({ path: join(directory, `summary-${name}.png`) });
}
await browser.close();
if (broken > 0) throw new Error(`${broken} charts could not be drawn`);
