// `gameday preflight` of one file beside `gameday --version`. Expected: under 1.3 times.
import { BIN, spread, timesInTurn } from './measure.mjs';

export async function measure() {
  const [looks, versions] = await timesInTurn(
    [
      [BIN, 'preflight', '--task-definition', 'scenarios/incident/after.json'],
      [BIN, '--version'],
    ],
    { runs: 40 },
  );
  const [look, version] = [spread(looks, 'ms'), spread(versions, 'ms')];
  return [
    `gameday preflight of one file: ${look.text}`,
    `gameday --version: ${version.text}`,
    `ratio ${(look.median / version.median).toFixed(2)}`,
  ];
}
