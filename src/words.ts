/** No word of ours is longer, so that none exceeds what PostgreSQL takes as a lexeme (2 KiB). */
const longest = 255

/**
 * The words of a text, as search sees them: runs of letters (with their marks), digits and `_` of any script,
 * in lower case and composed form, each once.
 */
export function words(text: string): string[] {
  const runs =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []
  return [...new Set(runs.map((word) => [...word].slice(0, longest).join('')))]
}
