import { escapeControls } from '../journal/escape.ts';
import type { DrillResult } from '../verdict/result.ts';
import { closingBlock } from './closing.ts';
import { planBlock } from './plan.ts';
import type { Reporter } from './reporter.ts';
import type { Screen } from './screen.ts';
import { drawSideBySide } from './side-by-side.ts';
import { summaryLines } from './summary.ts';

/** The layout of the results on stdout; with `many` only those that did not pass are shown whole, with `none` the caller prints them. */
export type Layout = 'closing' | 'many' | 'side-by-side' | 'plan' | 'none';

/** Prints each drill's closing block when it ends, or all of them side by side at the end, and then the summary. */
export function createResultsReporter(screen: Screen, layout: Layout): Reporter {
  function drawBlock(result: DrillResult): string {
    const options = { columns: screen.columns(), colors: screen.colors };
    return layout === 'plan' ? planBlock(result, options) : closingBlock(result, options);
  }
  /** One that passed is in the summary; of one that was interrupted no more is to be said than how it goes on. */
  function drawOneOfMany(result: DrillResult): string {
    if (result.outcome === 'interrupted')
      return `${escapeControls(`interrupted: ${result.title}: ${result.commands[0] ?? result.next}`)}\n`;
    return result.exitCode === 0 ? '' : drawBlock(result);
  }
  return {
    onResult(result) {
      if (layout === 'closing' || layout === 'plan') screen.write(drawBlock(result));
      if (layout === 'many') screen.write(drawOneOfMany(result));
    },
    onDocument(document) {
      if (layout === 'side-by-side') screen.write(drawPairs(document.drills, screen));
      if (layout !== 'none' && document.drills.length > 1)
        screen.write(`${summaryLines(document, screen.colors).join('\n')}\n`);
    },
  };
}

function drawPairs(drills: readonly DrillResult[], screen: Screen): string {
  const options = { columns: screen.columns(), colors: screen.colors };
  let text = '';
  for (let index = 0; index < drills.length; index += 2) {
    const [left, right] = [drills[index], drills[index + 1]];
    if (left === undefined) break;
    text += right === undefined ? closingBlock(left, options) : drawSideBySide(left, right, options);
    text += '\n';
  }
  return text;
}
