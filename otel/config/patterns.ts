// Selects attributes by patterns of their keys.
import type { AttributePatterns } from './types.ts'

/** In a pattern, `*` matches any characters and `?` one character. */
export function createMatcher({ included, excluded }: AttributePatterns): (key: string) => boolean {
  const [wanted, unwanted] = [included.map(toRegExp), excluded.map(toRegExp)]
  return (key) =>
    (wanted.length === 0 || wanted.some((one) => one.test(key))) && !unwanted.some((one) => one.test(key))
}

function toRegExp(pattern: string): RegExp {
  const source = pattern
    .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, 's')
}
