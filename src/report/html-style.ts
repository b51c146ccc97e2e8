import { darkRules } from './drawing.ts';

/** The page reads without it: it only makes it fit narrow screens, dark pages and paper. */
export const STYLE = [
  `:root{color-scheme:light dark}`,
  `body{font:16px/1.5 system-ui,sans-serif;margin:0;color:#1b1f24;background:#fff}`,
  `main{max-width:60rem;margin:0 auto;padding:1rem}`,
  `h1{font-size:1.6rem;line-height:1.25}h2{font-size:1.3rem}h3{font-size:1.1rem}h1,h2,h3{margin:1.6em 0 .5em}`,
  `article+article{border-top:2px solid #d0d7de;margin-top:3rem}`,
  `.verdict{font-size:1.15rem}.verdict b,td b{padding:.1em .45em;border-radius:.25em;border:1px solid}`,
  `.good b{color:#1b6e3c}.bad b{color:#b00020}.warn b{color:#7a4100}`,
  `.wide{overflow-x:auto}.wide table{min-width:34rem}td b{white-space:nowrap}figure{margin:1.5rem 0;overflow-x:auto}figure svg{min-width:640px;height:auto;display:block}`,
  `figcaption,caption,.quiet{color:#57606a;font-size:.9rem}caption{text-align:left;padding:.3rem 0}`,
  `table{border-collapse:collapse;width:100%;font-size:.93rem}th,td{text-align:left;vertical-align:top;padding:.35rem .8rem .35rem 0;border-bottom:1px solid #d0d7de}`,
  `th[scope=row]{white-space:nowrap;font-weight:600}.number{white-space:nowrap;font-variant-numeric:tabular-nums}`,
  `dl{display:grid;grid-template-columns:max-content 1fr;gap:.35rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}`,
  `pre{white-space:pre-wrap;overflow-wrap:anywhere;background:#f3f5f7;padding:.7rem;border-radius:.3rem;margin:.4rem 0}`,
  `code{font:.9em ui-monospace,monospace}p,li,td{overflow-wrap:anywhere}details{margin:1rem 0}summary{cursor:pointer;font-weight:600}`,
  `a{color:#1a4f8a}`,
  `@media (max-width:40rem){dl{grid-template-columns:1fr}dd{margin-bottom:.6rem}}`,
  `@media (prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}pre{background:#161b22}a{color:#79b0f0}`,
  `.good b{color:#6fd08c}.bad b{color:#ff8b94}.warn b{color:#e5b567}figcaption,caption,.quiet{color:#9da7b3}th,td,article+article{border-color:#30363d}}`,
  darkRules('figure'),
  `@media print{body{font-size:10pt;color:#000;background:#fff}main{max-width:none;padding:0}figure,.wide{overflow:visible}.wide table{min-width:0}figure svg{min-width:0;width:100%}`,
  `tr,figure,.verdict{break-inside:avoid}h2,h3{break-after:avoid}article+article{break-before:page;border:0}a{color:inherit}}`,
].join('\n');
