import { expect, it } from 'vitest';
import { examinedLines } from '../../src/doctor/report.ts';
import { widthOf } from '../../src/report/width.ts';

const examined = {
  file: 'drill.yaml',
  title: 'A step in flight survives StopTask on its task',
  ready: false,
  findings: [
    {
      check: 'token',
      status: 'ok',
      said: "Buildkite's GraphQL API takes the token of Jo (jo@example.com)",
      next: null,
    },
    {
      check: 'step',
      status: 'blocking',
      said: 'pipeline canary has no step with key "integratoin"; keys that it has: integration',
      next: 'Compare when.step with the pipeline.',
    },
    { check: 'service', status: 'unknown', said: 'AWS does not answer', next: 'Try again.' },
    {
      check: 'mapping',
      status: 'warning',
      said: '1 of 2 running tasks have exactly one agent with the tag ecs:task-arn; 1 without any',
      next: 'Start agents with --tags-from-ecs-meta-data.',
    },
    {
      check: 'own-fleet',
      status: 'warning',
      said: 'gameday runs on arn:aws:ecs:us-east-1:123456789012:task/build-prod/0123456789abcdef0123456789abcdef',
      next: 'Run gameday on another fleet.\u001b[2J',
    },
  ],
} as const;

it('on 80 columns without colours', async () => {
  const lines = examinedLines(examined, 80, false);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../golden/doctor/screen.txt');
  expect(lines.filter((line) => widthOf(line) > 80)).toEqual([]);
});

it('a scenario that is ready says so', () => {
  const [token] = examined.findings;
  expect(examinedLines({ ...examined, ready: true, findings: [token] }, 80, false).at(-1)).toBe(
    'Ready: 1 ok.',
  );
});
