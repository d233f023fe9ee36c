import { plain } from './plain.ts';

/** A place that text goes to. */
export type Sink = { write(text: string): unknown; isTTY?: boolean; columns?: number };

/** One thing that goes on: how far it has come, and what to say beside it. */
export type Bar = { name: string; done: number; of: number; note?: string };

export type Progress = {
  /** Shows the present state; the same bars each time. */
  show(bars: readonly Bar[]): void;
  /** Leaves the last state on the screen and goes on below it. */
  end(): void;
};

const cells = 24;

const share = ({ done, of }: Bar): number => (of > 0 ? Math.min(1, Math.max(0, done / of)) : 0);

function draw(bar: Bar, width: number): string {
  const full = Math.round(share(bar) * cells);
  const meter = `${'█'.repeat(full)}${'░'.repeat(cells - full)}`;
  return `  ${plain(bar.name).padEnd(width)} ${meter} ${String(bar.done).padStart(String(bar.of).length)}/${bar.of}  ${plain(bar.note ?? '')}`.trimEnd();
}

const moved = (bar: Bar): number => Math.floor(share(bar) * 5);

/**
 * Progress for a person: bars that are drawn again in place on a terminal. Elsewhere one line for each thing whenever a
 * fifth more of it is done, so that a log stays short.
 */
export function createProgress(sink: Sink): Progress {
  const live = sink.isTTY === true;
  let drawn = 0;
  const said = new Map<string, number>();
  return {
    show(bars) {
      const width = Math.max(0, ...bars.map(({ name }) => name.length));
      if (live) {
        const most = Math.max(40, sink.columns ?? 80) - 1;
        const lines = bars.map((bar) => `\x1b[2K${draw(bar, width).slice(0, most)}\n`);
        sink.write(`${drawn > 0 ? `\x1b[${drawn}A` : ''}${lines.join('')}`);
        drawn = bars.length;
        return;
      }
      for (const bar of bars) {
        const now = moved(bar);
        if ((said.get(bar.name) ?? -1) >= now) continue;
        said.set(bar.name, now);
        sink.write(
          `  ${plain(bar.name)}: ${bar.done} of ${bar.of}${bar.note ? `, ${plain(bar.note)}` : ''}\n`,
        );
      }
    },
    end() {
      drawn = 0;
      said.clear();
    },
  };
}
