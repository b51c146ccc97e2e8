// `gameday preflight` of one file beside `gameday --version`. Expected: under 1.3 times.
import { BIN, spread, times } from './measure.mjs';

export async function measure() {
  const version = spread(await times([BIN, '--version'], {}, { runs: 20 }), 'ms');
  const look = spread(
    await times([BIN, 'preflight', '--task-definition', 'scenarios/incident/after.json'], {}, { runs: 20 }),
    'ms',
  );
  return [
    `gameday preflight of one file: ${look.text}`,
    `gameday --version: ${version.text}`,
    `ratio ${(look.median / version.median).toFixed(2)}`,
  ];
}
