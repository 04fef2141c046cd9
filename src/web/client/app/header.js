// The name of the service and the ways through it: a column, or on small screens a bar at the bottom.
import { request } from '../api/request.js'
import { endSession } from '../api/session.js'
import { saveDraft } from '../feed/outbox.js'
import { html } from '../library/html.js'
import { Icon } from './icon.js'
import { navigate } from './router.js'

/** @param {{ path: string, username: string }} props `username` is empty if nobody is logged in */
export function Header({ path, username }) {
  /** @param {string} to @param {string} icon @param {string} label */
  const link = (to, icon, label) => html`<a href=${to} aria-current=${to === path ? 'page' : undefined}>
    <${Icon} name=${icon} /><span>${label}</span></a>`
  // These pages have links of their own.
  const invites = ['/', '/login', '/signup'].includes(path)
  return html`<header class="site">
    <a class="brand" href="/"><${Icon} name="brand" /><span>microposts</span></a>
    <nav class="ways" aria-label="Main">
      ${link('/', 'home', 'Home')}
      ${link('/explore', 'explore', 'Explore')}
      ${username && link(`/@${username}`, 'person', `@${username}`)}
      ${username && link('/settings', 'settings', 'Settings')}
      ${!username && !invites && link('/login', 'login', 'Log in')}
      ${!username && !invites && link('/signup', 'signup', 'Sign up')}
    </nav>
    ${username && html`<button type="button" class="quiet logout" onClick=${() => logOut(username)}>Log out</button>`}
  </header>`
}

/** @param {string} username */
function logOut(username) {
  // With the token, before it is forgotten; the person need not wait for the response.
  request('POST', '/api/logout').catch(() => {})
  saveDraft(username, { text: '', mention: '' })
  endSession()
  navigate('/')
}
