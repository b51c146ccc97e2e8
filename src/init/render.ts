import { plainText, quoteWord } from '../pipeline/shell.ts';
import type { Answers } from './answers.ts';

/** The scenario, as somebody would write it by hand. */
export function scenarioText(answers: Answers): string {
  const { cluster, service, organization, pipeline, step, region } = answers;
  return `# A drill: start a build, wait until its step runs on a worker of the service, and stop that worker's task as ECS does.
# It passes if the worker finishes the job and leaves. Every key: docs/reference/scenario.md of gameday.
version: 1
title: A step in flight survives the stop of its worker
build:
  organization: ${scalar(organization)}
  pipeline: ${scalar(pipeline)}
cluster:
${region === null ? '  # The region is that of the environment: AWS_REGION.\n' : `  region: ${scalar(region)}\n`}  name: ${scalar(cluster)}
  service: ${scalar(service)}
  # If agents are started without --tags-from-ecs-meta-data, their host names lead to their tasks:
  # mapping: hostname
when:
  step: ${scalar(step)}
  inFlightFor: 2s
inject:
  fault: stop-task
expect:
  build: passed
  # A job that was lost and passed on a second worker was lost all the same.
  handover: forbidden
`;
}

/** Reporters of the step, each with the artifact that it writes. */
const REPORTS = [
  ['json', 'result.json'],
  ['html', 'report.html'],
  ['junit', 'junit.xml'],
] as const;

/** A Buildkite pipeline with one step that runs the scenario. */
export function pipelineText({ cluster, service, queue }: Answers, scenario: string): string {
  const reporters = REPORTS.map(([name, file]) => ` --reporter ${name}=${file}`).join('');
  const group = ['gameday', nameOf(cluster), nameOf(service)].join('/');
  return `# Upload it, or copy the step: buildkite-agent pipeline upload FILE
steps:
  - label: ':boom: game day'
    key: game-day
    # --yes stops the task without asking: whoever uploads this step agrees to that.
    command: ${scalar(`gameday run ${quoteWord(scenario)} --yes --annotate${reporters}`)}
    agents:
      # Never a queue of the workers that are stopped: the drill would be stopped with them.
      queue: ${scalar(queue)}
    artifact_paths:
${REPORTS.map(([, file]) => `      - ${file}\n`).join('')}      - .gameday/**/*
    # The same two rules as in the nightly recipe: docs/how-to/recipes.md of gameday has all that a night needs.
    retry:
      automatic:
        # It ran and proves nothing: once more. A loss (10) is never run again.
        - exit_status: 11
          limit: 1
    soft_fail:
      # A safety rule refused, such as a deployment that did not end: shown, and no reason for a red build.
      - exit_status: 3
    concurrency: 1
    concurrency_group: ${scalar(plainText(group))}
    timeout_in_minutes: 60
`;
}

/** The name in an ARN. */
function nameOf(name: string): string {
  return name.split('/').at(-1) ?? name;
}

/** A value as YAML: plain where that can mean nothing else, in double quotes elsewhere. */
function scalar(text: string): string {
  const isPlain = /^[A-Za-z][A-Za-z0-9_./ =*-]*[A-Za-z0-9_*]$/.test(text);
  return isPlain && !/^(?:true|false|null|yes|no|on|off)$/i.test(text) ? text : JSON.stringify(text);
}
