// The session of this browser: in sessionStorage, so that it ends with the tab, or in localStorage if the person chose to
// stay logged in (docs/security.md).
import { createStore } from '../library/store.js'

/** @typedef {{ token: string, username: string, expiresAt: string }} Session */

const key = 'microposts.session'

/** The current session; null if nobody is logged in. */
export const session = createStore(read())

/** Where to go after the next login, if a session ended by itself. */
export const interrupted = createStore(/** @type {string | null} */ (null))

/**
 * @param {Session} started
 * @param {boolean} stayLoggedIn
 */
export function startSession(started, stayLoggedIn) {
  forget()
  const storage = stayLoggedIn ? localStorage : sessionStorage
  storage.setItem(key, JSON.stringify(started))
  session.set(started)
}

export function endSession() {
  forget()
  session.set(null)
}

/** Ends a session whose token is no longer valid; the person logs in again and returns to this page. */
export function expireSession() {
  if (!session.get()) return
  interrupted.set(location.pathname + location.search)
  endSession()
}

// Another tab logged in or out.
addEventListener('storage', (event) => {
  if (event.key === key || event.key === null) session.set(read())
})

/** @returns {Session | null} */
function read() {
  try {
    const stored = JSON.parse(sessionStorage.getItem(key) ?? localStorage.getItem(key) ?? 'null')
    return stored && Date.parse(stored.expiresAt) > Date.now() ? stored : null
  } catch {
    return null
  }
}

function forget() {
  sessionStorage.removeItem(key)
  localStorage.removeItem(key)
}
