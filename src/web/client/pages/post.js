// `/@alice/ID`: one post, which its author can edit and delete.
import { toProblem } from '../api/problem.js'
import { request, userPath } from '../api/request.js'
import { session } from '../api/session.js'
import { notify } from '../app/announcer.js'
import { formatTime } from '../app/clock.js'
import { navigate } from '../app/router.js'
import { useTitle } from '../app/title.js'
import { recordDeletion, recordEdit } from '../feed/changes.js'
import { PostArticle } from '../feed/post.js'
import { Confirm } from '../forms/confirm.js'
import { FormAlert } from '../forms/fields.js'
import { html, useEffect, useState } from '../library/html.js'
import { EditPost } from './edit-post.js'
import { NotFound } from './not-found.js'

/** @import { Post } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

/** @typedef {{ post: Post, etag: string }} Version */

/** @param {{ params: { username: string, id: string } }} props */
export function PostPage({ params: { username, id } }) {
  const path = `${userPath(username)}/collection/${id}`
  const [version, setVersion] = useState(/** @type {Version | undefined} */ (undefined))
  const [problem, setProblem] = useState(/** @type {Problem | null} */ (null))
  const [mode, setMode] = useState(/** @type {'read' | 'edit' | 'delete'} */ ('read'))
  useTitle(`Post by @${username}`)

  /** Shows the current version; its tag makes the next change conditional. */
  async function load() {
    try {
      const { body, headers } = await request('GET', path)
      recordEdit(body)
      setVersion({ post: body, etag: headers.get('ETag') ?? '*' })
    } catch (error) {
      setVersion(undefined)
      setProblem(toProblem(error))
    }
  }
  useEffect(() => void load(), [])

  /** @param {{ text: string, referenced: string }} change */
  async function save(change) {
    const { body, headers } = await request('PATCH', path, {
      json: change,
      headers: { 'If-Match': version?.etag ?? '*' },
    })
    recordEdit(body)
    setVersion({ post: body, etag: headers.get('ETag') ?? '*' })
    setProblem(null)
    setMode('read')
    notify('Saved.')
  }

  async function remove() {
    setMode('read')
    try {
      await request('DELETE', path, { headers: { 'If-Match': version?.etag ?? '*' } })
      recordDeletion(id)
      notify('The post was deleted.')
      navigate('/', { replace: true })
    } catch (error) {
      setProblem(toProblem(error))
      if (toProblem(error).status === 412) await load()
    }
  }

  const title = html`<h1 class="page-title">Post</h1>`
  if (problem?.status === 404) return html`<${NotFound} what="There is no such post." />`
  if (!version)
    return html`${title}${problem ? html`<${FormAlert} problem=${problem} />` : html`<p class="loading" role="status">Loading…</p>`}`

  const { post } = version
  const isOwn = session.get()?.username === post.user
  return html`
    ${title}
    ${problem?.status === 412 && html`<p class="alert" role="alert">This post was changed in the meantime. This is the current version.</p>`}
    ${problem && problem.status !== 412 && html`<${FormAlert} problem=${problem} />`}
    <div class="single">
      <${PostArticle} post=${post}>
        <p class="note">${formatTime(post.timestamp)}${post.editedAt && `, edited ${formatTime(post.editedAt)}`}</p>
        ${
          mode !== 'edit' &&
          html`<div class="actions">
          ${
            isOwn &&
            html`
            <button type="button" class="quiet" onClick=${() => setMode('edit')}>Edit</button>
            <button type="button" class="quiet dangerous" onClick=${() => setMode('delete')}>Delete</button>`
          }
          ${!isOwn && session.get() && html`<a class="button quiet" href=${`/?mention=${post.user}`}>Mention @${post.user}</a>`}
        </div>`
        }
      <//>
    </div>
    ${
      mode === 'edit' &&
      html`<${EditPost} post=${post} onSave=${save} onCancel=${() => setMode('read')}
      onConflict=${(/** @type {Problem} */ conflict) => {
        setProblem(conflict)
        void load()
      }} />`
    }
    ${
      mode === 'delete' &&
      html`<${Confirm} title="Delete this post?" action="Delete"
      onConfirm=${remove} onCancel=${() => setMode('read')}>It disappears for everyone, and cannot be restored.<//>`
    }`
}
