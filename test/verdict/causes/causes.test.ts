import { describe, expect, it } from 'vitest';
import {
  AGENT_GONE,
  AGENT_LOST,
  jobEvent,
  LOST,
  STARTED,
  story,
  T,
  type Told,
} from '../../support/journal-builders.ts';
import type { Explanation, RankedCause } from '../../../src/model/cause.ts';
import type { CauseName } from '../../../src/model/names.ts';
import { CAUSES } from '../../../src/verdict/causes/list.ts';
import { judge } from '../../../src/verdict/judge.ts';
import { LOOK_ALIKES } from './look-alikes.ts';
import { NEAR } from './near.ts';
import { RIGHT_OF_THE_REST } from './right-of-the-rest.ts';
import { RIGHT_OF_THE_WAY } from './right-of-the-way.ts';
import { dead, eaten, tooLong, deaf, retries } from './told.ts';

const RIGHT = [...RIGHT_OF_THE_WAY, ...RIGHT_OF_THE_REST];
const explained = (told: Told): Explanation | null => judge(story(told)).cause;
const named = (told: Told, name: CauseName): RankedCause | undefined =>
  explained(told)?.ranked.find((one) => one.name === name);

describe('a cause', () => {
  it.each(RIGHT)('%s: %s', (name, _title, told, weight, said, saves) => {
    const cause = named(told, name);
    const shown = JSON.stringify(explained(told)?.ranked, null, 1);
    expect(cause?.weight, shown).toBe(weight);
    expect(cause?.said, shown).toMatch(said);
    expect(cause?.saves, shown).toMatch(saves);
    expect(cause?.experiment === null, shown).toBe(weight === 'proven');
    const numbers = new Set(story(told).map(({ seq }) => seq));
    expect(cause?.events.length, shown).toBeGreaterThan(0);
    expect(cause?.events.filter((event) => !numbers.has(event))).toEqual([]);
  });

  it.each(NEAR)('%s is not claimed: %s', (name, _title, told) => {
    const { outcome, cause } = judge(story(told));
    expect(['failed', 'inconclusive']).toContain(outcome);
    expect(cause?.ranked.map((one) => one.name) ?? []).not.toContain(name);
  });

  it.each(LOOK_ALIKES)('%s is not called proven: %s', (name, _title, told) => {
    const { outcome, cause } = judge(story(told));
    expect(['failed', 'inconclusive']).toContain(outcome);
    expect(cause?.ranked.find((one) => one.name === name)?.weight).not.toBe('proven');
  });

  it('that may be proven has a look-alike that is not', () => {
    const proven = RIGHT.filter(([, , , weight]) => weight === 'proven').map(([name]) => name);
    const alike = new Set(LOOK_ALIKES.map(([name]) => name));
    expect([...new Set(proven)].toSorted()).toEqual([...alike].toSorted());
  });

  it('never names Buildkite itself where anything names a user', () => {
    const byUser = RIGHT_OF_THE_REST.filter(
      ([name, title]) => name === 'build-canceled' && /by (?:somebody|a user)/.test(title),
    );
    expect(byUser).toHaveLength(2);
    for (const [, , told] of byUser) {
      const { said, cause } = judge(story(told));
      expect(`${said} ${JSON.stringify(cause)}`).not.toContain('Buildkite itself');
    }
  });

  it('has a story in which it is right and one in which it is not', () => {
    // Stories of a StopTask cannot show them: test/verdict/baseline.test.ts and test/faults/spared.test.ts do.
    const byOthers: readonly CauseName[] = ['idle-too-long', 'unprotected'];
    const all = CAUSES.map(({ name }) => name).filter((name) => !byOthers.includes(name));
    expect([...new Set(RIGHT.map(([name]) => name))].toSorted()).toEqual(all.toSorted());
    expect([...new Set(NEAR.map(([name]) => name))].toSorted()).toEqual(
      CAUSES.map(({ name }) => name).toSorted(),
    );
  });
});

describe('an explanation', () => {
  it('ranks proven before likely before possible, and a backstop last', () => {
    const told = { ...eaten, before: [retries(true)] };
    const ranked = explained(told)?.ranked.map(({ name, weight }) => `${name} ${weight}`);
    expect(ranked).toEqual(['signal-eaten likely', 'step-over-window possible', 'retry-missed proven']);
    expect(explained(told)).toMatchObject({ decided: true, experiment: null });
  });

  it('names the one experiment where the evidence does not decide', () => {
    const script = { ...dead, definition: { entryPoint: ['/entrypoint.sh'], command: [] } };
    expect(explained(script)).toMatchObject({
      decided: false,
      experiment: expect.stringContaining('agent-idle') as string,
    });
    const names = explained(script)?.ranked.map(({ name }) => name);
    expect(names).toEqual(['signal-eaten', 'step-over-window', 'retry-missed']);
  });

  it('says so where nothing is known', () => {
    const unseen = { ...dead, container: { exitCode: null }, task: null };
    const { ranked, decided, experiment } = explained(unseen) ?? {};
    expect(ranked?.map(({ name }) => name)).toEqual(['retry-missed']);
    expect(decided).toBe(false);
    expect(experiment).toMatch(/while ECS answers.*exit code/);
  });

  it('tells the five moments from the request to stop on', () => {
    const told = (one: Told) =>
      explained(one)?.moments.map(({ moment, after: ms }) => `${moment} ${String(ms)}`);
    expect(told(tooLong)).toEqual(['stop requested 0', 'signal 50', 'exit 120150', 'lost 220000']);
    expect(told(deaf)).toEqual(['stop requested 0', 'signal 50', 'job end 20000', 'exit 120150']);
  });

  it('is there for a failure alone', () => {
    expect(explained({})).toBeNull();
    expect(explained({ agent: AGENT_GONE })).toBeNull();
  });

  it('takes the history of the job and not its own word for when it was lost', () => {
    const early = {
      ...LOST,
      events: [STARTED, jobEvent('AGENT_LOST', T.stop + 60_000, { actor: 'system' })],
    };
    expect(named({ ...tooLong, agent: AGENT_GONE, job: early }, 'heartbeats-stopped')?.weight).toBe(
      'possible',
    );
    expect(AGENT_LOST.at).toBeGreaterThan(T.stop + 120_000);
  });
});
