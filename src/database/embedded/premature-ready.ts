// Works around a PGlite bug: an extra ReadyForQuery after an error (https://github.com/electric-sql/pglite/issues/958).

const [errorResponse, readyForQuery, query, sync] = [0x45, 0x5a, 0x51, 0x53]

/**
 * Removes ReadyForQuery messages from a response of PGlite until there is one for each Query and each Sync in
 * `messages`, as the protocol demands (PostgreSQL documentation, 54.2.3 "Extended Query").
 *
 * PGlite 0.5.8 sends an extra one at once when a message of an extended query fails. For `pg` it would end the next
 * statement, and every later statement would get the rows of the one before it.
 */
export function withoutPrematureReady(messages: Buffer, response: Buffer): Buffer {
  const replies = [...split(response)]
  if (!replies.some(({ type }) => type === errorResponse)) return response
  const expected = [...split(messages)].filter(({ type }) => type === query || type === sync)
  let failed = false
  const kept = replies.filter(({ type }) => {
    if (type === errorResponse) failed = true
    if (type !== readyForQuery) return true
    const isPremature = failed && expected[0]?.type !== query
    if (!isPremature) expected.shift()
    failed = false
    return !isPremature
  })
  return Buffer.concat(kept.map(({ bytes }) => bytes))
}

/** A message is a type byte, then a length that counts itself, then the content. */
function* split(messages: Buffer) {
  for (let start = 0; start < messages.length; ) {
    const end = start + 1 + messages.readInt32BE(start + 1)
    yield { type: messages[start], bytes: messages.subarray(start, end) }
    start = end
  }
}
