import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'puppeteer-core';
import { launch } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { htmlPage } from '../../src/report/html.ts';
import { drainedResult, lostResult } from '../report/results.ts';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(CHROMIUM);
const isRequired = process.env['GAMEDAY_REQUIRE_TOOLS'] === '1';

test.runIf(isRequired)('there is a Chromium for the tests of pages', () => {
  expect(hasBrowser, 'GAMEDAY_REQUIRE_TOOLS=1, and there is no /usr/bin/chromium').toBe(true);
});
if (!hasBrowser && !isRequired)
  process.stderr.write(
    'not run: the tests of pages in a browser. They need chromium (apt-get install chromium).\n',
  );

/** The policy of Jenkins for files of a job: neither scripts nor styles. */
const STRICT = "sandbox; default-src 'none'; img-src 'self'; style-src 'self'";
const scenario = { version: 1, title: 'A drill', cluster: { name: 'build-prod' } };
const page = htmlPage(
  [lostResult(), drainedResult({ service: 'other', startedAt: lostResult().startedAt + 86_400_000 })].map(
    (result) => ({ result, scenario }),
  ),
);

let browser: Browser;
let server: Server;
let folder: string;

beforeAll(async () => {
  if (!hasBrowser) return;
  folder = mkdtempSync(join(tmpdir(), 'gameday-pages-'));
  server = createServer((request, response) => {
    const policy = request.url === '/strict' ? { 'content-security-policy': STRICT } : {};
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...policy }).end(page);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  browser = await launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox'],
    userDataDir: join(folder, 'profile'),
  });
});
afterAll(async () => {
  if (!hasBrowser) return;
  await browser.close();
  server.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function open(path: string, width: number, scheme: 'light' | 'dark' = 'light'): Promise<Page> {
  const tab = await browser.newPage();
  await tab.setViewport({ width, height: 800 });
  await tab.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await tab.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}${path}`);
  return tab;
}

describe.runIf(hasBrowser)('the page of drills in Chromium', () => {
  test.each([360, 800, 1440])('does not scroll sideways at a width of %d', async (width) => {
    const tab = await open('/', width);
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await tab.close();
  });

  test.each(['light', 'dark'] as const)('has nothing serious for axe, %s', async (scheme) => {
    const tab = await open('/', 800, scheme);
    await tab.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const violations = (await tab.evaluate(
      'axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) => ({ id, impact, html: nodes[0].html })))',
    )) as { readonly impact: string }[];
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);
    await tab.close();
  });

  test.each(['light', 'dark'] as const)('reads under a policy that drops its style, %s', async (scheme) => {
    const tab = await open('/strict', 800, scheme);
    const seen = (await tab.evaluate(`({
      headings: [...document.querySelectorAll('h1,h2')].filter((one) => one.offsetHeight > 0).length,
      rows: document.querySelectorAll('tbody tr').length,
      width: document.querySelector('svg').getBoundingClientRect().width,
      height: document.querySelector('svg').getBoundingClientRect().height,
      paper: getComputedStyle(document.querySelector('svg rect')).fill,
      ink: getComputedStyle(document.querySelector('svg')).fill,
    })`)) as Record<string, unknown>;
    expect(seen).toMatchObject({ paper: 'rgb(255, 255, 255)', ink: 'rgb(27, 31, 36)' });
    expect(seen['headings']).toBeGreaterThan(4);
    expect(seen['rows']).toBeGreaterThan(10);
    expect(seen['height']).toBeGreaterThan(200);
    await tab.close();
  });

  test('prints on paper', async () => {
    const tab = await open('/', 800);
    const file = join(folder, 'page.pdf');
    writeFileSync(file, await tab.pdf({ format: 'A4' }));
    expect(readFileSync(file).subarray(0, 5).toString()).toBe('%PDF-');
    await tab.emulateMediaType('print');
    expect(await tab.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(800);
    await tab.close();
  });

  test.each([
    ['lost', lostResult()],
    ['drained', drainedResult()],
  ])('draws labels that do not cover each other in its own fonts: %s', async (_what, result) => {
    const tab = await open('/', 1440);
    const overlaps = await tab.evaluate(`(() => {
      const [svg] = document.querySelectorAll('#drill-${result.drill} svg');
      const boxes = [...svg.querySelectorAll(':scope > text')].map((one) => ({ text: one.textContent, box: one.getBoundingClientRect() }));
      return boxes.flatMap((a, index) => boxes.slice(index + 1)
        .filter((b) => a.box.left + 1 < b.box.right && b.box.left + 1 < a.box.right && a.box.top + 4 < b.box.bottom && b.box.top + 4 < a.box.bottom)
        .map((b) => a.text + ' | ' + b.text));
    })()`);
    expect(overlaps).toEqual([]);
    await tab.close();
  });
});
