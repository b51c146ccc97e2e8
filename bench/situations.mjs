// The situations of `npm run bench verdicts`: what is done, and what is true afterwards.
//   drained: the stop landed in flight and the worker drained, so that only a pass is right;
//   hurt: the job was lost, or the worker did not drain, so that only a failure is right;
//   nothing: nothing was injected, something else was, or the build was disturbed: neither is right.
const EXEC = 'exec-form.json';

export const SITUATIONS = [
  { name: 'clean drain', truth: 'drained' },
  {
    name: "StopTask's answer is lost after it acted",
    truth: 'drained',
    rig: { faulty: { ecs: [{ operation: 'StopTask', do: { drop: 'after' } }] } },
  },
  { name: 'shell form, long step: the job is lost', truth: 'hurt', task: 'shell-form.json', seconds: 60 },
  { name: 'shell form, short step: green, and no drain', truth: 'hurt', task: 'shell-form-long-stop.json' },
  {
    name: 'step longer than stopTimeout: lost',
    truth: 'hurt',
    task: 'exec-form-short-stop.json',
    seconds: 60,
  },
  {
    name: 'lost, and a retry makes the build green',
    truth: 'hurt',
    task: 'shell-form.json',
    command: 'if [ "$BUILDKITE_RETRY_COUNT" = 0 ]; then sleep 60; fi',
    step: { retry: { automatic: [{ exit_status: -1, limit: 1 }] } },
  },
  {
    name: 'lost, and soft_fail makes the build green',
    truth: 'hurt',
    task: 'shell-form.json',
    seconds: 60,
    step: { soft_fail: true },
  },
  {
    name: 'StopTask is denied',
    truth: 'nothing',
    rig: { faulty: { ecs: [{ operation: 'StopTask', count: 'forever', do: { answer: 403 } }] } },
  },
  { name: 'StopTask is ignored', truth: 'nothing', seconds: 30, rig: { knobs: { stopTask: 'ignored' } } },
  {
    name: "somebody else's StopTask comes first",
    truth: 'nothing',
    inFlightFor: '3s',
    rig: { script: [{ on: 'job-started', task: 'host', do: 'stop-task', reason: 'somebody else' }] },
  },
  {
    // The experiments know no such wait: they injection at once, and what they then see is a drain.
    oursAlone: true,
    name: 'the step is over before it was in flight long enough',
    truth: 'nothing',
    seconds: 2,
    inFlightFor: '30s',
  },
  {
    name: 'a person cancels the build during the drain',
    truth: 'nothing',
    seconds: 30,
    rig: { script: [{ on: 'stop-requested', after: '1s', do: 'cancel-build' }] },
  },
].map((one) => ({ task: EXEC, seconds: 8, inFlightFor: '500ms', ...one }));
