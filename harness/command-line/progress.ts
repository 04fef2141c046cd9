// Progress bars on a terminal; when the output goes to a file, a line every few seconds.
import { Presets, SingleBar } from 'cli-progress'

export type Progress = ReturnType<typeof createProgress>

export function createProgress() {
  const running = new Set<SingleBar>()
  return {
    /** Shows a bar for a part of the work, which has `total` steps, until `end` is called. */
    begin(part: string, total: number) {
      const bar = new SingleBar(
        {
          format: `${part.padEnd(10)} {bar} {value}/{total}  {rate}/s`,
          noTTYOutput: true,
          notTTYSchedule: 5_000,
          hideCursor: true,
        },
        Presets.shades_classic,
      )
      const start = performance.now()
      let done = 0
      bar.start(total, 0, { rate: '–' })
      running.add(bar)
      const update = (steps: number) => {
        done = steps
        bar.update(done, { rate: ((done * 1_000) / (performance.now() - start)).toFixed(0) })
      }
      return {
        step: () => update(done + 1),
        update,
        end() {
          bar.stop()
          running.delete(bar)
        },
      }
    },
    /** Ends the bars that a failure left running: a bar keeps the process alive. */
    stop() {
      for (const bar of running) bar.stop()
    },
    say: (line: string) => process.stdout.write(`${line}\n`),
  }
}

/** Replaces the last line of the terminal; writes nothing if stderr goes to a file. */
export function showStatus(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
