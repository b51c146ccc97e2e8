import { escapeControls } from '../journal/escape.ts';
import type { DrillResult, GameDayDocument } from '../verdict/result.ts';
import { cardLines } from './card.ts';
import { closingBlock } from './closing.ts';
import { planBlock } from './plan.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { drawSideBySide } from './side-by-side.ts';
import { finalLine, summaryLines } from './summary.ts';

/** The layout of the results on stdout; with `many` only those that did not pass are shown, with `none` the caller prints them. */
export type Layout = 'closing' | 'many' | 'side-by-side' | 'plan' | 'none';

/**
 * Prints each drill's card when it ends, or all of them side by side at the end, and then the summary and the last line. With
 * `verbose`, all that is known of a drill stands before its card.
 */
export function createResultsReporter(screen: Screen, layout: Layout, verbose = false): Reporter {
  let isFirst = true;
  function writeCard(result: DrillResult): void {
    const options = { columns: screen.columns(), rows: screen.rows(), colors: screen.colors };
    if (verbose) screen.write(layout === 'plan' ? planBlock(result, options) : closingBlock(result, options));
    else if (!isFirst) screen.write('\n');
    isFirst = false;
    screen.write(joinLines(cardLines(result, options)));
  }
  /** One that passed is in the summary; of one that was interrupted no more is to be said than how it goes on. */
  function writeOneOfMany(result: DrillResult): void {
    if (result.outcome === 'interrupted')
      screen.write(
        `${escapeControls(`interrupted: ${result.title}: ${result.commands[0] ?? result.next}`)}\n`,
      );
    else if (result.exitCode !== 0) writeCard(result);
  }
  return {
    onResult(result) {
      if (layout === 'closing' || layout === 'plan') writeCard(result);
      if (layout === 'many') writeOneOfMany(result);
    },
    onDocument(document) {
      if (layout === 'none') return;
      if (layout === 'side-by-side') screen.write(drawPairs(document.drills, screen, verbose));
      const summary =
        document.drills.length > 1 ? summaryLines(document, screen.colors, screen.columns()) : [];
      // A pair stands above it already: of its summary only the common outcome is new.
      const isPair = layout === 'side-by-side' && document.drills.length === 2;
      screen.write(joinLines([...(isPair ? summary.slice(-1) : summary), ...lastLines(document)]));
    },
  };
}

function lastLines(document: GameDayDocument): readonly string[] {
  const last = finalLine(document);
  return last === null ? [] : [last];
}

function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function drawPairs(drills: readonly DrillResult[], screen: Screen, verbose: boolean): string {
  const options = { columns: screen.columns(), rows: screen.rows(), colors: screen.colors };
  const whole = verbose ? drills.map((drill) => closingBlock(drill, options)).join('') : '';
  const pairs: string[] = [];
  for (let index = 0; index < drills.length; index += 2) {
    const [left, right] = [drills[index], drills[index + 1]];
    if (left === undefined) break;
    pairs.push(
      joinLines(right === undefined ? cardLines(left, options) : drawSideBySide(left, right, options)),
    );
  }
  return whole + pairs.join('\n') + (drills.length === 2 ? '' : '\n');
}
