// Selects attributes by patterns of their keys.
import type { AttributePatterns, Setting } from './types.ts'

type Model = { included?: Setting[]; excluded?: Setting[] }

export function readPatterns({ included = [], excluded = [] }: Model): AttributePatterns {
  const texts = (settings: Setting[]) => settings.map(({ value }) => String(value))
  return { included: texts(included), excluded: texts(excluded) }
}

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
