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

/** A Buildkite pipeline with one step that runs the scenario. */
export function pipelineText({ cluster, service, queue }: Answers, scenario: string): string {
  const group = ['gameday', nameOf(cluster), nameOf(service)].join('/');
  return `# Upload it, or copy the step: buildkite-agent pipeline upload FILE
steps:
  - label: ':boom: game day'
    key: game-day
    # --yes stops the task without asking: whoever uploads this step agrees to that.
    command: ${scalar(`gameday run ${quoteWord(scenario)} --yes --reporter json=result.json`)}
    agents:
      # Never a queue of the workers that are stopped: the drill would be stopped with them.
      queue: ${scalar(queue)}
    artifact_paths:
      - result.json
      - .gameday/**/*
    retry:
      automatic:
        # 11: the drill proved nothing. A failed drill (10) is never retried: the loss happened.
        - exit_status: 11
          limit: 2
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
