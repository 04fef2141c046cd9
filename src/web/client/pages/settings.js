// `/settings`: profile, password, sessions, and the end of the account.
import { toProblem } from '../api/problem.js'
import { request, userPath } from '../api/request.js'
import { endSession, session } from '../api/session.js'
import { notify } from '../app/announcer.js'
import { navigate } from '../app/router.js'
import { useTitle } from '../app/title.js'
import { saveDraft } from '../feed/outbox.js'
import { Confirm } from '../forms/confirm.js'
import { Field, FormAlert } from '../forms/fields.js'
import { useForm } from '../forms/use-form.js'
import { html, useEffect, useState } from '../library/html.js'
import { Sessions } from './sessions.js'

/** @import { User } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

export function Settings() {
  useTitle('Settings')
  const username = session.get()?.username
  const [user, setUser] = useState(/** @type {User | undefined} */ (undefined))
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null))

  useEffect(() => {
    if (!username) return navigate('/login?from=/settings', { replace: true })
    request('GET', userPath(username)).then(
      ({ body }) => setUser(body),
      (error) => setProblem(toProblem(error)),
    )
  }, [])

  if (!username) return null
  return html`
    <h1 class="page-title">Settings</h1>
    <${FormAlert} problem=${problem} />
    ${
      user
        ? html`
      <${ProfileForm} user=${user} />
      <${PasswordForm} username=${username} />
      <${Sessions} />
      <${DeleteAccount} username=${username} />`
        : !problem && html`<p class="loading" role="status">Loading…</p>`
    }`
}

/** @param {{ user: User }} props */
function ProfileForm({ user: { username, displayName, bio } }) {
  const form = useForm(async (values) => {
    await request('PATCH', userPath(username), { json: { displayName: values.displayName, bio: values.bio } })
    notify('Profile saved.')
  })
  return html`<section class="card" aria-labelledby="profile">
    <h2 id="profile">Profile</h2>
    <form class="stack" onSubmit=${form.onSubmit}>
      <${Field} label="Display name" name="displayName" defaultValue=${displayName ?? ''} autocomplete="name" dir="auto"
        error=${form.errorOf('displayName', 'The display name')} />
      <${Field} label="Bio" name="bio" multiline rows="3" defaultValue=${bio ?? ''} dir="auto"
        hint="Up to 500 characters about you" error=${form.errorOf('bio', 'The bio')} />
      <${FormAlert} problem=${form.problem} fields=${['/displayName', '/bio']} />
      <div class="actions"><button aria-disabled=${form.isBusy}>Save</button></div>
    </form>
  </section>`
}

/** @param {{ username: string }} props */
function PasswordForm({ username }) {
  const form = useForm(async ({ currentPassword, password }, element) => {
    await request('PATCH', userPath(username), { json: { currentPassword, password } })
    element.reset()
    notify('Password changed. All other sessions have ended.')
  })
  return html`<section class="card" aria-labelledby="password">
    <h2 id="password">Password</h2>
    <form class="stack" onSubmit=${form.onSubmit}>
      <input class="hidden" type="text" autocomplete="username" value=${username} readonly tabindex="-1" aria-hidden="true" />
      <${Field} label="Current password" name="currentPassword" type="password" autocomplete="current-password" required
        error=${form.errorOf('currentPassword', 'The current password')} />
      <${Field} label="New password" name="password" type="password" autocomplete="new-password" required
        hint="At least 8 characters. It ends all your other sessions." error=${form.errorOf('password', 'The new password')} />
      <${FormAlert} problem=${form.problem} fields=${['/password', '/currentPassword']} />
      <div class="actions"><button aria-disabled=${form.isBusy}>Change password</button></div>
    </form>
  </section>`
}

/** @param {{ username: string }} props */
function DeleteAccount({ username }) {
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null))

  async function remove() {
    setAsking(false)
    try {
      await request('DELETE', userPath(username))
      saveDraft(username, { text: '', mention: '' })
      endSession()
      navigate('/')
      notify('Your account was deleted.')
    } catch (error) {
      setProblem(toProblem(error))
    }
  }

  return html`<section class="card" aria-labelledby="delete">
    <h2 id="delete">Delete account</h2>
    <p>Deletes your profile, your posts and your follows, at once and for good.</p>
    <${FormAlert} problem=${problem} />
    <div class="actions"><button type="button" class="danger" onClick=${() => setAsking(true)}>Delete account</button></div>
    ${
      isAsking &&
      html`<${Confirm} title=${`Delete @${username}?`} action="Delete account" onConfirm=${remove}
      onCancel=${() => setAsking(false)}>Your profile, posts and follows will be gone. This cannot be undone.<//>`
    }
  </section>`
}
