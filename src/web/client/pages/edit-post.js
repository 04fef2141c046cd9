// The form that changes a post.

import { toProblem } from '../api/problem.js'
import { Counter, useGrowing } from '../feed/composer.js'
import { Field, FieldError, FormAlert } from '../forms/fields.js'
import { useForm } from '../forms/use-form.js'
import { html, useEffect, useId, useRef, useState } from '../library/html.js'

/** @import { Post } from '../api/types.ts' */
/** @import { Problem } from '../api/problem.js' */

/**
 * @param {{ post: Post, onSave(change: { text: string, referenced: string }): Promise<void>, onCancel(): void,
 *   onConflict(problem: Problem): void }} props `onConflict`: somebody changed the post first; the text stays in the box
 */
export function EditPost({ post, onSave, onCancel, onConflict }) {
  const id = useId()
  const box = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  const [text, setText] = useState(post.text)
  useGrowing(box, text)
  useEffect(() => box.current?.focus(), [])
  const form = useForm(async ({ referenced = '' }) => {
    try {
      await onSave({ text, referenced: referenced.trim().replace(/^@/, '') })
    } catch (error) {
      if (toProblem(error).status !== 412) throw error
      onConflict(toProblem(error))
    }
  })
  const error = form.errorOf('text', 'A post')
  return html`<form class="card stack" aria-label="Edit post" onSubmit=${form.onSubmit}>
    <div class="field">
      <label for=${id}>Post text</label>
      <textarea id=${id} ref=${box} rows="3" dir="auto" value=${text} aria-invalid=${Boolean(error)} aria-describedby=${`${id}-error`}
        onInput=${(/** @type {any} */ event) => setText(event.currentTarget.value)}></textarea>
      <${FieldError} id=${`${id}-error`} error=${error} />
    </div>
    <${Field} label="Mention" name="referenced" defaultValue=${post.referenced ?? ''} autocomplete="off" autocapitalize="none"
      spellcheck=${false} error=${form.errorOf('referenced', 'This mention')} />
    <${FormAlert} problem=${form.problem} fields=${['/text', '/referenced']} />
    <div class="actions">
      <${Counter} count=${[...text.trim()].length} />
      <button type="button" class="quiet" onClick=${onCancel}>Cancel</button>
      <button aria-disabled=${form.isBusy}>Save</button>
    </div>
  </form>`
}
