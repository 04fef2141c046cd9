// `/search?q=`: posts and people.
import { address } from '../app/router.js'
import { useTitle } from '../app/title.js'
import { Feed } from '../feed/feed.js'
import { useList } from '../feed/lists.js'
import { html } from '../library/html.js'
import { UserList } from '../people/user-list.js'

export function Search() {
  const query = (new URLSearchParams(address.get().search).get('q') ?? '').trim()
  useTitle(query ? `Search: ${query}` : 'Search')
  if (query === '') {
    return html`<h1 class="page-title">Search</h1>
      <div class="empty"><h2>What are you looking for?</h2><p>Type words of a post, or the name of somebody, into the search box.</p></div>`
  }
  return html`<h1 class="page-title">Results for <q dir="auto">${query}</q></h1><${Results} query=${query} />`
}

/** @param {{ query: string }} props */
function Results({ query }) {
  const search = encodeURIComponent(query)
  const people = useList(`/api/users?search=${search}&limit=5`)
  const posts = useList(`/api/posts?search=${search}`)
  // Together, so that people who are found later do not move the posts.
  if (people.isLoading && people.items.length === 0)
    return html`<p class="loading" role="status">Searching…</p>`
  return html`
    <section aria-labelledby="people">
      <h2 class="section" id="people">People</h2>
      <${UserList} list=${people} label="People" empty=${html`<p>Nobody has this name.</p>`} />
    </section>
    <section aria-labelledby="posts">
      <h2 class="section" id="posts">Posts</h2>
      <${Feed} list=${posts} label="Posts" empty=${html`<p>No post contains these words. The last word may be incomplete, the others must be whole.</p>`} />
    </section>`
}
