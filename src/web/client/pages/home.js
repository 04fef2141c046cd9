// `/`: the timeline of the person who is logged in, or an invitation.
import { userPath } from '../api/request.js'
import { session } from '../api/session.js'
import { liveViewAddress } from '../app/live-view.js'
import { address } from '../app/router.js'
import { useTitle } from '../app/title.js'
import { Composer } from '../feed/composer.js'
import { Feed } from '../feed/feed.js'
import { mergePosts, useList } from '../feed/lists.js'
import { useLivePosts } from '../feed/live-posts.js'
import { pending } from '../feed/outbox.js'
import { html } from '../library/html.js'
import { useStore } from '../library/store.js'

export function Home() {
  const username = session.get()?.username
  return username ? html`<${Timeline} username=${username} />` : html`<${Front} />`
}

/** @param {{ username: string }} props */
function Timeline({ username }) {
  useTitle('')
  const list = useList(`${userPath(username)}/timeline`)
  const { waiting, show } = useLivePosts(username, list)
  const sending = useStore(pending).filter(({ user }) => user === username)
  const mention = new URLSearchParams(address.get().search).get('mention') ?? undefined

  function showWaiting() {
    show()
    scrollTo({ top: 0 })
    requestAnimationFrame(() => {
      const first = document.querySelector('.feed article')
      if (first instanceof HTMLElement) first.focus({ preventScroll: true })
    })
  }

  return html`
    <h1 class="hidden">Home</h1>
    <${Composer} username=${username} mention=${mention}
      onPosted=${(/** @type {any} */ post) => list.update((items) => mergePosts(items, [post]))} />
    <div class="waiting">
      ${
        waiting.length > 0 &&
        html`<button type="button" onClick=${showWaiting}>
        ${waiting.length === 1 ? '1 new post' : `${waiting.length} new posts`}
      </button>`
      }
    </div>
    <${Feed} list=${list} label="Home timeline" pending=${sending} empty=${html`
      <h2>Your timeline is ready</h2>
      <p>Write your first post above, or look at what others write, and follow those you like.</p>
      <a class="button" href="/explore">See all posts</a>`} />`
}

function Front() {
  useTitle('')
  const list = useList('/api/posts')
  const liveView = liveViewAddress()
  return html`
    <section class="front">
      <h1>Say it in 255 characters.</h1>
      <p>microposts is a place for short posts, people to follow, and a timeline that grows while you watch.</p>
      <div class="actions">
        <a class="button" href="/signup">Sign up</a>
        <a class="button quiet" href="/login">Log in</a>
      </div>
      ${
        liveView &&
        html`<p class="measured"><span class="pulse" aria-hidden="true"></span>
        <span>Every request you make here is measured. <a href=${liveView}>Watch the live view</a></span></p>`
      }
    </section>
    <h2 class="section">All posts</h2>
    <${Feed} list=${list} label="All posts" empty=${html`
      <h2>Nobody has posted yet</h2>
      <p>Sign up and be the first: your post will appear right here.</p>`} />`
}
