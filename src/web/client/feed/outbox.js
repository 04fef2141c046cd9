// New posts on their way to the service, and the draft of the next one. A post is sent until the service responds, always
// with the same Idempotency-Key, so that it is published once.
import { toProblem } from '../api/problem.js'
import { request, userPath } from '../api/request.js'
import { newKey } from '../app/router.js'
import { createStore } from '../library/store.js'

/** @import { Post } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

/** @typedef {{ text: string, mention: string, key?: string | undefined }} Draft `key`: it was sent with this key */
/** @typedef {{ key: string, user: string, text: string, referenced: string | null, timestamp: string }} PendingPost */

/** @type {import('../library/store.js').Store<PendingPost[]>} */
export const pending = createStore(/** @type {PendingPost[]} */ ([]))

/** Why the last post was rejected. */
export const rejection = createStore(/** @type {Problem | null} */ (null))

const prefix = 'microposts.draft.'

/**
 * The draft survives a reload and an expired session.
 *
 * @param {string} username
 * @returns {Draft}
 */
export function readDraft(username) {
  try {
    return JSON.parse(sessionStorage.getItem(prefix + username) ?? 'null') ?? { text: '', mention: '' }
  } catch {
    return { text: '', mention: '' }
  }
}

/**
 * @param {string} username
 * @param {Draft} draft
 */
export function saveDraft(username, draft) {
  if (draft.text || draft.mention) sessionStorage.setItem(prefix + username, JSON.stringify(draft))
  else sessionStorage.removeItem(prefix + username)
}

/**
 * Sends a draft. The draft stays stored until the service has accepted it. Returns the post, or undefined if it was
 * rejected; then the draft is there again.
 *
 * @param {string} username
 * @param {Draft} draft
 * @returns {Promise<Post | undefined>}
 */
export async function publish(username, { text, mention, key = newKey() }) {
  const referenced = mention.trim().replace(/^@/, '') || null
  const post = { key, user: username, text: text.trim(), referenced, timestamp: new Date().toISOString() }
  saveDraft(username, { text, mention, key })
  rejection.set(null)
  pending.set([post, ...pending.get()])
  try {
    const { body } = await request('POST', `${userPath(username)}/collection`, {
      json: { text, referenced },
      headers: { 'Idempotency-Key': key },
    })
    if (readDraft(username).key === key) saveDraft(username, { text: '', mention: '' })
    return body
  } catch (error) {
    const { text: typed } = readDraft(username).key === key ? { text: '' } : readDraft(username)
    saveDraft(username, { text: typed ? `${text}\n${typed}` : text, mention })
    rejection.set(toProblem(error))
    return undefined
  } finally {
    pending.set(pending.get().filter((other) => other.key !== key))
  }
}
