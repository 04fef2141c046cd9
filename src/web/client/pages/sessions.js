// Where somebody is logged in.
import { toProblem } from '../api/problem.js'
import { request } from '../api/request.js'
import { notify } from '../app/announcer.js'
import { RelativeTime } from '../app/clock.js'
import { FormAlert } from '../forms/fields.js'
import { html, useEffect, useState } from '../library/html.js'

/** @import { LoginSession } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

export function Sessions() {
  const [sessions, setSessions] = useState(/** @type {LoginSession[]} */ ([]))
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null))
  const fail = (/** @type {unknown} */ error) => setProblem(toProblem(error))

  useEffect(() => void request('GET', '/api/sessions').then(({ body }) => setSessions(body), fail), [])

  /** @param {string} id */
  async function end(id) {
    try {
      await request('DELETE', `/api/sessions/${id}`)
      setSessions((before) => before.filter((other) => other.id !== id))
      notify('The session has ended.')
    } catch (error) {
      fail(error)
    }
  }

  return html`<section class="card" aria-labelledby="sessions">
    <h2 id="sessions">Sessions</h2>
    <p>Every browser and program that is logged in as you.</p>
    <${FormAlert} problem=${problem} />
    <ul class="sessions">
      ${sessions.map(
        ({ id, createdAt, lastUsedAt, current }) => html`<li key=${id}>
        <div>
          <b>${current ? 'This session' : 'Another session'}</b>
          <p>Used <${RelativeTime} time=${lastUsedAt} />, began <${RelativeTime} time=${createdAt} /></p>
        </div>
        ${!current && html`<button type="button" class="quiet" onClick=${() => end(id)}>End session</button>`}
      </li>`,
      )}
    </ul>
  </section>`
}
