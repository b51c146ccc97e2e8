// From "the job is RUNNING at the server" to "StopTask is answered", beyond the poll interval; and from the answer that showed
// the step to StopTask's answer, which is our own part of it. Expected of the latter: 50 ms.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, onRig, run, spread } from './measure.mjs';

const POLL_MS = 300;
const RUNS = 5;

function eventsOf(folder, drill) {
  const text = readFileSync(join(folder, '.gameday', drill, 'journal.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Milliseconds from the read that first showed the job running to the answer of StopTask. */
function ownPart(events) {
  const runs = ({ payload }) =>
    payload.facts.some(({ kind, value }) => kind === 'job' && value.state === 'running');
  const seen = events.find((event) => event.code === 'GD_OBSERVED' && runs(event));
  const job = seen.payload.facts.find(({ kind, value }) => kind === 'job' && value.state === 'running');
  const reads = seen.payload.reads.filter(({ subject }) => subject.id === job.id || subject.kind !== 'job');
  const sent = events.find(({ code }) => code === 'GD_FAULT_SENT');
  return sent.at - Math.min(...reads.map(({ answeredAt }) => answeredAt));
}

export async function measure() {
  return onRig(
    { pipeline: 'three-seconds.yaml', inFlightFor: '0s', pollEvery: `${POLL_MS}ms` },
    async (rig) => {
      const [whole, own] = [[], []];
      for (let index = 0; index < RUNS; index += 1) {
        const before = (await rig.control('log')).length;
        await run([BIN, 'run', 'drill.yaml', '--yes', '--json'], { cwd: rig.folder, env: rig.env });
        const log = (await rig.control('log')).slice(before);
        const started = log.find(({ event }) => event === 'job-started');
        const stopped = log.find(({ event }) => event === 'stop-requested');
        whole.push(Math.max(0, stopped.at - started.at - POLL_MS));
        const drill = readdirSync(join(rig.folder, '.gameday')).sort().at(-1);
        own.push(ownPart(eventsOf(rig.folder, drill)));
      }
      return [
        `job RUNNING at the server to StopTask there, beyond the poll of ${POLL_MS} ms: ${spread(whole, 'ms').text}`,
        `the answer that showed the step to StopTask's answer: ${spread(own, 'ms').text}`,
      ];
    },
  );
}
