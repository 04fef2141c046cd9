import { setTimeout } from 'node:timers/promises'

/** Far longer than any condition takes, because the machine may be busy. */
const timeoutMs = 20_000

/** Polls `look` until it returns a truthy value, and returns that. Rejects with an error that names `what` after `limitMs`. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  limitMs = timeoutMs,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`)
    await setTimeout(10)
  }
}
