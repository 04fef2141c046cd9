// The search box, and what the service is.
import { html } from '../library/html.js'
import { liveViewAddress } from './live-view.js'
import { address, navigate } from './router.js'

export function SearchBox() {
  const { path, search } = address.get()
  const query = path === '/search' ? (new URLSearchParams(search).get('q') ?? '') : ''
  return html`<search>
    <form role="presentation" onSubmit=${submit}>
      <input type="search" name="q" aria-label="Search" placeholder="Search" defaultValue=${query} enterkeyhint="search" maxlength="255" />
    </form>
  </search>`
}

/** @param {SubmitEvent} event */
function submit(event) {
  event.preventDefault()
  const query = String(new FormData(/** @type {HTMLFormElement} */ (event.currentTarget)).get('q')).trim()
  navigate(query ? `/search?q=${encodeURIComponent(query)}` : '/search')
}

export function About() {
  const liveView = liveViewAddress()
  return html`<footer class="about">
    ${
      liveView &&
      html`<p class="measured"><span class="pulse" aria-hidden="true"></span>
      <span>What you do here is measured. <a href=${liveView}>See it live</a></span></p>`
    }
    <p><a href="/docs">API</a> · <a href="/problems">Problem types</a></p>
  </footer>`
}
