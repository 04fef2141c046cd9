import { setTimeout } from 'node:timers/promises'

/** How long a condition may take; far longer than any should, as the machine may be busy. */
const patienceMs = 20_000

/** Looks again and again until there is something to see; rejects with what was awaited when there never is. */
export async function until<T>(
  what: string,
  look: () => T | undefined | false | null | Promise<T | undefined | false | null>,
  limitMs = patienceMs,
): Promise<T> {
  const end = performance.now() + limitMs
  for (;;) {
    const seen = await look()
    if (seen) return seen
    if (performance.now() > end) throw new Error(`In ${limitMs} ms not seen: ${what}`)
    await setTimeout(10)
  }
}
