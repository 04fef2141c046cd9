// What search sees in a text, and what it asks the index for.

/** No word of ours is longer, so that none exceeds what PostgreSQL takes as a lexeme (2 KiB). */
const longest = 255

/**
 * The words of a text: runs of letters (with their marks), digits and `_` of any script, folded so that case and
 * composition tell nothing apart, each once.
 */
export function tokenize(text: string): string[] {
  const runs = fold(text).match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []
  return [...new Set(runs.map((word) => [...word].slice(0, longest).join('')))]
}

/**
 * The tsquery for a search: all of its words, the last one as a prefix. Undefined for a search without any word,
 * which finds nothing.
 */
export function searchQuery(search: string): string | undefined {
  const found = tokenize(search)
  // A word is quoted for its `_` and its script; it has no quote that could end it.
  const quoted = found.map((word) => `'${word}'`)
  return found.length > 0 ? `${quoted.join(' & ')}:*` : undefined
}

/** Upper case first: it is there that ß meets SS; a final sigma is a sigma. */
function fold(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}
