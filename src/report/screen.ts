/** The output of a reporter; the caller redacts what is written. */
export interface Screen {
  write(text: string): void;
  /** Characters in a line; read at every use, as windows are resized. */
  columns(): number;
  /** Lines. */
  rows(): number;
  readonly colors: boolean;
}

/** The size assumed for a pty without one (0x0 is common in CI and under `script`). */
export const FALLBACK = { columns: 80, rows: 24 } as const;

/** Width without a terminal, where no line wraps: wide enough for two columns side by side. */
export const WITHOUT_TERMINAL = 120;
