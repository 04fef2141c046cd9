// `/login` and `/signup`.
import { request } from '../api/request.js'
import { interrupted, session, startSession } from '../api/session.js'
import { address, navigate } from '../app/router.js'
import { useTitle } from '../app/title.js'
import { Field, FormAlert } from '../forms/fields.js'
import { useForm } from '../forms/use-form.js'
import { html, useEffect } from '../library/html.js'
import { useStore } from '../library/store.js'

/** @import { Login as LoginResponse } from '../api/types.ts' */

export function Login() {
  useTitle('Log in')
  useRedirect()
  const form = useForm(logIn)
  const wasInterrupted = useStore(interrupted) !== null
  return html`<section class="entrance">
    <h1>Welcome back</h1>
    ${wasInterrupted && html`<p class="alert calm" role="status">Your session has ended. Log in to continue where you were.</p>`}
    <form class="stack" onSubmit=${form.onSubmit}>
      <${Field} label="Username" name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required data-focus
        error=${form.errorOf('username', 'The username')} />
      <${Field} label="Password" name="password" type="password" autocomplete="current-password" required
        error=${form.errorOf('password', 'The password')} />
      <label class="check"><input type="checkbox" name="stay" /> Stay logged in</label>
      <${FormAlert} problem=${form.problem} fields=${['/username', '/password']} />
      <button aria-disabled=${form.isBusy}>Log in</button>
    </form>
    <p class="aside">New here? <a href=${withReturn('/signup')}>Sign up</a></p>
  </section>`
}

export function Signup() {
  useTitle('Sign up')
  useRedirect()
  const form = useForm(async (values) => {
    const { username, password, displayName } = values
    await request('POST', '/api/users', { json: { username, password, displayName } })
    await logIn(values)
  })
  return html`<section class="entrance">
    <h1>Join microposts</h1>
    <p class="lead">A name and a password are enough.</p>
    <form class="stack" onSubmit=${form.onSubmit}>
      <${Field} label="Username" name="username" autocomplete="username" autocapitalize="none" spellcheck=${false} required data-focus
        maxlength="50" hint="Letters, digits and _ . -" error=${form.errorOf('username', 'The username')} />
      <${Field} label="Display name" name="displayName" autocomplete="name" hint="Optional. You can change it at any time."
        error=${form.errorOf('displayName', 'The display name')} />
      <${Field} label="Password" name="password" type="password" autocomplete="new-password" required
        hint="At least 8 characters" error=${form.errorOf('password', 'The password')} />
      <label class="check"><input type="checkbox" name="stay" /> Stay logged in</label>
      <${FormAlert} problem=${form.problem} fields=${['/username', '/displayName', '/password']} />
      <button aria-disabled=${form.isBusy}>Sign up</button>
    </form>
    <p class="aside">Already a member? <a href=${withReturn('/login')}>Log in</a></p>
  </section>`
}

/** @param {Record<string, string>} values */
async function logIn({ username = '', password = '', stay }) {
  const { body } = await request('POST', '/api/login', { json: { username, password } })
  const { token, expiresAt, user } = /** @type {LoginResponse} */ (body)
  startSession({ token, expiresAt, username: user.username }, stay !== undefined)
  leave()
}

/** Goes to `/` or back to where the person came from. */
function leave() {
  const target = interrupted.get() ?? new URLSearchParams(address.get().search).get('from') ?? '/'
  interrupted.set(null)
  navigate(isOwnPath(target) ? target : '/', { replace: true })
}

/** Only a path of this site: `//host` and `/\host` would be another one. */
const isOwnPath = (/** @type {string} */ target) => /^\/(?![/\\])/.test(target)

/** Somebody who is logged in has nothing to do here. */
function useRedirect() {
  useEffect(() => {
    if (session.get()) leave()
  }, [])
}

/** @param {string} path */
const withReturn = (path) => path + address.get().search
