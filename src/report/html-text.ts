import { escapeControls } from '../journal/escape.ts';

/** Foreign text as HTML: no markup, no control character; long names may break after their separators. */
export function text(value: string): string {
  return escapeControls(value)
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')
    .replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`)
    .replace(/([/:_])(?=[^\s/:_]{6})/g, '$1<wbr>');
}

/** The same inside an attribute or a title. */
export function attribute(value: string): string {
  return text(value).replaceAll('<wbr>', '');
}

/** A link within the page, or to a page of the web: nothing else is one. */
export function link(to: string, label: string): string {
  return /^(#|https?:\/\/)/.test(to) ? `<a href="${attribute(to)}">${text(label)}</a>` : text(label);
}

export function cell(html: string, kind = ''): string {
  return `<td${kind === '' ? '' : ` class="${kind}"`}>${html}</td>`;
}

/** A table with its caption. On a narrow screen it scrolls by itself, and a keyboard reaches it. */
export function tableOf(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const head = heads.map((one) => `<th scope="col">${text(one)}</th>`).join('');
  return [
    `<div class="wide" tabindex="0" role="region" aria-label="${attribute(caption)}">`,
    `<table><caption>${text(caption)}</caption>`,
    `<thead><tr>${head}</tr></thead>`,
    `<tbody>`,
    ...rows.map((row) => `<tr>${row.join('')}</tr>`),
    '</tbody></table></div>',
  ].join('\n');
}

/** A part that is closed at first. */
export function details(summary: string, html: string): string {
  return `<details><summary>${text(summary)}</summary>\n${html}\n</details>`;
}
