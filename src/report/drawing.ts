import { escapeControls } from '../journal/escape.ts';
import { formatSpan } from '../model/instants.ts';

/** The size of a plot, and the space around what is drawn. */
export const WIDTH = 720;
export const HEIGHT = 400;
export const EDGE = { left: 72, right: 24, top: 64, bottom: 72 } as const;

/** Colours as attributes, for pages whose content policy drops every style; and what each becomes on a dark page. */
export const COLOR = {
  paper: '#fff',
  ink: '#1b1f24',
  quiet: '#57606a',
  faint: '#d0d7de',
  blue: '#1a4f8a',
  pale: '#7aa6d8',
  red: '#b00020',
  green: '#1b6e3c',
  brown: '#7a4100',
  /** On top of a mark's colour. */
  letter: '#fefefe',
} as const;

const DARK: Readonly<Record<keyof typeof COLOR, string>> = {
  ...{ paper: '#0d1117', ink: '#e6edf3', quiet: '#9da7b3', faint: '#30363d' },
  ...{ blue: '#79b0f0', pale: '#3d6ea5', red: '#ff8b94', green: '#6fd08c', brown: '#e5b567' },
  letter: '#0d1117',
};

/** Style rules that turn drawings dark where the reader's page is, within an element that a selector names. */
export function darkRules(within: string): string {
  const rules = Object.entries(COLOR).flatMap(([name, color]) => {
    const dark = DARK[name as keyof typeof COLOR];
    return ['fill', 'stroke'].map((what) => `${within} [${what}="${color}"]{${what}:${dark}}`);
  });
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`;
}

/** The head of an SVG document, with what it shows in words; the caller closes it. A drawing inside a page leaves its style to the page. */
export function openSvg(
  { width, height, title, description }: Size & { readonly title: string; readonly description: string },
  isInPage = false,
): readonly string[] {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="${COLOR.ink}">`,
    `<title>${escapeXml(title)}</title>`,
    `<desc>${escapeXml(description)}</desc>`,
    ...(isInPage ? [] : [`<style>${darkRules('svg')}svg{height:auto;max-width:100%}</style>`]),
    `<rect width="${width}" height="${height}" fill="${COLOR.paper}"/>`,
  ];
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The head of a plot: its title, and a line that says what to see in it. */
export function openDrawing(title: string, height = HEIGHT, whatToSee = ''): readonly string[] {
  return [
    ...openSvg({ width: WIDTH, height, title, description: whatToSee === '' ? title : whatToSee }),
    `<text x="16" y="22" font-size="15" font-weight="bold">${escapeXml(cutText(title, 15, WIDTH - 32))}</text>`,
    ...(whatToSee === ''
      ? []
      : [`<text x="16" y="41">${escapeXml(cutText(whatToSee, 12, WIDTH - 32))}</text>`]),
  ];
}

/** A horizontal line with its value beside it. */
export function drawGridLine(y: string, label: string): readonly string[] {
  return [
    `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y}" y2="${y}" stroke="${COLOR.faint}"/>`,
    `<text x="${EDGE.left - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${escapeXml(label)}</text>`,
  ];
}

/** A dashed vertical line with its name above it, lowered by some units where names would meet. */
export function drawVertical(x: string, label: string, color: string, down: number): readonly string[] {
  const isRight = Number(x) > WIDTH / 2;
  return [
    `<line x1="${x}" x2="${x}" y1="${EDGE.top}" y2="${HEIGHT - EDGE.bottom}" stroke="${color}" stroke-dasharray="4 3"/>`,
    `<text x="${x}" y="${EDGE.top - 6 + down}" dx="${isRight ? -4 : 4}" text-anchor="${isRight ? 'end' : 'start'}" fill="${color}">${escapeXml(label)}</text>`,
  ];
}

/** A coordinate. */
export function roundToTenth(value: number): string {
  return value.toFixed(1);
}

/** Steps of an axis of time that people count in, milliseconds. */
const TIME_STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000],
  ...[60_000, 120_000, 300_000, 600_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000],
];

/** Round instants from 0 to `end`, at most `most` beside the 0. */
export function listTimeTicks(end: number, most = 8): readonly number[] {
  const days = Math.ceil(end / most / 86_400_000) * 86_400_000;
  const step = TIME_STEPS.find((one) => end / one <= most) ?? days;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

/** Round values from 0 to at least `end`: 1, 2 or 5 times a power of ten. */
export function listRoundTicks(end: number): readonly number[] {
  const power = 10 ** Math.floor(Math.log10(end / 4));
  const step = ([1, 2, 5, 10].find((one) => (end / power / one) * 1 <= 5) ?? 10) * power;
  return Array.from({ length: Math.ceil(end / step - 1e-9) + 1 }, (_, index) => index * step);
}

/** `30 s`, `2 min`: a duration without what is zero. */
export function formatTick(ms: number): string {
  return ms === 0
    ? '0'
    : formatSpan(ms)
        .replace(/\.0 s$/, ' s')
        .replace(/ 0 (s|min)$/, '');
}

/** Characters that XML 1.0 forbids beside the controls: half a surrogate pair, U+FFFE and U+FFFF (Char, section 2.2). */
const NO_XML = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Foreign text as XML text, without markup and control characters. */
export function escapeXml(value: string): string {
  return escapeControls(value)
    .replace(NO_XML, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** How wide a text is at most in common sans-serif fonts, in units of the drawing. */
export function measureText(text: string, size: number): number {
  let em = 0;
  for (const character of text)
    em += NARROW.test(character) ? 0.42 : PLAIN.test(character) ? 0.64 : WIDE.test(character) ? 1 : 1.4;
  return em * size;
}

const NARROW = /^[ .,:;'|!()[\]ijlft/-]$/;
const PLAIN = /^[a-ln-vx-z0-9_+*"?$#&=<>~^`{}\\IJ]$/;
const WIDE = /^[ -~≤→]$/;

/** The text, cut to a width. */
export function cutText(text: string, size: number, width: number): string {
  if (measureText(text, size) <= width) return text;
  let cut = '';
  for (const character of text) {
    if (measureText(`${cut}${character}…`, size) > width) break;
    cut += character;
  }
  return `${cut}…`;
}
