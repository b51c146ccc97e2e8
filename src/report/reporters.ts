import type { Agenda } from './agenda.ts';
import type { LogView } from './log.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import type { DrillSpan } from './traces.ts';

/** The input of a reporter beside its screen. */
export interface ReporterTools extends LogView {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Calls back every `ms` until the returned function is called; it must not keep the process alive. */
  readonly every: (ms: number, act: () => void) => () => void;
  /** Sends spans to the collector that the environment names; says on stderr if it cannot. */
  readonly send: (spans: readonly DrillSpan[]) => void;
  /** Whether many drills are shown at the same time. */
  readonly many?: boolean;
  /** What is known of the drills that are to come; missing: there is one. */
  readonly agenda?: Agenda | undefined;
}

interface Entry {
  /** Where it writes without a FILE: progress goes to stderr, answers go to stdout; null: it needs a FILE, or has another place. */
  readonly stream: 'stderr' | 'stdout' | null;
  /** Why it cannot write to a file; null where it can. */
  readonly noFile: string | null;
  /** Whether it writes one document, at the end: its FILE is there whole or not at all. */
  readonly isWhole: boolean;
  /** Loads the reporter on demand. */
  readonly create: (screen: Screen, tools: ReporterTools) => Promise<Reporter>;
}

/** Every reporter that `--reporter` names. */
export const REPORTERS = {
  terminal: {
    stream: 'stderr',
    noFile: 'it redraws a screen',
    isWhole: false,
    create: async (screen, tools) =>
      tools.many === true
        ? (await import('./many-drills.ts')).createManyDrillsReporter({ screen, ...tools })
        : (await import('./terminal.ts')).createTerminalReporter({ screen, ...tools }),
  },
  log: {
    stream: 'stderr',
    noFile: null,
    isWhole: false,
    create: async (screen, tools) => (await import('./log.ts')).createLogReporter(screen, tools),
  },
  json: {
    stream: 'stdout',
    noFile: null,
    isWhole: true,
    create: async (screen) => (await import('./json.ts')).createJsonReporter(screen),
  },
  junit: {
    stream: null,
    noFile: null,
    isWhole: true,
    create: async (screen) => (await import('./junit.ts')).createJunitReporter(screen),
  },
  'test-engine': {
    stream: null,
    noFile: null,
    isWhole: true,
    create: async (screen) => (await import('./test-engine.ts')).createTestEngineReporter(screen),
  },
  markdown: {
    stream: 'stdout',
    noFile: null,
    isWhole: true,
    create: async (screen) => (await import('./markdown.ts')).createMarkdownReporter(screen),
  },
  html: {
    stream: null,
    noFile: null,
    isWhole: true,
    create: async (screen) => (await import('./html.ts')).createHtmlReporter(screen),
  },
  svg: {
    stream: null,
    noFile: null,
    isWhole: true,
    create: async (screen) => (await import('./time-line-svg.ts')).createSvgReporter(screen),
  },
  otel: {
    stream: null,
    noFile: 'it sends spans to OTEL_EXPORTER_OTLP_ENDPOINT',
    isWhole: false,
    create: async (_screen, { send }) => (await import('./traces.ts')).createTracesReporter(send),
  },
} as const satisfies Readonly<Record<string, Entry>>;
export type ReporterName = keyof typeof REPORTERS;

export function isReporterName(name: string): name is ReporterName {
  return Object.hasOwn(REPORTERS, name);
}

/** One `--reporter` flag. */
export interface AskedReporter {
  readonly name: ReporterName;
  /** Null: on the screen. */
  readonly file: string | null;
}
