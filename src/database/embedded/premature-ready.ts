// Takes out of PGlite's answers what PostgreSQL does not say.

const [errorResponse, readyForQuery, query, sync] = [0x45, 0x5a, 0x51, 0x53]

/**
 * The answer to `messages` of the frontend with one ReadyForQuery for each Query and each Sync, as the protocol has it
 * (PostgreSQL documentation, 54.2.3 "Extended Query").
 *
 * PGlite 0.5.8 sends one more at once when a message of an extended query fails
 * (https://github.com/electric-sql/pglite/issues/958). `pg` would end its next statement by it, without rows, and give
 * every later one the rows of the one before.
 */
export function withoutPrematureReady(messages: Buffer, answer: Buffer): Buffer {
  const parts = [...split(answer)]
  if (!parts.some(({ type }) => type === errorResponse)) return answer
  const ends = [...split(messages)].filter(({ type }) => type === query || type === sync)
  let failed = false
  const kept = parts.filter(({ type }) => {
    if (type === errorResponse) failed = true
    if (type !== readyForQuery) return true
    const isPremature = failed && ends[0]?.type !== query
    if (!isPremature) ends.shift()
    failed = false
    return !isPremature
  })
  return Buffer.concat(kept.map(({ bytes }) => bytes))
}

/** Messages begin with a type and a length, which counts itself. */
function* split(messages: Buffer) {
  for (let start = 0; start < messages.length; ) {
    const end = start + 1 + messages.readInt32BE(start + 1)
    yield { type: messages[start], bytes: messages.subarray(start, end) }
    start = end
  }
}
