// Fields of forms, and the problems that the API reports about them.
import { html, useEffect, useId, useState } from '../library/html.js'

/** @import { ComponentChildren } from 'preact' */
/** @import { Problem } from '../api/problem.js' */

/**
 * A labelled text box. Its error is its accessible description. Other props belong to the element.
 *
 * @param {{ label: string, name: string, error?: string, hint?: ComponentChildren, multiline?: boolean, [attribute: string]: unknown }} props
 */
export function Field({ label, name, error = '', hint, multiline = false, ...attributes }) {
  const id = useId()
  const described = `${hint ? `${id}-hint ` : ''}${id}-error`
  const common = { id, name, 'aria-invalid': Boolean(error), 'aria-describedby': described, ...attributes }
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${multiline ? html`<textarea ...${common}></textarea>` : html`<input ...${common} />`}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    <${FieldError} id=${`${id}-error`} error=${error} />
  </div>`
}

/** @param {{ id: string, error: string }} props */
export const FieldError = ({ id, error }) => html`<p class="error" id=${id}>${error}</p>`

/**
 * What the API says about a field, as a sentence: its details begin with “must” or “is”.
 *
 * @param {Problem | null} problem
 * @param {string} pointer
 * @param {string} subject
 * @returns {string} empty if the field is valid
 */
export function faultAt(problem, pointer, subject) {
  const details =
    problem?.faults.filter((fault) => fault.pointer === pointer).map(({ detail }) => detail) ?? []
  return details.map((detail) => (/^[a-z]/.test(detail) ? `${subject} ${detail}.` : `${detail}.`)).join(' ')
}

/**
 * The problem of a whole form: all that no field shows.
 *
 * @param {{ problem: Problem | null, fields?: string[] }} props `fields` are the pointers that have a field
 */
export function FormAlert({ problem, fields = [] }) {
  if (!problem) return null
  const isShown =
    problem.faults.length > 0 && problem.faults.every(({ pointer = '' }) => fields.includes(pointer))
  if (isShown) return null
  if (problem.status === 429)
    return html`<${Countdown} key=${problem} seconds=${problem.retryAfterSeconds} />`
  return html`<p class="alert" role="alert">${problem.message}</p>`
}

/** @param {{ seconds: number }} props */
function Countdown({ seconds }) {
  const [left, setLeft] = useState(seconds)
  useEffect(() => {
    const end = Date.now() + seconds * 1_000
    const timer = setInterval(() => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1_000))), 250)
    return () => clearInterval(timer)
  }, [])
  if (left === 0) return html`<p class="alert calm" role="alert">You can try again now.</p>`
  // Only the first number is announced.
  return html`<p class="alert" role="alert">Too many requests. Try again in <span role="timer">${left} s</span>.</p>`
}
