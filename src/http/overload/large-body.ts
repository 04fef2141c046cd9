// Sends large bodies in parts, so that they leave the event loop to other requests.
import { Readable } from 'node:stream'
import { setImmediate } from 'node:timers/promises'

const partBytes = 65_536

/**
 * Makes a stream of a large buffer, and returns everything else as it is. A write copies as much as the socket takes, which is
 * megabytes: a hundred large responses at once would block the event loop for half a second.
 */
export function inParts(body: unknown): unknown {
  return body instanceof Buffer && body.length > partBytes ? Readable.from(partsOf(body)) : body
}

async function* partsOf(body: Buffer) {
  for (let start = 0; start < body.length; start += partBytes) {
    await nextTurn()
    yield body.subarray(start, start + partBytes)
  }
}

let lastTurn: Promise<void> = Promise.resolve()

/** Resolves in a turn of the event loop that no other caller has: each turn sends one part, of whatever body. */
function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => setImmediate())
  return lastTurn
}
