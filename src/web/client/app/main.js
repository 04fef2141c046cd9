// The web client: a header, the page of the current address, and what concerns all pages.
import { isReachable } from '../api/connection.js'
import { interrupted, session } from '../api/session.js'
import { html, render, useEffect, useLayoutEffect, useRef } from '../library/html.js'
import { useStore } from '../library/store.js'
import { Announcer } from './announcer.js'
import { Header } from './header.js'
import { hasPage, pageAt } from './pages.js'
import { address, navigate, scrollPosition, startRouter } from './router.js'
import { About, SearchBox } from './sidebar.js'

function App() {
  const { path, key } = useStore(address)
  const username = useStore(session)?.username ?? ''
  const { page: Page, params } = pageAt(path)
  useArrival(key)

  useEffect(() => {
    if (interrupted.get() !== null && path !== '/login') navigate('/login', { replace: true })
  }, [username])

  return html`
    <a class="skip" href="#main">Skip to content</a>
    <${Header} path=${path} username=${username} />
    <${SearchBox} key=${`search ${key}`} />
    <main id="main" tabindex="-1"><${Page} key=${`${key} ${username}`} params=${params} /></main>
    <${About} />
    <${Connection} />
    <${Announcer} />`
}

/** Moves focus and scroll position to a page that the person went to. */
function useArrival(/** @type {string} */ key) {
  const isFirst = useRef(true)
  useLayoutEffect(() => {
    scrollTo(0, scrollPosition(key))
    const target = document.querySelector('main [data-focus]') ?? document.querySelector('main h1')
    if (isFirst.current && !target?.hasAttribute('data-focus')) {
      isFirst.current = false
      return
    }
    isFirst.current = false
    if (!(target instanceof HTMLElement)) return
    if (target.tagName === 'H1') target.tabIndex = -1
    target.focus({ preventScroll: true })
  }, [key])
}

function Connection() {
  const isUp = useStore(isReachable)
  return html`<div class="connection" role="status">
    ${!isUp && html`<p>microposts cannot be reached. It will continue by itself when it is back.</p>`}
  </div>`
}

startRouter(hasPage)
render(html`<${App} />`, document.body)
