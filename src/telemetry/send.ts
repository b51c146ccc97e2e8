import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { DrillSpan } from '../report/traces.ts';

/** So long may a collector delay the end of the command, milliseconds. */
const PATIENCE_MS = 2_000;

/**
 * Sends spans by OTLP over HTTP, in JSON; endpoint, headers and certificates are those of OpenTelemetry's own variables.
 * Gives back why they could not be sent, or null; never takes longer than the patience.
 */
export async function sendSpans(spans: readonly DrillSpan[], version: string): Promise<string | null> {
  const agents: (HttpAgent | HttpsAgent)[] = [];
  const exporter = new OTLPTraceExporter({
    timeoutMillis: PATIENCE_MS,
    httpAgentOptions: (protocol) => {
      const agent = protocol === 'https:' ? new HttpsAgent() : new HttpAgent();
      agents.push(agent);
      return agent;
    },
  });
  const own = resourceFromAttributes({ 'service.name': 'gameday', 'service.version': version });
  const resource = own.merge(detectResources({ detectors: [envDetector] }));
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<string>((resolve) => {
    timer = setTimeout(
      () => resolve(`it did not answer within ${String(PATIENCE_MS / 1000)} s`),
      PATIENCE_MS,
    );
  });
  const answer = new Promise<string | null>((resolve) => {
    exporter.export(
      spans.map((span) => readable(span, resource, version)),
      ({ error }) => resolve(error === undefined ? null : error.message || error.name),
    );
  });
  const why = await Promise.race([answer, patience]);
  clearTimeout(timer);
  // What is still open would keep the process alive.
  for (const agent of agents) agent.destroy();
  return why;
}

function readable(span: DrillSpan, resource: ReadableSpan['resource'], version: string): ReadableSpan {
  const { traceId, spanId, parentSpanId, error } = span;
  const traceFlags = TraceFlags.SAMPLED;
  return {
    name: span.name,
    kind: SpanKind.INTERNAL,
    spanContext: () => ({ traceId, spanId, traceFlags }),
    ...(parentSpanId === null
      ? {}
      : {
          parentSpanContext: { traceId, spanId: parentSpanId, traceFlags, isRemote: span.name === 'drill' },
        }),
    startTime: toHrTime(span.start),
    endTime: toHrTime(span.end),
    duration: toHrTime(span.end - span.start),
    status: error === null ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
    attributes: span.attributes,
    links: [],
    events: span.events.map(({ name, at, attributes }) => ({ name, time: toHrTime(at), attributes })),
    ended: true,
    resource,
    instrumentationScope: { name: 'gameday', version },
    ...{ droppedAttributesCount: 0, droppedEventsCount: 0, droppedLinksCount: 0 },
  };
}

/** Seconds and nanoseconds. */
function toHrTime(ms: number): [number, number] {
  return [Math.floor(ms / 1000), Math.round((ms % 1000) * 1e6)];
}
