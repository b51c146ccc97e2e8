// `npm run bench [name...]`: measures, and judges nothing: a figure is read beside the machine it comes from.
import { availableParallelism, cpus, loadavg } from 'node:os';

const BENCHES = [
  'version',
  'validate',
  'preflight',
  'injection',
  'waiting',
  'many',
  'budget',
  'abort',
  'resume',
  'fleet',
  'verdicts',
  'forecast',
  'injections',
  'losses',
  'growth',
  'settle',
  'ledger',
  'certify',
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !BENCHES.includes(name));
if (unknown.length > 0) {
  console.error(`No such measurement: ${unknown.join(', ')}. There are: ${BENCHES.join(', ')}.`);
  process.exit(2);
}
console.log(
  `${availableParallelism()} cores (${cpus()[0]?.model ?? 'unknown'}), load ${loadavg()[0].toFixed(1)}, Node ${process.version}`,
);
for (const name of BENCHES.filter((bench) => wanted.length === 0 || wanted.includes(bench))) {
  const { measure } = await import(`./${name}.mjs`);
  console.log(`\n${name}`);
  for (const line of await measure()) console.log(`  ${line}`);
}
