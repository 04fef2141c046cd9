// Which page an address shows. The service declares the same addresses (src/web/client-addresses.ts).
import { Explore } from '../pages/explore.js'
import { Home } from '../pages/home.js'
import { Login, Signup } from '../pages/login.js'
import { NotFound } from '../pages/not-found.js'
import { PostPage } from '../pages/post.js'
import { Profile } from '../pages/profile.js'
import { Search } from '../pages/search.js'
import { Settings } from '../pages/settings.js'

/** @type {[pattern: RegExp, page: (props: any) => any][]} */
const pages = [
  [/^\/$/, Home],
  [/^\/signup$/, Signup],
  [/^\/login$/, Login],
  [/^\/explore$/, Explore],
  [/^\/search$/, Search],
  [/^\/settings$/, Settings],
  [/^\/@(?<username>[^/]+)(\/(?<tab>mentions|following|followers))?$/, Profile],
  [/^\/@(?<username>[^/]+)\/(?<id>[0-9a-f-]{36})$/, PostPage],
]

/** @param {string} path */
export const hasPage = (path) => pages.some(([pattern]) => pattern.test(path))

/** @param {string} path */
export function pageAt(path) {
  for (const [pattern, page] of pages) {
    const match = pattern.exec(path)
    if (match) return { page, params: { ...match.groups } }
  }
  return { page: NotFound, params: {} }
}
