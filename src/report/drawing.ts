import { escapeControls } from '../journal/escape.ts';

/** The size of a plot, and the space around what is drawn. */
export const WIDTH = 720;
export const HEIGHT = 400;
export const EDGE = { left: 64, right: 24, top: 48, bottom: 48 } as const;

/** The head of an SVG document, with a title; the caller closes it. */
export function openDrawing(title: string): readonly string[] {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${EDGE.left}" y="20" font-size="14">${escapeXml(title)}</text>`,
  ];
}

/** A horizontal line with its value beside it. */
export function drawGridLine(y: string, label: string): readonly string[] {
  return [
    `<line x1="${EDGE.left}" x2="${WIDTH - EDGE.right}" y1="${y}" y2="${y}" stroke="#ddd"/>`,
    `<text x="${EDGE.left - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${escapeXml(label)}</text>`,
  ];
}

/** A dashed vertical line with its name above it, lowered by some units where names would meet. */
export function drawVertical(x: string, label: string, color: string, down: number): readonly string[] {
  return [
    `<line x1="${x}" x2="${x}" y1="${EDGE.top}" y2="${HEIGHT - EDGE.bottom}" stroke="${color}" stroke-dasharray="4 3"/>`,
    `<text x="${x}" y="${EDGE.top - 6 + down}" dx="4" fill="${color}">${escapeXml(label)}</text>`,
  ];
}

/** A coordinate. */
export function roundToTenth(value: number): string {
  return value.toFixed(1);
}

/** Characters that XML 1.0 forbids beside the controls: half a surrogate pair, U+FFFE and U+FFFF (Char, section 2.2). */
const NO_XML = /[\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Foreign text as XML text, without markup and control characters. */
function escapeXml(value: string): string {
  return escapeControls(value)
    .replace(NO_XML, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
