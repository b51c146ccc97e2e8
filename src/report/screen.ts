/** Where a reporter writes; the caller redacts what goes through it. */
export interface Screen {
  write(text: string): void;
  /** Characters a line; asked anew at every use, since windows are resized. */
  columns(): number;
  /** Lines. */
  rows(): number;
  readonly colors: boolean;
}

/** What a pty without a size is taken for (0x0 is common in CI and under `script`). */
export const FALLBACK = { columns: 80, rows: 24 } as const;

/** Where there is no terminal no line wraps, and whoever opens the file has a window of their own: two columns find room. */
export const WITHOUT_TERMINAL = 120;
