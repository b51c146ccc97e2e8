import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fis } from '../../src/fis/port.ts';
import { until } from '../support/until.ts';
import { FIS_ROLE } from '../support/spot.ts';
import { valueOf } from './buildkite.contract.ts';

/** One FIS, and the ARN of an instance that an experiment can interrupt. */
export interface FisBench {
  readonly fis: Fis;
  readonly ec2Arn: string;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const DRILL = '20260102-030405-beef';

/** What every port of FIS must do: the fake and the client alike. */
export function fisContract(name: string, setUp: () => Promise<FisBench>): void {
  describe(`FIS port: ${name}`, () => {
    let bench: FisBench;
    let fis: Fis;
    beforeAll(async () => {
      bench = await setUp();
      fis = bench.fis;
    }, 120_000);
    afterAll(() => bench.close());

    const create = () =>
      fis.send({ kind: 'create-template', drill: DRILL, ec2Arn: bench.ec2Arn, role: FIS_ROLE }, never);
    const start = (template: string, drill = DRILL) =>
      fis.send({ kind: 'start-experiment', drill, template, does: 'interrupt-host', instance: null }, never);

    test('the safety lever is disengaged', async () => {
      expect(valueOf(await fis.safetyLever(never)).status).toBe('disengaged');
    });

    test('what does not exist is not found, and nothing is held of a drill without experiments', async () => {
      expect(await fis.template('EXT0nothing', never)).toMatchObject({ trouble: { kind: 'not-found' } });
      expect(await fis.experiment('EXP0nothing', never)).toMatchObject({ trouble: { kind: 'not-found' } });
      expect(valueOf(await fis.ofDrill('another', never))).toEqual({ templates: [], experiments: [] });
      expect(await start('EXT0nothing', 'another')).toMatchObject({
        ok: false,
        certainty: 'refused',
        trouble: { kind: 'not-found' },
      });
    });

    test('what hold says keeps a call from being sent', async () => {
      const call = { kind: 'create-template', drill: 'held', ec2Arn: bench.ec2Arn, role: FIS_ROLE } as const;
      const sent = await fis.send(call, never, () => 'it is too late');
      expect(sent).toMatchObject({ ok: false, certainty: 'refused', trouble: { kind: 'outdated' } });
      expect(valueOf(await fis.ofDrill('held', never)).templates).toEqual([]);
    });

    test('a template is made once, started once, stopped and deleted', async () => {
      const made = await create();
      expect(made).toMatchObject({ ok: true });
      expect(await create()).toEqual(made);
      const { templates } = valueOf(await fis.ofDrill(DRILL, never));
      expect(templates).toHaveLength(1);
      const [id = ''] = templates;
      const template = valueOf(await fis.template(id, never));
      expect(template).toMatchObject({ id, stopConditions: [] });
      expect(template.actions).toMatchObject([{ action: 'aws:ec2:send-spot-instance-interruptions' }]);
      expect(template.targets).toMatchObject([
        { type: 'aws:ec2:spot-instance', arns: [bench.ec2Arn], open: false, selection: 'ALL' },
      ]);

      const started = await start(id);
      expect(started).toMatchObject({ ok: true, value: [{ kind: 'experiment' }] });
      expect(await start(id)).toMatchObject({ ok: true });
      const { experiments } = valueOf(await fis.ofDrill(DRILL, never));
      expect(experiments).toHaveLength(1);
      const [{ id: experiment } = { id: '' }] = experiments;
      await until(
        'the action to begin',
        async () => valueOf(await fis.experiment(experiment, never)).actions[0]?.startedAt != null,
      );
      const running = valueOf(await fis.experiment(experiment, never));
      expect(running).toMatchObject({ id: experiment, status: 'running', actions: [{ status: 'running' }] });

      expect(await fis.send({ kind: 'stop-experiment', experiment }, never)).toMatchObject({
        ok: true,
        value: [{ kind: 'experiment', value: { status: 'stopped' } }],
      });
      expect(await fis.send({ kind: 'delete-template', template: id }, never)).toMatchObject({ ok: true });
      expect(valueOf(await fis.ofDrill(DRILL, never))).toEqual({
        templates: [],
        experiments: [{ id: experiment, status: 'stopped' }],
      });
    });
  });
}
