import type { Hook, Notice, Told } from '../../src/model/entities/notice.ts';
import type { Notifier } from '../../src/notify/port.ts';

/** A notifier in memory. */
export interface FakeNotifier extends Notifier {
  /** What was told, in order. */
  readonly notices: Notice[];
  /** What happens while a hook is told, with the time that there is for it. */
  onTell: (notice: Notice, patience: number) => void;
  /** What becomes of a notice: `taken`, or why it is not. */
  answer: 'taken' | 'refused' | 'broken' | 'silent';
}

const WHY = { refused: 'it answers HTTP 400', broken: 'it answers HTTP 503', silent: 'no answer within 5 s' };

export function fakeNotifier(hooks: readonly Pick<Hook, 'kind' | 'host'>[]): FakeNotifier {
  const fake: FakeNotifier = {
    notices: [],
    onTell: () => undefined,
    answer: 'taken',
    async tell(notice, patience, signal) {
      const { answer } = fake;
      if (!signal.aborted) {
        fake.notices.push(notice);
        fake.onTell(notice, patience);
      }
      return hooks.map(({ kind, host }): Told => {
        const to = { kind, host };
        if (signal.aborted) return { to, result: 'not-told', tries: 0, said: 'there was no time for it' };
        if (answer === 'taken') return { to, result: 'told', tries: 1, said: null };
        return { to, result: 'not-told', tries: answer === 'refused' ? 1 : 3, said: WHY[answer] };
      });
    },
  };
  return fake;
}
