// Any other address, and what does not exist.
import { useTitle } from '../app/title.js'
import { html } from '../library/html.js'

/** @param {{ what?: string }} props */
export function NotFound({ what = 'There is nothing at this address.' }) {
  useTitle('Page not found')
  return html`<section class="empty lost">
    <p class="code" aria-hidden="true">404</p>
    <h1>Page not found</h1>
    <p>${what} It may have been deleted, or the address is misspelt.</p>
    <a class="button" href="/">Back to the posts</a>
  </section>`
}
