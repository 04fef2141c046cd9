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

/** So many of the longest words of a search are looked up; posts are compared with all of them. */
const maxLookedUp = 8

/**
 * A tsquery that requires all words of a search, the last one as a prefix, and tsqueries of its longest words alone, which are
 * the rarest as a rule. Undefined for a search without words, which matches nothing.
 */
export function searchQuery(search: string): { all: string; longest: string[] } | undefined {
  // Quotes make the parser keep `_` and every script; a word itself contains no quote.
  const words = tokenize(search).map((word) => `'${word}'`)
  const last = words.pop()
  if (!last) return undefined
  words.push(`${last}:*`)
  const longest = words.toSorted((a, b) => b.length - a.length).slice(0, maxLookedUp)
  return { all: words.join(' & '), longest }
}

/** Upper case first, because only that maps ß to SS; a final sigma becomes a normal one. */
function fold(text: string): string {
  return text.normalize('NFC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFC')
}
