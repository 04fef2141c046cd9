// The box for a new post.
import { newKey } from '../app/router.js'
import { FieldError, FormAlert, faultAt } from '../forms/fields.js'
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from '../library/html.js'
import { useStore } from '../library/store.js'
import { Avatar } from '../people/avatar.js'
import { publish, readDraft, rejection, saveDraft } from './outbox.js'

/** @import { Post } from '../api/types.ts' */

export const maxCodePoints = 255

/** @param {{ username: string, mention?: string, onPosted(post: Post): void }} props `mention` fills the box of that name */
export function Composer({ username, mention, onPosted }) {
  const id = useId()
  const [draft, setDraft] = useState(() => ({ ...readDraft(username), ...(mention && { mention }) }))
  const [isBlank, setBlank] = useState(false)
  const problem = useStore(rejection)
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  useGrowing(box, draft.text)
  useEffect(() => {
    if (mention) box.current?.focus()
  }, [])

  /** @param {Partial<{ text: string, mention: string }>} change */
  function edit(change) {
    setBlank(false)
    const next = { ...draft, ...change, key: undefined }
    setDraft(next)
    saveDraft(username, next)
  }

  async function post() {
    const text = draft.text.trim()
    if (text === '') {
      setBlank(true)
      box.current?.focus()
      return
    }
    setDraft({ text: '', mention: '' })
    box.current?.focus()
    const published = await publish(username, { ...draft, key: draft.key ?? newKey() })
    if (published) onPosted(published)
    else setDraft(readDraft(username))
  }

  const textError = isBlank ? 'Write something first.' : faultAt(problem, '/text', 'A post')
  const mentionError = faultAt(problem, '/referenced', 'This mention')
  const count = [...draft.text.trim()].length
  return html`<form class="composer" aria-label="New post" onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault()
    void post()
  }}>
    <${Avatar} username=${username} />
    <div>
      <label class="hidden" for=${`${id}-text`}>New post</label>
      <textarea id=${`${id}-text`} ref=${box} rows="2" placeholder="What’s happening?" dir="auto"
        value=${draft.text} aria-invalid=${Boolean(textError)} aria-describedby=${`${id}-text-error`}
        onInput=${(/** @type {any} */ event) => edit({ text: event.currentTarget.value })}
        onKeyDown=${(/** @type {KeyboardEvent} */ event) => {
          if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
          event.preventDefault()
          void post()
        }}></textarea>
      <${FieldError} id=${`${id}-text-error`} error=${textError} />
      <div class="tools">
        <label class="mention"><span class="hidden">Mention</span><span aria-hidden="true">@</span>
          <input name="mention" placeholder="mention" autocomplete="off" autocapitalize="none" spellcheck=${false} maxlength="51"
            value=${draft.mention} aria-invalid=${Boolean(mentionError)} aria-describedby=${`${id}-mention-error`}
            onInput=${(/** @type {any} */ event) => edit({ mention: event.currentTarget.value })} />
        </label>
        <${Counter} count=${count} />
        <button>Post</button>
      </div>
      <${FieldError} id=${`${id}-mention-error`} error=${mentionError} />
      <${FormAlert} problem=${problem} fields=${['/text', '/referenced']} />
    </div>
  </form>`
}

/** @param {{ count: number }} props in code points */
export function Counter({ count }) {
  const left = maxCodePoints - count
  const state = left < 0 ? 'over' : left <= 20 ? 'near' : ''
  return html`<span class=${`counter ${state}`}>
    <span aria-hidden="true">${count} / ${maxCodePoints}</span>
    <span class="hidden">${count} of ${maxCodePoints} characters</span>
  </span>`
}

/**
 * A box that is as high as its text.
 *
 * @param {{ current: HTMLTextAreaElement | null }} box
 * @param {string} text
 */
export function useGrowing(box, text) {
  useLayoutEffect(() => {
    if (!box.current) return
    box.current.style.height = ''
    box.current.style.height = `${box.current.scrollHeight}px`
  }, [text])
}
