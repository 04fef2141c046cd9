// `/explore`: all posts.
import { session } from '../api/session.js'
import { useTitle } from '../app/title.js'
import { Feed } from '../feed/feed.js'
import { useList } from '../feed/lists.js'
import { html } from '../library/html.js'

export function Explore() {
  useTitle('Explore')
  const list = useList('/api/posts')
  return html`
    <h1 class="page-title">Explore</h1>
    <${Feed} list=${list} label="All posts" empty=${html`
      <h2>Nobody has posted yet</h2>
      <p>The first post could be yours.</p>
      <a class="button" href=${session.get() ? '/' : '/signup'}>${session.get() ? 'Write a post' : 'Sign up'}</a>`} />`
}
