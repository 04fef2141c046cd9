// Splits text into the words that search compares.

/** Longer words are cut, because a PostgreSQL lexeme is limited to 2 KiB. */
const maxWordLength = 255

/**
 * The distinct words of a text: runs of letters (with combining marks), digits and `_` of any script, folded so that
 * case and Unicode composition do not matter.
 */
export function tokenize(text: string): string[] {
  const runs = fold(text).match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []
  return [...new Set(runs.map((word) => [...word].slice(0, maxWordLength).join('')))]
}

/** Of a prefix of at most this length there are so many continuations that reading them from an index takes long. */
const shortPrefixLength = 3

/**
 * A tsquery that requires all words of a search, the last one as a prefix. If that prefix is short, `whole` requires only
 * the words before it; `isBroad` is true if there are none. Undefined for a search without words, which matches nothing.
 */
export function searchQuery(
  search: string,
): { all: string; whole: string | undefined; isBroad: boolean } | undefined {
  // Quotes make the parser keep `_` and every script; a word itself contains no quote.
  const quoted = tokenize(search).map((word) => `'${word}'`)
  const last = quoted.at(-1)
  if (!last) return undefined
  const isShort = [...last].length - 2 <= shortPrefixLength
  const whole = (isShort && quoted.slice(0, -1).join(' & ')) || undefined
  return { all: `${quoted.join(' & ')}:*`, whole, isBroad: isShort && !whole }
}

/** Upper case first, because only that maps ß to SS; a final sigma becomes a normal one. */
function fold(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}
