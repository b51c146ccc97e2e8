import type { Screen } from './screen.ts';
import { clip, widthOf } from './width.ts';

/** Lines at the bottom of a terminal that are drawn anew in place. */
export interface Block {
  /** Writes lines that stay above the block, and then the block; without lines the block is gone. */
  draw(
    above: readonly string[],
    lines: readonly string[],
    paint: (line: string, index: number) => string,
  ): void;
}

/** Creates the block of one screen. */
export function createBlock(screen: Screen): Block {
  let drawn: readonly number[] = [];
  return {
    draw(above, lines, paint) {
      const columns = screen.columns();
      // If the window was made narrower, the drawn lines have wrapped, so more lines must be erased than were written.
      const height = drawn.reduce((sum, width) => sum + Math.max(1, Math.ceil(width / columns)), 0);
      const erase = height === 0 ? '' : `\u001b[${height}A\r\u001b[J`;
      // One column stays free: some terminals wrap when the last one is written.
      const clipped = lines.map((line) => clip(line, Math.max(1, columns - 1)));
      drawn = clipped.map(widthOf);
      const text = [...above, ...clipped.map(paint)].map((line) => `${line}\n`).join('');
      if (erase !== '' || text !== '') screen.write(erase + text);
    },
  };
}
